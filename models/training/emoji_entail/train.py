"""Trains the fusion on stored features: `python -m emoji_entail.train` → data/entail/model.pt.

`--blind` trains the hypothesis-only baseline: the same, as long, with pictures that are all zero.
"""

import argparse
import copy
import math
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from emoji_dual.dataset import DATA, Dataset
from emoji_dual.model import Model, average_into
from emoji_dual.tokenizer import UNK, load

from .batches import Batch, batch
from .claims import Claims
from .features import CELLS, FOLDER, Features
from .gallery import Gallery
from .kinds import Kinds
from .model import Fusion
from .prompts import SEPARATOR
from .sentences import Item

TRIPLES = 64
LENGTH_CHUNKS = 3
RATE, TEXT_RATE = 1e-3, 3e-4
WARM_UP = 60
WEIGHT_DECAY = 0.05
SMOOTHING = 0.05
AVERAGING = 0.99
VALIDATION_TRIPLES = 150
REPORT_EVERY = 150


def fresh(dual: Model) -> Fusion:
    separator = load().token_to_id(SEPARATOR)
    channels = dual.image.project.weight.shape[1] // 2
    return Fusion(dual.text.folded(), separator, UNK, channels, CELLS**2)


def optimizer_for(model: Fusion) -> torch.optim.Optimizer:
    """The words' vectors stay as emoji-dual learnt them: most words of the world are in no claim."""
    model.text.tokens.weight.requires_grad_(False)
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            groups.setdefault((name.startswith("text."), weight.ndim > 1), []).append(weight)
    return torch.optim.AdamW(
        [
            {"params": weights, "rate": TEXT_RATE if text else RATE, "weight_decay": WEIGHT_DECAY * matrix}
            for (text, matrix), weights in groups.items()
        ],
        betas=(0.9, 0.98),
    )


def by_length(model: Fusion, part: Batch) -> torch.Tensor:
    """Logits f32[B, 3], computed in parts of like length: a long caption must not pad the claims that have none."""
    order = part.lengths.argsort()
    rows = order.chunk(LENGTH_CHUNKS)
    pieces = [
        model(part.ids[r, : int(part.lengths[r].max())], part.lengths[r], *(seen[r] for seen in part.picture))
        for r in rows
    ]
    return torch.cat(pieces)[order.argsort()]


@torch.no_grad()
def logits(model: Fusion, items: list[Item], stored: Features, blind: bool) -> torch.Tensor:
    """f32[n, 3] of a model in evaluation mode."""
    tokenizer = load()
    parts = [batch(items[i : i + 256], tokenizer, stored, blind) for i in range(0, len(items), 256)]
    return torch.cat([by_length(model, part) for part in parts])


def accuracy(model: Fusion, items: list[Item], stored: Features, blind: bool) -> float:
    answers = torch.tensor([item.answer for item in items])
    return round(float((logits(model, items, stored, blind).argmax(1) == answers).float().mean()), 4)


def train(steps: int, seed: int, blind: bool, target: Path, dual: Path, minutes: float, start: Path | None) -> None:
    torch.manual_seed(seed)
    data, tokenizer = Dataset(), load()
    kinds = Kinds(data)
    stored, kept = Features.load("train"), Features.load("validation")
    claims = Claims(kinds, Gallery(stored, len(data.concepts)), "train", seed)
    watch = {
        forms: [item for _ in range(VALIDATION_TRIPLES) for item in sample.triple()]
        for forms in ("train", "test")
        for sample in [Claims(kinds, Gallery(kept, len(data.concepts)), forms, seed=1)]
    }
    model = fresh(Model.load(dual)).train()
    if start:
        model.load_state_dict(torch.load(start, weights_only=True)["model"], strict=False)
    optimizer = optimizer_for(model)
    averaged = copy.deepcopy(model).eval()
    begin, total = time.monotonic(), 0.0
    for step in range(steps):
        progress = max(step / steps, (time.monotonic() - begin) / (60 * minutes))
        if progress >= 1:
            break
        scale = min(1, (step + 1) / WARM_UP) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))
        for group in optimizer.param_groups:
            group["lr"] = group["rate"] * scale
        part = batch([item for _ in range(TRIPLES) for item in claims.triple()], tokenizer, stored, blind)
        with torch.autocast("cpu", torch.bfloat16):
            answer = by_length(model, part)
        loss = F.cross_entropy(answer, part.answers, label_smoothing=SMOOTHING)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        average_into(averaged, model, min(AVERAGING, step / (step + 10)))
        total += loss.item()
        if (step + 1) % REPORT_EVERY == 0:
            scores = {forms: accuracy(averaged, items, kept, blind) for forms, items in watch.items()}
            clock = (time.monotonic() - begin) / 60
            print(f"{step + 1} {clock:.1f} min, loss {total / REPORT_EVERY:.3f}, validation {scores}", flush=True)
            total = 0.0
            torch.save({"model": averaged.state_dict(), "steps": step + 1, "seed": seed}, target)
    torch.save({"model": averaged.state_dict(), "steps": step + 1, "seed": seed}, target)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--steps", type=int, default=2000)
    options.add_argument("--minutes", type=float, default=math.inf, help="shortens the schedule to the clock")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--blind", action="store_true")
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--dual", type=Path, default=DATA / "model.pt", help="checkpoint of emoji-dual")
    options.add_argument("--start", type=Path, help="begin with the weights of another run; what they lack begins anew")
    options.add_argument("--target", type=Path)
    args = options.parse_args()
    torch.set_num_threads(args.threads)
    target = args.target or FOLDER / ("blind.pt" if args.blind else "model.pt")
    train(args.steps, args.seed, args.blind, target, args.dual, args.minutes, args.start)


if __name__ == "__main__":
    main()
