"""An `Ofa` as one float32 ONNX file, batch and text length left open."""

import warnings
from pathlib import Path

import onnx
import torch
from clip_export.graph import OPSET
from onnx import numpy_helper
from torch import Tensor

from .model import Ofa

INPUTS = ("patch_images", "input_ids", "lengths")
OUTPUT = "scores"


def trace(model: Ofa, example: tuple[Tensor, Tensor, Tensor], target: Path) -> None:
    """
    Nothing is computed ahead here. What depends on no input is a picture's position biases, and ONNX Runtime computes
    them once, when it loads the file: as values they would take heads · 900² · 4 bytes a layer, 230 MB in a base.

    @param model: folded. @param example: a batch of more than one, so that nothing is traced for a single row.
    @param target: a scratch file; a model of 2 GB and more gets more of them beside it.
    """
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.eval(),
            example,
            str(target),
            input_names=list(INPUTS),
            output_names=[OUTPUT],
            dynamic_axes={
                "patch_images": {0: "batch"},
                "input_ids": {0: "batch", 1: "length"},
                "lengths": {0: "batch"},
                OUTPUT: {0: "batch"},
            },
            opset_version=OPSET,
            do_constant_folding=False,
            dynamo=False,
        )


def read(traced: Path) -> onnx.ModelProto:
    """What `trace` wrote, all weights in memory. Each variant reads it anew: a copy would stay beside what it becomes."""
    model = onnx.load(traced)
    transpose_weights(model)
    return model


def transpose_weights(model: onnx.ModelProto) -> None:
    """Matrices as MatMul takes them, in place; else each would be turned when the file is loaded, and not quantised."""
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    turned = [node for node in graph.node if node.op_type == "Transpose" and node.input[0] in weights]
    first: dict[str, str] = {}
    renamed: dict[str, str] = {}
    for node in turned:
        name, result = node.input[0], node.output[0]
        if name not in first:
            values = numpy_helper.to_array(weights[name]).transpose(list(node.attribute[0].ints))
            weights[name].CopyFrom(numpy_helper.from_array(values.copy(), result))
            first[name] = result
        # A layer that is used twice is one matrix still.
        renamed[result] = first[name]
        graph.node.remove(node)
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
