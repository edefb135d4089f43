"""Everything the frozen picture tower says of every drawing, computed once: `data/entail/`.

The fusion on top is small, so that training it on stored features takes minutes on a CPU.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from emoji_dual.dataset import DATA, FLAGS_GROUP, IMAGE_SIZE, Dataset, normalise
from emoji_dual.towers import ImageTower

FOLDER = DATA / "entail"
SPLITS = ("train", "validation", "openmoji")
CELLS = 5


class Eye(nn.Module):
    """Pictures f32[B, 3, 80, 80] in 0…1 → what the fusion is given of them.

    The tower's last map as tokens f32[B, 25, C], its vector f32[B, D], the mean colours of 25 cells f32[B, 25, 3].
    """

    def __init__(self, tower: ImageTower) -> None:
        super().__init__()
        self.tower = tower

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = normalise(pixels)
        for depth, layer in enumerate(self.tower.features):
            x = layer(x)
            if self.tower.mix_style.training and depth < 2:
                x = self.tower.mix_style(x)
        pooled = torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)
        vector = F.normalize(self.tower.project(pooled), dim=1)
        cells = F.avg_pool2d(pixels, IMAGE_SIZE // CELLS)
        assert x.shape[2] == CELLS, "the tower's map is as fine as the cells' colours"
        return x.flatten(2).transpose(1, 2), vector, cells.flatten(2).transpose(1, 2)


@dataclass(frozen=True)
class Features:
    """All stored pictures of one split; a picture is its row in every array."""

    tokens: np.ndarray
    """f16[n, 25, C]."""
    vectors: np.ndarray
    """f16[n, D]."""
    cells: np.ndarray
    """f16[n, 25, 3]."""
    concepts: np.ndarray
    """int[n]."""
    states: np.ndarray
    """int[n]: one of `pictures.STATES`."""
    shares: np.ndarray
    """f32[n, 8]: of each colour."""

    @classmethod
    def load(cls, split: str, folder: Path = FOLDER) -> "Features":
        about = np.load(folder / f"{split}.npz")
        shape = json.loads(str(about["shape"]))
        tokens = np.memmap(folder / f"{split}.f16", np.float16, "r", shape=tuple(shape))
        return cls(tokens, *(about[name] for name in ("vectors", "cells", "concepts", "states", "shares")))

    def gather(self, rows: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        return tuple(
            torch.from_numpy(np.ascontiguousarray(a[rows])).float() for a in (self.tokens, self.vectors, self.cells)
        )


class Writer:
    """Appends batches of one split to disk."""

    def __init__(self, split: str, folder: Path = FOLDER) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.split, self.folder = split, folder
        self.file = (folder / f"{split}.f16").open("wb")
        self.rest: list[tuple[np.ndarray, ...]] = []
        self.width = 0

    def add(self, seen: tuple[Tensor, Tensor, Tensor], concepts: np.ndarray, state: int, shares: Tensor) -> None:
        tokens, vectors, cells = (part.half().numpy() for part in seen)
        self.width = tokens.shape[2]
        self.file.write(tokens.tobytes())
        self.rest.append((vectors, cells, concepts, np.full(len(concepts), state), shares.numpy()))

    def save(self) -> int:
        """Makes what was added so far readable. @returns how many pictures that is"""
        self.file.flush()
        parts = [np.concatenate(column) for column in zip(*self.rest, strict=True)]
        count = len(parts[0])
        names = ("vectors", "cells", "concepts", "states", "shares")
        shape = json.dumps([count, CELLS**2, self.width])
        np.savez(self.folder / f"{self.split}.npz", shape=shape, **dict(zip(names, parts, strict=True)))
        return count


def training_rows(data: Dataset) -> np.ndarray:
    """int[N]: pictures that training may see, of emoji concepts with a name in both languages, no flags."""
    named = np.array([bool(c.emoji and c.captions["en"].label and c.captions["zh"].label) for c in data.concepts])
    rows = data.train_rows
    return rows[named[data.labels[rows]] & (data.groups[data.labels[rows]] != FLAGS_GROUP)]
