"""Random drawing styles, colours, placements, backgrounds and damage for a batch of RGBA icons.

Everything is drawn from torch's global generator, which the loader seeds.
"""

import io
import math

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

OVERSAMPLING = 1.25  # pictures before they are placed, over the final size
OUTLINE_SHARE = 0.4
LINE_ART_SHARE = 0.12
RECOLOUR_SHARE = 0.12
FLAT_SHARE = 0.15
GREY_SHARE = 0.04
FLIP_SHARE = 0.35
BEND_SHARE = 0.5
BEND = 0.07  # of half the side
BEND_POINTS = 4  # along a side
BLUR_SHARE = 0.15
LOW_RESOLUTION_SHARE = 0.1
NOISE_SHARE = 0.2
ERASE_SHARE = 0.15
JPEG_SHARE = 0.12


def augment(rgba: Tensor, may_flip: Tensor, mono: Tensor, lined: Tensor, size: int) -> Tensor:
    """A batch of icons as the tower may meet them.

    rgba f32[n, 4, s, s] in 0…1; may_flip bool[n]: may be mirrored; mono bool[n]: black art; lined bool[n]: art that has
    its lines → uint8[n, 3, size, size].
    """
    source = math.ceil(size * OVERSAMPLING)
    if source < rgba.shape[2]:
        rgba = F.interpolate(rgba, (source, source), mode="bilinear", antialias=True)
    alpha = rgba[:, 3:]
    mono, lined = mono.view(-1, 1, 1, 1), lined.view(-1, 1, 1, 1)
    edges = torch.where(lined, dark_parts(rgba), outlines(rgba))
    ink, paper = inks(len(rgba))
    colour = torch.where(mono, ink, recolour(rgba[:, :3])) * (1 - edges * ~mono)
    covered = torch.maximum(alpha, edges)
    # Line art: the shapes' fill becomes white, the lines stay.
    empty = (chance(len(rgba), LINE_ART_SHARE) * (edges.amax((1, 2, 3), True) > 0)) > 0
    colour = torch.where(empty & ~mono, (1 - edges).expand_as(colour), colour)
    alpha = torch.where(mono, alpha, covered)
    placed = place(torch.cat([colour * alpha, alpha], 1), may_flip, size)
    background = torch.where(mono, paper, backgrounds(len(rgba), size))
    return damage(placed[:, :3] + (1 - placed[:, 3:]) * background)


def inks(count: int) -> tuple[Tensor, Tensor]:
    """f32[n, 3, 1, 1] twice: a dark colour and a light one for art of one colour, now and then swapped."""
    black = chance(count, 0.5)
    dark = torch.rand(count, 3, 1, 1) * 0.55 * (1 - black) + torch.rand(count, 1, 1, 1) * 0.2 * black
    light = 1 - torch.rand(count, 3, 1, 1) * 0.3 * chance(count, 0.5)
    swapped = chance(count, 0.2) > 0
    return torch.where(swapped, light, dark), torch.where(swapped, dark, light)


def chance(count: int, share: float) -> Tensor:
    """f32[n, 1, 1, 1] of zeros and ones."""
    return (torch.rand(count, 1, 1, 1) < share).float()


def outlines(rgba: Tensor) -> Tensor:
    """f32[n, 1, s, s]: dark lines along the edges of some pictures, one to three pixels wide, as line art has."""
    alpha = rgba[:, 3:]
    solid = torch.cat([rgba[:, :3] * alpha, alpha], 1)
    across = (solid[:, :, :, 1:] - solid[:, :, :, :-1]).abs().amax(1, True)
    down = (solid[:, :, 1:] - solid[:, :, :-1]).abs().amax(1, True)
    edges = F.pad(across, (1, 0, 0, 0)) + F.pad(down, (0, 0, 1, 0))
    thin = (edges * 2 - 0.3).clamp(0, 1)
    thick = F.max_pool2d(thin, 3, 1, 1)
    lines = torch.where(torch.rand(len(rgba), 1, 1, 1) < 0.6, thick, thin)
    return lines * chance(len(rgba), OUTLINE_SHARE)


def dark_parts(rgba: Tensor) -> Tensor:
    """f32[n, 1, s, s]: 1 where art with lines is black, in between at their borders."""
    brightest = rgba[:, :3].amax(1, True)
    return (1.5 - 4 * brightest).clamp(0, 1) * rgba[:, 3:]


