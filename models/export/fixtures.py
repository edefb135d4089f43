"""Writes what the service's tests need to compare a full-size ViT-B/32 with torch: `python fixtures.py`.

The graphs are exported as any model's, and their weights are left out: each comes from a formula
(clip_export/weights.py) that the tests know too. With them go the vectors that open_clip itself gives for a few pictures and texts.
"""

import base64
import gzip
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import open_clip
import torch
import torch.nn.functional as F
from clip_export.graph import IMAGE, TEXT, trace
from clip_export.precision import half, int8
from clip_export.towers import ImageTower, TextTower, spell_out_attention
from clip_export.weights import Recipe, fill
from onnx import TensorProto, numpy_helper
from onnx.external_data_helper import set_external_data

# OpenAI's architecture: the one with QuickGELU.
ARCHITECTURE = "ViT-B-32-quickgelu"
SIZE = 224
TARGET = Path(__file__).parents[2] / "gpu-backend" / "fixtures" / "towers"
# Smaller ones (biases of the patch grid, constants) stay in the graph.
MIN_EXTERNAL = 256
TEXTS = [
    "a",
    "a photo of a cat",
    "a photo of a dog",
    "two red apples on a blue wooden table beside an old lamp",
    "",
    "12345",
    "the quick brown fox " * 20,
    "x" * 300,
]
# open_clip's own preprocess configuration for OpenAI's weights.
MEAN, STD = list(open_clip.OPENAI_DATASET_MEAN), list(open_clip.OPENAI_DATASET_STD)


def picture(k: int) -> np.ndarray:
    """Stripes, waves and blocks of colour out of whole numbers: u8[SIZE, SIZE, 3]. The tests draw the same."""
    x, y, c = np.arange(SIZE)[None, :, None], np.arange(SIZE)[:, None, None], np.arange(3)
    value = (x * (1 + 3 * k) + y * (7 - k)) // 2 + (x * y // (16 + 8 * k)) * (c + k % 3) + c * 60 * k
    return (value & 255).astype(np.uint8)


def origins(model: onnx.ModelProto, recipes: dict[str, Recipe]) -> dict[str, dict]:
    """For each large weight of a float32 graph, the recipe that it comes from and whether it is its transpose."""
    found = {}
    made = {recipe.make().tobytes(): name for name, recipe in recipes.items()}
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < MIN_EXTERNAL:
            continue
        values = numpy_helper.to_array(tensor)
        straight, turned = made.get(values.tobytes()), made.get(values.T.tobytes())
        if straight or turned:
            found[tensor.name] = {"recipe": straight or turned, "transposed": not straight}
    return found


def stored_as(tensor: onnx.TensorProto, known: dict[str, dict], shapes: dict[str, tuple]) -> dict | None:
    """How the tests make the bytes of a weight, or none if it stays in the graph."""
    base, _, part = tensor.name.rpartition("_")
    if tensor.name in known:
        types = {TensorProto.FLOAT: "float32", TensorProto.FLOAT16: "float16"}
        return {**known[tensor.name], "as": types[tensor.data_type]}
    if base not in known or part not in ("int8", "scale"):
        return None
    table = base.endswith("embedding.weight")
    # Weights are rounded along their inputs; a matrix of the graph has those first, an embedding table has them last.
    return {
        "recipe": known[base]["recipe"],
        "transposed": known[base]["transposed"] == table,
        "as": part,
        "run": shapes[base][-1 if table else 0],
        "turnedBack": part == "int8" and not table,
    }


def strip(model: onnx.ModelProto, known: dict[str, dict], shapes: dict[str, tuple], location: str) -> list[dict]:
    """Moves the weights out of the graph, to `location`. @returns how each is made, in the order in which they lie"""
    listed, at = [], 0
    for tensor in model.graph.initializer:
        stored = stored_as(tensor, known, shapes)
        if stored is None:
            continue
        length = numpy_helper.to_array(tensor).nbytes
        set_external_data(tensor, location, offset=at, length=length)
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        listed.append({**stored, "bytes": length})
        at += length
    return listed


def write_gzip(path: Path, content: bytes) -> None:
    path.write_bytes(gzip.compress(content, 9, mtime=0))
    print(f"{path.name}: {path.stat().st_size} bytes")


def main() -> None:
    model = open_clip.create_model(ARCHITECTURE, load_weights=False).eval()
    recipes = fill(model)
    pictures = np.stack([picture(k) for k in range(len(TEXTS))])
    scaled = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
    pixels = (scaled - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]
    ids = open_clip.get_tokenizer(ARCHITECTURE)(TEXTS)
    with torch.no_grad():
        images = F.normalize(model.encode_image(pixels), dim=-1).numpy()
        texts = F.normalize(model.encode_text(ids), dim=-1).numpy()
    spell_out_attention(model)

    towers = {
        "image": (ImageTower(model, MEAN, STD, from_bytes=False), pixels[:2], IMAGE),
        "image-bytes": (ImageTower(model, MEAN, STD, from_bytes=True), torch.from_numpy(pictures[:2]), IMAGE),
        "text": (TextTower(model), ids[:2], TEXT),
    }
    graphs = {}
    TARGET.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        for tower, (module, example, ports) in towers.items():
            path = Path(folder) / f"{tower}.onnx"
            trace(module, example, ports, path)
            known = origins(onnx.load(path), recipes)
            shapes = {tensor.name: tuple(tensor.dims) for tensor in onnx.load(path).graph.initializer}
            for variant, change in {"fp32": lambda m: m, "fp16": half, "int8": int8}.items():
                graph = change(onnx.load(path))
                graphs[f"{tower}.{variant}"] = strip(graph, known, shapes, f"{tower}.{variant}.bin")
                write_gzip(TARGET / f"vit-b-32.{tower}.{variant}.onnx.gz", graph.SerializeToString())

    description = {
        "mean": MEAN,
        "std": STD,
        "recipes": {name: recipe.describe() for name, recipe in recipes.items()},
        "graphs": graphs,
        "tokens": [trim(row) for row in ids.tolist()],
        "image": [base64.b64encode(row.tobytes()).decode() for row in images],
        "text": [base64.b64encode(row.tobytes()).decode() for row in texts],
    }
    write_gzip(TARGET / "vit-b-32.json.gz", json.dumps(description).encode())


def trim(row: list[int]) -> list[int]:
    """Without the padding after the end-of-text token, which has the highest id."""
    return row[: row.index(max(row)) + 1]


if __name__ == "__main__":
    main()
