"""English word vectors (GloVe, and a sentence encoder's): under the tokenizer's pieces, and as a teacher of what words mean."""

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from .dataset import DATA, TEMPLATES, Dataset

GLOVE_DIMS = 100
ENCODER_DIMS = 512
KEPT_DIMS = 100  # of the encoder's: its main axes over all words
NEIGHBOURS = 16
LEAST_COSINE = 0.45  # of a word and the nearest caption: below it the word says nothing of any concept
TEMPERATURE = 0.05
LEAST_SHARE = 0.05  # of its meaning, for a word to be asked about a concept


def word_list(folder: Path = DATA) -> list[str]:
    return (folder / "words.txt").read_text().split("\n")


def word_vectors(folder: Path = DATA) -> np.ndarray:
    """f32[words, 200]: GloVe's vector and the encoder's, each of length 1, in the order of `word_list`.

    Half the product of two rows is the mean of both cosines, and finds held-out keywords better than either.
    """
    glove = _centred(np.fromfile(folder / "words.f32", np.float32).reshape(-1, GLOVE_DIMS))
    encoded = _centred(np.fromfile(folder / "use.f32", np.float32).reshape(-1, ENCODER_DIMS))
    _, axes = np.linalg.eigh(encoded.T @ encoded)
    return np.concatenate([glove, _unit(encoded @ axes[:, -KEPT_DIMS:])], 1)


def _centred(vectors: np.ndarray) -> np.ndarray:
    return _unit(vectors - vectors.mean(0))


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-6)


def word_table(tokenizer: Tokenizer, folder: Path = DATA) -> torch.Tensor:
    """f32[vocabulary, 200]: the word vectors by piece; zero for pieces that are no known word."""
    words, vectors = word_list(folder), word_vectors(folder)
    table = torch.zeros(tokenizer.get_vocab_size(), vectors.shape[1])
    for word, vector in zip(words, vectors, strict=True):
        row = tokenizer.token_to_id(word)
        if row is not None:
            table[row] = torch.from_numpy(vector)
    return table


class EnglishWords:
    """Vectors of unit length: of words, and of whatever is said by their means."""

    def __init__(self) -> None:
        self.names, self.vectors = word_list(), _unit(word_vectors())
        self.rows = {word: row for row, word in enumerate(self.names)}

    def mean(self, text: str) -> np.ndarray | None:
        known = [self.rows[word] for word in text.replace("-", " ").split() if word in self.rows]
        return _unit(self.vectors[known].mean(0)) if known else None

    def captions(self, data: Dataset) -> tuple[np.ndarray, np.ndarray]:
        """i64[captions] and f32[captions, 200]: of what concept, and what training's English names and keywords say."""
        held_out = set(data.held_out["en"])
        said = [
            (index, self.mean(text))
            for index, concept in enumerate(data.concepts)
            for text in concept.captions["en"].all
            if (index, text) not in held_out
        ]
        known = [(index, vector) for index, vector in said if vector is not None]
        return np.array([index for index, _ in known]), np.stack([vector for _, vector in known])


class WordMeanings:
    """Words with the concepts that they are near, by the cosine of their vector to the nearest training caption's.

    Captions name some five thousand words; this tells the text tower where the others belong. Held-out keywords and the
    words of the test sentences are left out, so that the tests keep asking for words that training never showed.
    """

    def __init__(self, data: Dataset) -> None:
        words = EnglishWords()
        names, vectors = words.names, words.vectors
        owners, captions = words.captions(data)
        unseen = {word for _, text in data.held_out["en"] for word in text.split()}
        unseen |= {word for texts in TEMPLATES["test"].values() for text in texts for word in text.split()}
        asked = np.array([row for word, row in words.rows.items() if word not in unseen])
        near, cosines = _nearest_concepts(vectors[asked], captions, owners, len(data.concepts))
        telling = cosines[:, 0] >= LEAST_COSINE
        self.names = [names[row] for row in asked[telling]]
        self.near = torch.from_numpy(near[telling])
        self.shares = torch.from_numpy(cosines[telling] / TEMPERATURE).softmax(1)
        self.concepts = len(data.concepts)
        self._of_concept: dict[int, list[int]] = {}
        for row, concept in (self.shares > LEAST_SHARE).nonzero().tolist():
            self._of_concept.setdefault(int(self.near[row, concept]), []).append(row)

    def sample(self, count: int, concepts: np.ndarray, rng: np.random.RandomState) -> tuple[list[str], torch.Tensor]:
        """Words that mean the first of these concepts, as far as there are any, then others.

        Returns f32[count, all concepts], too: how much each concept is meant, sum 1.
        """
        asked = [self._of_concept[c] for c in concepts[: count // 2].tolist() if c in self._of_concept]
        near = [rows[rng.randint(len(rows))] for rows in asked]
        chosen = np.array([*near, *rng.choice(len(self.names), count - len(near), replace=False)])
        targets = torch.zeros(count, self.concepts).scatter_(1, self.near[chosen], self.shares[chosen])
        return [self.names[row] for row in chosen], targets


def nearness(words: np.ndarray, captions: np.ndarray, owners: np.ndarray, concepts: int) -> np.ndarray:
    """f32[words, concepts]: the cosine to the nearest of each concept's captions, -1 where it has none."""
    best = np.full((concepts, len(words)), -1, np.float32)
    np.maximum.at(best, owners, captions @ words.T)
    return best.T


def _nearest_concepts(
    words: np.ndarray, captions: np.ndarray, owners: np.ndarray, concepts: int
) -> tuple[np.ndarray, np.ndarray]:
    """i64[words, 16] and f32[words, 16]: concepts by their nearest caption, best first, and the cosines."""
    near, cosines = [], []
    for part in np.array_split(words, len(words) // 512 + 1):
        best = nearness(part, captions, owners, concepts)
        order = np.argsort(-best, 1)[:, :NEIGHBOURS]
        near.append(order)
        cosines.append(np.take_along_axis(best, order, 1))
    return np.concatenate(near), np.concatenate(cosines)
