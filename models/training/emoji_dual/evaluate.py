"""The strict tests: `python -m emoji_dual.evaluate` prints a table and writes data/evaluation.json.

Measures the exported ONNX files (`--files`, default models/emoji-dual) or a checkpoint (`--checkpoint`), on art that no
weight has seen. Flags are left out; the gallery of a test is every remaining picture of its style.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
import torch.nn.functional as F
from torch import Tensor

from .captioner import IGNORED, NO_SPACES, POSITIVE, Captioner
from .centring import centred
from .dataset import DATA, TEMPLATES, Concept, Dataset, normalise
from .export import TARGET
from .metrics import Recall, ranks, recall
from .model import CHUNK, Model
from .tokenizer import NORMALIZER, encode, load
from .words import EnglishWords, nearness

# As `prepare/held-out.mjs` takes a word's stem.
MIN_STEM = 4
MAX_ENDING = 3

Embed = Callable[[Tensor], Tensor]
EmbedTexts = Callable[[list[str]], Tensor]
Score = Callable[[list[str]], Tensor]  # of each text and picture, f32[texts, pictures]


def onnx_embedders(folder: Path) -> tuple[Embed, EmbedTexts]:
    """Pixels in 0…1 → vectors, and texts → vectors, through the served files."""
    image, text = (ort.InferenceSession(str(folder / f"{name}.int8.onnx")) for name in ("image", "text"))
    tokenizer = load(folder / "tokenizer.json")

    def images(pixels: Tensor) -> Tensor:
        parts = [image.run(None, {"pixel_values": normalise(part).numpy()})[0] for part in pixels.split(CHUNK)]
        return torch.from_numpy(np.concatenate(parts))

    def texts(lines: list[str]) -> Tensor:
        parts = [encode(tokenizer, lines[start : start + CHUNK]).numpy() for start in range(0, len(lines), CHUNK)]
        return torch.from_numpy(np.concatenate([text.run(None, {"input_ids": part})[0] for part in parts]))

    return images, texts


def torch_embedders(path: Path, data: Dataset) -> tuple[Embed, EmbedTexts]:
    model, tokenizer = centred(Model.load(path), data), load()
    return model.embed_pixels, lambda lines: model.embed_texts(tokenizer, lines)


def label_tests(data: Dataset, rows: np.ndarray, images: Tensor, texts: EmbedTexts) -> dict[str, Recall]:
    """Retrieval between the pictures and their names, bare in every language and in unseen sentences in two."""
    concepts = [data.concepts[index] for index in data.labels[rows]]
    table: dict[str, Recall] = {}
    for language in data.languages:
        named = [i for i, concept in enumerate(concepts) if concept.captions[language].label]
        labels = [concepts[i].captions[language].label or "" for i in named]
        targets = torch.tensor(named)
        similarity = texts(labels) @ images.T
        found = ranks(similarity, targets)
        table[f"{language} text→image R@1"] = recall(found, 1)
        table[f"{language} text→image R@10"] = recall(found, 10)
        table[f"{language} image→text R@1"] = recall(ranks(similarity[:, targets].T), 1)
        unseen = []
        for number, template in enumerate(TEMPLATES["test"].get(language, []), 1):
            framed = texts([template.replace("{}", label) for label in labels])
            unseen.append(ranks(framed @ images.T, targets))
            table[f"{language} text→image R@1, unseen template {number}"] = recall(unseen[-1], 1)
        if unseen:
            table[f"{language} text→image R@1, unseen templates together"] = recall(np.stack(unseen, 1), 1)
    return table


def gives_away(concept: Concept, word: str, language: str) -> bool:
    """
    Whether training showed the concept with the word, or its stem, all the same: in another language, whose words share
    letters once accents are gone (French «désert»), or characters (Japanese). Within the word's own language
    `prepare/held-out.mjs` saw to it.
    """
    bare = NORMALIZER.normalize_str(word)
    stem = bare if language in NO_SPACES else bare[: max(MIN_STEM, len(bare) - MAX_ENDING)]
    others = (caption.all for name, caption in concept.captions.items() if name != language)
    return any(stem in NORMALIZER.normalize_str(text) for texts in others for text in texts)


def keyword_test(data: Dataset, captioner: Captioner, rows: np.ndarray, language: str, score: Score) -> Recall:
    """
    R@10 of held-out keywords that no concept of the same subgroup carries, and that no caption of the concept gives
    away; other true pictures do not count.
    """
    position = {int(concept): i for i, concept in enumerate(data.labels[rows])}
    subgroups = np.array([concept.subgroup for concept in data.concepts])
    pairs = []
    for concept, word in data.held_out[language]:
        relevance = captioner.relevance[captioner.row[word]] if word in captioner.row else None
        if concept not in position or relevance is None:
            continue
        siblings = subgroups == data.concepts[concept].subgroup
        if not (relevance[siblings] == POSITIVE).any() and not gives_away(data.concepts[concept], word, language):
            pairs.append((concept, word, relevance))
    columns = data.labels[rows]
    others = np.stack([(r[columns] == POSITIVE) | (r[columns] == IGNORED) for _, _, r in pairs])
    targets = torch.tensor([position[concept] for concept, _, _ in pairs])
    return recall(ranks(score([word for _, word, _ in pairs]), targets, torch.from_numpy(others)), 10)


def words_alone(data: Dataset, rows: np.ndarray) -> Score:
    """No picture: the words' vectors against those of each pictured concept's name and keywords."""
    words = EnglishWords()
    owners, captions = words.captions(data)
    guess = words.vectors[0]  # for a word that has none: a tie would pass for a hit

    def score(texts: list[str]) -> Tensor:
        means = [words.mean(text) for text in texts]
        vectors = np.stack([guess if mean is None else mean for mean in means])
        return torch.from_numpy(nearness(vectors, captions, owners, len(data.concepts))[:, data.labels[rows]])

    return score


def pixel_baseline(data: Dataset, rows: np.ndarray) -> dict[str, Recall]:
    """No learning: 8×8 colours. R@1 from a concept's mean training picture, and of the nearest training picture."""

    def thumbnails(which: np.ndarray) -> Tensor:
        return F.interpolate(data.plain(which), (8, 8), mode="area").flatten(1)

    known, owners = thumbnails(data.train_rows), torch.from_numpy(data.labels[data.train_rows])
    totals = torch.zeros(len(data.concepts), known.shape[1]).index_add_(0, owners, known)
    counts = torch.bincount(owners, minlength=len(data.concepts)).clamp(min=1)
    concepts, pictures = torch.from_numpy(data.labels[rows]), thumbnails(rows)
    means = (totals / counts[:, None])[concepts]
    nearest = owners[torch.cdist(pictures, known).argmin(1)]
    return {
        "pixels: mean training picture→image R@1": recall(ranks(-torch.cdist(means, pictures)), 1),
        "pixels: nearest training picture has the concept": recall((nearest != concepts).int().numpy(), 1),
    }


