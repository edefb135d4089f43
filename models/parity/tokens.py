"""Writes the reference for tokenisation: what open_clip's SimpleTokenizer makes of every string of the corpus.

    python tokens.py ../../gpu-backend/fixtures/tokens

`open_clip.jsonl` holds the versions and then one string a line: its group, the text, the text after cleaning and
its ids without padding. `repaired` marks a string that comes out otherwise when ftfy does not repair mojibake. `merges.txt.gz` holds the part of CLIP's merges that its vocabulary uses.
"""

import gzip
import json
import platform
import sys
import unicodedata
from pathlib import Path

import ftfy
import open_clip
import regex
from corpus import corpus
from open_clip.tokenizer import SimpleTokenizer, default_bpe, get_clean_fn, html, whitespace_clean

MERGES = 49152 - 256 - 2


def clean_without_repair(text: str) -> str:
    fixed = ftfy.fix_text(text, fix_encoding=False)
    return whitespace_clean(html.unescape(html.unescape(fixed)).strip()).lower()


def main(folder: Path) -> None:
    tokenizer = SimpleTokenizer()
    clean = get_clean_fn("lower")
    versions = {
        "open_clip": open_clip.__version__,
        "ftfy": ftfy.__version__,
        "regex": regex.__version__,
        "python": platform.python_version(),
        "unicode": unicodedata.unidata_version,
    }
    lines = [json.dumps(versions)]
    for group, text in corpus():
        row = tokenizer(text)[0].tolist()
        # The last one: a text may spell the end-of-text token, too.
        ids = row[: len(row) - row[::-1].index(tokenizer.eot_token_id)]
        case = {"group": group, "text": text, "clean": clean(text), "ids": ids}
        if clean(text) != clean_without_repair(text):
            case["repaired"] = True
        lines.append(json.dumps(case))
    (folder / "open_clip.jsonl").write_text("\n".join(lines) + "\n")

    merges = gzip.open(default_bpe()).read().decode("utf-8").split("\n")[1 : MERGES + 1]
    (folder / "merges.txt.gz").write_bytes(gzip.compress("\n".join(merges).encode("utf-8"), 9, mtime=0))
    repaired = sum('"repaired"' in line for line in lines)
    print(f"{len(lines) - 1} strings, {repaired} of them repaired by ftfy; {versions}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
