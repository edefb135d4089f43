"""The formula for weights, which gpu-backend/src/testing/generated-weights.ts repeats."""

import numpy as np
from clip_export.weights import Recipe


def murmur_finaliser(value: int) -> int:
    """From its definition, in whole numbers of any size."""
    value ^= value >> 16
    value = value * 0x85EBCA6B % 2**32
    value ^= value >> 13
    value = value * 0xC2B2AE35 % 2**32
    return value ^ value >> 16


def test_is_what_its_definition_says():
    made = Recipe(seed=0xFFFFFFF0, shape=[5, 7], centre=1.0, reach=0.25).make().ravel()
    for index, value in enumerate(made):
        bits = murmur_finaliser((index * 0x9E3779B1 + 0xFFFFFFF0) % 2**32)
        signed = (bits - 2**32 if bits >= 2**31 else bits) // 256
        assert value == np.float32(signed * (0.25 / 2**23) + 1.0)


def test_spreads_evenly_over_its_reach():
    made = Recipe(seed=7, shape=[100_000], centre=0.5, reach=2.0).make()
    assert -1.5 <= made.min() < -1.49 and 2.49 < made.max() < 2.5
    assert abs(made.mean() - 0.5) < 0.02 and abs(made.std() - 2 / 3**0.5) < 0.02
