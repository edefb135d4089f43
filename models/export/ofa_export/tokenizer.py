"""OFA's tokenizer in Hugging Face's format: GPT-2's byte-level BPE, with the ids that OFA's `dict.txt` gives."""

import json
from dataclasses import dataclass
from pathlib import Path

from clip_export.errors import BadInput
from tokenizers import Tokenizer

from .model import ANSWERS

BEGIN, PAD, END, UNKNOWN = 0, 1, 2, 3
SPECIAL = {"<s>": BEGIN, "<pad>": PAD, "</s>": END, "<unk>": UNKNOWN}


@dataclass(frozen=True)
class Vocabulary:
    ids: dict[str, int]
    """Pieces of text, in GPT-2's spelling of bytes, and the special tokens."""
    merges: list[str]


def find(folder: Path) -> Vocabulary:
    """What lies beside a checkpoint: fairseq's three files, or the ports' two. @raises BadInput"""
    if (folder / "dict.txt").is_file():
        return from_fairseq(folder / "encoder.json", folder / "vocab.bpe", folder / "dict.txt")
    if (folder / "vocab.json").is_file():
        return from_port(folder / "vocab.json", folder / "merges.txt")
    raise BadInput(
        f"{folder} has neither dict.txt (with encoder.json and vocab.bpe) nor vocab.json (with merges.txt): "
        "say with --vocabulary where they are"
    )


def from_fairseq(encoder: Path, merges: Path, dictionary: Path) -> Vocabulary:
    """GPT-2's pieces have GPT-2's numbers, and a line of dict.txt names such a number: its place, after the four
    special tokens, is OFA's id. Lines that are no number are fillers."""
    pieces = {number: piece for piece, number in _json(encoder).items()}
    ids = dict(SPECIAL)
    for place, line in enumerate(_lines(dictionary), start=len(SPECIAL)):
        name = line.rsplit(" ", 1)[0]
        if name.isdigit():
            if int(name) not in pieces:
                raise BadInput(f"{dictionary} names the piece {name}, which {encoder.name} does not have")
            ids[pieces[int(name)]] = place
    return _checked(Vocabulary(ids, _merges(merges)), dictionary)


def from_port(vocabulary: Path, merges: Path) -> Vocabulary:
    return _checked(Vocabulary(_json(vocabulary), _merges(merges)), vocabulary)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise BadInput(f"{file} cannot be read: {error}") from error


def _json(file: Path) -> dict[str, int]:
    try:
        content = json.loads(_read(file))
    except ValueError as error:
        raise BadInput(f"{file} is no JSON: {error}") from error
    if not isinstance(content, dict) or not all(isinstance(value, int) for value in content.values()):
        raise BadInput(f"{file} is no vocabulary")
    return content


def _lines(file: Path) -> list[str]:
    return [line for line in _read(file).split("\n") if line]


def _merges(file: Path) -> list[str]:
    return [line for line in _lines(file) if not line.startswith("#version")]


def _checked(vocabulary: Vocabulary, file: Path) -> Vocabulary:
    for token, expected in SPECIAL.items():
        if vocabulary.ids.get(token) != expected:
            raise BadInput(f"{file}: {token} is {vocabulary.ids.get(token)}, and OFA's is {expected}")
    # Text is split into bytes first, so a piece is missing or none is.
    if lacking := [piece for merge in vocabulary.merges if (piece := merge.replace(" ", "")) not in vocabulary.ids]:
        raise BadInput(f"{file} has no id for {lacking[0]!r}, which the merges make")
    return vocabulary


def tokenizer_json(vocabulary: Vocabulary) -> dict:
    """
    `<s> … </s>` around a text, as the reference has it. The special tokens are no *added* tokens: those would be
    found in the text too, and a hypothesis could end its own prompt by saying `</s>`. The reference, too, spells it out.
    """
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        # Cleaning and prompts come before: `clean: "ofa"` in the manifest.
        "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [_special("<s>"), {"Sequence": {"id": "A", "type_id": 0}}, _special("</s>")],
            "pair": [_special("<s>"), *({"Sequence": {"id": part, "type_id": 0}} for part in "AB"), _special("</s>")],
            "special_tokens": {
                token: {"id": token, "ids": [SPECIAL[token]], "tokens": [token]} for token in ("<s>", "</s>")
            },
        },
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": "<unk>",
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": dict(sorted(vocabulary.ids.items(), key=lambda item: item[1])),
            "merges": vocabulary.merges,
        },
    }


def _special(token: str) -> dict:
    return {"SpecialToken": {"id": token, "type_id": 0}}


def make(vocabulary: Vocabulary) -> Tokenizer:
    return Tokenizer.from_str(json.dumps(tokenizer_json(vocabulary)))


def answer_ids(tokenizer: Tokenizer) -> tuple[int, ...]:
    """The tokens of yes, no and maybe, each with the space before it. @raises BadInput if one takes several"""
    found = []
    for answer in ANSWERS:
        ids = tokenizer.encode(f" {answer}", add_special_tokens=False).ids
        if len(ids) != 1 or ids[0] == UNKNOWN:
            raise BadInput(f"its vocabulary has no single token for the answer {answer!r}")
        found += ids
    return tuple(found)
