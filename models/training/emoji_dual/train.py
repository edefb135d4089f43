"""Trains the towers on CPU: `python -m emoji_dual.train --steps 4000` → data/model.pt (moving average of the weights).

The learning rate follows the steps, or the clock where `--minutes` ends the run earlier. Same seed and same steps give
the same batches; sums in bfloat16 over several threads keep the weights from being identical to the bit.
"""

import argparse
import copy
import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from .dataset import DATA, IMAGE_SIZE, Dataset, normalise
from .loader import Batch, stream
from .losses import DualLoss
from .metrics import ranks
from .model import Model, average_into
from .tokenizer import PAD, load
from .towers import ImageTower
from .words import word_table

LEARNING_RATE = 2e-3
FINAL_SHARE = 0.01
WARM_UP_STEPS = 120
WEIGHT_DECAY = 0.05
MAX_GRADIENT = 2.0  # its norm over both towers
EMA_DECAY = 0.998
EMA_WARM_UP = 8  # steps: the first averages forget the random start
TEXT_CHUNKS = 6
LOG_EVERY = 25
SAVE_EVERY = 150
SIZES = ((0.0, 64), (0.55, 80))  # from this progress on, pictures of so many pixels: the first half goes faster


def optimizer_for(model: Model, loss: DualLoss) -> torch.optim.AdamW:
    """Decay for the weights of layers; none for norms, biases, embeddings, positions, scales and proxies."""
    decayed, kept = [], list(loss.parameters())
    for tower in (model.image, model.text):
        for name, weight in tower.named_parameters():
            plain = weight.ndim < 2 or name.startswith(("tokens", "positions"))
            (kept if plain else decayed).append(weight)
    groups = [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": kept, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=(0.9, 0.98), fused=True)


def learning_rate(peak: float, step: int, progress: float) -> float:
    """Linear warm-up, then a cosine over the progress 0…1 of the run."""
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
    return peak * min(1.0, (step + 1) / WARM_UP_STEPS) * (FINAL_SHARE + (1 - FINAL_SHARE) * cosine)


def train_step(
    model: Model, loss: DualLoss, optimizer: torch.optim.AdamW, batch: Batch, other: ThreadPoolExecutor
) -> list[float]:
    """The pictures' tower runs in `other`, beside the texts' tower: forward, then the loss, then backward."""
    optimizer.zero_grad()
    images_later = other.submit(embed_pictures, model, batch.pixels)
    with torch.autocast("cpu", torch.bfloat16):
        texts, words = embed_by_length(model, batch.ids).float(), model.text(batch.word_ids).float()
    images = images_later.result()
    ends = [vectors.detach().requires_grad_() for vectors in (images, texts, words)]
    total, parts = loss(ends[0], ends[1], batch.relevance, batch.concepts)
    total = total + loss.words(ends[2], ends[0], batch.word_targets, batch.concepts)
    total.backward()
    done = other.submit(images.backward, ends[0].grad)
    torch.autograd.backward([texts, words], [end.grad for end in ends[1:]])
    done.result()
    clip(model)
    optimizer.step()
    return parts


def clip(model: Model) -> None:
    nn.utils.clip_grad_norm_([w for tower in (model.image, model.text) for w in tower.parameters()], MAX_GRADIENT)


def embed_pictures(model: Model, pixels: Tensor) -> Tensor:
    ready = normalise(pixels.float() / 255).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        return model.image(ready).float()


def embed_by_length(model: Model, ids: torch.Tensor) -> torch.Tensor:
    """Text vectors f32[B, 256], computed in parts of like length: one long caption must not pad all others."""
    lengths = (ids != PAD).sum(1)
    order = lengths.argsort()
    parts = [model.text(ids[rows, : int(lengths[rows].max())]) for rows in order.chunk(TEXT_CHUNKS)]
    return torch.cat(parts)[order.argsort()]


def validate(model: Model, data: Dataset) -> dict[str, float]:
    """Text→image recall at 1 on the validation pictures of the training styles."""
    rows = data.validation_rows
    concepts = [data.concepts[index] for index in data.labels[rows]]
    images, tokenizer = model.embed_rows(data, rows, IMAGE_SIZE), load()
    scores = {}
    for language in ("en", "zh"):
        labels = [concept.captions[language].label or "" for concept in concepts]
        scores[language] = round(float((ranks(model.embed_texts(tokenizer, labels) @ images.T) == 0).mean()), 4)
    return scores


@dataclass(frozen=True)
class Options:
    steps: int
    minutes: float
    seed: int
    rate: float
    resume: bool
    warm_start: Path | None


class Run:
    """Everything that a training changes; `data/run.pt` holds it, so that an interrupted run can go on."""

    PATH = DATA / "run.pt"

    def __init__(self, data: Dataset, seed: int) -> None:
        torch.manual_seed(seed)
        self.model = Model.fresh(word_table(load()))
        self.model.image.to(memory_format=torch.channels_last)
        self.loss = DualLoss(len(data.concepts))
        self.optimizer = optimizer_for(self.model, self.loss)
        self.averaged = copy.deepcopy(self.model)
        self.averaged.image.eval()
        self.averaged.text.eval()
        self.step, self.progress = 0, 0.0

    def _parts(self) -> dict:
        modules = {"loss": self.loss, "optimizer": self.optimizer}
        for name, model in (("model", self.model), ("averaged", self.averaged)):
            modules |= {f"{name}.image": model.image, f"{name}.text": model.text}
        return modules

    def save(self) -> None:
        state = {name: part.state_dict() for name, part in self._parts().items()}
        temporary = self.PATH.with_suffix(".tmp")
        torch.save({**state, "step": self.step, "progress": self.progress}, temporary)
        temporary.replace(self.PATH)

    def restore(self) -> None:
        state = torch.load(self.PATH, weights_only=True)
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.step, self.progress = state["step"], state["progress"]

    def warm_start(self, path: Path) -> None:
        """Begins with the averaged weights and the concept vectors of a run that has ended."""
        state = torch.load(path, weights_only=True)
        for model in (self.model, self.averaged):
            model.image.load_state_dict(with_more_blocks(model.image, state["averaged.image"]))
            model.text.load_state_dict(state["averaged.text"])
        self.loss.load_state_dict(state["loss"])


def with_more_blocks(tower: ImageTower, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A shallower image tower's state with this tower's further blocks, whose branches add nothing at first."""
    further = {name: weight for name, weight in tower.state_dict().items() if name not in state}
    for name, weight in further.items():
        if name.endswith("second.1.weight"):
            weight.zero_()
    return {**state, **further}


def size_at(progress: float, options: Options) -> int:
    """The early sizes are for weights that know nothing yet."""
    return IMAGE_SIZE if options.warm_start else [size for start, size in SIZES if progress >= start][-1]


def train(options: Options, data: Dataset) -> None:
    run = Run(data, options.seed)
    if options.resume:
        run.restore()
    elif options.warm_start:
        run.warm_start(options.warm_start)
    size = size_at(run.progress, options)
    batches = stream(data, options.seed + run.step, size)
    start, first, parts = time.time(), run.progress, []
    other = ThreadPoolExecutor(1)
    while run.progress < 1:
        for group in run.optimizer.param_groups:
            group["lr"] = learning_rate(options.rate, run.step, run.progress)
        parts.append(train_step(run.model, run.loss, run.optimizer, next(batches), other))
        run.step += 1
        decay = min(EMA_DECAY, 1 - 1 / (run.step / EMA_WARM_UP + 1))
        average_into(run.averaged.image, run.model.image, decay)
        average_into(run.averaged.text, run.model.text, decay)
        by_clock = first + (time.time() - start) / 60 / options.minutes
        run.progress = max(run.step / options.steps, by_clock)
        if size_at(run.progress, options) != size:
            size = size_at(run.progress, options)
            batches = stream(data, options.seed + run.step, size)
        if run.step % LOG_EVERY == 0:
            contrast, image_proxy, text_proxy = np.mean(parts[-LOG_EVERY:], 0)
            clock = f"{time.time() - start:.0f} s, step {run.step}, {run.progress:.0%}"
            print(f"{clock}: contrast {contrast:.3f} proxies {image_proxy:.3f} {text_proxy:.3f}", flush=True)
        if run.step % SAVE_EVERY == 0 or run.progress >= 1:
            run.averaged.logit_scale = run.loss.scale().item()
            run.averaged.save(DATA / "model.pt", step=run.step, seed=options.seed)
            run.save()
            print(f"saved, validation R@1 {validate(run.averaged, data)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--minutes", type=float, default=math.inf, help="end by the clock; the schedule follows")
    parser.add_argument("--threads", type=int, default=1, help="of each tower; they run side by side")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=LEARNING_RATE, help="peak learning rate")
    parser.add_argument("--warm-start", type=Path, help="begin with the weights of a run.pt; take half the rate")
    parser.add_argument("--resume", action="store_true", help="go on from data/run.pt")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    train(Options(args.steps, args.minutes, args.seed, args.rate, args.resume, args.warm_start), Dataset())


if __name__ == "__main__":
    main()
