"""Samples training captions: a label or keywords of a concept, in a sentence, with noise around it."""

import random

import numpy as np

from .dataset import FILLERS, TEMPLATES, Dataset

LANGUAGE_SHARES = {"en": 0.50, "zh": 0.24, "ja": 0.06, "de": 0.07, "fr": 0.07, "es": 0.06}
NO_SPACES = frozenset({"zh", "ja"})
LABEL_SHARE = 0.42
ONE_TAG_SHARE = 0.9  # cumulative: the rest names two keywords
TEMPLATE_SHARE = 0.45
FILLER_SHARE = 0.3
LONG_SHARE = 0.002

POSITIVE, IGNORED = 1, 2


class Captioner:
    """Knows which concepts a text fits (`relevance`) and makes noisy captions."""

    def __init__(self, data: Dataset) -> None:
        self.data = data
        texts = sorted({t for concept in data.concepts for caption in concept.captions.values() for t in caption.all})
        self.row = {text: i for i, text in enumerate(texts)}
        self.relevance = np.zeros((len(texts), len(data.concepts)), np.uint8)
        for index, concept in enumerate(data.concepts):
            for caption in concept.captions.values():
                self.relevance[[self.row[text] for text in caption.all], index] = POSITIVE
        # A held-out pair is neither positive nor negative, in whatever language the same letters occur.
        for pairs in data.held_out.values():
            for index, word in pairs:
                if word in self.row:
                    self.relevance[self.row[word], index] = IGNORED

    def sample(self, concept: int, rng: random.Random) -> tuple[str, np.ndarray]:
        """A caption and uint8[concepts]: 1 where it is true, 2 where unknown, else 0."""
        language = rng.choices(list(LANGUAGE_SHARES), list(LANGUAGE_SHARES.values()))[0]
        captions = self.data.concepts[concept].captions
        if captions[language].label is None:
            language = "en"
        facts = self._facts(concept, language, rng)
        rows = [self.relevance[self.row[fact]] for fact in facts]
        fits = rows[0] if len(rows) == 1 else np.where((rows[0] == 2) | (rows[1] == 2), 2, rows[0] & rows[1])
        joiner = rng.choice([", ", " ", " and "] if language == "en" else ["，", " "])
        return self._dress(joiner.join(facts), language, rng), fits

    def _facts(self, concept: int, language: str, rng: random.Random) -> list[str]:
        caption = self.data.concepts[concept].captions[language]
        tags = [tag for tag in caption.tags if self.relevance[self.row[tag], concept] == POSITIVE]
        draw = rng.random()
        if draw < LABEL_SHARE or not tags:
            return [caption.label or self.data.concepts[concept].captions["en"].label or tags[0]]
        if draw < ONE_TAG_SHARE or len(tags) < 2:
            return [rng.choice(tags)]
        return rng.sample(tags, 2)

    def _dress(self, text: str, language: str, rng: random.Random) -> str:
        """Puts the text into a training template or between random filler words, or both, or leaves it bare."""
        if rng.random() < TEMPLATE_SHARE:
            text = rng.choice(TEMPLATES["train"][language]).replace("{}", text)
        if rng.random() < FILLER_SHARE:
            longest = 16 if rng.random() < LONG_SHARE else 5
            gap = "" if language in NO_SPACES else " "
            before = rng.choices(FILLERS[language], k=rng.randint(0, longest))
            after = rng.choices(FILLERS[language], k=rng.randint(0, longest // 2))
            text = gap.join([*before, text, *after])
        return text
