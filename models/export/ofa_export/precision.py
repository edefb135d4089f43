"""Smaller files of an OFA: CLIP's ways, and the convolutions, which are half of a small OFA."""

import numpy as np
import onnx
from clip_export import precision
from clip_export.precision import MIN_WEIGHTS, round_runs
from onnx import TensorProto, helper, numpy_helper

# The probabilities: of three numbers near 1 and 0, half precision keeps too little.
FLOAT32_NODES = {"/Softmax"}


def half(model: onnx.ModelProto) -> onnx.ModelProto:
    """Weights and arithmetic in float16; inputs, output and the last softmax stay float32."""
    return precision.half(model, FLOAT32_NODES)


def int8(model: onnx.ModelProto) -> onnx.ModelProto:
    """Weights in 8 bits, all arithmetic in float32, so that no score depends on what else is in the batch."""
    convolutions(model.graph)
    return precision.int8(model)


def convolutions(graph: onnx.GraphProto) -> None:
    """A scale for each output channel. They are widened when the session loads."""
    weights = {tensor.name: tensor for tensor in graph.initializer}
    widened = []
    for node in graph.node:
        if node.op_type != "Conv" or np.prod(weights[node.input[1]].dims) < MIN_WEIGHTS:
            continue
        tensor = weights[node.input[1]]
        values = numpy_helper.to_array(tensor)
        rounded, scales = round_runs(values.reshape(len(values), -1))
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(rounded.reshape(values.shape), f"{name}_int8"))
        graph.initializer.append(numpy_helper.from_array(scales.reshape(-1, 1, 1, 1), f"{name}_scale"))
        widened += [
            helper.make_node("Cast", [f"{name}_int8"], [f"{name}_wide"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}_wide", f"{name}_scale"], [name]),
        ]
    nodes = [*widened, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
