"""What counts as held out, and how sure a share is; no data is needed."""

import numpy as np
import pytest

from emoji_dual.dataset import Caption, Concept
from emoji_dual.evaluate import gives_away
from emoji_dual.metrics import recall


def camel(**captions: str) -> Concept:
    said = {language: Caption(text, ()) for language, text in captions.items()}
    return Concept("1f42a", "🐪", 3, "animal-mammal", {"en": Caption("camel", ("hump",)), **said})


@pytest.mark.parametrize(
    ("keyword", "language", "said"),
    [
        ("desert", "en", {"fr": "Désert"}),
        ("desert", "en", {"es": "desértico"}),
        ("romantic", "en", {"de": "romantisch"}),
        ("生日", "zh", {"ja": "生日会"}),
    ],
)
def test_another_language_gives_a_keyword_away_by_its_letters(keyword: str, language: str, said: dict[str, str]):
    assert gives_away(camel(**said), keyword, language)


@pytest.mark.parametrize(
    ("keyword", "language", "said"),
    [("desert", "en", {"de": "Wüste", "ja": "砂漠"}), ("hump", "en", {}), ("生日", "zh", {"ja": "日"})],
)
def test_a_keyword_is_held_out_where_no_other_language_spells_it(keyword: str, language: str, said: dict[str, str]):
    assert not gives_away(camel(**said), keyword, language)


def test_asking_for_each_concept_twice_makes_a_share_no_surer():
    once = np.random.RandomState(1).randint(0, 4, 200)
    single, double = recall(once, 1), recall(np.stack([once, once], 1), 1)
    assert (single.value, single.low, single.high) == (double.value, double.low, double.high)
    assert (single.queries, double.queries) == (200, 400)
