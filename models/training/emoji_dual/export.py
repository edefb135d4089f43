"""Writes the served files: `python -m emoji_dual.export --revision 2` → models/emoji-dual/.

Both towers as ONNX, the tokenizer, and the manifest with sizes and checksums; every file is checked first against the
torch model, and for results that do not depend on the batch or on padding.
"""

import argparse
import hashlib
import json
import re
import shutil
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch

from .centring import centred
from .dataset import DATA, IMAGE_SIZE, MEAN, STD, Dataset, normalise
from .model import Model, average_into
from .quantize import static_int8, weight_only_int8
from .tokenizer import CONTEXT_LENGTH, PAD, PATH, encode, load
from .towers import DIMS

TARGET = Path(__file__).parents[2] / "emoji-dual"
OPSET = 17
CALIBRATION_PICTURES = 256
SAMPLES = 64
EARLIER_SHARE = 0.3  # chosen on distorted validation pictures
DESCRIPTION = (
    "Small dual encoder trained from scratch on open emoji art: finds emoji and icons in English and Chinese, "
    "with some German, French, Spanish and Japanese. For demos and tests; it is not CLIP and knows no photographs."
)
LICENSE = "Apache-2.0 AND CC-BY-4.0 AND MIT AND ISC AND CC0-1.0 AND OFL-1.1 AND PDDL-1.0 AND Unicode-3.0"


def trace(model: Model, ids: torch.Tensor, folder: Path) -> tuple[Path, Path]:
    """Float ONNX files of both towers, batch and text length left open."""
    image, text = folder / "image.fp32.onnx", folder / "text.fp32.onnx"
    common = {"opset_version": OPSET, "dynamo": False}
    torch.onnx.export(
        model.image,
        (torch.zeros(2, 3, IMAGE_SIZE, IMAGE_SIZE),),
        str(image),
        input_names=["pixel_values"],
        output_names=["image_embeds"],
        dynamic_axes={"pixel_values": {0: "batch"}, "image_embeds": {0: "batch"}},
        **common,
    )
    torch.onnx.export(
        model.text,
        (ids[:3],),
        str(text),
        input_names=["input_ids"],
        output_names=["text_embeds"],
        dynamic_axes={"input_ids": {0: "batch", 1: "length"}, "text_embeds": {0: "batch"}},
        **common,
    )
    return image, text


def run(path: Path, inputs: np.ndarray) -> np.ndarray:
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: inputs})[0]


def check(path: Path, inputs: np.ndarray, expected: np.ndarray, least_cosine: float) -> None:
    """Refuses a file that strays from torch, or whose results change with the batch or with padding."""
    whole = run(path, inputs)
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    alone = np.concatenate([session.run(None, {name: inputs[i : i + 1]})[0] for i in range(len(inputs))])
    differences = {"batch": np.abs(whole - alone).max()}
    if inputs.ndim == 2:
        padded = np.pad(inputs, ((0, 0), (0, CONTEXT_LENGTH - inputs.shape[1])), constant_values=PAD)
        differences["padding"] = np.abs(run(path, padded) - whole).max()
    cosine = (whole * expected).sum(1).min()
    print(f"{path.name}: least cosine to torch {cosine:.5f}, differences {differences}")
    assert max(differences.values()) < 1e-5, f"{path.name} depends on its batch: {differences}"
    assert cosine > least_cosine, f"{path.name} strays from torch: {cosine}"


def entry(path: Path) -> dict[str, str | int]:
    content = path.read_bytes()
    return {"path": path.name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def manifest(revision: str, logit_scale: float, folder: Path) -> dict:
    return {
        "id": "emoji-dual",
        "revision": revision,
        "family": "clip",
        "description": DESCRIPTION,
        "license": LICENSE,
        "source": "models/training",
        "dims": DIMS,
        "logit_scale": round(logit_scale, 4),
        "default_template": "{}",
        "image": {
            "size": IMAGE_SIZE,
            "resize": "shortest",
            "interpolation": "bicubic",
            "background": "#ffffff",
            "mean": MEAN,
            "std": STD,
            "input": "pixel_values",
            "output": "image_embeds",
            "files": {"int8": entry(folder / "image.int8.onnx")},
        },
        "text": {
            "context_length": CONTEXT_LENGTH,
            "pad_id": PAD,
            "tokenizer": entry(folder / "tokenizer.json"),
            "input": "input_ids",
            "output": "text_embeds",
            "files": {"int8": entry(folder / "text.int8.onnx")},
        },
    }


def dump(content: dict) -> str:
    """JSON as the project's formatter wants it: lists of numbers on one line."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    return re.sub(
        r"\[[-\d.,\s]+\]", lambda found: " ".join(found[0].split()).replace("[ ", "[").replace(" ]", "]"), text
    )


def mix_in(earlier: Model, model: Model) -> None:
    """Weights between both ends of a warm start generalise a little better than either (Wortsman et al. 2022)."""
    for target, source in ((model.image, earlier.image), (model.text, earlier.text)):
        average_into(target, source, 1 - EARLIER_SHARE)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--revision", required=True, help="new weights need a new one: indexes and caches depend on it"
    )
    options.add_argument("--model", type=Path, default=DATA / "model.pt")
    options.add_argument("--earlier", type=Path, help="the checkpoint that a warm start began with, to be mixed in")
    options.add_argument("--target", type=Path, default=TARGET)
    args = options.parse_args()

    data, model = Dataset(), Model.load(args.model)
    if args.earlier is not None:
        mix_in(Model.load(args.earlier), model)
    model.text = model.text.folded()
    model = centred(model, data)
    rows = np.random.RandomState(0).permutation(data.train_rows)
    labels = [data.concepts[i].captions["en"].label or "" for i in data.labels[rows[:SAMPLES]]]
    ids = encode(load(), labels)
    pixels = normalise(data.plain(rows[:SAMPLES]))
    with torch.no_grad():
        images, texts = model.image(pixels).numpy(), model.text(ids).numpy()

    work = DATA / "onnx"
    work.mkdir(exist_ok=True)
    args.target.mkdir(exist_ok=True)
    image, text = trace(model, ids, work)
    check(image, pixels.numpy(), images, 0.99999)
    check(text, ids.numpy(), texts, 0.99999)
    static_int8(image, work / "image.int8.onnx", normalise(data.plain(rows[:CALIBRATION_PICTURES])).numpy())
    weight_only_int8(text, work / "text.int8.onnx")
    check(work / "image.int8.onnx", pixels.numpy(), images, 0.97)
    check(work / "text.int8.onnx", ids.numpy(), texts, 0.995)
    shutil.copy(PATH, args.target / "tokenizer.json")
    for name in ("image.int8.onnx", "text.int8.onnx"):
        shutil.copy(work / name, args.target / name)
    content = dump(manifest(args.revision, model.logit_scale, args.target))
    (args.target / "manifest.json").write_text(content + "\n")
    print(content)


if __name__ == "__main__":
    main()
