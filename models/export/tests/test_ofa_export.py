"""The command from end to end. Each file was compared with torch by the command itself, or it would have refused it."""

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from ofa_export import check as checks
from ofa_export.__main__ import main
from ofa_export.checkpoint import load
from ofa_export.tokenizer import answer_ids, find, make
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

from ofa_tiny import CONFIG, SETTINGS, fairseq_file, fairseq_weights, port_weights, random_model, write_vocabulary


@pytest.fixture
def run(tmp_path, capsys):
    def command(source: Path, *more: str) -> tuple[int, str]:
        about = ["--id", "tiny", "--revision", "1", "--license", "Apache-2.0", "--source", "tests"]
        code = main([str(source), *about, "--image-size", "64", "--target", str(tmp_path / "models"), *more])
        return code, (capsys.readouterr().err.strip().splitlines() or [""])[-1]

    return command


@pytest.fixture
def source(tmp_path):
    return fairseq_file(tmp_path, random_model())


def read(tmp_path: Path) -> tuple[Path, dict]:
    folder = tmp_path / "models" / "tiny"
    return folder, json.loads((folder / "manifest.json").read_text())


def test_exports_a_checkpoint_in_every_variant(run, source, tmp_path):
    assert run(source)[0] == 0
    folder, manifest = read(tmp_path)
    assert manifest["family"] == "ofa" and manifest["answers"] == ["yes", "no", "maybe"]
    assert manifest["image"]["size"] == 64 and manifest["image"]["resize"] == "squash"
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["manifest.json", "tokenizer.json", "model.fp32.onnx", "model.fp16.onnx", "model.int8.onnx"]
    )
    for entry in [*manifest["files"].values(), manifest["text"]["tokenizer"]]:
        content = (folder / entry["path"]).read_bytes()
        assert entry == {**entry, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    spelled = [tokenizer.encode(f" {answer}", add_special_tokens=False).ids for answer in manifest["answers"]]
    assert spelled == [[token] for token in manifest["answer_ids"]]
    sizes = [manifest["files"][variant]["bytes"] for variant in ("fp32", "fp16", "int8")]
    assert sizes[0] > sizes[1] > sizes[2]


def test_a_graph_has_the_signature_that_the_service_calls(run, source, tmp_path):
    assert run(source)[0] == 0
    folder, _ = read(tmp_path)
    for path in folder.glob("*.onnx"):
        model = onnx.load(path)
        assert model.opset_import[0].version >= 17
        assert all(node.op_type != "BatchNormalization" for node in model.graph.node)
        ports = {
            port.name: (tensor.elem_type, [dim.dim_param or dim.dim_value for dim in tensor.shape.dim])
            for port in [*model.graph.input, *model.graph.output]
            for tensor in [port.type.tensor_type]
        }
        assert ports == {
            "patch_images": (onnx.TensorProto.FLOAT, ["batch", 3, 64, 64]),
            "input_ids": (onnx.TensorProto.INT64, ["batch", "length"]),
            "lengths": (onnx.TensorProto.INT64, ["batch"]),
            "scores": (onnx.TensorProto.FLOAT, ["batch", 3]),
        }


@torch.no_grad()
def test_a_graph_gives_torchs_scores_for_batches_and_lengths_that_it_was_not_traced_with(run, source, tmp_path):
    assert run(source, "--variants", "fp32")[0] == 0
    model = load(source, answer_ids(make(find(tmp_path))), 64).model
    session = ort.InferenceSession(str(tmp_path / "models" / "tiny" / "model.fp32.onnx"))
    generator = torch.Generator().manual_seed(2)
    for batch, length in [(1, 3), (1, 200), (5, 17), (2, 512)]:
        ids = torch.randint(4, CONFIG.vocabulary, (batch, length), generator=generator)
        lengths = torch.randint(3, length + 1, (batch,), generator=generator)
        pictures = torch.randn(batch, 3, 64, 64, generator=generator)
        feed = {"patch_images": pictures.numpy(), "input_ids": ids.numpy(), "lengths": lengths.numpy()}
        np.testing.assert_allclose(session.run(None, feed)[0], model(pictures, ids, lengths).numpy(), atol=1e-5)


def test_the_ports_folder_gives_the_same_scores(run, source, tmp_path):
    port = tmp_path / "port"
    port.mkdir()
    (port / "config.json").write_text("{}")
    torch.save(port_weights(random_model()), port / "pytorch_model.bin")
    assert run(port, "--vocabulary", str(tmp_path), "--variants", "fp32")[0] == 0
    folder, manifest = read(tmp_path)
    folder.rename(tmp_path / "from port")
    assert run(source, "--variants", "fp32")[0] == 0
    assert read(tmp_path)[1]["files"] == manifest["files"]


def test_gives_urls_to_a_manifest_that_is_pulled_by(run, source, tmp_path):
    assert run(source, "--variants", "int8", "--url", "https://models.example/ofa/")[0] == 0
    assert read(tmp_path)[1]["files"]["int8"]["url"] == "https://models.example/ofa/model.int8.onnx"


def test_refuses_arguments_and_leaves_what_exists_alone(run, source, tmp_path):
    assert run(source, "--variants", "fp8") == (2, "ofa_export: there is no variant 'fp8': fp32, fp16, int8")
    assert "--id is lower-case" in run(source, "--id", "Tiny/1")[1]
    assert "multiple of 16" in run(source, "--image-size", "100")[1]
    assert "from 32 to 2048" in run(source, "--image-size", "2064")[1]
    assert "does not exist" in run(tmp_path / "nowhere.pt")[1]
    (tmp_path / "models" / "tiny").mkdir(parents=True)
    code, line = run(source)
    assert code == 2 and "exists already" in line


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda weights: weights.pop("encoder.layers.1.fc1.weight"), "it lacks encoder.layers.1.fc1.weight"),
        (lambda weights: weights.pop("encoder.embed_tokens.weight"), "it is not an OFA"),
        (lambda weights: weights.update({"encoder.layers.0.adapter.up_proj.weight": torch.zeros(2)}), "adapter"),
        (lambda weights: weights.update({"decoder.output_projection.weight": torch.zeros(276, 32)}), "share their embed"),
        (lambda weights: weights.update({"encoder.layers.1.fc2.bias": torch.zeros(3)}), "where [32] is expected"),
    ],
)
def test_refuses_what_is_no_ofa_for_visual_entailment(change, reason, run, source, tmp_path):
    weights = fairseq_weights(random_model())
    change(weights)
    torch.save({"cfg": {"model": SETTINGS}, "model": weights}, source)
    code, line = run(source)
    assert code == 2 and line.startswith("ofa_export: ") and reason in line
    assert not list(tmp_path.glob("models/*"))


