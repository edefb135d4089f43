"""What the export commands have in common: their options, the checks of them, and a folder that appears when it is whole."""

import argparse
import os
import re
import shutil
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import BadInput
from .manifest import NAME

TARGET = Path(__file__).parents[3] / ".sightline" / "models"
# A protobuf message, and so a file that holds its own weights, ends there.
LARGEST_FILE = 2**31
BASE_URL = re.compile(r"https://[^\s/?#]+(/[^\s?#]*)?", re.IGNORECASE)


def options(program: str, doc: str, checkpoint: str, results: str) -> argparse.ArgumentParser:
    """The options of every export. `doc`: the module's, `SYNOPSIS: purpose` in its first line."""
    parser = argparse.ArgumentParser(prog=program, description=doc.split("\n")[0].split(": ")[1])
    parser.add_argument("checkpoint", type=Path, help=checkpoint)
    parser.add_argument("--id", required=True, help="the model's id; also the folder's name")
    parser.add_argument("--revision", required=True, help=f"{results} of different revisions are never compared")
    parser.add_argument("--license", required=True, help="SPDX identifier of the weights' licence")
    parser.add_argument("--source", required=True, help="where the weights come from")
    parser.add_argument("--description", help="one sentence for those who choose a model")
    parser.add_argument("--variants", default="fp32,fp16,int8", help="which files to write")
    parser.add_argument("--url", help="where the files will lie, if the manifest is to be pulled by")
    parser.add_argument("--target", type=Path, default=TARGET, help="the folder of models")
    return parser


def checked_variants(args: argparse.Namespace, known: Collection[str]) -> list[str]:
    """The variants asked for. @raises BadInput for one that is not known, and for what no manifest may say"""
    variants = args.variants.split(",")
    if unknown := set(variants) - set(known):
        raise BadInput(f"there is no variant {sorted(unknown)[0]!r}: {', '.join(known)}")
    for name, value in (("--id", args.id), ("--revision", args.revision)):
        if not NAME.fullmatch(value):
            raise BadInput(f"{name} is lower-case letters, digits, '.', '_' and '-', at most 63, not {value!r}")
    for name, value in (("--license", args.license), ("--source", args.source)):
        if not value:
            raise BadInput(f"{name} is empty")
    if args.url is not None and not BASE_URL.fullmatch(args.url):
        raise BadInput(f"--url is https://host/folder, to which the files' names are added, not {args.url!r}")
    return variants


def new_folder(args: argparse.Namespace) -> Path:
    """Where the model will lie. @raises BadInput where something does already"""
    folder = args.target / args.id
    if folder.exists():
        raise BadInput(f"{folder} exists already")
    return folder


@contextmanager
def whole(folder: Path) -> Iterator[Path]:
    """A folder to write to, which gets its name when all went well and is removed otherwise."""
    work = folder.with_name(f".{folder.name}.{os.getpid()}")
    work.mkdir(parents=True)
    try:
        yield work
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def run(program: str, export: Callable[[], Path]) -> int:
    """Prints the folder, or in one line what was wrong. @returns the exit code"""
    try:
        print(export())
    except BadInput as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 2
    return 0
