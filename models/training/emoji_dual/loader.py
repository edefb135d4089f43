"""An endless, seeded stream of training batches."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

from .augment import augment
from .captioner import Captioner
from .dataset import FLAGS_GROUP, Dataset
from .tokenizer import encode, load

BATCH = 256
GROUP_BATCH_SHARE = 0.6  # batches half of whose concepts share an emoji group: hard negatives
FLAG_WEIGHT = 0.3  # flags are one concept in seven, and of little use
FLIPPABLE_GROUPS = (1, 3, 4, 5, 6, 7)
DIRECTED = re.compile(r"left|right|facing|arrow|pointing|clock|backhand|thirty|watch|calendar|abacus|1234")


@dataclass(frozen=True)
class Batch:
    pixels: torch.Tensor  # uint8[B, 3, 64, 64]
    ids: torch.Tensor  # i64[B, T]
    relevance: torch.Tensor  # uint8[B captions, concepts]: 1 true, 2 unknown, 0 false
    concepts: torch.Tensor  # i64[B]


class Batches(IterableDataset):
    def __init__(self, data: Dataset, seed: int) -> None:
        self.data, self.seed = data, seed
        self.captioner = Captioner(data)
        self.tokenizer = load()
        self.rows: dict[int, list[int]] = {}
        for row in data.train_rows:
            self.rows.setdefault(int(data.labels[row]), []).append(int(row))
        self.drawn = np.array([c for c in self.rows if data.concepts[c].captions["en"].label])
        groups = data.groups[self.drawn]
        self.groups = [self.drawn[groups == g] for g in np.unique(groups) if (groups == g).sum() >= 60 and g != FLAGS_GROUP]
        weights = np.where(groups == FLAGS_GROUP, FLAG_WEIGHT, 1.0)
        self.weights = weights / weights.sum()
        self.may_flip = torch.tensor([_may_flip(data, index) for index in range(len(data.concepts))])

    def __iter__(self) -> Iterator[Batch]:
        worker = torch.utils.data.get_worker_info()
        seed = self.seed + (worker.id if worker else 0)
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        rng, np_rng = random.Random(seed), np.random.RandomState(seed)
        while True:
            yield self._batch(rng, np_rng)

    def _batch(self, rng: random.Random, np_rng: np.random.RandomState) -> Batch:
        half = np.empty(0, int)
        if rng.random() < GROUP_BATCH_SHARE:
            group = rng.choice(self.groups)
            half = np_rng.choice(group, min(len(group), BATCH // 2), replace=False)
        more = np_rng.choice(self.drawn, BATCH, replace=False, p=self.weights)
        concepts = np.concatenate([half, more[~np.isin(more, half)]])[:BATCH]
        rows = np.array([rng.choice(self.rows[concept]) for concept in concepts])
        texts, relevance = zip(*(self.captioner.sample(concept, rng) for concept in concepts), strict=True)
        labels = torch.from_numpy(concepts)
        pixels = augment(self.data.rgba(rows), self.may_flip[labels])
        ids = encode(self.tokenizer, list(texts))
        return Batch(pixels, ids, torch.from_numpy(np.stack(relevance)), labels)


def stream(data: Dataset, seed: int) -> Iterator[Batch]:
    """One worker process prepares batches while the caller trains; one worker keeps the stream reproducible."""
    return iter(DataLoader(Batches(data, seed), batch_size=None, num_workers=1, prefetch_factor=6))


def _may_flip(data: Dataset, index: int) -> bool:
    concept = data.concepts[index]
    label = concept.captions["en"].label or ""
    return concept.group in FLIPPABLE_GROUPS and not DIRECTED.search(label)
