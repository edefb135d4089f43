"""8-bit files whose results do not depend on what else is in the batch.

Dynamic quantisation takes its range over the whole batch, so a picture's vector would change with its neighbours.
Text: int8 weights only, float arithmetic. Image: static ranges from calibration pictures.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

MIN_WEIGHTS = 1024


def round_weights(weights: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric int8 along every axis but one. @returns int8 weights and f32 scales, which keep `axis` for broadcast"""
    others = tuple(i for i in range(weights.ndim) if i != axis)
    scales = np.maximum(np.abs(weights).max(others, keepdims=True) / 127, 1e-12).astype(np.float32)
    return np.clip(np.rint(weights / scales), -127, 127).astype(np.int8), scales


def weight_only_int8(source: Path, target: Path) -> None:
    """Stores matrices as int8 with one scale an output channel, and embedding tables with one scale a row.

    Matrices come back by Cast and Mul, which ONNX Runtime folds when it loads the model (it keeps DequantizeLinear
    and would repeat it in every run). Embedding rows are widened after the Gather, so the table stays small in memory.
    """
    model = onnx.load(source)
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        position = 0 if node.op_type == "Gather" else 1
        tensor = weights.get(node.input[position]) if len(node.input) > position else None
        if node.op_type not in ("Gather", "MatMul", "Gemm") or tensor is None or not _is_large(tensor):
            nodes.append(node)
            continue
        widen = _gather_rows if node.op_type == "Gather" else _matrix
        nodes += widen(graph, node, tensor)
    used = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, target)


def _is_large(tensor: onnx.TensorProto) -> bool:
    return tensor.data_type == TensorProto.FLOAT and len(tensor.dims) == 2 and np.prod(tensor.dims) >= MIN_WEIGHTS


def _store(graph: onnx.GraphProto, name: str, weights: np.ndarray, axis: int) -> tuple[str, str]:
    rounded, scales = round_weights(weights, axis)
    graph.initializer.append(numpy_helper.from_array(rounded, f"{name}_int8"))
    graph.initializer.append(numpy_helper.from_array(scales, f"{name}_scale"))
    return f"{name}_int8", f"{name}_scale"


def _gather_rows(graph: onnx.GraphProto, node: onnx.NodeProto, tensor: onnx.TensorProto) -> list[onnx.NodeProto]:
    table, scale = _store(graph, tensor.name, numpy_helper.to_array(tensor), axis=0)
    rows, factors, wide = (f"{node.output[0]}_{part}" for part in ("rows", "factors", "wide"))
    return [
        helper.make_node("Gather", [table, node.input[1]], [rows], axis=0),
        helper.make_node("Gather", [scale, node.input[1]], [factors], axis=0),
        helper.make_node("Cast", [rows], [wide], to=TensorProto.FLOAT),
        helper.make_node("Mul", [wide, factors], [node.output[0]]),
    ]


def _matrix(graph: onnx.GraphProto, node: onnx.NodeProto, tensor: onnx.TensorProto) -> list[onnx.NodeProto]:
    transposed = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
    matrix, scale = _store(graph, tensor.name, numpy_helper.to_array(tensor), axis=0 if transposed else 1)
    wide, full = f"{tensor.name}_wide", f"{tensor.name}_full"
    node.input[1] = full
    return [
        helper.make_node("Cast", [matrix], [wide], to=TensorProto.FLOAT),
        helper.make_node("Mul", [wide, scale], [full]),
        node,
    ]


class _Pictures(CalibrationDataReader):
    def __init__(self, pixels: np.ndarray, chunk: int = 32) -> None:
        self.chunks = iter(pixels[start : start + chunk] for start in range(0, len(pixels), chunk))

    def get_next(self) -> dict[str, np.ndarray] | None:
        chunk = next(self.chunks, None)
        return None if chunk is None else {"pixel_values": chunk}


def static_int8(source: Path, target: Path, calibration: np.ndarray) -> None:
    """Convolutions in int8, one weight scale a channel, activation ranges from f32[n, 3, size, size] pictures."""
    prepared = source.with_suffix(".prepared.onnx")
    quant_pre_process(str(source), str(prepared))
    quantize_static(
        str(prepared),
        str(target),
        _Pictures(calibration),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        weight_type=QuantType.QInt8,
        activation_type=QuantType.QUInt8,
        op_types_to_quantize=["Conv"],
    )
