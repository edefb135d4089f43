"""Writes the served files: `python -m emoji_entail.export --revision 1` → models/emoji-entail/.

One ONNX graph, the tokenizer, and the manifest with sizes and checksums. The file is compared with torch first, and
refused if a score depends on the batch or on padding.
"""

import argparse
import json
import re
import shutil
import warnings
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch

from emoji_dual.dataset import DATA, Dataset
from emoji_dual.export import OPSET, entry
from emoji_dual.model import Model
from emoji_dual.tokenizer import CLS, PAD, PATH, SEP, load

from .batches import CONTEXT_LENGTH, encode
from .claims import Claims
from .features import FOLDER, Features
from .gallery import Gallery
from .kinds import Kinds
from .model import Fusion
from .pictures import CLEAR, SERVED_SIZE, served
from .prompts import MAX_WORDS, WITH_CAPTION, WITHOUT_CAPTION, prompt
from .quantize import int8
from .sentences import ANSWERS
from .served import INPUTS, MEAN, OUTPUT, STD, Served
from .train import fresh

TARGET = Path(__file__).parents[2] / "emoji-entail"
FILE = "model.int8.onnx"
SAMPLES = 24
FP32_BOUND, INT8_BOUND, BATCH_BOUND = 1e-3, 0.1, 1e-5
DESCRIPTION = (
    "Small visual-entailment model trained from scratch on open emoji art: says whether a sentence about a drawing, in "
    "English or Chinese, is true, false or left open. For demos and tests; it is not OFA and knows no photographs."
)
LICENSE = "Apache-2.0 AND CC-BY-4.0 AND MIT AND ISC AND CC0-1.0 AND OFL-1.1 AND PDDL-1.0 AND Unicode-3.0"

Sample = tuple[np.ndarray, np.ndarray, np.ndarray]


def load_fusion(dual: Model, path: Path) -> Fusion:
    fusion = fresh(dual)
    fusion.load_state_dict(torch.load(path, weights_only=True)["model"])
    return fusion.eval()


def sample(data: Dataset, kinds: Kinds) -> Sample:
    stored = Features.load("validation")
    claims = Claims(kinds, Gallery(stored, len(data.concepts)), "train", seed=9)
    items = [item for _ in range(SAMPLES // 3) for item in claims.triple()]
    ids, lengths = encode(load(), [prompt(item.hypothesis, item.caption) for item in items])
    rows = data.validation_rows[: len(items)]
    pictures, _ = served(data.rgba(rows), CLEAR, rows.tolist())
    return normalise(pictures), ids.numpy(), lengths.numpy()


def normalise(pictures: torch.Tensor) -> np.ndarray:
    """uint8 → what the service gives the graph."""
    return ((pictures.float() / 255 - MEAN[0]) / STD[0]).numpy()


def trace(model: Served, given: Sample, target: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            tuple(torch.from_numpy(part[:3]) for part in given),
            str(target),
            input_names=list(INPUTS),
            output_names=[OUTPUT],
            dynamic_axes={
                INPUTS[0]: {0: "batch"},
                INPUTS[1]: {0: "batch", 1: "length"},
                INPUTS[2]: {0: "batch"},
                OUTPUT: {0: "batch"},
            },
            opset_version=OPSET,
            dynamo=False,
        )


def check(path: Path, given: Sample, expected: np.ndarray, bound: float) -> None:
    """Refuses a file that strays from torch, or whose scores change with the batch or with padding."""
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def run(pictures: np.ndarray, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        return session.run(None, dict(zip(INPUTS, (pictures, ids, lengths), strict=True)))[0]

    pictures, ids, lengths = given
    together = run(*given)
    alone = np.concatenate(
        [run(pictures[i : i + 1], ids[i : i + 1, :length], lengths[i : i + 1]) for i, length in enumerate(lengths)]
    )
    longer = np.pad(ids, ((0, 0), (0, CONTEXT_LENGTH - ids.shape[1])), constant_values=7)
    strays = np.abs(together - expected).max()
    differences = {
        "batch": np.abs(together - alone).max(),
        "padding": np.abs(run(pictures, longer, lengths) - together).max(),
    }
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, off torch by {strays:.1e}, differences {differences}")
    assert strays < bound, f"{path.name} strays from torch: {strays}"
    assert max(differences.values()) < BATCH_BOUND, f"{path.name} depends on its batch: {differences}"


def manifest(revision: str, folder: Path) -> dict:
    return {
        "id": "emoji-entail",
        "revision": revision,
        "family": "ofa",
        "description": DESCRIPTION,
        "license": LICENSE,
        "source": "models/training",
        "image": {
            "size": SERVED_SIZE,
            "resize": "squash",
            "interpolation": "bicubic",
            "background": "#ffffff",
            "pixels": "float32_nchw",
            "mean": MEAN,
            "std": STD,
            "input": INPUTS[0],
        },
        "text": {
            "context_length": CONTEXT_LENGTH,
            "max_words": MAX_WORDS,
            "begin_id": CLS,
            "pad_id": PAD,
            "end_id": SEP,
            "clean": "ofa",
            "tokenizer": entry(folder / "tokenizer.json"),
            "input": INPUTS[1],
            "lengths": INPUTS[2],
        },
        "prompts": {"without_caption": WITHOUT_CAPTION, "with_caption": WITH_CAPTION},
        "answers": ANSWERS,
        "output": OUTPUT,
        "files": {"int8": entry(folder / FILE)},
    }


def dump(content: dict) -> str:
    """JSON as the project's formatter wants it: lists on one line."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    return re.sub(r"\[\s+([^][{}]+?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--revision", required=True, help="new weights need a new one: caches depend on it")
    options.add_argument("--model", type=Path, default=FOLDER / "model.pt")
    options.add_argument("--dual", type=Path, default=DATA / "model.pt", help="the checkpoint that prepare was given")
    options.add_argument("--target", type=Path, default=TARGET)
    args = options.parse_args()

    data, dual = Dataset(), Model.load(args.dual)
    kinds, fusion = Kinds(data), load_fusion(dual, args.model)
    given = sample(data, kinds)
    model = Served(dual, fusion).eval()
    with torch.no_grad():
        expected = model(*(torch.from_numpy(part) for part in given)).numpy()
    work = DATA / "onnx"
    work.mkdir(exist_ok=True)
    args.target.mkdir(exist_ok=True)
    trace(model, given, work / "entail.fp32.onnx")
    check(work / "entail.fp32.onnx", given, expected, FP32_BOUND)
    int8(work / "entail.fp32.onnx", work / FILE)
    check(work / FILE, given, expected, INT8_BOUND)
    shutil.copy(PATH, args.target / "tokenizer.json")
    shutil.copy(work / FILE, args.target / FILE)
    content = dump(manifest(args.revision, args.target))
    (args.target / "manifest.json").write_text(content + "\n")
    print(content)


if __name__ == "__main__":
    main()
