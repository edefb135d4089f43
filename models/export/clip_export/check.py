"""Is a file the model that it was made from, whatever else is in the batch?"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort

from .errors import BadInput


@dataclass(frozen=True)
class Bounds:
    cosine: float
    """To torch, at the worst input."""
    difference: float
    """Of a component, between an input alone and among others, or between a text with padding and without."""


BOUNDS = {
    "fp32": Bounds(0.99999, 1e-5),
    # Half precision keeps three digits, and rounds differently in other shapes.
    "fp16": Bounds(0.999, 2e-3),
    "int8": Bounds(0.99, 1e-5),
}


def sample_pixels(count: int, size: int) -> np.ndarray:
    """Smooth blobs of colour with some grain, each unlike the others: u8[count, size, size, 3]."""
    random = np.random.RandomState(0)
    coarse = random.uniform(0, 255, (count, 7, 7, 3))
    places = np.linspace(0, 5.999, size)
    low, part = places.astype(int), places % 1
    rows = coarse[:, low] * (1 - part)[:, None, None] + coarse[:, low + 1] * part[:, None, None]
    smooth = rows[:, :, low] * (1 - part)[:, None] + rows[:, :, low + 1] * part[:, None]
    return np.clip(smooth + random.normal(0, 12, smooth.shape), 0, 255).astype(np.uint8)


def check(path: Path, variant: str, inputs: np.ndarray, expected: np.ndarray, padded_to: int | None) -> None:
    """@param padded_to: the context length of a text tower. @raises BadInput, and prints what it found"""
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def run(rows: np.ndarray) -> np.ndarray:
        return session.run(None, {name: rows})[0]

    together = run(inputs)
    alone = np.concatenate([run(inputs[i : i + 1]) for i in range(len(inputs))])
    differences = {"batch": np.abs(together - alone).max()}
    if padded_to is not None:
        padded = np.pad(inputs, ((0, 0), (0, padded_to - inputs.shape[1])))
        differences["padding"] = np.abs(run(padded) - together).max()
    cosine = (together * expected).sum(1).min()
    found = ", ".join(f"{cause} {difference:.1e}" for cause, difference in differences.items())
    print(
        f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, least cosine to torch {cosine:.6f}, differences by {found}"
    )
    bounds = BOUNDS[variant]
    if not cosine >= bounds.cosine:
        raise BadInput(
            f"{path.name} strays from torch: a cosine of {cosine:.6f}, and at least {bounds.cosine} is wanted"
        )
    for cause, difference in differences.items():
        if not difference <= bounds.difference:
            raise BadInput(f"{path.name} gives other vectors with other {cause}: {difference:.1e}")
