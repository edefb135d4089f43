"""No wording tells the answer: every form, word and pair of both occurs with all three answers equally often."""

from collections import Counter

import numpy as np
import pytest

from emoji_dual.dataset import DATA, Dataset
from emoji_entail import colours
from emoji_entail.claims import Claims
from emoji_entail.features import CELLS, Features
from emoji_entail.gallery import Gallery
from emoji_entail.kinds import NO, OPEN, YES, Kinds
from emoji_entail.pictures import BLURRED, CLEAR, COVERED, GREY, STATES
from emoji_entail.sentences import ANSWERS, FACTS, FORMS, Item

pytestmark = pytest.mark.skipif(not (DATA / "captions.json").exists(), reason="prepare/main.mjs has not run")
TRIPLES = 6_000


@pytest.fixture(scope="module")
def kinds() -> Kinds:
    return Kinds(Dataset())


@pytest.fixture(scope="module")
def gallery(kinds: Kinds) -> Gallery:
    """A picture of every concept in every state, each in one plain colour."""
    concepts = np.flatnonzero(kinds.usable)
    count = len(concepts) * len(STATES)
    states = np.repeat(np.arange(len(STATES)), len(concepts))
    shares = np.zeros((count, len(colours.COLOURS)), np.float32)
    shown = np.isin(states, (CLEAR, BLURRED))
    shares[np.flatnonzero(shown), np.arange(shown.sum()) % len(colours.COLOURS)] = 0.9
    empty = np.zeros((count, CELLS**2, 1), np.float16)
    stored = Features(empty, empty[:, 0], empty, np.tile(concepts, len(STATES)), states, shares)
    return Gallery(stored, len(kinds.labels))


@pytest.fixture(scope="module", params=["train", "test"])
def items(request: pytest.FixtureRequest, kinds: Kinds, gallery: Gallery) -> list[Item]:
    claims = Claims(kinds, gallery, request.param, seed=3)
    return [item for _ in range(TRIPLES) for item in claims.triple()]


@pytest.mark.parametrize("part", ["form", "word", "hypothesis", "topic", "language"])
def test_each_answer_comes_equally_often_with_every(part: str, items: list[Item]) -> None:
    counts = Counter((getattr(item, part), item.answer) for item in items)
    for value in {value for value, _ in counts}:
        assert len({counts[value, answer] for answer in range(len(ANSWERS))}) == 1, value


def test_whether_there_is_a_caption_tells_nothing(items: list[Item]) -> None:
    counts = Counter((item.caption is None, item.answer) for item in items)
    assert len(set(counts.values())) == 2


def test_a_caption_alone_rarely_decides(items: list[Item]) -> None:
    """The best guess from caption and hypothesis is right for less than .45 of all items.

    Of a claim with a fact, the pairs say the same but for a share; a caption that names the thing decides.
    """
    beside = sum(item.topic not in ("+fact", "+named") for item in items) / len(items)
    fact = sum(item.topic == "+fact" for item in items) / len(items)
    named = sum(item.topic == "+named" for item in items) / len(items)
    assert beside / 3 + fact * 0.5 + named < 0.45


def test_every_state_of_a_picture_but_covered_gets_every_answer(items: list[Item], gallery: Gallery) -> None:
    plain = Counter((int(gallery.stored.states[i.row]), i.answer) for i in items if i.topic != "+named")
    for state in (CLEAR, GREY, BLURRED):
        for answer in range(len(ANSWERS)):
            assert plain[state, answer] > 100, (STATES[state], ANSWERS[answer])
    assert plain[COVERED, ANSWERS.index("yes")] == 0


def test_what_a_name_is_said_of(kinds: Kinds) -> None:
    def truth(name: str, picture: str) -> int:
        kind = next(k for k in kinds.names if k.names["en"] == name)
        return int(kind.truth[kinds.by_label[picture]])

    assert truth("poodle", "dog") == OPEN
    assert truth("poodle", "poodle") == YES
    assert truth("poodle", "automobile") == NO
    assert truth("dog", "guide dog") == YES
    assert truth("teacher", "man") == OPEN
    assert truth("teacher", "woman teacher") == YES
    assert truth("teacher", "cook") == NO
    assert truth("ring", "wrapped gift") == OPEN
    assert truth("heart", "blue heart") == YES


def test_no_sentence_is_both_trained_on_and_held_out() -> None:
    for topic, languages in FORMS.items():
        for language, forms in languages.items():
            assert len(forms["test"]) >= 2, (topic, language)
            assert not set(forms["train"]) & set(forms["test"]), (topic, language)


def test_every_family_of_facts_has_values_that_exclude_each_other() -> None:
    for families in FACTS.values():
        for family in families:
            sayings = [saying for value in family.values() for saying in value]
            assert len(family) >= 2 and len(set(sayings)) == len(sayings)