def test_refuses_a_file_that_is_no_checkpoint_or_half_of_one(run, source, tmp_path):
    content = source.read_bytes()
    for broken in (b"<html>not found</html>", b"", content[: len(content) // 2]):
        source.write_bytes(broken)
        code, line = run(source)
        assert code == 2 and "cannot be read" in line and len(line) < 400
    torch.save([1, 2], source)
    assert "holds a list" in run(source)[1]


def test_refuses_a_vocabulary_that_is_missing_or_does_not_fit(run, source, tmp_path):
    (tmp_path / "dict.txt").write_text("5 1\n")
    assert "has no id for" in run(source)[1]
    (tmp_path / "dict.txt").unlink()
    assert "--vocabulary" in run(source)[1]
    write_vocabulary(tmp_path)
    (tmp_path / "vocab.bpe").write_text("#version: 0.2\n")
    assert "no single token for the answer 'yes'" in run(source)[1]
    write_vocabulary(tmp_path)
    small = random_model(dataclasses.replace(CONFIG, vocabulary=100))
    torch.save({"cfg": {"model": SETTINGS}, "model": fairseq_weights(small)}, source)
    code, line = run(source)
    assert code == 2 and "100 tokens" in line


def test_a_file_that_strays_from_torch_or_depends_on_its_batch(run, source, tmp_path, monkeypatch):
    assert run(source, "--variants", "fp32")[0] == 0
    path = tmp_path / "models" / "tiny" / "model.fp32.onnx"
    tokenizer = make(find(tmp_path))
    given = checks.sample(tokenizer, 64, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    with torch.no_grad():
        expected = load(source, answer_ids(tokenizer), 64).model(*given.tensors()).numpy()
    checks.check(path, "fp32", given, expected)
    with pytest.raises(checks.BadInput, match="strays from torch"):
        checks.check(path, "fp32", given, expected[::-1])
    quantize_dynamic(path, tmp_path / "dynamic.onnx", weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"])
    monkeypatch.setitem(checks.BOUNDS, "int8", checks.Bounds(1.0, checks.BOUNDS["int8"].batch))
    with pytest.raises(checks.BadInput, match="gives other scores with other"):
        checks.check(tmp_path / "dynamic.onnx", "int8", given, expected)
