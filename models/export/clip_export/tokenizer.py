"""CLIP's tokenizer in Hugging Face's format, made from the merges that come with open_clip."""

import json
from pathlib import Path

from open_clip.tokenizer import SimpleTokenizer
from tokenizers import Tokenizer

from .errors import BadInput

# Texts that use each part of it: the merges, every kind of character, contractions, bytes outside the merges.
SAMPLES = [
    "",
    "a photo of a cat",
    "it's they'll we've i'm you'd isn't it'ſ",
    "3 apples, 12.50€ — 100 %!?",
    "café naïve größe ñandú",
    "東京タワー 猫",
    "🍎👩‍🔬🇨🇭",
    "привет мир مرحبا नमस्ते",
    "snake_case http://example.com/a?b=c&d",
    "antidisestablishmentarianism",
]


def tokenizer_json() -> dict:
    ours = SimpleTokenizer()
    start, end = "<start_of_text>", "<end_of_text>"
    merges = sorted(ours.bpe_ranks, key=ours.bpe_ranks.__getitem__)
    special = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": ours.encoder[token], "content": token, **special} for token in (start, end)],
        # For other users of the file: the service cleans texts as open_clip does, and instead of this.
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "NFC"},
                {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "},
                {"type": "Lowercase"},
            ],
        },
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {
                    # open_clip's, which ignores case: an s may be a long one.
                    "type": "Split",
                    "pattern": {"Regex": r"'[sſ]|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"},
                    "behavior": "Removed",
                    "invert": True,
                },
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
            ],
        },
        "post_processor": {
            "type": "RobertaProcessing",
            "sep": [end, ours.eot_token_id],
            "cls": [start, ours.sot_token_id],
            "trim_offsets": False,
            "add_prefix_space": False,
        },
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": end,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "</w>",
            "fuse_unk": False,
            "vocab": ours.encoder,
            "merges": [" ".join(pair) for pair in merges],
        },
    }


def write(target: Path) -> None:
    """@raises BadInput if the file gives other ids than open_clip: one of the libraries has changed then"""
    target.write_text(json.dumps(tokenizer_json(), ensure_ascii=False))
    ours, written = SimpleTokenizer(), Tokenizer.from_file(str(target))
    for text in SAMPLES:
        expected = [ours.sot_token_id, *ours.encode(text), ours.eot_token_id]
        if written.encode(ours.clean_fn(text)).ids != expected:
            raise BadInput(f"tokenizer.json gives other ids than open_clip for {text!r}")
