"""Writes the reference for the built-in model's tokens: what the `tokenizers` library makes of every string of the corpus.

    python wordpiece.py ../emoji-dual/tokenizer.json ../../gpu-backend/fixtures/tokens

`wordpiece.jsonl` holds the version, the file's SHA-256, and then one string a line: its group, the text and all its ids.
Half a character (a lone surrogate) is U+FFFD to the service, and no string at all to the library.
"""

import hashlib
import json
import sys
from pathlib import Path

import tokenizers
from corpus import corpus
from tokenizers import Tokenizer


def whole(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def main(file: Path, folder: Path) -> None:
    tokenizer = Tokenizer.from_file(str(file))
    about = {"tokenizers": tokenizers.__version__, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    lines = [{"group": group, "text": text, "ids": tokenizer.encode(whole(text)).ids} for group, text in corpus()]
    (folder / "wordpiece.jsonl").write_text("\n".join(json.dumps(line) for line in [about, *lines]) + "\n")
    print(f"{len(lines)} strings; {about}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