def evaluate(data: Dataset, style: str, embed: Embed, texts: EmbedTexts) -> dict[str, Recall]:
    rows = data.validation_rows if style == "validation" else data.test_rows(style)
    images = torch.cat([embed(data.plain(part)) for part in np.array_split(rows, len(rows) // CHUNK + 1)])
    table = label_tests(data, rows, images, texts)
    if style != "validation":
        captioner = Captioner(data)
        for language in data.held_out:
            name = f"{language} held-out keyword, strict, R@10"
            table[name] = keyword_test(data, captioner, rows, language, lambda words: texts(words) @ images.T)
        name = "word vectors alone: en held-out keyword, strict, R@10"
        table[name] = keyword_test(data, captioner, rows, "en", words_alone(data, rows))
    print(f"\n{style}: {len(rows)} pictures, chance R@1 {1 / len(rows):.4f}, R@10 {10 / len(rows):.4f}")
    table |= pixel_baseline(data, rows)
    for name, result in table.items():
        print(f"| {name} | {result} | {result.queries} |")
    return table


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--files", type=Path, default=TARGET)
    options.add_argument("--checkpoint", type=Path)
    options.add_argument("--styles", nargs="+", default=["validation", "openmoji", "emojione-v1"])
    args = options.parse_args()
    data = Dataset()
    embed, texts = torch_embedders(args.checkpoint, data) if args.checkpoint else onnx_embedders(args.files)
    report = {style: evaluate(data, style, embed, texts) for style in args.styles}
    numbers = {style: {name: vars(result) for name, result in table.items()} for style, table in report.items()}
    (DATA / "evaluation.json").write_text(json.dumps(numbers, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
