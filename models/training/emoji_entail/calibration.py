"""How far a score may be read as a probability."""

import torch
from torch import Tensor

BINS = 15


def expected_calibration_error(scores: Tensor, answers: Tensor) -> float:
    """Guo et al. 2017, over 15 equal bins of the best answer's probability. @param scores: f32[n, 3]"""
    confidence, guess = scores.max(1)
    right = (guess == answers).float()
    bins = (confidence * BINS).long().clamp(max=BINS - 1)
    gaps = [
        (right[bins == b].mean() - confidence[bins == b].mean()).abs() * (bins == b).float().mean()
        for b in range(BINS)
        if (bins == b).any()
    ]
    return float(torch.stack(gaps).sum())
