"""Draws claims as triples: the very same sentence once with each answer, on three pictures.

So no form and no word can tell the answer: whatever a hypothesis says, it is true, false and undecided equally often.
The reason lies in the picture, or with a caption in the caption: the kind or colour cannot be seen, what is shown
leaves the kind open, or nobody said the fact.
"""

import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .colours import COLOURS
from .gallery import Gallery
from .kinds import NO, OPEN, TABLE, YES, Kind, Kinds
from .prompts import clean
from .sentences import FACTS, FORMS, Claim, Item, fill

CHINESE_SHARE = 0.4
CAPTION_SHARE = 0.45
NEGATED_SHARE = 0.2
SIBLING_SHARE, GROUP_SHARE = 0.3, 0.5  # cumulative: whom a false claim is made of
OPEN_SHARE = 0.7  # how often a kind that some pictures leave open is undecided for that reason
# What is claimed: names, keywords, categories, colours, a thing's colour, kinds that some clear pictures leave open.
CLAIMS = {"name": 0.36, "tag": 0.08, "category": 0.1, "colour": 0.14, "coloured": 0.16, "open": 0.16}
# What a caption does: it says something beside the point, a fact of what is shown, or names it.
CAPTIONS = {"beside": 0.35, "fact": 0.5, "named": 0.15}
SAME_FACT_SHARE = 0.75  # of false and undecided claims: the caption says the same, the picture decides
CONTRARY_SHARE = 0.6  # of the other false claims


