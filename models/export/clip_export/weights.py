"""Weights out of a formula, the same bit for bit here and in `gpu-backend/src/testing/generated-weights.ts`.

They let a full-size model be tested without its hundreds of megabytes: only seeds, shapes and ranges are stored.
"""

from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import nn

HALF_RANGE = 2.0**23


@dataclass(frozen=True)
class Recipe:
    """Values are spread evenly over [centre − reach, centre + reach)."""

    seed: int
    shape: list[int]
    centre: float
    reach: float

    def make(self) -> np.ndarray:
        """f32 of `shape`: murmur3's finaliser over seed + index · golden ratio, of which 24 bits are exact in f32."""
        bits = np.arange(int(np.prod(self.shape)), dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32(self.seed)
        bits = (bits ^ (bits >> 16)) * np.uint32(0x85EBCA6B)
        bits = (bits ^ (bits >> 13)) * np.uint32(0xC2B2AE35)
        signed = (bits ^ (bits >> 16)).view(np.int32) >> 8
        return (signed * (self.reach / HALF_RANGE) + self.centre).astype(np.float32).reshape(self.shape)

    def describe(self) -> dict:
        return asdict(self)


def recipe(name: str, shape: list[int], seed: int) -> Recipe:
    """Under these ranges a random CLIP tells its inputs apart: unit variance after a matrix, attention with a focus."""
    if name.endswith(("ln_1.weight", "ln_2.weight", "ln_pre.weight", "ln_post.weight", "ln_final.weight")):
        return Recipe(seed, shape, 1.0, 0.25)
    if name.endswith("bias"):
        return Recipe(seed, shape, 0.0, 0.25)
    if name.endswith(("embedding", "embedding.weight")):
        return Recipe(seed, shape, 0.0, 1.0)
    inputs = shape[0] if name.endswith(("proj", "text_projection")) else int(np.prod(shape[1:]))
    gain = 1.5 if name.endswith("in_proj_weight") else 1.0
    return Recipe(seed, shape, 0.0, round(gain * (3 / inputs) ** 0.5, 6))


def fill(model: nn.Module) -> dict[str, Recipe]:
    """Replaces every parameter but the logit scale. @returns how each was made"""
    recipes = {}
    for number, (name, parameter) in enumerate(model.named_parameters()):
        if parameter.ndim == 0:
            continue
        recipes[name] = recipe(name, list(parameter.shape), (number + 1) * 0x9E3779B9 & 0xFFFFFFFF)
        parameter.data = torch.from_numpy(recipes[name].make())
    return recipes
