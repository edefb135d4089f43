"""Draws every picture in its states and stores what the tower sees: `python -m emoji_entail.prepare`."""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from emoji_dual.dataset import DATA, IMAGE_SIZE, Dataset
from emoji_dual.loader import REDRAWN_SHARE, _may_flip
from emoji_dual.model import Model

from .features import SPLITS, Eye, Writer, training_rows
from .pictures import BLURRED, CLEAR, COVERED, GREY, STATES, served, training

CHUNK = 128
# State, share of the pictures, and whether styles are mixed inside the tower.
TRAINING_ROUNDS = (
    (CLEAR, 0.7, False),
    (CLEAR, 0.7, True),
    (GREY, 0.4, False),
    (BLURRED, 0.4, False),
    (COVERED, 0.1, False),
    (CLEAR, 0.8, True),
    (CLEAR, 0.8, True),
)
SEED = 11


@torch.no_grad()
def write_training(data: Dataset, eye: Eye) -> int:
    rows, writer = training_rows(data), Writer("train")
    flip = torch.tensor([_may_flip(data, index) for index in range(len(data.concepts))])
    torch.manual_seed(SEED)
    order = np.random.RandomState(SEED)
    for state, share, mixed in TRAINING_ROUNDS:
        eye.tower.mix_style.train(mixed)
        chosen = order.permutation(rows)[: int(share * len(rows))]
        for start in range(0, len(chosen), CHUNK):
            part = chosen[start : start + CHUNK]
            concepts = data.labels[part]
            redrawn = (data.redrawn_row[part] >= 0) & (order.rand(len(part)) < REDRAWN_SHARE)
            mono, lined = torch.from_numpy(data.is_mono[part] & ~redrawn), torch.from_numpy(redrawn)
            pixels, shares = training(data.rgba(part, redrawn), flip[concepts], mono, lined, state, IMAGE_SIZE)
            with torch.autocast("cpu", torch.bfloat16):
                seen = eye(pixels.float() / 255)
            writer.add(seen, concepts, state, shares)
        print(f"{STATES[state]}: {writer.save()} pictures so far", flush=True)
    eye.tower.mix_style.eval()
    return writer.save()


@torch.no_grad()
def write_served(data: Dataset, eye: Eye, split: str, rows: np.ndarray) -> int:
    """Every picture in every state, as the service would get it."""
    writer = Writer(split)
    for state in range(len(STATES)):
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            pixels, shares = served(data.rgba(part), state, part.tolist())
            # Black art has no colour to be told of.
            shares[torch.from_numpy(data.is_mono[part])] = 0
            small = F.avg_pool2d(pixels.float() / 255, pixels.shape[2] // IMAGE_SIZE)
            writer.add(eye(small), data.labels[part], state, shares)
    return writer.save()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--dual", type=Path, default=DATA / "model.pt", help="checkpoint of emoji-dual")
    options.add_argument("--splits", nargs="+", choices=SPLITS, default=SPLITS)
    options.add_argument("--threads", type=int, default=1)
    args = options.parse_args()
    torch.set_num_threads(args.threads)
    data, eye = Dataset(), Eye(Model.load(args.dual).image).eval().to(memory_format=torch.channels_last)
    served_rows = {"validation": data.validation_rows, "openmoji": data.test_rows("openmoji")}
    for split in args.splits:
        rows = served_rows.get(split)
        count = write_training(data, eye) if rows is None else write_served(data, eye, split, rows)
        print(f"{split}: {count} pictures")


if __name__ == "__main__":
    main()
