"""How caption and hypothesis become one text, in training as in the service (`clean: "ofa"`, `prompts`)."""

import re

MAX_WORDS = 80
SEPARATOR = "|"
WITHOUT_CAPTION = "{hypothesis}"
WITH_CAPTION = "{caption} | {hypothesis}"


def clean(text: str) -> str:
    """What the service does to a hypothesis and to a caption, step by step as OFA's own code."""
    text = text.lower().lstrip(",.!?*#:;~").replace("-", " ").replace("/", " ").replace("<person>", "person")
    text = re.sub(r"\s{2,}", " ", text).rstrip("\n").strip(" ")
    return " ".join(text.split(" ")[:MAX_WORDS])


def prompt(hypothesis: str, caption: str | None) -> str:
    if caption is None:
        return WITHOUT_CAPTION.format(hypothesis=clean(hypothesis))
    return WITH_CAPTION.format(hypothesis=clean(hypothesis), caption=clean(caption))
