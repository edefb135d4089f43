"""The fusion: a text that looks at a picture, and three answers.

The text tower of `emoji-dual` reads caption and hypothesis, two more layers let every word look at the picture's 25
cells, and the answer is read off the hypothesis, beside how well its vector fits the picture's.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from emoji_dual.towers import TextTower, TransformerBlock

from .sentences import ANSWERS

FUSION_LAYERS = 2
SEGMENTS = 2
MATCH_SCALE = 16.0  # the products of two vectors of length 1 are small
FEATURE_NOISE = 0.1
VECTOR_DROPOUT = 0.1
WORD_DROPOUT = 0.03
HIDDEN_DROPOUT = 0.1
HUES = 24
HUE_SCALE = 4.0
LEAST_HUE = 0.1
COLOUR_DIMS = 32


class FusionBlock(nn.Module):
    """A word looks at the other words, then at the picture."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_cross, self.norm_picture = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key_value = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)
        self.block = TransformerBlock(width, heads)

    def forward(self, x: Tensor, bias: Tensor, picture: Tensor) -> Tensor:
        batch, length, width = x.shape
        head = width // self.heads
        query = self.query(self.norm_cross(x)).view(batch, length, self.heads, head).transpose(1, 2)
        seen = self.key_value(self.norm_picture(picture))
        key, value = seen.view(batch, -1, 2, self.heads, head).permute(2, 0, 3, 1, 4).unbind(0)
        weights = (query @ key.transpose(-1, -2) * head**-0.5).softmax(-1)
        x = x + self.out((weights @ value).transpose(1, 2).reshape(batch, length, width))
        return self.block(x, bias)


class Palette(nn.Module):
    """f32[B, 25, 3] mean colours of cells in 0…1 → f32[B, 48]: how much of each hue there is, and how strong at most.

    Twenty-four directions around the grey axis to begin with. White paper has no hue, so that it takes no part.
    """

    def __init__(self) -> None:
        super().__init__()
        angles = torch.arange(HUES) * (2 * math.pi / HUES)
        plane = torch.tensor([[2.0, -1.0, -1.0], [0.0, 3**0.5, -(3**0.5)]]) / 6**0.5
        self.hues = nn.Parameter(torch.stack([angles.cos(), angles.sin()], 1) @ plane)

    def forward(self, cells: Tensor) -> Tensor:
        found = torch.relu((cells - cells.mean(-1, keepdim=True)) @ self.hues.T * HUE_SCALE)
        amounts = found.mean(1)
        return torch.cat([amounts / (amounts.sum(-1, keepdim=True) + LEAST_HUE), found.amax(1)], 1)


class Fusion(nn.Module):
    """
    @param text: emoji-dual's tower with its word map folded in.
    @param separator: id of the piece that stands between caption and hypothesis.
    """

    def __init__(self, text: TextTower, separator: int, unknown: int, channels: int, cells: int) -> None:
        super().__init__()
        width, dims = text.tokens.weight.shape[1], text.project.weight.shape[0]
        self.separator, self.unknown = separator, unknown
        self.text = text
        self.segments = nn.Embedding(SEGMENTS, width)
        nn.init.zeros_(self.segments.weight)
        self.see_tokens, self.see_vector = nn.Linear(channels, width), nn.Linear(dims, width)
        self.see_cells = nn.Linear(3, width)
        self.palette, self.see_palette = Palette(), nn.Linear(2 * HUES, width)
        self.places = nn.Parameter(torch.randn(cells + 1, width) * 0.02)
        self.norm_picture = nn.LayerNorm(width)
        self.layers = nn.ModuleList(FusionBlock(width, text.blocks[0].heads) for _ in range(FUSION_LAYERS))
        self.norm = nn.LayerNorm(width)
        self.weigh = nn.Linear(width, 1)
        self.hidden = nn.Linear(width + dims, width)
        self.colour_said, self.colour_seen = nn.Linear(width, COLOUR_DIMS), nn.Linear(2 * HUES, COLOUR_DIMS)
        self.hidden_colour = nn.Linear(COLOUR_DIMS, width, bias=False)
        self.drop = nn.Dropout(HIDDEN_DROPOUT)
        self.answer = nn.Linear(width, len(ANSWERS))

    def forward(self, ids: Tensor, lengths: Tensor, tokens: Tensor, vectors: Tensor, cells: Tensor) -> Tensor:
        """i64[B, T], i64[B], f32[B, 25, C], f32[B, D], f32[B, 25, 3] → logits f32[B, 3]."""
        steps = torch.arange(ids.shape[1], device=ids.device)[None]
        inside = steps < lengths[:, None]
        breaks = ((ids == self.separator) & inside).long()
        hypothesis = (breaks.cumsum(1) == breaks.sum(1, keepdim=True)) & inside
        start = (steps * breaks).amax(1, keepdim=True)
        place = torch.where(hypothesis, steps - start, steps).clamp(0, len(self.text.positions) - 1)
        if self.training:
            lost = (torch.rand(ids.shape) < WORD_DROPOUT) & (breaks == 0) & (steps > 0)
            ids = torch.where(lost, torch.full_like(ids, self.unknown), ids)
            tokens = tokens + FEATURE_NOISE * tokens.std() * torch.randn_like(tokens)
            vectors = vectors * (torch.rand(len(vectors), 1) > VECTOR_DROPOUT)
        x = self.text.tokens(ids) + self.text.positions[place] + self.segments(hypothesis.long())
        bias = ((1 - inside.float()) * -1e4)[:, None, None, :]
        for block in self.text.blocks:
            x = block(x, bias)
        outside = (1 - hypothesis.float()) * -1e4
        said = self._said(x, outside)
        meaning = F.normalize(self.text.project(said).float(), dim=1)
        palette = self.palette(cells)
        seen = torch.cat([self.see_vector(vectors)[:, None], self.see_tokens(tokens) + self.see_cells(cells)], 1)
        picture = torch.cat([seen + self.places, self.see_palette(palette)[:, None]], 1)
        picture = self.norm_picture(picture)
        for layer in self.layers:
            x = layer(x, bias, picture)
        x = self.norm(x)
        weights = (self.weigh(x)[..., 0].float() + outside).softmax(1)
        pooled = (x * weights[..., None]).sum(1)
        hidden = self.hidden(torch.cat([pooled, meaning * vectors * MATCH_SCALE], 1))
        hidden = hidden + self.hidden_colour(self.colour_said(said) * self.colour_seen(palette))
        return self.answer(self.drop(F.gelu(hidden))).float()

    def _said(self, x: Tensor, outside: Tensor) -> Tensor:
        """f32[B, width]: the hypothesis as emoji-dual sums it up before it places it among pictures."""
        x = self.text.norm(x)
        weights = (self.text.weigh(x)[..., 0].float() + outside).softmax(1)
        return (x * weights[..., None]).sum(1)
