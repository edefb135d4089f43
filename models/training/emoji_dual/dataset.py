"""Reads what `prepare/main.mjs` wrote: pictures (RGBA), concepts, captions and the splits."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

HERE = Path(__file__).parent
DATA = HERE.parent / "data"
IMAGE_SIZE = 80
MEAN = (0.48145466, 0.4578275, 0.40821073)  # CLIP's
STD = (0.26862954, 0.26130258, 0.27577711)
FLAGS_GROUP = 9
SHARE_ALIKE = frozenset({"openmoji", "emojione-v1"})
VALIDATION_SHARE = 0.04
SPLIT_SEED = 7

TEMPLATES: dict[str, dict[str, list[str]]] = json.loads((HERE / "templates.json").read_text())
FILLERS: dict[str, list[str]] = json.loads((HERE / "fillers.json").read_text())
PHRASES: dict[str, dict[str, list[str]]] = json.loads((HERE / "phrases.json").read_text())


@dataclass(frozen=True)
class Caption:
    """What one language says of one concept."""

    label: str | None
    tags: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return ((self.label,) if self.label else ()) + self.tags


@dataclass(frozen=True)
class Concept:
    code: str
    emoji: str
    group: int
    subgroup: str
    captions: dict[str, Caption]


class Dataset:
    """All pictures and captions in memory-mapped or small arrays; a concept is its index in `concepts`."""

    def __init__(self, folder: Path = DATA) -> None:
        text = json.loads((folder / "captions.json").read_text())
        index = json.loads((folder / "icons.json").read_text())
        self.languages: list[str] = text["languages"]
        self.concepts = [_concept(raw) for raw in text["concepts"]]
        self.concept_of = {concept.code: i for i, concept in enumerate(self.concepts)}
        self.held_out = {
            language: [(self.concept_of[code], word) for code, word in pairs]
            for language, pairs in text["heldOut"].items()
        }
        size, rows = index["size"], index["icons"]
        self.pixels = np.memmap(folder / "icons.rgba", np.uint8, "r", shape=(len(rows), size, size, 4))
        drawn_again = index["redrawn"]
        self._redrawn = np.memmap(folder / "redrawn.rgba", np.uint8, "r", shape=(len(drawn_again), size, size, 4))
        self.redrawn_row = np.full(len(rows), -1)
        self.redrawn_row[drawn_again] = np.arange(len(drawn_again))
        self.styles = np.array([style for style, _ in rows])
        self.labels = np.array([self.concept_of[code] for _, code in rows])
        self.groups = np.array([concept.group for concept in self.concepts])
        roles = {style["name"]: style["role"] for style in index["styles"]}
        emoji = {name for name, role in roles.items() if role == "train"}
        icons = {name for name, role in roles.items() if role == "icons"}
        more = {name for name, role in roles.items() if role == "more"}
        assert not (emoji | icons | more) & SHARE_ALIKE, "share-alike art must never be trained on"
        self.is_icon = np.isin(self.styles, list(icons))
        self.is_mono = np.isin(self.styles, [style["name"] for style in index["styles"] if style.get("mono")])
        self._emoji_art = np.isin(self.styles, list(emoji))
        self._more_art = np.isin(self.styles, list(more))

    @cached_property
    def validation_rows(self) -> np.ndarray:
        """int[V]: emoji art kept for validation, each of a concept that ≥ 3 of the training styles draw."""
        drawn = np.bincount(self.labels[self._emoji_art], minlength=len(self.concepts))
        rows = np.flatnonzero(self._emoji_art & (drawn[self.labels] >= 3) & (self.groups[self.labels] != FLAGS_GROUP))
        chosen = np.random.RandomState(SPLIT_SEED).permutation(rows)[: int(VALIDATION_SHARE * len(rows))]
        _, first = np.unique(self.labels[chosen], return_index=True)  # one picture a concept: a gallery without doubles
        return np.sort(chosen[first])

    @cached_property
    def train_rows(self) -> np.ndarray:
        """int[N]: every picture the weights may see."""
        return np.setdiff1d(np.flatnonzero(self._emoji_art | self._more_art | self.is_icon), self.validation_rows)

    def test_rows(self, style: str) -> np.ndarray:
        """int[M]: pictures of one style, without flags, whose concept training has seen in some other style."""
        seen = np.zeros(len(self.concepts), bool)
        seen[self.labels[np.setdiff1d(np.flatnonzero(self._emoji_art), self.validation_rows)]] = True
        return np.flatnonzero((self.styles == style) & seen[self.labels] & (self.groups[self.labels] != FLAGS_GROUP))

    def rgba(self, rows: np.ndarray, redrawn: np.ndarray | None = None) -> torch.Tensor:
        """f32[n, 4, 112, 112] in 0…1, colour not premultiplied; drawn again where `redrawn` bool[n] says so."""
        pixels = self.pixels[rows]
        if redrawn is not None:
            pixels[redrawn] = self._redrawn[self.redrawn_row[rows[redrawn]]]
        return torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float() / 255

    def plain(
        self, rows: np.ndarray, size: int = IMAGE_SIZE, background: tuple[float, float, float] = (1.0, 1.0, 1.0)
    ) -> torch.Tensor:
        """f32[n, 3, size, size] in 0…1: what serving does (composite, then bicubic with antialias)."""
        rgba = self.rgba(rows)
        alpha = rgba[:, 3:]
        flat = rgba[:, :3] * alpha + (1 - alpha) * torch.tensor(background).view(1, 3, 1, 1)
        small = F.interpolate(flat, (size, size), mode="bicubic", antialias=True, align_corners=False)
        return (small.clamp(0, 1) * 255).round() / 255


def normalise(pixels: torch.Tensor) -> torch.Tensor:
    """0…1 pixels [n, 3, h, w] → the tower's input."""
    return (pixels - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(STD).view(1, 3, 1, 1)


def _concept(raw: dict) -> Concept:
    captions = {lang: Caption(c["label"], tuple(c["tags"])) for lang, c in raw["captions"].items()}
    return Concept(raw["code"], raw["emoji"], raw["group"], raw["subgroup"], captions)
