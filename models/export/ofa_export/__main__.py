"""`python -m ofa_export SOURCE --id … --revision … --license … --source …`: an OFA checkpoint → a model folder.

One graph in every variant, the tokenizer, and last the manifest. The folder appears when it is complete, and each of its
files was compared with torch.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

import onnx
import torch
from clip_export.command import LARGEST_FILE, checked_variants, new_folder, options, run, whole
from clip_export.errors import BadInput
from tokenizers import Tokenizer

from .check import BOUNDS, check, sample
from .checkpoint import Checkpoint, load
from .config import IMAGE_SIZE, size_name
from .graph import read, trace
from .manifest import dump, entry, manifest
from .precision import half, int8
from .tokenizer import answer_ids, find, make, tokenizer_json

LARGEST_IMAGE = 2048  # that the service takes
CHANGES = {"fp32": lambda graph: graph, "fp16": half, "int8": int8}


def arguments(argv: list[str] | None) -> argparse.Namespace:
    checkpoint = "fairseq's .pt, or a folder in the layout of the Hugging Face and ModelScope ports"
    parser = options("ofa_export", __doc__, checkpoint, "scores")
    parser.add_argument("--vocabulary", type=Path, help="the folder of the vocabulary, if it is not the checkpoint's")
    parser.add_argument("--image-size", type=int, default=IMAGE_SIZE, help="pixels a side that it was trained with")
    return parser.parse_args(argv)


def export(args: argparse.Namespace) -> Path:
    """@returns the model's folder. @raises BadInput"""
    variants = checked_variants(args, BOUNDS)
    if args.image_size % 16 or not 32 <= args.image_size <= LARGEST_IMAGE:
        raise BadInput(f"--image-size is a multiple of 16 from 32 to {LARGEST_IMAGE}, not {args.image_size}")
    folder = new_folder(args)
    if not args.checkpoint.exists():
        raise BadInput(f"{args.checkpoint} does not exist")
    beside = args.checkpoint if args.checkpoint.is_dir() else args.checkpoint.parent
    vocabulary = find(args.vocabulary or beside)
    tokenizer = make(vocabulary)
    checkpoint = load(args.checkpoint, answer_ids(tokenizer), args.image_size)
    if max(vocabulary.ids.values()) >= checkpoint.model.config.vocabulary:
        raise BadInput(f"the vocabulary does not fit: the model knows {checkpoint.model.config.vocabulary} tokens")
    with whole(folder) as work:
        (work / "tokenizer.json").write_text(json.dumps(tokenizer_json(vocabulary), ensure_ascii=False))
        write_folder(checkpoint, tokenizer, args, variants, work)
    return folder


def write_folder(
    checkpoint: Checkpoint, tokenizer: Tokenizer, args: argparse.Namespace, variants: list[str], folder: Path
) -> None:
    model, config = checkpoint.model, checkpoint.model.config
    given = sample(tokenizer, config.image_size, checkpoint.mean, checkpoint.std)
    with torch.no_grad():
        expected = model(*given.tensors()).numpy()
    size = sum(parameter.numel() for parameter in model.parameters()) * 4
    if "fp32" in variants and size >= LARGEST_FILE:
        raise BadInput(f"it has {size / 1e9:.1f} GB in float32, and an ONNX file ends at 2 GB: --variants fp16,int8")
    scratch = folder / "scratch"
    scratch.mkdir()
    trace(model.fold(), given.tensors(), scratch / "traced.onnx")
    files: dict[str, dict] = {}
    for variant in variants:
        path = folder / f"model.{variant}.onnx"
        onnx.save(CHANGES[variant](read(scratch / "traced.onnx")), path)
        check(path, variant, given, expected)
        files[variant] = entry(path, args.url)
    shutil.rmtree(scratch)
    name = size_name(config)
    about = {
        "id": args.id,
        "revision": args.revision,
        "description": args.description or f"OFA{f' {name}' if name else ''}, exported from {args.checkpoint.name}.",
        "license": args.license,
        "source": args.source,
    }
    written = entry(folder / "tokenizer.json", args.url)
    content = manifest(checkpoint, about, answer_ids(tokenizer), files, written)
    (folder / "manifest.json").write_text(dump(content))


def main(argv: list[str] | None = None) -> int:
    args = arguments(argv)
    return run("ofa_export", lambda: export(args))


if __name__ == "__main__":
    sys.exit(main())
