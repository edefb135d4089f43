"""The two towers. Both map to L2-normalised vectors of DIMS numbers; the export wraps nothing else around them."""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .tokenizer import CONTEXT_LENGTH, PAD, SEP, UNK

DIMS = 256
MIXED_LAYERS = 2
TOKEN_DROPOUT = 0.06
TEXT_WORD_DROPOUT = 0.2  # texts all of whose words lose their learned part
WORD_DROPOUT = 0.15  # words that lose it in the other texts
WORD_NOISE = 0.03


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


class MixStyle(nn.Module):
    """Mixes the channel statistics of pictures of a batch while training (Zhou et al. 2021): style is not content."""

    SHARE = 0.5
    ALPHA = 0.2
    LEAST_VARIANCE = 1e-3

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.random = np.random.default_rng(seed)  # its own: the towers run side by side

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.random.random() > self.SHARE:
            return x
        exact = x.float()  # in bfloat16 a nearly constant channel would be lost
        variance, mean = torch.var_mean(exact.detach(), (2, 3), keepdim=True)
        deviation = (variance + self.LEAST_VARIANCE).sqrt()
        order = torch.from_numpy(self.random.permutation(len(x)))
        share = torch.from_numpy(self.random.beta(self.ALPHA, self.ALPHA, (len(x), 1, 1, 1))).float()
        new_mean = share * mean + (1 - share) * mean[order]
        ratio = (share * deviation + (1 - share) * deviation[order]) / deviation
        return torch.addcmul(new_mean - mean * ratio, exact, ratio).to(x.dtype)


class ImageTower(nn.Module):
    """f32[B, 3, S, S] → f32[B, 256], a small ResNet (He et al. 2016) with mean and max pooling.

    No residual block at 32×32: it would take a third of the training time for a seventh of the arithmetic.
    """

    def __init__(self, channels: tuple[int, ...] = (32, 64, 128, 256), blocks: tuple[int, ...] = (0, 1, 2, 4)) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        previous = 3
        for width, depth in zip(channels, blocks, strict=True):
            stages += [conv(previous, width, 2), *(ResidualBlock(width) for _ in range(depth))]
            previous = width
        self.features = nn.Sequential(*stages)
        self.mix_style = MixStyle()
        self.project = nn.Linear(2 * previous, DIMS)

    def forward(self, pixels: Tensor) -> Tensor:
        x = pixels
        for depth, layer in enumerate(self.features):
            x = layer(x)
            if depth < MIXED_LAYERS:
                x = self.mix_style(x)
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
    """i64[B, T] → f32[B, 256]; padding (id 0) is masked out, so a longer T changes nothing.

    A piece is its learned vector plus, where it is an English word, a learned map of its frozen vectors (`words.py`): a
    word that no caption has still means something. Training now and then hides the learned part; the map has to carry it.
    """

    def __init__(self, words: Tensor, width: int = 192, layers: int = 3, heads: int = 3) -> None:
        super().__init__()
        self.register_buffer("words", words)
        self.tokens = nn.Embedding(len(words), width)
        nn.init.normal_(self.tokens.weight, std=0.05)
        with torch.no_grad():
            self.tokens.weight[words.any(1)] = 0
        self.word_map = nn.Linear(words.shape[1], width, bias=False)
        nn.init.normal_(self.word_map.weight, std=0.07)
        self.positions = nn.Parameter(torch.randn(CONTEXT_LENGTH, width) * 0.02)
        self.blocks = nn.ModuleList(TransformerBlock(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.weigh = nn.Linear(width, 1)
        nn.init.zeros_(self.weigh.weight)
        self.project = nn.Linear(width, DIMS)

    def forward(self, ids: Tensor) -> Tensor:
        mask = (ids != PAD).float()
        if self.training:
            hidden = (torch.rand(ids.shape) < TOKEN_DROPOUT) & (ids > SEP)
            ids = torch.where(hidden, torch.full_like(ids, UNK), ids)
        x = self._pieces(ids) + self.positions[: ids.shape[1]]
        bias = ((1 - mask) * -1e4)[:, None, None, :]
        for block in self.blocks:
            x = block(x, bias)
        x = self.norm(x)
        weights = (self.weigh(x)[..., 0].float() + (1 - mask) * -1e4).softmax(1)
        pooled = (x * weights[..., None]).sum(1)
        return F.normalize(self.project(pooled).float(), dim=1)

    def _pieces(self, ids: Tensor) -> Tensor:
        """f32[B, T, width]: the vectors of the pieces before positions."""
        learned = self.tokens(ids)
        if self.words is None:
            return learned
        if not self.training:
            return learned + self.word_map(self.words[ids])
        vectors = self.words[ids]
        is_word = vectors.any(-1)
        vectors = vectors + WORD_NOISE * torch.randn_like(vectors) * is_word[..., None]
        hidden = (torch.rand(len(ids), 1) < TEXT_WORD_DROPOUT) | (torch.rand(ids.shape) < WORD_DROPOUT)
        return learned * ~(hidden & is_word)[..., None] + self.word_map(vectors)

    def folded(self) -> "TextTower":
        """The same tower for inference with the word map worked into the learned vectors."""
        plain = copy.deepcopy(self).eval()
        with torch.no_grad():
            plain.tokens.weight += self.word_map(self.words)
        plain.words, plain.word_map = None, None
        return plain
