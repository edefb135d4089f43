"""What can be claimed of a drawing, and of which concepts it is true, false or left open.

A claim's truth is a row over all concepts: YES, NO, OPEN (the drawing shows too little to tell, as a plain person does
of a profession, or a wrapped gift of its content) or UNSURE (names overlap: such a picture is never asked about).
"""

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emoji_dual.captioner import IGNORED, POSITIVE, Captioner
from emoji_dual.dataset import FLAGS_GROUP, Dataset

from .colours import COLOURS
from .prompts import clean

NO, YES, OPEN, UNSURE = 0, 1, 2, -1
TABLE = json.loads((Path(__file__).parent / "kinds.json").read_text())
GENDERS = {"man", "woman", "person", "men", "women", "people"}
# Things whose colour is half their name; the rest of the name is the thing.
COLOURED_THINGS = {"heart": "爱心", "circle": "圆形", "square": "正方形", "apple": "苹果", "book": "书"}
LEFT_OUT = re.compile(r"o’clock|thirty|skin tone|keycap|japanese .* button|[()]")
LEFT_OUT_SUBGROUPS = {"hair-style", "skin-tone"}
LEAST_TAG_CONCEPTS, MOST_TAG_CONCEPTS = 2, 60


@dataclass(frozen=True)
class Kind:
    """A name for things, and what it is to every concept."""

    names: dict[str, str]
    """By language; a keyword has one language only."""
    truth: np.ndarray
    """i8[concepts]."""


def stem(label: str) -> str:
    """What is left when gender, direction and size are not told: such concepts are never set against each other."""
    label = label.replace(": facing right", "").replace("’s", "")
    words = [w for w in re.split(r"[\s:]+", label) if w]
    drop = GENDERS | {"oncoming", "face", "large", "medium", "small", "medium-small", "front-facing"}
    return " ".join(w for w in words if w not in drop) or label


class Kinds:
    def __init__(self, data: Dataset) -> None:
        self.data = data
        self.captioner = Captioner(data)
        self.labels = [concept.captions["en"].label or "" for concept in data.concepts]
        self.subgroups = np.array([concept.subgroup for concept in data.concepts])
        named = [bool(c.emoji and c.captions["zh"].label) for c in data.concepts]
        self.usable = np.array(named) & (data.groups != FLAGS_GROUP)
        self.by_label = {self.labels[i]: int(i) for i in np.flatnonzero(self.usable)}
        self.words = [set(label.split()) for label in self.labels]
        self.stems = defaultdict(set)
        for i in np.flatnonzero(self.usable):
            self.stems[stem(self.labels[i])].add(int(i))
        self._with_word = defaultdict(set)
        for i in np.flatnonzero(self.usable):
            for word in self.words[i]:
                self._with_word[word].add(int(i))
        self.opens = self._open_table()
        self.names = self._names()
        self.categories = [self._category(row) for row in TABLE["categories"]]
        self.tags = {language: self._tags(language) for language in ("en", "zh")}

    def _open_table(self) -> dict[int, set[int]]:
        """Which pictures leave a kind open: those of the table, and plain people for every profession."""
        opens: dict[int, set[int]] = defaultdict(set)
        for row in TABLE["open"]:
            missing = [name for name in (*row["kinds"], *row["by"]) if name not in self.by_label]
            assert not missing, f"kinds.json names what no emoji is called: {missing}"
            for name in row["kinds"]:
                opens[self.by_label[name]] |= {self.by_label[other] for other in row["by"]}
        plain = np.flatnonzero(self.usable & np.isin(self.subgroups, ["person", "person-gesture"]))
        plain = {int(i) for i in plain if not re.search(r"baby|child|boy|girl|deaf", self.labels[i])}
        for i in np.flatnonzero(self.usable & (self.subgroups == "person-role")):
            label = self.labels[i]
            if not re.search(r"^(man|woman)|pregnant|feed|prince|turban|veil|tuxedo|crown|headscarf|skullcap", label):
                opens[int(i)] |= plain
        return opens

    def _names(self) -> list[Kind]:
        """One kind for every name; things named by their colour go together under what is left of the name."""
        kinds, coloured = [], defaultdict(list)
        for i in np.flatnonzero(self.usable):
            label = self.labels[i]
            if LEFT_OUT.search(label) or self.subgroups[i] in LEFT_OUT_SUBGROUPS:
                continue
            if self.words[i] & {*COLOURS, "black", "white", "grey", "light"}:
                if label.split()[-1] in COLOURED_THINGS:
                    coloured[label.split()[-1]].append(i)
                continue
            zh = self.data.concepts[i].captions["zh"].label or ""
            kinds.append(Kind({"en": clean(label), "zh": clean(zh)}, self._truth(int(i), [label, zh])))
        for noun, concepts in coloured.items():
            truth = np.zeros(len(self.labels), np.int8)
            truth[list(self._with_word[noun])] = UNSURE
            truth[self.subgroups == self.subgroups[concepts[0]]] = UNSURE
            truth[concepts] = YES
            kinds.append(Kind({"en": noun, "zh": COLOURED_THINGS[noun]}, self._masked(truth)))
        return kinds

    def _truth(self, own: int, texts: list[str]) -> np.ndarray:
        truth = np.zeros(len(self.labels), np.int8)
        label, words = self.labels[own], self.words[own]
        for text in texts:
            if text in self.captioner.row:
                fits = self.captioner.relevance[self.captioner.row[text]]
                truth[(fits == POSITIVE) | (fits == IGNORED)] = UNSURE
        related = set.union(*(self._with_word[word] for word in words))
        for other in related:
            if words <= self.words[other] or self.words[other] <= words:
                truth[other] = UNSURE
            same_group = self.data.groups[other] == self.data.groups[own]
            if same_group and self.labels[other].endswith(f" {label}"):
                truth[other] = YES
            if self.labels[other].startswith(f"{label} with "):
                truth[other] = YES
        for other in self.stems[stem(label)]:
            neutral = not words & {"man", "woman", "men", "women"}
            truth[other] = YES if neutral and words & {"person", "people"} or stem(label) == label else UNSURE
        truth[list(self.opens[own])] = OPEN
        truth[own] = YES
        return self._masked(truth)

    def _category(self, row: dict) -> Kind:
        truth = np.zeros(len(self.labels), np.int8)
        truth[np.isin(self.subgroups, row["unsure"])] = UNSURE
        truth[np.isin(self.subgroups, row["of"])] = YES
        return Kind({"en": row["en"], "zh": row["zh"]}, self._masked(truth))

    def _tags(self, language: str) -> list[Kind]:
        """Keywords. They are not complete, so what shares a subgroup with a keyword's things is left out."""
        kinds = []
        names = {kind.names[language] for kind in (*self.names, *self.categories)}
        for text in sorted({t for c in self.data.concepts for t in c.captions[language].tags}):
            fits = self.captioner.relevance[self.captioner.row[text]]
            yes = (fits == POSITIVE) & self.usable
            if not LEAST_TAG_CONCEPTS <= yes.sum() <= MOST_TAG_CONCEPTS or clean(text) in names or not clean(text):
                continue
            truth = np.where(np.isin(self.subgroups, self.subgroups[yes]) | (fits == IGNORED), UNSURE, NO)
            truth[yes] = YES
            kinds.append(Kind({language: clean(text)}, self._masked(truth.astype(np.int8))))
        return kinds

    def _masked(self, truth: np.ndarray) -> np.ndarray:
        return np.where(self.usable, truth, UNSURE).astype(np.int8)