class Claims:
    """@param forms: `train` or `test`, which sentences are used."""

    def __init__(self, kinds: Kinds, gallery: Gallery, forms: str, seed: int) -> None:
        self.kinds, self.gallery, self.forms = kinds, gallery, forms
        self.rng = random.Random(seed)
        drawn = gallery.drawn
        self.pools: dict[int, dict[int, np.ndarray]] = {}
        self.names = [kind for kind in kinds.names if self._answerable(kind)]
        self.categories = [kind for kind in kinds.categories if self._answerable(kind)]
        self.tags = {lang: [kind for kind in tags if self._answerable(kind)] for lang, tags in kinds.tags.items()}
        self.open = [kind for kind in self.names if ((kind.truth == OPEN) & drawn).any()]
        groups, subgroups = kinds.data.groups, kinds.subgroups
        self._like = {
            int(i): [np.flatnonzero(drawn & kinds.usable & (of == of[i])) for of in (subgroups, groups)]
            for i in np.flatnonzero(drawn)
        }
        self.coloured = [
            (kind, colour)
            for kind in self.names
            for colour in range(len(COLOURS))
            if any((int(c), colour) in gallery.plain for c in np.flatnonzero(kind.truth == YES))
        ]

    def _answerable(self, kind: Kind) -> bool:
        pools = {verdict: np.flatnonzero((kind.truth == verdict) & self.gallery.drawn) for verdict in (NO, YES, OPEN)}
        self.pools[id(kind)] = pools
        return len(pools[YES]) > 0 and len(pools[NO]) > 0

    def triple(self) -> list[Item]:
        """One hypothesis three times, with the answers yes, no and maybe."""
        language = "zh" if self.rng.random() < CHINESE_SHARE else "en"
        if self.rng.random() >= CAPTION_SHARE:
            return self._items(self._claim(language))
        kind = self._choose(CAPTIONS)
        items = {"beside": self._beside, "fact": self._fact, "named": self._named}[kind](language)
        return [replace(item, topic=f"+{kind}") for item in items]

    def _choose(self, shares: dict[str, float]) -> str:
        return self.rng.choices(list(shares), list(shares.values()))[0]

    def _form(self, topic: str, language: str) -> str:
        return self.rng.choice(FORMS[topic][language][self.forms])

    def _items(self, claim: Claim, captions: tuple[str | None, ...] = (None, None, None)) -> list[Item]:
        text, word = fill(claim.form, claim.words), " ".join(claim.words.values())
        return [
            Item(text, caption, row, answer, claim.form, word, claim.language, claim.topic)
            for answer, (row, caption) in enumerate(zip(claim.rows, captions, strict=True))
        ]

    def _claim(self, language: str) -> Claim:
        topic = self._choose(CLAIMS)
        makers: dict[str, Callable[[str], Claim]] = {"colour": self._colour, "coloured": self._coloured}
        if topic in makers:
            return makers[topic](language)
        pool = {"name": self.names, "tag": self.tags[language], "category": self.categories, "open": self.open}[topic]
        kind = self.rng.choice(pool)
        rows = self._kind_rows(kind)
        form = "about" if topic == "tag" else "kind"
        if form == "kind" and self.rng.random() < NEGATED_SHARE:
            form, rows = "kind_not", (rows[1], rows[0], rows[2])
        return Claim(self._form(form, language), {"n": kind.names[language]}, rows, topic, language)

    def _kind_rows(self, kind: Kind) -> tuple[int, int, int]:
        pools = self.pools[id(kind)]
        yes = int(self.rng.choice(pools[YES]))
        false = self._false(kind, yes)
        if len(pools[OPEN]) and self.rng.random() < OPEN_SHARE:
            maybe = self.gallery.shown(int(self.rng.choice(pools[OPEN])), self.rng)
        else:
            maybe = self._unseen(yes, false)
        return self.gallery.shown(yes, self.rng), self.gallery.shown(false, self.rng), maybe

    def _false(self, kind: Kind, yes: int) -> int:
        """A concept that the kind is not, often a near one."""
        draw = self.rng.random()
        for limit, pool in zip((SIBLING_SHARE, GROUP_SHARE), self._like[yes], strict=True):
            if draw < limit:
                false = pool[kind.truth[pool] == NO]
                if len(false):
                    return int(self.rng.choice(false))
        return int(self.rng.choice(self.pools[id(kind)][NO]))

    def _unseen(self, yes: int, false: int) -> int:
        """A picture that hides what it shows, be it the thing or not."""
        return self.gallery.hidden(yes if self.rng.random() < 0.5 else false, self.rng)

    def _colour(self, language: str) -> Claim:
        colour = self.rng.randrange(len(COLOURS))
        rows = (
            self.gallery.of_colour(colour, 1, self.rng),
            self.gallery.of_colour(colour, 0, self.rng),
            self.gallery.without_colour(self.rng),
        )
        form = "colour"
        if self.rng.random() < NEGATED_SHARE:
            form, rows = "colour_not", (rows[1], rows[0], rows[2])
        return Claim(self._form(form, language), {"c": colour_name(colour, language)}, rows, "colour", language)

    def _coloured(self, language: str) -> Claim:
        """A thing and its colour: false if either is, undecided if one is hidden and the other true."""
        kind, colour = self.rng.choice(self.coloured)
        own = [c for c in self.pools[id(kind)][YES].tolist() if (c, colour) in self.gallery.plain]
        yes = self.rng.choice(own)
        others = [c for (c, other), _ in self.gallery.plain.items() if c in own and other != colour]
        wrong = [row for c in others for row in self._plainly_not(c, colour)]
        if wrong and self.rng.random() < 0.6:
            false = self.rng.choice(wrong)
        else:
            false = self.gallery.shown(self._false(kind, yes), self.rng)
        maybe = self.gallery.without_colour(self.rng, yes)
        if self.rng.random() < 0.35:
            maybe = self.gallery.blurred_of(colour, self.rng) or maybe
        words = {"n": kind.names[language], "c": colour_name(colour, language)}
        rows = (self.rng.choice(self.gallery.plain[yes, colour]), false, maybe)
        return Claim(self._form("coloured_kind", language), words, rows, "coloured", language)

    def _plainly_not(self, concept: int, colour: int) -> list[int]:
        plain = self.gallery.plain
        rows = [row for other in range(len(COLOURS)) if other != colour for row in plain.get((concept, other), ())]
        return [row for row in rows if self.gallery.colour[row, colour] == 0]

    def _beside(self, language: str) -> list[Item]:
        """The caption says something that no claim asks for."""
        fact = self.rng.choice(self.rng.choice(list(self.rng.choice(FACTS[language]).values())))
        caption = self._form("caption", language).format(v=fact)
        return self._items(self._claim(language), (caption, caption, caption))

    def _fact(self, language: str) -> list[Item]:
        """«It is under the open sky.» The dog is outdoors: true of a dog, false of a cat, else undecided."""
        kind = self.rng.choice(self.names if self.rng.random() < 0.75 else self.categories)
        yes, no, hidden = self._kind_rows(kind)
        family, (value, contrary, apart) = self._values(language)
        same = [self._say(family[value], language) for _ in range(3)]
        captions = [same[0], same[1], same[2]]
        rows = [yes, no, hidden]
        if self.rng.random() > SAME_FACT_SHARE:
            if self.rng.random() < CONTRARY_SHARE:
                rows[1], captions[1] = yes, self._say(family[contrary], language)
            else:
                captions[1] = self._say(apart, language)
        if self.rng.random() > SAME_FACT_SHARE:
            captions[2] = self._say(apart, language)
            if self.rng.random() < CONTRARY_SHARE:
                rows[2] = yes
        words = {"n": kind.names[language], "v": self.rng.choice(family[value])}
        claim = Claim(self._form("fact", language), words, tuple(rows), "fact", language)
        return self._items(claim, tuple(captions))

    def _named(self, language: str) -> list[Item]:
        """The caption names the thing: where the picture hides it, the caption decides; else it adds a fact."""
        kind = self.rng.choice(self.names)
        pools = self.pools[id(kind)]
        yes = int(self.rng.choice(pools[YES]))
        other = next((k for k in self._namesakes(kind, language) if k is not kind), kind)
        false = int(self.rng.choice(self.pools[id(other)][YES]))
        family, (value, _, apart) = self._values(language)
        facts = [self.rng.choice(family[value]) for _ in range(3)]
        if self.rng.random() < 0.5:
            captions = (
                self._name(kind, facts[0], language),
                self._name(other, facts[1], language),
                self._say(facts, language),
            )
            rows = (self.gallery.hidden(yes, self.rng), self.gallery.hidden(false, self.rng), self._unseen(yes, false))
            claim = Claim(self._form("kind", language), {"n": kind.names[language]}, rows, "named", language)
            return self._items(claim, captions)
        captions = (
            self._name(kind, facts[0], language),
            self._name(other, facts[1], language),
            self._name(kind, self.rng.choice(apart), language),
        )
        rows = tuple(self.gallery.shown(concept, self.rng) for concept in (yes, false, yes))
        words = {"n": kind.names[language], "v": facts[2]}
        return self._items(Claim(self._form("fact", language), words, rows, "named", language), captions)

    def _namesakes(self, kind: Kind, language: str) -> list[Kind]:
        """Kinds whose every picture the given one is false of."""
        tries = self.rng.choices(self.names, k=12)
        return [k for k in tries if (kind.truth[self.pools[id(k)][YES]] == NO).all()]

    def _values(self, language: str) -> tuple[dict[str, list[str]], tuple[str, str, list[str]]]:
        """A family of facts, two of it that exclude each other, and sayings of a fact that is apart from both."""
        family, other = self.rng.sample(FACTS[language], 2)
        value, contrary = self.rng.sample(list(family), 2)
        return family, (value, contrary, self.rng.choice(list(other.values())))

    def _say(self, sayings: list[str], language: str) -> str:
        return self._form("caption", language).format(v=self.rng.choice(sayings))

    def _name(self, kind: Kind, fact: str, language: str) -> str:
        return fill(self._form("named_caption", language), {"n": kind.names[language], "v": fact})


def colour_name(colour: int, language: str) -> str:
    return COLOURS[colour] if language == "en" else clean(TABLE["colours"]["zh"][COLOURS[colour]])
