"""The two towers. Both map to L2-normalised vectors of DIMS numbers; the export wraps nothing else around them."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .tokenizer import CONTEXT_LENGTH, PAD, SEP, UNK

DIMS = 256


def conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class ResidualBlock(nn.Module):
    """Basic ResNet block; the branch starts small so that depth does not slow the first steps."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = conv(channels, channels)
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))
        nn.init.constant_(self.second[1].weight, 0.2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.second(self.first(x)))


class ImageTower(nn.Module):
    """f32[B, 3, 64, 64] → f32[B, 256], a small ResNet (He et al. 2016) with mean and max pooling.

    No residual block at 32×32: it would take a third of the training time for a seventh of the arithmetic.
    """

    def __init__(self, channels: tuple[int, ...] = (32, 64, 128, 256), blocks: tuple[int, ...] = (0, 1, 2, 2)) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        previous = 3
        for width, depth in zip(channels, blocks, strict=True):
            stages += [conv(previous, width, 2), *(ResidualBlock(width) for _ in range(depth))]
            previous = width
        self.features = nn.Sequential(*stages)
        self.project = nn.Linear(2 * previous, DIMS)

    def forward(self, pixels: Tensor) -> Tensor:
        x = self.features(pixels)
        pooled = torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)
        return F.normalize(self.project(pooled).float(), dim=1)


class TransformerBlock(nn.Module):
    """Pre-norm encoder block, attention written out so that the ONNX graph stays plain."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_attention = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm_mlp = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        batch, length, width = x.shape
        head = width // self.heads
        qkv = self.qkv(self.norm_attention(x)).view(batch, length, 3, self.heads, head).permute(2, 0, 3, 1, 4)
        query, key, value = qkv.unbind(0)
        weights = (query @ key.transpose(-1, -2) * head**-0.5 + bias).softmax(-1)
        x = x + self.out((weights @ value).transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.gelu(self.up(self.norm_mlp(x))))


class TextTower(nn.Module):
    """i64[B, T] → f32[B, 256]; padding (id 0) is masked out, so a longer T changes nothing."""

    def __init__(self, vocabulary: int, width: int = 192, layers: int = 3, heads: int = 3) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        nn.init.normal_(self.tokens.weight, std=0.05)
        self.positions = nn.Parameter(torch.randn(CONTEXT_LENGTH, width) * 0.02)
        self.blocks = nn.ModuleList(TransformerBlock(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.project = nn.Linear(width, DIMS)

    def forward(self, ids: Tensor, token_dropout: float = 0.0) -> Tensor:
        mask = (ids != PAD).float()
        if token_dropout > 0:
            hidden = (torch.rand(ids.shape) < token_dropout) & (ids > SEP)
            ids = torch.where(hidden, torch.full_like(ids, UNK), ids)
        x = self.tokens(ids) + self.positions[: ids.shape[1]]
        bias = ((1 - mask) * -1e4)[:, None, None, :]
        for block in self.blocks:
            x = block(x, bias)
        total = (self.norm(x) * mask[..., None]).sum(1)
        pooled = total / mask.sum(1, keepdim=True).clamp(min=1)
        return F.normalize(self.project(pooled).float(), dim=1)
