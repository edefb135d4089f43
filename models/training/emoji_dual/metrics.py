"""Ranks, recalls and their confidence intervals."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

BOOTSTRAPS = 1000


@dataclass(frozen=True)
class Recall:
    """A share with the 95 % interval of 1 000 bootstrap samples over the queries, those of one concept together."""

    value: float
    low: float
    high: float
    queries: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def ranks(scores: Tensor, targets: Tensor | None = None, ignore: Tensor | None = None) -> np.ndarray:
    """How many candidates beat each query's target. int[q], 0 is best.

    scores f32[q, candidates]; targets i64[q] (default: query i wants candidate i); candidates marked in
    ignore bool[q, candidates] cannot beat the target.
    """
    wanted = scores.diagonal()[:, None] if targets is None else scores.gather(1, targets[:, None])
    better = scores > wanted
    if ignore is not None:
        better &= ~ignore
    return better.sum(1).numpy()


def recall(query_ranks: np.ndarray, at: int, seed: int = 0) -> Recall:
    """query_ranks: int[concepts], or int[concepts, queries] where each is asked for several times."""
    shares = (query_ranks < at).reshape(len(query_ranks), -1).mean(1)
    draws = np.random.RandomState(seed).randint(0, len(shares), (BOOTSTRAPS, len(shares)))
    low, high = np.percentile(shares[draws].mean(1), [2.5, 97.5])
    return Recall(float(shares.mean()), float(low), float(high), query_ranks.size)
