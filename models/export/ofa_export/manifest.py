"""`manifest.json` of the family `ofa`: what the service reads such a model's folder by."""

from clip_export.manifest import dump, entry

from .checkpoint import Checkpoint
from .graph import INPUTS, OUTPUT
from .model import ANSWERS
from .prompts import MAX_WORDS, WITH_CAPTION, WITHOUT_CAPTION
from .tokenizer import BEGIN, END, PAD

__all__ = ["dump", "entry", "manifest"]


def manifest(checkpoint: Checkpoint, about: dict, answer_ids: tuple[int, ...], files: dict, tokenizer: dict) -> dict:
    """
    @param about: id, revision, description, license, source.
    @param files: variant → entry.
    """
    config = checkpoint.model.config
    images, ids, lengths = INPUTS
    return {
        **{key: about[key] for key in ("id", "revision")},
        "family": "ofa",
        **{key: about[key] for key in ("description", "license", "source")},
        "image": {
            "size": config.image_size,
            "resize": "squash",
            "interpolation": "bicubic",
            "pixels": "float32_nchw",
            "mean": list(checkpoint.mean),
            "std": list(checkpoint.std),
            "input": images,
        },
        "text": {
            "context_length": config.positions,
            "max_words": MAX_WORDS,
            "begin_id": BEGIN,
            "pad_id": PAD,
            "end_id": END,
            "clean": "ofa",
            "tokenizer": tokenizer,
            "input": ids,
            "lengths": lengths,
        },
        "prompts": {"without_caption": WITHOUT_CAPTION, "with_caption": WITH_CAPTION},
        "answers": list(ANSWERS),
        "answer_ids": list(answer_ids),
        "output": OUTPUT,
        "files": files,
    }
