"""Does a file give the scores of the model that it was made from, whatever else is in the batch?"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from clip_export.check import sample_pixels
from clip_export.errors import BadInput
from tokenizers import Tokenizer

from .graph import INPUTS
from .prompts import prompt
from .tokenizer import PAD

# Of unlike lengths, so that most of the batch is padded.
PAIRS = [
    ("A dog is running.", None),
    ("Two people are talking to each other in front of a half-open door, and one of them holds an umbrella.", None),
    ("the woman is asleep", "A woman on a sofa / reading."),
]


@dataclass(frozen=True)
class Bounds:
    torch: float
    """To torch, of a probability."""
    batch: float
    """Between a pair alone and among others, or with more padding."""


BOUNDS = {"fp32": Bounds(1e-3, 1e-5), "fp16": Bounds(0.03, 0.01), "int8": Bounds(0.1, 1e-5)}


@dataclass(frozen=True)
class Sample:
    pictures: np.ndarray
    """f32[pairs, 3, side, side]."""
    ids: np.ndarray
    """i64[pairs, T]."""
    lengths: np.ndarray
    """i64[pairs]."""

    def tensors(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        return torch.from_numpy(self.pictures), torch.from_numpy(self.ids), torch.from_numpy(self.lengths)

    def alone(self, i: int) -> "Sample":
        length = self.lengths[i]
        return Sample(self.pictures[i : i + 1], self.ids[i : i + 1, :length], self.lengths[i : i + 1])

    def longer(self, by: int) -> "Sample":
        return Sample(self.pictures, np.pad(self.ids, ((0, 0), (0, by)), constant_values=PAD), self.lengths)


def sample(tokenizer: Tokenizer, size: int, mean: tuple[float, ...], std: tuple[float, ...]) -> Sample:
    rows = [tokenizer.encode(prompt(hypothesis, caption)).ids for hypothesis, caption in PAIRS]
    lengths = np.array([len(row) for row in rows], np.int64)
    ids = np.full((len(rows), lengths.max()), PAD, np.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
    scaled = sample_pixels(len(rows), size).transpose(0, 3, 1, 2) / np.float32(255)
    mean_of, std_of = (np.array(values, np.float32)[:, None, None] for values in (mean, std))
    return Sample(((scaled - mean_of) / std_of).astype(np.float32), ids, lengths)


def check(path: Path, variant: str, given: Sample, expected: np.ndarray) -> None:
    """@param expected: f32[pairs, 3], torch's. @raises BadInput, and prints what it found"""
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(pairs: Sample) -> np.ndarray:
        return session.run(None, dict(zip(INPUTS, (pairs.pictures, pairs.ids, pairs.lengths), strict=True)))[0]

    together = run(given)
    alone = np.concatenate([run(given.alone(i)) for i in range(len(given.ids))])
    strays = np.abs(together - expected).max()
    differences = {"batch": np.abs(together - alone).max(), "padding": np.abs(run(given.longer(7)) - together).max()}
    found = ", ".join(f"{cause} {difference:.1e}" for cause, difference in differences.items())
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, off torch by {strays:.1e}, differences by {found}")
    bounds = BOUNDS[variant]
    if not strays <= bounds.torch:
        raise BadInput(f"{path.name} strays from torch by {strays:.1e} of a probability; {bounds.torch} is allowed")
    for cause, difference in differences.items():
        if not difference <= bounds.batch:
            raise BadInput(f"{path.name} gives other scores with other {cause}: {difference:.1e}")
