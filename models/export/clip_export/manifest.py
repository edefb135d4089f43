"""`manifest.json`: what the service reads a model folder by (gpu-backend/src/models/manifest.ts is its schema)."""

import hashlib
import json
import re
from pathlib import Path

from .checkpoint import Checkpoint
from .graph import IMAGE, TEXT

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def entry(path: Path, base_url: str | None) -> dict[str, str | int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    url = {} if base_url is None else {"url": f"{base_url.rstrip('/')}/{path.name}"}
    return {"path": path.name, "bytes": path.stat().st_size, "sha256": digest, **url}


def manifest(checkpoint: Checkpoint, about: dict, pixels: str, files: dict, tokenizer: dict) -> dict:
    """
    @param about: id, revision, description, license, source, default_template.
    @param files: tower → variant → entry.
    """
    preprocess = checkpoint.preprocess
    return {
        "id": about["id"],
        "revision": about["revision"],
        "family": "clip",
        "description": about["description"],
        "license": about["license"],
        "source": about["source"],
        "dims": checkpoint.dims,
        "logit_scale": round(checkpoint.logit_scale, 6),
        "default_template": about["default_template"],
        "image": {
            "size": preprocess["size"],
            "resize": preprocess["resize_mode"],
            "interpolation": preprocess["interpolation"],
            "pixels": pixels,
            "mean": list(preprocess["mean"]),
            "std": list(preprocess["std"]),
            "input": IMAGE.input,
            "output": IMAGE.output,
            "files": files["image"],
        },
        "text": {
            "context_length": checkpoint.context_length,
            "pad_id": 0,
            "clean": "open_clip",
            "tokenizer": tokenizer,
            "input": TEXT.input,
            "output": TEXT.output,
            "files": files["text"],
        },
    }


def dump(content: dict) -> str:
    """JSON as the project's formatter wants it: lists of numbers and of words on one line."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    scalars = re.compile(r'\[(?:\s+(?:"\w*"|[-\d.e]+),?)+\s+\]')
    return scalars.sub(lambda found: re.sub(r"(?<=\[)\s+|\s+(?=\])", "", re.sub(r",\s+", ", ", found[0])), text) + "\n"
