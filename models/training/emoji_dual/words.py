"""English word vectors (GloVe): under the pieces of the tokenizer, and as a teacher of what words mean."""

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from .dataset import DATA, TEMPLATES, Dataset

WORD_DIMS = 100
NEIGHBOURS = 16
LEAST_COSINE = 0.5  # of a word and the nearest caption: below it the word says nothing of any concept
TEMPERATURE = 0.05


def word_list(folder: Path = DATA) -> list[str]:
    return (folder / "words.txt").read_text().split("\n")


def word_vectors(folder: Path = DATA) -> np.ndarray:
    """f32[words, 100]: centred, of length 1, in the order of `word_list`."""
    vectors = np.fromfile(folder / "words.f32", np.float32).reshape(-1, WORD_DIMS)
    vectors = vectors - vectors.mean(0)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def word_table(tokenizer: Tokenizer, folder: Path = DATA) -> torch.Tensor:
    """f32[vocabulary, 100]: centred vectors of length 1; zero for pieces that are no known word."""
    words, vectors = word_list(folder), word_vectors(folder)
    table = torch.zeros(tokenizer.get_vocab_size(), WORD_DIMS)
    for word, vector in zip(words, vectors, strict=True):
        row = tokenizer.token_to_id(word)
        if row is not None:
            table[row] = torch.from_numpy(vector)
    return table


class WordMeanings:
    """Words with the concepts that they are near, by the cosine of their vector to the nearest training caption's.

    Captions name some five thousand words; this tells the text tower where the others belong. Held-out keywords and the
    words of the test sentences are left out, so that the tests keep asking for words that training never showed.
    """

    def __init__(self, data: Dataset) -> None:
        names, vectors = word_list(), word_vectors()
        rows = {word: row for row, word in enumerate(names)}
        held_out = set(data.held_out["en"])
        owners, captions = [], []
        for index, concept in enumerate(data.concepts):
            for text in concept.captions["en"].all:
                known = [rows[word] for word in text.replace("-", " ").split() if word in rows]
                if known and (index, text) not in held_out:
                    owners.append(index)
                    captions.append(vectors[known].mean(0))
        captions = np.stack(captions)
        captions /= np.linalg.norm(captions, axis=1, keepdims=True).clip(1e-6)
        unseen = {word for _, text in held_out for word in text.split()}
        unseen |= {word for texts in TEMPLATES["test"].values() for text in texts for word in text.split()}
        asked = np.array([row for word, row in rows.items() if word not in unseen])
        near, cosines = _nearest_concepts(vectors[asked], captions, np.array(owners), len(data.concepts))
        telling = cosines[:, 0] >= LEAST_COSINE
        self.names = [names[row] for row in asked[telling]]
        self.near = torch.from_numpy(near[telling])
        self.shares = torch.from_numpy(cosines[telling] / TEMPERATURE).softmax(1)
        self.concepts = len(data.concepts)

    def sample(self, count: int, rng: np.random.RandomState) -> tuple[list[str], torch.Tensor]:
        """Words, and f32[count, concepts]: how much each concept is meant, sum 1."""
        chosen = rng.choice(len(self.names), count, replace=False)
        targets = torch.zeros(count, self.concepts).scatter_(1, self.near[chosen], self.shares[chosen])
        return [self.names[row] for row in chosen], targets


def _nearest_concepts(
    words: np.ndarray, captions: np.ndarray, owners: np.ndarray, concepts: int
) -> tuple[np.ndarray, np.ndarray]:
    """i64[words, 16] and f32[words, 16]: concepts by their nearest caption, best first, and the cosines."""
    near, cosines = [], []
    for part in np.array_split(words, len(words) // 512 + 1):
        best = np.full((concepts, len(part)), -1, np.float32)
        np.maximum.at(best, owners, captions @ part.T)
        order = np.argsort(-best, 0)[:NEIGHBOURS].T
        near.append(order)
        cosines.append(np.take_along_axis(best.T, order, 1))
    return np.concatenate(near), np.concatenate(cosines)