def recolour(rgb: Tensor) -> Tensor:
    """Saturation, hue, contrast, brightness and tint of colours not premultiplied; some become flat or grey."""
    count = len(rgb)
    grey = rgb.mean(1, True)
    rgb = grey + (rgb - grey) * torch.exp(torch.randn(count, 1, 1, 1) * 0.3)
    # Most pictures keep their hues roughly, since hue is what tells hearts and circles apart; some lose them.
    spread = torch.where(torch.rand(count) < RECOLOUR_SHARE, 1.2, 0.15)
    rgb = torch.einsum("nij,njhw->nihw", hue_rotations(torch.randn(count) * spread), rgb)
    contrast = torch.exp(torch.randn(count, 1, 1, 1) * 0.2)
    rgb = (rgb - 0.5) * contrast + 0.5 + torch.randn(count, 1, 1, 1) * 0.07 + torch.randn(count, 3, 1, 1) * 0.03
    rgb = rgb.clamp(0, 1)
    levels = torch.randint(2, 5, (count, 1, 1, 1)).float()
    rgb = torch.where(chance(count, FLAT_SHARE) > 0, (rgb * levels).round() / levels, rgb)
    return torch.where(chance(count, GREY_SHARE) > 0, rgb.mean(1, True).expand_as(rgb), rgb)


def hue_rotations(angles: Tensor) -> Tensor:
    """f32[n, 3, 3]: rotations about the grey axis (Rodrigues)."""
    cos, sin = angles.cos(), angles.sin() / math.sqrt(3)
    same, plus, minus = cos + (1 - cos) / 3, (1 - cos) / 3 + sin, (1 - cos) / 3 - sin
    return torch.stack([same, minus, plus, plus, same, minus, minus, plus, same], 1).view(-1, 3, 3)


def place(rgba: Tensor, may_flip: Tensor, size: int) -> Tensor:
    """Rotation, scale, aspect, shear, shift, mirror and bends onto a transparent square; colour is premultiplied."""
    count = len(rgba)
    angle = torch.randn(count) * 0.14
    scale = torch.exp(torch.rand(count) * 0.6 - 0.25)
    aspect = torch.exp(torch.randn(count) * 0.08)
    shear = torch.randn(count) * 0.08
    mirror = torch.where((torch.rand(count) < FLIP_SHARE) & may_flip, -1.0, 1.0)
    shift = (torch.rand(2, count) - 0.5) * 0.3
    first = torch.stack([angle.cos() * scale * aspect * mirror, -angle.sin() * scale + shear, shift[0]], 1)
    second = torch.stack([angle.sin() * scale * mirror, angle.cos() * scale / aspect, shift[1]], 1)
    grid = F.affine_grid(torch.stack([first, second], 1), [count, 4, size, size], align_corners=False)
    # Artists draw the same thing in other proportions.
    bends = torch.randn(count, 2, BEND_POINTS, BEND_POINTS) * BEND * chance(count, BEND_SHARE)
    grid = grid + F.interpolate(bends, (size, size), mode="bicubic", align_corners=True).permute(0, 2, 3, 1)
    return F.grid_sample(rgba, grid, align_corners=False, padding_mode="zeros")


def backgrounds(count: int, size: int) -> Tensor:
    """f32[n, 3, size, size]: mostly white, else one colour, a gradient, soft blotches or near black."""
    ramp = torch.linspace(-1, 1, size)
    solid = torch.rand(count, 3, 1, 1).expand(-1, -1, size, size)
    slope = torch.rand(2, count, 3, 1, 1) - 0.5
    gradient = solid + slope[0] * ramp.view(1, 1, 1, size) + slope[1] * ramp.view(1, 1, size, 1)
    blotches = F.interpolate(torch.rand(count, 3, 5, 5), (size, size), mode="bilinear")
    draw = torch.rand(count, 1, 1, 1)
    result = torch.full((count, 3, size, size), 0.08)
    for limit, kind in ((0.95, blotches), (0.88, gradient), (0.78, solid), (0.6, torch.ones(()))):
        result = torch.where(draw < limit, kind, result)
    return result


def damage(x: Tensor) -> Tensor:
    """Blur, low resolution, noise, an erased rectangle, JPEG. f32[n, 3, h, w] → uint8."""
    count, size = len(x), x.shape[2]
    blurred = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    x = torch.where(chance(count, BLUR_SHARE) > 0, blurred, x)
    coarse = F.interpolate(F.avg_pool2d(x, 2), x.shape[2:], mode="bilinear")
    x = torch.where(chance(count, LOW_RESOLUTION_SHARE) > 0, coarse, x)
    x = x + torch.randn_like(x) * 0.05 * chance(count, NOISE_SHARE)
    for index in torch.where(torch.rand(count) < ERASE_SHARE)[0].tolist():
        width, height = torch.randint(size // 8, size // 3, (2,)).tolist()
        left, top = torch.randint(0, size - size // 3, (2,)).tolist()
        x[index, :, top : top + height, left : left + width] = torch.rand(3, 1, 1)
    pixels = (x.clamp(0, 1) * 255).round().to(torch.uint8)
    for index in torch.where(torch.rand(count) < JPEG_SHARE)[0].tolist():
        pixels[index] = jpeg(pixels[index], int(torch.randint(25, 80, ())))
    return pixels


def jpeg(pixels: Tensor, quality: int) -> Tensor:
    buffer = io.BytesIO()
    Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(buffer, "JPEG", quality=quality)
    return torch.from_numpy(np.array(Image.open(buffer))).permute(2, 0, 1)
