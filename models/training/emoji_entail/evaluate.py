"""How good the served file is on OpenMoji, beside the hypothesis-only baseline: `python -m emoji_entail.evaluate`.

Prints tables and writes evaluation.json beside the file. No picture of OpenMoji was trained or tuned on.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from torch import Tensor

from emoji_dual.dataset import DATA, Dataset
from emoji_dual.model import Model
from emoji_dual.tokenizer import load

from .batches import encode
from .calibration import expected_calibration_error
from .claims import Claims
from .export import FILE, TARGET, load_fusion, normalise
from .features import FOLDER, Features
from .gallery import Gallery
from .kinds import Kinds
from .pictures import STATES, served
from .prompts import prompt
from .sentences import ANSWERS, Item
from .served import INPUTS
from .train import logits

TRIPLES = 1_200
CHUNK = 32
RESAMPLES = 1_000
SPLITS = {"validation": lambda data: data.validation_rows, "openmoji": lambda data: data.test_rows("openmoji")}


def served_scores(path: Path, data: Dataset, rows: np.ndarray, items: list[Item]) -> Tensor:
    """f32[n, 3] by the ONNX file, from whole pictures: drawn again as `prepare` drew them."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    tokenizer, scores = load(), torch.zeros(len(items), len(ANSWERS))
    by_state = [[i for i, item in enumerate(items) if item.row // len(rows) == state] for state in range(len(STATES))]
    for state, indices in enumerate(by_state):
        for part in np.array_split(indices, len(indices) // CHUNK + 1):
            chosen = rows[[items[i].row % len(rows) for i in part]]
            pictures = normalise(served(data.rgba(chosen), state, chosen.tolist())[0])
            ids, lengths = encode(tokenizer, [prompt(items[i].hypothesis, items[i].caption) for i in part])
            given = dict(zip(INPUTS, (pictures, ids.numpy(), lengths.numpy()), strict=True))
            scores[part] = torch.from_numpy(session.run(None, given)[0])
    return scores


def interval(right: np.ndarray) -> str:
    """The share with its 95 % bootstrap interval over triples. @param right: bool[3 · triples]"""
    triples = right.reshape(-1, 3).mean(1)
    draws = np.random.RandomState(0).randint(0, len(triples), (RESAMPLES, len(triples)))
    low, high = np.quantile(triples[draws].mean(1), (0.025, 0.975))
    return f"{triples.mean():.3f} [{low:.3f}, {high:.3f}]"


def table(items: list[Item], guess: np.ndarray) -> dict[str, str]:
    """Of all items and of parts of them: how many answers are right, and recall and precision of each answer."""
    answers = np.array([item.answer for item in items])
    right = guess == answers
    parts: dict[str, Callable[[Item], bool]] = {
        "all": lambda _: True,
        "English": lambda item: item.language == "en",
        "Chinese": lambda item: item.language == "zh",
        "without caption": lambda item: item.caption is None,
        "with caption": lambda item: item.caption is not None,
    }
    parts |= {topic: lambda item, t=topic: item.topic == t for topic in sorted({item.topic for item in items})}
    rows = {name: interval(right[[belongs(item) for item in items]]) for name, belongs in parts.items()}
    for index, answer in enumerate(ANSWERS):
        recall, precision = right[answers == index].mean(), right[guess == index].mean()
        rows[answer] = f"recall {recall:.3f}, precision {precision:.3f}"
    return rows


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--files", type=Path, default=TARGET)
    options.add_argument("--blind", type=Path, default=FOLDER / "blind.pt", help="the hypothesis-only baseline")
    options.add_argument("--dual", type=Path, default=DATA / "model.pt")
    options.add_argument(
        "--checkpoint", type=Path, help="measure this instead of the served file, from stored features"
    )
    options.add_argument("--splits", nargs="+", choices=SPLITS, default=list(SPLITS))
    options.add_argument("--triples", type=int, default=TRIPLES)
    args = options.parse_args()
    torch.set_num_threads(1)
    data = Dataset()
    kinds, dual = Kinds(data), Model.load(args.dual)
    blind = load_fusion(dual, args.blind) if args.blind.is_file() else None
    fusion = load_fusion(dual, args.checkpoint) if args.checkpoint else None
    report: dict[str, dict] = {}
    for split in args.splits:
        stored, rows = Features.load(split), SPLITS[split](data)
        gallery = Gallery(stored, len(data.concepts))
        for forms, title in (("train", "seen forms"), ("test", "unseen forms")):
            claims = Claims(kinds, gallery, forms, seed=23)
            items = [item for _ in range(args.triples) for item in claims.triple()]
            answers = torch.tensor([item.answer for item in items])
            if fusion:
                scores = logits(fusion, items, stored, blind=False).softmax(1)
            else:
                scores = served_scores(args.files / FILE, data, rows, items)
            error = expected_calibration_error(scores, answers)
            found: dict = {"model": table(items, scores.argmax(1).numpy()), "calibration error": round(error, 4)}
            if blind:
                found["hypothesis only"] = table(items, logits(blind, items, stored, blind=True).argmax(1).numpy())
            report[f"{split}, {title}"] = found
            print(f"\n{split}, {title}, {len(items)} items")
            for name, value in found["model"].items():
                print(f"| {name} | {value} | {found.get('hypothesis only', {}).get(name, '')} |")
            print("calibration error", found["calibration error"], flush=True)
    if not fusion:
        text = json.dumps(report, indent=2, ensure_ascii=False)
        (args.files / "evaluation.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
