"""Writes the reference for OFA's prompts: what models/export/ofa_export makes of hypotheses and captions.

    python prompts.py OFA/utils/BPE ../../gpu-backend/fixtures/ofa

The first folder has OFA's `dict.txt`, `encoder.json` and `vocab.bpe`. `prompts.jsonl` holds one statement a line and its ids; null
where cleaning leaves nothing of a text. `merges.txt.gz` are the merges, and `ids.bin.gz` holds the id that OFA gives to each of
GPT-2's pieces in their order, as little-endian uint16; together they are the tokenizer.
"""

import gzip
import json
import sys
from pathlib import Path

import numpy as np
from corpus import corpus

sys.path.append(str(Path(__file__).parents[1] / "export"))
from ofa_export.prompts import clean, prompt  # noqa: E402
from ofa_export.tokenizer import from_fairseq, make  # noqa: E402

# fmt: off
STATEMENTS: list[tuple[str, str | None]] = [
    ("A dog is running.", None), ("the woman is asleep", "A woman on a sofa / reading."),
    ("狗在草地上奔跑。", None), ("一个女人在睡觉", "沙发上的女人正在看书。"), ("这是一只猫吗？", "a cat 🐱"),
    ("a half-open door and/or a window", None), ("<person> greets <PERSON>", "two <person>s"),
    ("...!!! what?! *#:;~,", None), ("~~a  b\t\tc\nd \n", "  e   f "), ("one two " * 60, None), ("x", "one two " * 60),
    ("</s> <s> <pad> <mask> <unk>", "<code_0> <bin_999> <0x0A>"), ("{hypothesis} {caption} {}", "{caption} %s {0}"),
    ('he said "yes" ', "a \" quote"), ("ends with a newline\n", None), ("non\u00a0breaking \u00a0 space", None),
]
# fmt: on
# A statement is compared for every text of the corpus; longer ones would say the same again.
LONGEST = 400


def well_formed(text: str) -> str:
    """As JavaScript's `toWellFormed`: a lone surrogate has no UTF-8."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def statements() -> list[tuple[str, str | None]]:
    texts = [text for _, text in corpus() if len(text) <= LONGEST]
    paired = [(text, texts[-i] if i % 3 == 0 else None) for i, text in enumerate(texts)]
    return [*STATEMENTS, *paired]


def main(vocabulary: Path, folder: Path) -> None:
    pieces = from_fairseq(vocabulary / "encoder.json", vocabulary / "vocab.bpe", vocabulary / "dict.txt")
    numbers = json.loads((vocabulary / "encoder.json").read_text())
    in_order = sorted(numbers, key=numbers.__getitem__)
    ids = np.array([pieces.ids.get(piece, pieces.ids["<unk>"]) for piece in in_order], "<u2")
    tokenizer = make(pieces)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "merges.txt.gz").write_bytes(gzip.compress("\n".join(pieces.merges).encode(), mtime=0))
    (folder / "ids.bin.gz").write_bytes(gzip.compress(ids.tobytes(), mtime=0))
    lines = []
    for hypothesis, caption in statements():
        texts = [well_formed(text) for text in (hypothesis, caption) if text is not None]
        empty = any(clean(text) == "" for text in texts)
        case = {"hypothesis": hypothesis, "ids": None if empty else tokenizer.encode(prompt(*texts)).ids}
        lines.append(json.dumps(case if caption is None else {**case, "caption": caption}))
    (folder / "prompts.jsonl").write_text("\n".join([*lines, ""]))
    print(f"{len(lines)} statements")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
