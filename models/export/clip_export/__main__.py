"""`python -m clip_export SOURCE --id … --revision … --license … --source …`: a checkpoint → a model folder.

Both towers as ONNX in every variant, the tokenizer, and last the manifest. The folder appears when it is complete, and
each of its files was compared with torch.
"""

import argparse
import sys
from pathlib import Path

import onnx
import torch

from .check import BOUNDS, check, sample_pixels
from .checkpoint import Checkpoint, load
from .command import LARGEST_FILE, checked_variants, new_folder, options, run, whole
from .errors import BadInput
from .graph import IMAGE, TEXT, trace
from .manifest import dump, entry, manifest
from .precision import half, int8
from .tokenizer import SAMPLES, write
from .towers import ImageTower, TextTower, spell_out_attention


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = options("clip_export", __doc__, "a weights file, or a folder in open_clip's or transformers' layout", "vectors")
    parser.add_argument("--architecture", help="of a bare weights file: open_clip's name, such as ViT-B-32-quickgelu")
    parser.add_argument("--tag", help="of a bare weights file: open_clip's name of its training, such as laion2b_s34b_b79k")
    parser.add_argument("--template", default="a photo of a {}.", help="the prompt of a label")
    parser.add_argument(
        "--pixels", choices=["float32_nchw", "uint8_nhwc"], default="float32_nchw", help="what goes in"
    )
    return parser.parse_args(argv)


def export(args: argparse.Namespace) -> Path:
    """@returns the model's folder. @raises BadInput"""
    variants = checked_variants(args, BOUNDS)
    if args.template.count("{}") != 1:
        raise BadInput("--template holds {} exactly once")
    folder = new_folder(args)
    checkpoint = load(args.checkpoint, args.architecture, args.tag)
    with whole(folder) as work:
        write_folder(checkpoint, args, variants, work)
    return folder


def write_folder(checkpoint: Checkpoint, args: argparse.Namespace, variants: list[str], folder: Path) -> None:
    preprocess = checkpoint.preprocess
    mean, std = list(preprocess["mean"]), list(preprocess["std"])
    raw = sample_pixels(len(SAMPLES), preprocess["size"])
    scaled = torch.from_numpy(raw).permute(0, 3, 1, 2).float() / 255
    pixels = (scaled - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    ids = checkpoint.tokenize(SAMPLES)
    with torch.no_grad():
        images, texts = (vectors.numpy() for vectors in checkpoint.reference(pixels, ids))

    # As short as the longest: what follows is padding.
    short = ids[:, : int(ids.argmax(1).max()) + 1]
    from_bytes = args.pixels == "uint8_nhwc"
    fed = torch.from_numpy(raw) if from_bytes else pixels
    spell_out_attention(checkpoint.model)
    image, text = ImageTower(checkpoint.model, mean, std, from_bytes), TextTower(checkpoint.model)
    plans = [
        ("image", image, fed, images, IMAGE, None),
        ("text", text, short, texts, TEXT, checkpoint.context_length),
    ]
    files: dict[str, dict] = {}
    for tower, module, inputs, expected, ports, padded_to in plans:
        size = sum(parameter.numel() for parameter in used_by(tower, checkpoint.model)) * 4
        if size >= LARGEST_FILE:
            raise BadInput(f"its {tower} tower has {size / 1e9:.1f} GB in float32; an ONNX file ends at 2 GB")
        float32 = folder / f"{tower}.fp32.onnx"
        trace(module, inputs[:2], ports, float32)
        change = {"fp32": lambda graph: graph, "fp16": half, "int8": int8}
        files[tower] = {}
        # float32 last: the others are made from its file.
        for variant in sorted(variants, key=lambda v: v == "fp32"):
            path = folder / f"{tower}.{variant}.onnx"
            onnx.save(change[variant](onnx.load(float32)), path)
            check(path, variant, inputs.numpy(), expected, padded_to)
            files[tower][variant] = entry(path, args.url)
        if "fp32" not in variants:
            float32.unlink()
    write(folder / "tokenizer.json")
    about = {
        "id": args.id,
        "revision": args.revision,
        "description": args.description or f"{args.id}, exported from {args.checkpoint.name}.",
        "license": args.license,
        "source": args.source,
        "default_template": args.template,
    }
    tokenizer = entry(folder / "tokenizer.json", args.url)
    (folder / "manifest.json").write_text(dump(manifest(checkpoint, about, args.pixels, files, tokenizer)))


def used_by(tower: str, model: torch.nn.Module) -> list[torch.nn.Parameter]:
    return [p for name, p in model.named_parameters() if name.startswith("visual.") == (tower == "image")]


def main(argv: list[str] | None = None) -> int:
    args = arguments(argv)
    return run("clip_export", lambda: export(args))


if __name__ == "__main__":
    sys.exit(main())
