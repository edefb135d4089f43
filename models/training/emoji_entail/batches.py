"""Items to tensors."""

from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from .features import Features
from .prompts import prompt
from .sentences import Item

CONTEXT_LENGTH = 256


@dataclass(frozen=True)
class Batch:
    ids: Tensor
    """i64[B, T], padded to the longest."""
    lengths: Tensor
    """i64[B]."""
    picture: tuple[Tensor, Tensor, Tensor]
    """The tower's tokens, vectors and the cells' colours; all zero for who is blind."""
    answers: Tensor
    """i64[B]."""


def encode(tokenizer: Tokenizer, texts: list[str]) -> tuple[Tensor, Tensor]:
    """Padded ids i64[n, T] and lengths i64[n]; a text past the context ends with the last token all the same."""
    rows = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    rows = [ids if len(ids) <= CONTEXT_LENGTH else [*ids[: CONTEXT_LENGTH - 1], ids[-1]] for ids in rows]
    width = max(map(len, rows))
    padded = torch.tensor([ids + [0] * (width - len(ids)) for ids in rows])
    return padded, torch.tensor([len(ids) for ids in rows])


def batch(items: list[Item], tokenizer: Tokenizer, stored: Features, blind: bool) -> Batch:
    ids, lengths = encode(tokenizer, [prompt(item.hypothesis, item.caption) for item in items])
    picture = stored.gather([item.row for item in items])
    if blind:
        picture = tuple(torch.zeros_like(part) for part in picture)
    return Batch(ids, lengths, picture, torch.tensor([item.answer for item in items]))
