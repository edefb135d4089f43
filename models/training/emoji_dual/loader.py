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
from .words import WordMeanings

BATCH = 256
GROUP_BATCH_SHARE = 0.6  # batches half of whose concepts share an emoji group: hard negatives
FLAG_WEIGHT = 0.15  # flags are one concept in seven, and of little use
ICON_WEIGHT = 0.4  # of concepts that only icon sets draw
ICON_SHARE = 0.25  # how often an emoji concept is drawn by an icon set that has it
REDRAWN_SHARE = 0.5  # of the pictures that can be had with lines, or coloured in
WORDS = 128  # single words a batch, captions or not
FLIPPABLE_GROUPS = (1, 3, 4, 5, 6, 7)
DIRECTED = re.compile(r"left|right|facing|arrow|pointing|clock|backhand|thirty|watch|calendar|abacus|1234")


@dataclass(frozen=True)
class Batch:
    pixels: torch.Tensor  # uint8[B, 3, size, size]
    ids: torch.Tensor  # i64[2B, T]: an English caption of each picture, then one in another language
    relevance: torch.Tensor  # uint8[2B, concepts]: 1 true, 2 unknown, 0 false
    concepts: torch.Tensor  # i64[B]
    word_ids: torch.Tensor  # i64[W, T]: single words
    word_targets: torch.Tensor  # f32[W, concepts]: how much each concept is meant, sum 1


class Batches(IterableDataset):
    def __init__(self, data: Dataset, seed: int, size: int) -> None:
        self.data, self.seed, self.size = data, seed, size
        self.captioner = Captioner(data)
        self.tokenizer = load()
        self.words = WordMeanings(data)
        self.emoji_rows: dict[int, list[int]] = {}
        self.icon_rows: dict[int, list[int]] = {}
        for row in data.train_rows:
            rows = self.icon_rows if data.is_icon[row] else self.emoji_rows
            rows.setdefault(int(data.labels[row]), []).append(int(row))
        drawn = self.emoji_rows | self.icon_rows
        self.drawn = np.array([c for c in drawn if data.concepts[c].captions["en"].label])
        groups = data.groups[self.drawn]
        self.groups = [
            self.drawn[groups == g] for g in np.unique(groups) if (groups == g).sum() >= 60 and g != FLAGS_GROUP
        ]
        only_icons = np.array([concept not in self.emoji_rows for concept in self.drawn])
        weights = np.where(groups == FLAGS_GROUP, FLAG_WEIGHT, np.where(only_icons, ICON_WEIGHT, 1.0))
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
        rows = np.array([self._picture(concept, rng) for concept in concepts.tolist()])
        english = [self.captioner.sample(concept, "en", rng) for concept in concepts]
        other = [self.captioner.sample_other(concept, rng) for concept in concepts]
        texts, relevance = zip(*english, *other, strict=True)
        labels = torch.from_numpy(concepts)
        redrawn = (self.data.redrawn_row[rows] >= 0) & (np_rng.rand(len(rows)) < REDRAWN_SHARE)
        mono, lined = torch.from_numpy(self.data.is_mono[rows] & ~redrawn), torch.from_numpy(redrawn)
        pixels = augment(self.data.rgba(rows, redrawn), self.may_flip[labels], mono, lined, self.size)
        ids = encode(self.tokenizer, list(texts))
        words, meanings = self.words.sample(WORDS, np_rng.permutation(concepts), np_rng)
        relevance = torch.from_numpy(np.stack(relevance))
        return Batch(pixels, ids, relevance, labels, encode(self.tokenizer, words), meanings)

    def _picture(self, concept: int, rng: random.Random) -> int:
        emoji, icons = self.emoji_rows.get(concept, []), self.icon_rows.get(concept, [])
        return rng.choice(icons if not emoji or (icons and rng.random() < ICON_SHARE) else emoji)


def stream(data: Dataset, seed: int, size: int) -> Iterator[Batch]:
    """One worker process prepares batches while the caller trains; one worker keeps the stream reproducible."""
    return iter(DataLoader(Batches(data, seed, size), batch_size=None, num_workers=1, prefetch_factor=6))


def _may_flip(data: Dataset, index: int) -> bool:
    concept = data.concepts[index]
    label = concept.captions["en"].label or ""
    return concept.group in FLIPPABLE_GROUPS and not DIRECTED.search(label)
