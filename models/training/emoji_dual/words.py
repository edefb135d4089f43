"""English word vectors (GloVe) for the pieces of the tokenizer that are whole words."""

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from .dataset import DATA

WORD_DIMS = 100


def word_list(folder: Path = DATA) -> list[str]:
    return (folder / "words.txt").read_text().split("\n")


def word_table(tokenizer: Tokenizer, folder: Path = DATA) -> torch.Tensor:
    """f32[vocabulary, 100]: centred vectors of length 1; zero for pieces that are no known word."""
    words = word_list(folder)
    vectors = np.fromfile(folder / "words.f32", np.float32).reshape(len(words), WORD_DIMS)
    vectors = vectors - vectors.mean(0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    table = torch.zeros(tokenizer.get_vocab_size(), WORD_DIMS)
    for word, vector in zip(words, vectors, strict=True):
        row = tokenizer.token_to_id(word)
        if row is not None:
            table[row] = torch.from_numpy(vector)
    return table
