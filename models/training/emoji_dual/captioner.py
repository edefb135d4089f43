"""Samples training captions: a label or keywords of a concept, in a sentence, with noise around it."""

import random

import numpy as np

from .dataset import FILLERS, PHRASES, TEMPLATES, Dataset
from .tokenizer import common_hanzi
from .words import word_list

OTHER_LANGUAGES = {"zh": 0.52, "ja": 0.12, "de": 0.12, "fr": 0.12, "es": 0.12}
NO_SPACES = frozenset({"zh", "ja"})
LABEL_SHARE = 0.45
ONE_TAG_SHARE = 0.9  # cumulative: the rest names two keywords
TEMPLATE_SHARE = 0.25
PHRASE_SHARE = 0.55  # cumulative: a sentence put together from parts, so that no fixed set of sentences is learnt
FILLER_SHARE = 0.2
FOREIGN_SHARE = {"en": 0.06, "zh": 0.25}  # words, or characters, that no caption has
FREQUENT_WORDS = 6_000
LONG_SHARE = 0.002
NEAR_CONCEPTS = 12

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
        self._spare_near_concepts()
        # A held-out pair is neither positive nor negative, in whatever language the same letters occur.
        for pairs in data.held_out.values():
            for index, word in pairs:
                if word in self.row:
                    self.relevance[self.row[word], index] = IGNORED
        said = {word for text in texts for word in text.split()}
        unseen = {word for sentences in TEMPLATES["test"].values() for text in sentences for word in text.split()}
        self.foreign_words = [w for w in word_list()[:FREQUENT_WORDS] if w not in said and w not in unseen]
        self.hanzi = common_hanzi()

    def _spare_near_concepts(self) -> None:
        """An icon concept («car») and the emoji that carry its name as a keyword («taxi») are not pushed apart."""
        for index, concept in enumerate(self.data.concepts):
            label = concept.captions["en"].label
            if concept.emoji or not label:
                continue
            near = np.flatnonzero(self.relevance[self.row[label]] == POSITIVE)
            near = near[near != index]
            if 0 < len(near) <= NEAR_CONCEPTS:
                own = np.flatnonzero(self.relevance[:, index] == POSITIVE)
                theirs = np.flatnonzero((self.relevance[:, near] == POSITIVE).any(1))
                for rows, columns in ((theirs, np.array([index])), (own, near)):
                    part = self.relevance[np.ix_(rows, columns)]
                    self.relevance[np.ix_(rows, columns)] = np.where(part == POSITIVE, POSITIVE, IGNORED)

    def sample_other(self, concept: int, rng: random.Random) -> tuple[str, np.ndarray]:
        """A caption in another language than English, where the concept has one."""
        language = rng.choices(list(OTHER_LANGUAGES), list(OTHER_LANGUAGES.values()))[0]
        return self.sample(concept, language, rng)

    def sample(self, concept: int, language: str, rng: random.Random) -> tuple[str, np.ndarray]:
        """A caption and uint8[concepts]: 1 where it is true, 2 where unknown, else 0."""
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
        """Puts the text into a sentence or between random filler words, or both, or leaves it bare."""
        draw = rng.random()
        if draw < TEMPLATE_SHARE:
            text = rng.choice(TEMPLATES["train"][language]).replace("{}", text)
        elif draw < PHRASE_SHARE and language in PHRASES:
            text = self._phrase(text, language, rng)
        if rng.random() < FILLER_SHARE:
            longest = 16 if rng.random() < LONG_SHARE else 5
            gap = "" if language in NO_SPACES else " "
            before = rng.choices(FILLERS[language], k=rng.randint(0, longest))
            after = rng.choices(FILLERS[language], k=rng.randint(0, longest // 2))
            text = gap.join([*before, text, *after])
        if rng.random() < FOREIGN_SHARE.get(language, 0):
            text = self._with_foreign(text, language, rng)
        return text

    @staticmethod
    def _phrase(text: str, language: str, rng: random.Random) -> str:
        parts = {slot: rng.choice(choices) for slot, choices in PHRASES[language].items()}
        if language == "zh":
            if rng.random() < 0.5:
                return f"{parts['start']}{parts['measure']}{parts['relation']}{text}的{parts['noun']}{parts['end']}"
            return f"{parts['start']}{parts['relation']}{text}{parts['end']}"
        article = rng.choice(["", "", "a", "the", "an", "some"])
        kind = [parts["adjective"], parts["kind"], parts["relation"], article, text]
        if rng.random() < 0.25:
            kind = [parts["adjective"], text, parts["kind"]]
        return " ".join(part for part in [parts["start"], parts["determiner"], *kind, parts["end"]] if part)

    def _with_foreign(self, text: str, language: str, rng: random.Random) -> str:
        if language == "zh":
            before, after = ("".join(rng.choices(self.hanzi, k=rng.randint(0, 4))) for _ in range(2))
            return before + text + after
        noise = " ".join(rng.choices(self.foreign_words, k=rng.randint(1, 2)))
        return rng.choice([f"{noise} {text}", f"{text} {noise}"])
