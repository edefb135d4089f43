"""Towers as float32 ONNX files: batch and text length left open, one input, one output."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

# The oldest with LayerNormalization; ONNX Runtime's fusions know its patterns best.
OPSET = 17


@dataclass(frozen=True)
class Ports:
    """The names of a graph's tensors and of the input's open axes."""

    input: str
    output: str
    open_axes: dict[int, str]


IMAGE = Ports("pixel_values", "image_embeds", {0: "batch"})
TEXT = Ports("input_ids", "text_embeds", {0: "batch", 1: "length"})


def trace(tower: nn.Module, example: torch.Tensor, ports: Ports, target: Path) -> None:
    """@param example: its open axes are longer than 1, so that nothing is traced for a single row."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            tower.eval(),
            (example,),
            str(target),
            input_names=[ports.input],
            output_names=[ports.output],
            dynamic_axes={ports.input: ports.open_axes, ports.output: {0: "batch"}},
            opset_version=OPSET,
            dynamo=False,
        )
