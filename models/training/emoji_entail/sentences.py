"""Sentences: their forms, the facts that captions tell, and what is asked about one picture."""

import json
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FORMS: dict[str, dict[str, dict[str, list[str]]]] = json.loads((HERE / "forms.json").read_text())
FACTS: dict[str, list[dict[str, list[str]]]] = json.loads((HERE / "facts.json").read_text())
ANSWERS = ("yes", "no", "maybe")


@dataclass(frozen=True)
class Item:
    hypothesis: str
    caption: str | None
    row: int
    """The picture, a row of the gallery."""
    answer: int
    """Of ANSWERS."""
    form: str
    """The hypothesis without its words."""
    word: str
    """What is claimed: the word, or the words, in the form."""
    language: str
    topic: str
    """Of CLAIMS, or of CAPTIONS with `+` before it."""


@dataclass(frozen=True)
class Claim:
    """A sentence and the three pictures (yes, no, maybe) that answer it."""

    form: str
    words: dict[str, str]
    rows: tuple[int, int, int]
    topic: str
    language: str


def fill(form: str, words: dict[str, str]) -> str:
    return form.format(**words, a=article(words["n"]) if "n" in words else "")


def article(noun: str) -> str:
    if noun.endswith("s") and not noun.endswith(("ss", "us")):
        return noun
    return f"an {noun}" if noun[:1] in "aeiou" else f"a {noun}"
