"""Weights in 8 bits, arithmetic in float32: no score depends on what else is in the batch."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from emoji_dual.quantize import MIN_WEIGHTS, round_weights, weight_only_int8


def int8(source: Path, target: Path) -> None:
    """Matrices and tables as emoji-dual's text tower has them, and convolutions with a scale an output channel."""
    model = onnx.load(source)
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    widened: list[onnx.NodeProto] = []
    for node in model.graph.node:
        if node.op_type == "Conv" and np.prod(weights[node.input[1]].dims) >= MIN_WEIGHTS:
            widened += _narrow(model.graph, weights[node.input[1]])
    nodes = [*widened, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, target)
    weight_only_int8(target, target)


def _narrow(graph: onnx.GraphProto, tensor: onnx.TensorProto) -> list[onnx.NodeProto]:
    name = tensor.name
    rounded, scales = round_weights(numpy_helper.to_array(tensor), axis=0)
    tensor.CopyFrom(numpy_helper.from_array(rounded, f"{name}_int8"))
    graph.initializer.append(numpy_helper.from_array(scales, f"{name}_scale"))
    return [
        helper.make_node("Cast", [f"{name}_int8"], [f"{name}_wide"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}_wide", f"{name}_scale"], [name]),
    ]
