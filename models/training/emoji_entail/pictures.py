"""A drawing in four states, each of which hides something else: its colour, its shape, both, or nothing.

That is what makes the same sentence true of one picture and undecided by another.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from emoji_dual.augment import (
    OVERSAMPLING,
    backgrounds,
    chance,
    damage,
    dark_parts,
    inks,
    outlines,
    place,
    recolour,
)

from . import colours

CLEAR, GREY, BLURRED, COVERED = range(4)
STATES = ("clear", "grey", "blurred", "covered")
SERVED_SIZE = 480
COVER_MARGIN = 0.12
COLOURED_BACKGROUND_SHARE = 0.15
INK_SHARE = 0.6  # clear pictures of black art whose ink is coloured
HUE_SHARE = 0.3  # clear pictures whose hues are turned, so that colour does not tell the kind


def training(
    rgba: Tensor, may_flip: Tensor, mono: Tensor, lined: Tensor, state: int, size: int
) -> tuple[Tensor, Tensor]:
    """
    Random drawing style, place, background and damage, from torch's global generator.

    @param rgba: f32[n, 4, s, s] in 0…1. @param mono: bool[n], art in black. @param lined: bool[n], art with lines.
    @returns uint8[n, 3, size, size], and the colours' shares f32[n, 8] (zeros where colour is hidden).
    """
    count = len(rgba)
    source = math.ceil(size * OVERSAMPLING)
    rgba = F.interpolate(rgba, (source, source), mode="bilinear", antialias=True)
    alpha = rgba[:, 3:]
    edges = torch.where(lined.view(-1, 1, 1, 1), dark_parts(rgba), outlines(rgba))
    black = mono.view(-1, 1, 1, 1)
    paint = torch.where(chance(count, HUE_SHARE) > 0, turned(rgba[:, :3]), recolour(rgba[:, :3]))
    ink = torch.where(chance(count, INK_SHARE) > 0, bright_inks(count), inks(count)[0])
    colour = torch.where(black, ink.expand_as(paint), paint * (1 - edges))
    shape = torch.where(black, alpha, torch.maximum(alpha, edges))
    if state == GREY:
        colour = colourless(colour, edges, black)
    placed = place(torch.cat([colour * shape, shape], 1), may_flip, size)
    own = placed[:, :3] / placed[:, 3:].clamp(min=1e-3)
    share = colours.shares(own.clamp(0, 1), placed[:, 3:])
    paper = neutral_backgrounds(count, size)
    if state in (CLEAR, BLURRED):
        paper = torch.where(chance(count, COLOURED_BACKGROUND_SHARE) > 0, backgrounds(count, size), paper)
    else:
        share = torch.zeros_like(share)
    flat = placed[:, :3] + (1 - placed[:, 3:]) * paper
    if state == BLURRED:
        flat = blurred(flat, torch.randint(3, 6, (count,)))
    if state == COVERED:
        flat = covered(flat, torch.rand(count, 4) * COVER_MARGIN, torch.rand(count))
    pixels = damage(flat)
    if state == GREY:
        pixels = pixels.float().mean(1, True).round().to(torch.uint8).expand_as(pixels)
    return pixels, share


def served(rgba: Tensor, state: int, seeds: list[int]) -> tuple[Tensor, Tensor]:
    """
    As the service would get them: on white, bicubic (Pillow's) to 480 × 480.

    @param seeds: of each picture's own blur or cover, whatever else is drawn with it.
    @returns uint8[n, 3, 480, 480], and the colours' shares f32[n, 8].
    """
    alpha = rgba[:, 3:]
    share = colours.shares(rgba[:, :3], alpha)
    flat = rgba[:, :3] * alpha + 1 - alpha
    draws = torch.stack([torch.rand(6, generator=torch.Generator().manual_seed(seed)) for seed in seeds])
    if state == GREY:
        flat = luminance(flat).expand_as(flat)
    if state == BLURRED:
        flat = blurred(flat, 3 + (draws[:, 5] * 3).long())
    if state == COVERED:
        flat = covered(flat, draws[:, :4] * COVER_MARGIN, draws[:, 4])
    if state in (GREY, COVERED):
        share = torch.zeros_like(share)
    small = (flat * 255).round().to(torch.uint8).contiguous(memory_format=torch.channels_last)
    return F.interpolate(small, (SERVED_SIZE, SERVED_SIZE), mode="bicubic", antialias=True, align_corners=False), share


def luminance(rgb: Tensor) -> Tensor:
    weights = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    return (rgb * weights).sum(1, True)


def turned(rgb: Tensor) -> Tensor:
    """The same drawing in quite other hues."""
    order = torch.stack([torch.randperm(3) for _ in range(len(rgb))])
    return torch.gather(rgb, 1, order.view(-1, 3, 1, 1).expand_as(rgb))


def bright_inks(count: int) -> Tensor:
    """f32[n, 3, 1, 1]: inks that have a hue."""
    hue = torch.rand(count, 1, 1, 1) * 6
    ramp = ((hue + torch.tensor([0.0, 4.0, 2.0]).view(1, 3, 1, 1)) % 6 - 3).abs() - 1
    strength = 0.6 + 0.4 * torch.rand(count, 1, 1, 1)
    return ramp.clamp(0, 1) * strength + (1 - strength) * 0.3


def colourless(colour: Tensor, edges: Tensor, black: Tensor) -> Tensor:
    """Shades of grey, or the lines alone; black art stays black."""
    grey = luminance(colour).expand_as(colour)
    lines = (1 - edges).expand_as(colour)
    drawn = (edges.amax((1, 2, 3), True) > 0) & (chance(len(colour), 0.5) > 0) & ~black
    dark = torch.rand(len(colour), 1, 1, 1).expand_as(colour) * 0.25
    return torch.where(black, dark, torch.where(drawn, lines, grey))


def neutral_backgrounds(count: int, size: int) -> Tensor:
    shade = torch.where(chance(count, 0.75) > 0, torch.ones(()), 0.75 + 0.25 * torch.rand(count, 1, 1, 1))
    return shade.expand(-1, 3, size, size)


def blurred(rgb: Tensor, cells: Tensor) -> Tensor:
    """@param cells: i64[n], so many cells across are left of each picture; its colours stay, its shape does not."""
    size = rgb.shape[2]
    parts = [
        F.interpolate(F.adaptive_avg_pool2d(one[None], int(n)), (size, size), mode="bilinear")
        for one, n in zip(rgb, cells, strict=True)
    ]
    return torch.cat(parts)


def covered(rgb: Tensor, margins: Tensor, shades: Tensor) -> Tensor:
    """@param margins: f32[n, 4], left free left, top, right, below. @param shades: f32[n], the cover's grey."""
    size = rgb.shape[2]
    result = rgb.clone()
    for picture, (left, top, right, bottom), shade in zip(
        result, (margins * size).long().tolist(), shades, strict=True
    ):
        picture[:, top : size - bottom, left : size - right] = shade
    return result
