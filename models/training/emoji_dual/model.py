"""A pair of towers with its scale: how it is saved, loaded, averaged and asked for vectors."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from .dataset import Dataset, normalise
from .tokenizer import encode
from .towers import ImageTower, TextTower

CHUNK = 256


@dataclass
class Model:
    image: ImageTower
    text: TextTower
    logit_scale: float

    @classmethod
    def fresh(cls, words: Tensor) -> "Model":
        return cls(ImageTower(), TextTower(words), 1 / 0.07)

    @classmethod
    def load(cls, path: Path) -> "Model":
        saved = torch.load(path, weights_only=True)
        model = cls.fresh(saved["text"]["words"])
        model.image.load_state_dict(saved["image"])
        model.text.load_state_dict(saved["text"])
        model.logit_scale = saved["logit_scale"]
        model.image.eval()
        model.text.eval()
        return model

    def save(self, path: Path, **facts: float) -> None:
        state = {"image": self.image.state_dict(), "text": self.text.state_dict(), "logit_scale": self.logit_scale}
        temporary = path.with_suffix(".tmp")
        torch.save({**state, **facts}, temporary)
        temporary.replace(path)

    @torch.no_grad()
    def embed_pixels(self, pixels: Tensor) -> Tensor:
        """f32[n, 3, S, S] in 0…1 → f32[n, 256]."""
        return torch.cat([self.image(normalise(part)) for part in pixels.split(CHUNK)])

    def embed_rows(self, data: Dataset, rows: np.ndarray, size: int) -> Tensor:
        return self.embed_pixels(data.plain(rows, size))

    @torch.no_grad()
    def embed_texts(self, tokenizer, texts: list[str]) -> Tensor:
        parts = [texts[start : start + CHUNK] for start in range(0, len(texts), CHUNK)]
        return torch.cat([self.text(encode(tokenizer, part)) for part in parts])


@torch.no_grad()
def average_into(target: nn.Module, source: nn.Module, decay: float) -> None:
    """Exponential moving average of weights and of batch-norm statistics."""
    for mean, value in zip(target.state_dict().values(), source.state_dict().values(), strict=True):
        if mean.is_floating_point():
            mean.lerp_(value, 1 - decay)
        else:
            mean.copy_(value)
