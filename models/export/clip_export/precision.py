"""Smaller files: half precision, and 8 bits. Neither lets a vector depend on what else is in its batch."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.transformers.float16 import convert_float_to_float16
from onnxruntime.transformers.onnx_model import OnnxModel

MIN_WEIGHTS = 1024

# Nodes of the tower itself, not of its parts: bytes to normalised pixels, and the scaling to length 1.
FLOAT32_NODES = {"/Cast", "/Mul", "/Add", "/Transpose", "/ReduceL2", "/Clip", "/Expand", "/Div"}


def half(model: onnx.ModelProto, float32_nodes: set[str] = FLOAT32_NODES) -> onnx.ModelProto:
    """Weights and arithmetic in float16; inputs, outputs and the named nodes stay float32."""
    stay = [node.name for node in model.graph.node if node.name in float32_nodes]
    infer_shapes(model)
    model = convert_float_to_float16(model, keep_io_types=True, disable_shape_infer=True, node_block_list=stay)
    # The converter casts a tensor once for each float32 node that reads it, every time to the same name; and between
    # two float32 nodes it goes through float16, which would cost the result its length of 1.
    producers = {output: node for node in model.graph.node for output in node.output}
    for node in producers.values():
        for i, name in enumerate(node.input):
            node.input[i] = _before_narrowing(name, producers)
    result = model.graph.output[0].name
    last = producers[_before_narrowing(result, producers)]
    last.output[0] = result
    producers[result] = last
    kept, needed = {}, [result]
    while needed:
        node = producers.get(needed.pop())
        if node is not None and node.output[0] not in kept:
            kept[node.output[0]] = node
            needed += node.input
    del model.graph.node[:]
    model.graph.node.extend(kept.values())
    OnnxModel(model).topological_sort()
    onnx.checker.check_model(model)
    return model


def infer_shapes(model: onnx.ModelProto) -> None:
    """Types and shapes of what lies between the nodes, in place. onnx's own call refuses a model of 2 GB and more, so it
    gets one whose larger weights are inputs."""
    shell = onnx.ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
    graph = shell.graph
    graph.name = model.graph.name
    graph.node.extend(model.graph.node)
    graph.input.extend(model.graph.input)
    graph.output.extend(model.graph.output)
    for tensor in model.graph.initializer:
        # Shapes are computed from small ones.
        if np.prod(tensor.dims) < MIN_WEIGHTS:
            graph.initializer.append(tensor)
        else:
            graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    del model.graph.value_info[:]
    model.graph.value_info.extend(onnx.shape_inference.infer_shapes(shell).graph.value_info)


def _before_narrowing(name: str, producers: dict[str, onnx.NodeProto]) -> str:
    """The float32 tensor that a Cast to float16 and a Cast back made `name` from, or `name`."""
    widen = producers.get(name)
    narrow = producers.get(widen.input[0]) if _casts_to(widen, TensorProto.FLOAT) else None
    return narrow.input[0] if _casts_to(narrow, TensorProto.FLOAT16) else name


def _casts_to(node: onnx.NodeProto | None, element: int) -> bool:
    return node is not None and node.op_type == "Cast" and node.attribute[0].i == element


def int8(model: onnx.ModelProto) -> onnx.ModelProto:
    """Matrices with a scale an output channel, embedding tables with a scale a row; all arithmetic in float32.

    This makes files small, not runs fast. Activations in int8 would: with ranges over the batch, over blocks of a row
    (`MatMulNBits`, 1.5 times as fast), or calibrated (2.5 times). The first lets a vector depend on its batch by
    design; the second did so in practice, by 2.5e-3 a component in a ViT-B/16; the third needs pictures to calibrate with, and
    went down to a cosine of 0.9987 on weights without CLIP's outliers.
    """
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        position = {"MatMul": 1, "Gather": 0}.get(node.op_type)
        tensor = None if position is None else weights.get(node.input[position])
        if tensor is None or tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < MIN_WEIGHTS:
            nodes.append(node)
        else:
            nodes += (_matrix if position == 1 else _rows)(graph, node, numpy_helper.to_array(tensor))
    used = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


def round_runs(runs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric along the last axis. @returns int8 weights and f32 scales, which keep that axis"""
    scales = np.maximum(np.abs(runs).max(-1, keepdims=True) / np.float32(127), np.float32(1e-12))
    return np.rint(runs / scales).astype(np.int8), scales


def _add(graph: onnx.GraphProto, name: str, values: np.ndarray) -> str:
    # A table that is looked up twice is stored once.
    if not _has(graph, name):
        graph.initializer.append(numpy_helper.from_array(values, name))
    return name


def _has(graph: onnx.GraphProto, name: str) -> bool:
    return any(tensor.name == name for tensor in graph.initializer)


def _matrix(graph: onnx.GraphProto, node: onnx.NodeProto, weights: np.ndarray) -> list[onnx.NodeProto]:
    """Cast and Mul are folded when the session loads; DequantizeLinear would be repeated in every run."""
    name = node.input[1]
    wide, full = f"{name}_wide", f"{name}_full"
    if _has(graph, f"{name}_int8"):
        node.input[1] = full
        return [node]
    rounded, scales = round_runs(weights.T)
    stored = _add(graph, f"{name}_int8", np.ascontiguousarray(rounded.T))
    scale = _add(graph, f"{name}_scale", scales.reshape(-1))
    node.input[1] = full
    return [
        helper.make_node("Cast", [stored], [wide], to=TensorProto.FLOAT),
        helper.make_node("Mul", [wide, scale], [full]),
        node,
    ]


def _rows(graph: onnx.GraphProto, node: onnx.NodeProto, table: np.ndarray) -> list[onnx.NodeProto]:
    """The rows that are asked for are widened after the look-up: the table stays small in memory too."""
    rounded, scales = round_runs(table)
    name = node.input[0]
    rows, factors, wide = (f"{node.output[0]}_{part}" for part in ("rows", "factors", "wide"))
    return [
        helper.make_node("Gather", [_add(graph, f"{name}_int8", rounded), node.input[1]], [rows], axis=0),
        helper.make_node("Gather", [_add(graph, f"{name}_scale", scales), node.input[1]], [factors], axis=0),
        helper.make_node("Cast", [rows], [wide], to=TensorProto.FLOAT),
        helper.make_node("Mul", [wide, factors], [node.output[0]]),
    ]
