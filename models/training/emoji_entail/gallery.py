"""Finds a stored picture of a concept in a state, or of a colour."""

import random
from collections import defaultdict

import numpy as np
import torch

from . import colours
from .features import Features
from .pictures import BLURRED, CLEAR, COVERED, GREY

GREY_SHARE = 0.2  # of pictures whose kind can be seen
COVERED_SHARE = 0.35  # of pictures whose kind cannot be seen


class Gallery:
    def __init__(self, stored: Features, concepts: int) -> None:
        self.stored = stored
        self.colour = colours.verdicts(torch.from_numpy(stored.shares)).numpy()
        by: dict[tuple[int, int], list[int]] = defaultdict(list)
        for row, key in enumerate(zip(stored.states.tolist(), stored.concepts.tolist(), strict=True)):
            by[key].append(row)
        self._by = dict(by)
        self.drawn = np.zeros(concepts, bool)
        self.drawn[[concept for state, concept in by if state == CLEAR]] = True
        self._states = [np.flatnonzero(stored.states == state) for state in range(4)]
        coloured = np.isin(stored.states, (CLEAR, BLURRED))
        self._of_colour = {
            (index, verdict): np.flatnonzero(coloured & (self.colour[:, index] == verdict))
            for index in range(len(colours.COLOURS))
            for verdict in (0, 1)
        }
        # A kind's own pictures that have a plain colour, by concept and colour.
        self.plain = defaultdict(list)
        for row in np.flatnonzero((stored.states == CLEAR) & (self.colour == 1).any(1)):
            self.plain[int(stored.concepts[row]), int(self.colour[row].argmax())].append(int(row))

    def shown(self, concept: int, rng: random.Random) -> int:
        """A picture on which one can see what it is."""
        state = GREY if rng.random() < GREY_SHARE and (GREY, concept) in self._by else CLEAR
        return rng.choice(self._by[state, concept])

    def hidden(self, concept: int, rng: random.Random) -> int:
        """A picture on which one cannot see what it is, of this concept where there is one."""
        state = COVERED if rng.random() < COVERED_SHARE else BLURRED
        rows = self._by.get((state, concept)) or self._by.get((BLURRED, concept))
        return rng.choice(rows) if rows else int(rng.choice(self._states[state]))

    def of_colour(self, colour: int, verdict: int, rng: random.Random) -> int:
        """A clear or blurred picture that plainly has the colour (1) or plainly has not (0)."""
        return int(rng.choice(self._of_colour[colour, verdict]))

    def without_colour(self, rng: random.Random, concept: int | None = None) -> int:
        """A grey picture, or one whose drawing is covered."""
        if concept is not None and (GREY, concept) in self._by:
            return rng.choice(self._by[GREY, concept])
        return int(rng.choice(self._states[COVERED if rng.random() < COVERED_SHARE else GREY]))

    def blurred_of(self, colour: int, rng: random.Random) -> int | None:
        """A blurred picture of that colour, after a few tries."""
        for _ in range(8):
            row = self.of_colour(colour, 1, rng)
            if self.stored.states[row] == BLURRED:
                return row
        return None
