"""The dimensions of an OFA, and how they are read off a checkpoint's shapes."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from clip_export.errors import BadInput
from torch import Tensor

# The ResNet ends at a sixteenth of a picture's side, so a grid of 30 × 30.
IMAGE_SIZE = 480
STRIDE = 16


@dataclass(frozen=True)
class Config:
    width: int
    ffn: int
    heads: int
    encoder_layers: int
    decoder_layers: int
    blocks: tuple[int, int, int]
    """Bottlenecks in each stage of the ResNet."""
    stem: int = 64
    """Channels after the first convolution; the last stage gives 16 times as many."""
    vocabulary: int = 59457
    positions: int = 1024
    """The longest text in tokens."""
    token_buckets: int = 256
    image_buckets: int = 42
    """The largest grid, in patches a side, that position ids leave room for."""
    image_size: int = IMAGE_SIZE
    norm_eps: float = 1e-5
    """Of batch normalisation; 1e-3 in checkpoints trained with --sync-bn."""

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    @property
    def scale(self) -> float:
        """Of queries before they meet their keys, of content and of places alike: each is given half of the variance."""
        return (2 * self.head_width) ** -0.5

    @property
    def grid(self) -> int:
        return self.image_size // STRIDE


RESNET_50, RESNET_101, RESNET_152 = (3, 4, 6), (3, 4, 23), (3, 8, 36)
SIZES = {
    "tiny": Config(256, 1024, 4, 4, 4, RESNET_50),
    "medium": Config(512, 2048, 8, 4, 4, RESNET_101),
    "base": Config(768, 3072, 12, 6, 6, RESNET_101),
    "large": Config(1024, 4096, 16, 12, 12, RESNET_152),
    "huge": Config(1280, 5120, 16, 24, 12, RESNET_152),
}


def read_config(weights: Mapping[str, Tensor], norm_eps: float, image_size: int = IMAGE_SIZE) -> Config:
    """@param weights: under fairseq's names. @raises BadInput if they are not of an OFA"""

    def shape(name: str) -> tuple[int, ...]:
        if name not in weights:
            raise BadInput(f"it is not an OFA: it has no {name}")
        return tuple(weights[name].shape)

    def count(prefix: str) -> int:
        return len({found[1] for name in weights if (found := re.match(rf"{re.escape(prefix)}\.(\d+)\.", name))})

    def checked(dimension: str, value: float) -> int:
        if value != int(value) or value < 1:
            raise BadInput(f"its {dimension} cannot be {value:g}")
        return int(value)

    vocabulary, width = shape("encoder.embed_tokens.weight")
    image_positions = shape("encoder.embed_image_positions.weight")[0]
    config = Config(
        width=width,
        ffn=shape("encoder.layers.0.fc1.weight")[0],
        heads=shape("encoder.layers.0.self_attn.c_attn")[0],
        encoder_layers=count("encoder.layers"),
        decoder_layers=count("decoder.layers"),
        blocks=tuple(count(f"encoder.embed_images.layer{stage}") for stage in (1, 2, 3)),
        stem=shape("encoder.embed_images.conv1.weight")[0],
        vocabulary=vocabulary,
        # Two rows that fairseq reserves and OFA never looks up.
        positions=shape("encoder.embed_positions.weight")[0] - 2,
        token_buckets=checked(
            "buckets of text", (shape("encoder.token_rel_pos_table_list.0.weight")[0] + 1) / 2
        ),
        image_buckets=checked("buckets of a picture", math.sqrt(image_positions - 1)),
        image_size=image_size,
        norm_eps=norm_eps,
    )
    if config.grid > config.image_buckets:
        raise BadInput(f"it has positions for {config.image_buckets} patches a side; {image_size} pixels need more")
    if config.width % config.heads:
        raise BadInput(f"its width of {config.width} is no multiple of its {config.heads} heads")
    return config


def size_name(config: Config) -> str | None:
    """Which of OFA's published sizes it is, if any."""
    return next((name for name, known in SIZES.items() if _dimensions(known) == _dimensions(config)), None)


def _dimensions(config: Config) -> tuple:
    return (config.width, config.ffn, config.heads, config.encoder_layers, config.decoder_layers, config.blocks)
