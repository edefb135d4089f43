"""Which of eight colour names a drawing's own pixels bear, so that a claim about colour has a truth."""

import torch
from torch import Tensor

COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown")
# Colours that people call the one or the other: a claim of one is not plainly false of the other.
NEAR = {
    "red": ("orange", "pink", "brown"),
    "orange": ("red", "yellow", "brown"),
    "yellow": ("orange", "brown", "green"),
    "green": ("yellow", "blue"),
    "blue": ("purple", "green"),
    "purple": ("blue", "pink"),
    "pink": ("red", "purple"),
    "brown": ("red", "orange", "yellow"),
}
LEAST_CHROMA = 0.16
TRUE_SHARE = 0.5
FALSE_SHARE = 0.06
COLOURLESS_SHARE = 0.02


def shares(rgb: Tensor, alpha: Tensor) -> Tensor:
    """
    @param rgb: f32[n, 3, h, w] in 0…1, not premultiplied. @param alpha: f32[n, 1, h, w].
    @returns f32[n, 8]: of the drawing's solid pixels, the share of each of COLOURS; the rest has no colour.
    """
    high, low = rgb.amax(1), rgb.amin(1)
    chroma = high - low
    red, green, blue = rgb.unbind(1)
    safe = chroma.clamp(min=1e-6)
    hue = torch.where(
        high == red,
        (green - blue) / safe % 6,
        torch.where(high == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    hue = hue * 60
    coloured = chroma > LEAST_CHROMA
    warm = (hue < 42) | (hue >= 340)
    brown = warm & (high < 0.66) & (hue >= 8) & (hue < 42)
    pale = warm & (low > 0.5) & ((hue < 14) | (hue >= 340))
    kinds = {
        "red": ((hue < 13) | (hue >= 343)) & ~brown & ~pale,
        "orange": (hue >= 13) & (hue < 40) & ~brown,
        "yellow": (hue >= 40) & (hue < 66) & (high >= 0.55),
        "green": ((hue >= 66) & (hue < 168)) | ((hue >= 42) & (hue < 66) & (high < 0.55)),
        "blue": (hue >= 168) & (hue < 255),
        "purple": (hue >= 255) & (hue < 300),
        "pink": ((hue >= 300) & (hue < 343)) | pale,
        "brown": brown,
    }
    solid = alpha[:, 0] > 0.6
    total = solid.sum((1, 2)).clamp(min=1)
    return torch.stack([(kinds[name] & coloured & solid).sum((1, 2)) / total for name in COLOURS], 1)


def verdicts(share: Tensor) -> Tensor:
    """f32[n, 8] → i8[n, 8]: 1 the drawing is plainly of that colour, 0 plainly not, -1 cannot be said."""
    near = torch.zeros(len(COLOURS), len(COLOURS))
    for index, name in enumerate(COLOURS):
        near[index, [COLOURS.index(other) for other in (name, *NEAR[name])]] = 1
    false = ((share @ near.T) < FALSE_SHARE) & (share.sum(1, keepdim=True) > TRUE_SHARE)
    return torch.where(share >= TRUE_SHARE, 1, torch.where(false, 0, -1)).to(torch.int8)


def colourless(share: Tensor) -> Tensor:
    """bool[n]: drawn without any colour."""
    return share.sum(1) < COLOURLESS_SHARE
