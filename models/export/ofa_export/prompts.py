"""How OFA was asked about a picture and a sentence when it was trained."""

import re

MAX_WORDS = 80
# The space in front is part of the prompt: without it the first word is another token.
WITHOUT_CAPTION = ' does the image describe " {hypothesis} "?'
WITH_CAPTION = ' can image and text1 " {caption} " imply text2 " {hypothesis} "?'


def clean(text: str) -> str:
    """What the reference does to a hypothesis and to a caption, in its order (`pre_caption` of data/ofa_dataset.py)."""
    text = text.lower().lstrip(",.!?*#:;~").replace("-", " ").replace("/", " ").replace("<person>", "person")
    text = re.sub(r"\s{2,}", " ", text).rstrip("\n").strip(" ")
    return " ".join(text.split(" ")[:MAX_WORDS])


def prompt(hypothesis: str, caption: str | None = None) -> str:
    if caption is None:
        return WITHOUT_CAPTION.format(hypothesis=clean(hypothesis))
    return WITH_CAPTION.format(hypothesis=clean(hypothesis), caption=clean(caption))
