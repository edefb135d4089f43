"""Trains the towers on CPU: `python -m emoji_dual.train --steps 4000` → data/model.pt (moving average of the weights).

The learning rate follows the steps, or the clock where `--minutes` ends the run earlier. Same seed and same steps give
the same batches; sums in bfloat16 over several threads keep the weights from being identical to the bit.
"""

import argparse
import copy
import math
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from .dataset import DATA, Dataset, normalise
from .loader import Batch, stream
from .losses import DualLoss
from .metrics import ranks
from .model import Model, average_into
from .tokenizer import PAD, load

LEARNING_RATE = 2e-3
FINAL_SHARE = 0.01
WARM_UP_STEPS = 120
WEIGHT_DECAY = 0.05
EMA_DECAY = 0.998
EMA_WARM_UP = 8  # steps: the first averages forget the random start
TOKEN_DROPOUT = 0.06
TEXT_CHUNKS = 4
LOG_EVERY = 25
SAVE_EVERY = 150


def optimizer_for(model: Model, loss: DualLoss) -> torch.optim.AdamW:
    """Decay for the weights of layers; none for norms, biases, embeddings, positions, scales and proxies."""
    decayed, kept = [], list(loss.parameters())
    for tower in (model.image, model.text):
        for name, weight in tower.named_parameters():
            plain = weight.ndim < 2 or name.startswith(("tokens", "positions"))
            (kept if plain else decayed).append(weight)
    groups = [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": kept, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=(0.9, 0.98), fused=True)


def learning_rate(step: int, progress: float) -> float:
    """Linear warm-up, then a cosine over the progress 0…1 of the run."""
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
    return LEARNING_RATE * min(1.0, (step + 1) / WARM_UP_STEPS) * (FINAL_SHARE + (1 - FINAL_SHARE) * cosine)


def train_step(model: Model, loss: DualLoss, optimizer: torch.optim.AdamW, batch: Batch) -> list[float]:
    pixels = normalise(batch.pixels.float() / 255).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        images, texts = model.image(pixels), embed_by_length(model, batch.ids)
    total, parts = loss(images.float(), texts.float(), batch.relevance, batch.concepts)
    optimizer.zero_grad()
    total.backward()
    nn.utils.clip_grad_norm_([w for tower in (model.image, model.text) for w in tower.parameters()], 2.0)
    optimizer.step()
    return parts


def embed_by_length(model: Model, ids: torch.Tensor) -> torch.Tensor:
    """Text vectors f32[B, 256], computed in parts of like length: one long caption must not pad all others."""
    lengths = (ids != PAD).sum(1)
    order = lengths.argsort()
    parts = [
        model.text(ids[rows, : int(lengths[rows].max())], TOKEN_DROPOUT) for rows in order.chunk(TEXT_CHUNKS)
    ]
    return torch.cat(parts)[order.argsort()]


def validate(model: Model, data: Dataset) -> dict[str, float]:
    """Text→image recall at 1 on the validation pictures of the training styles."""
    rows = data.validation_rows
    concepts = [data.concepts[index] for index in data.labels[rows]]
    images, tokenizer = model.embed_rows(data, rows), load()
    scores = {}
    for language in ("en", "zh"):
        labels = [concept.captions[language].label or "" for concept in concepts]
        scores[language] = float((ranks(model.embed_texts(tokenizer, labels) @ images.T) == 0).mean())
    return scores


@dataclass(frozen=True)
class Options:
    steps: int
    minutes: float
    seed: int


def train(options: Options, data: Dataset) -> None:
    torch.manual_seed(options.seed)
    model = Model.fresh(load().get_vocab_size())
    model.image.to(memory_format=torch.channels_last)
    loss = DualLoss(len(data.concepts))
    optimizer = optimizer_for(model, loss)
    averaged = copy.deepcopy(model)
    averaged.image.eval()
    averaged.text.eval()
    batches = stream(data, options.seed)
    start, parts, step, progress = time.time(), [], 0, 0.0
    while progress < 1:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, progress)
        parts.append(train_step(model, loss, optimizer, next(batches)))
        step += 1
        decay = min(EMA_DECAY, 1 - 1 / (step / EMA_WARM_UP + 1))
        average_into(averaged.image, model.image, decay)
        average_into(averaged.text, model.text, decay)
        progress = max(step / options.steps, (time.time() - start) / 60 / options.minutes)
        if step % LOG_EVERY == 0:
            contrast, image_proxy, text_proxy = np.mean(parts[-LOG_EVERY:], 0)
            clock = f"{time.time() - start:.0f} s, step {step}, {progress:.0%}"
            print(f"{clock}: contrast {contrast:.3f} proxies {image_proxy:.3f} {text_proxy:.3f}", flush=True)
        if step % SAVE_EVERY == 0 or progress >= 1:
            averaged.logit_scale = loss.scale().item()
            averaged.save(DATA / "model.pt", step=step, seed=options.seed)
            print(f"saved, validation R@1 {validate(averaged, data)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--minutes", type=float, default=math.inf)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    train(Options(args.steps, args.minutes, args.seed), Dataset())


if __name__ == "__main__":
    main()
