"""Bad input ends with code 2, one line that says why, and nothing left behind."""

import json

import numpy as np
import onnx
import pytest
import torch
from clip_export.__main__ import main
from clip_export.check import check
from clip_export.errors import BadInput
from onnxruntime.quantization import QuantType, quantize_dynamic

from conftest import CONFIG, PREPROCESS, changed


@pytest.fixture
def refused(arguments, capsys, tmp_path):
    def run(source, *more: str) -> str:
        assert main(arguments(source, *more)) == 2
        assert not list(tmp_path.glob("models/*"))
        line = capsys.readouterr().err.strip().splitlines()[-1]
        assert line.startswith("clip_export: ") and len(line) < 400
        return line

    return run


def test_a_source_that_is_missing_or_nothing_known(refused, tmp_path):
    assert "does not exist" in refused(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "neither" in refused(tmp_path / "empty")


def test_a_bare_file_of_unknown_architecture(refused, tmp_path):
    torch.save({"weight": torch.zeros(3)}, tmp_path / "weights.pt")
    assert "--architecture" in refused(tmp_path / "weights.pt")
    assert "knows no architecture" in refused(tmp_path / "weights.pt", "--architecture", "ViT-Z-99")
    assert "does not hold the weights of" in refused(tmp_path / "weights.pt", "--architecture", "ViT-S-32")


@pytest.mark.parametrize(
    ("architecture", "tag", "reason"),
    [
        ("ViT-B-32", "laion2b_s34b", "of ViT-B-32, but laion2b_"),
        ("ViT-S-32", "openai", "of ViT-S-32, but none that"),
        ("ViT-B-32", "laion400m_e32", "trained with QuickGELU"),
        ("ViT-B-32-quickgelu", "laion2b_s34b_b79k", "knows no weights"),
    ],
)
def test_a_tag_that_the_architecture_does_not_fit(architecture, tag, reason, refused, tmp_path):
    torch.save({"weight": torch.zeros(3)}, tmp_path / "weights.pt")
    assert reason in refused(tmp_path / "weights.pt", "--architecture", architecture, "--tag", tag)


def test_a_folder_that_is_called_something_else(refused, open_clip_folder):
    assert "says itself" in refused(open_clip_folder(), "--architecture", "ViT-B-32")


def test_a_file_that_is_no_checkpoint_or_half_of_one(refused, tmp_path, open_clip_folder):
    (tmp_path / "weights.bin").write_bytes(b"<html>not found</html>")
    assert "does not hold the weights of" in refused(tmp_path / "weights.bin", "--architecture", "ViT-S-32")
    folder = open_clip_folder()
    weights = folder / "open_clip_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    assert "does not hold the weights of" in refused(folder)
    weights.unlink()
    assert "does not hold the weights of" in refused(folder)


def test_a_torchscript_archive_of_something_else(refused, tmp_path):
    torch.jit.script(torch.nn.Linear(2, 2)).save(tmp_path / "linear.pt")
    assert "not of a CLIP" in refused(tmp_path / "linear.pt")


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (changed(text_cfg={"hf_tokenizer_name": "timm/ViT-B-16-SigLIP"}), "its tokenizer is timm/ViT-B-16-SigLIP"),
        (changed(text_cfg={"hf_model_name": "roberta-base"}), "its text tower is roberta-base"),
        (changed(text_cfg={"tokenizer_kwargs": {"clean": "canonicalize"}}), "canonicalize"),
        (changed(text_cfg={"vocab_size": 100}), "vocabulary has 100 tokens"),
        (changed(text_cfg={"pool_type": "last"}), "looks at padding"),
        ({**CONFIG, "multimodal_cfg": {}}, "CoCa"),
    ],
)
def test_what_is_not_clip(config, reason, refused, open_clip_folder):
    assert reason in refused(open_clip_folder(config))


def test_preprocessing_that_is_not_served(refused, open_clip_folder):
    assert "bilinear" in refused(open_clip_folder(CONFIG, {**PREPROCESS, "interpolation": "bilinear"}))


def test_another_model_of_transformers(refused, transformers_folder):
    folder = transformers_folder("relu")
    assert "activations are relu/relu" in refused(folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "siglip"}))
    assert "'siglip', not 'clip'" in refused(folder)


def test_arguments_that_no_manifest_takes(refused, open_clip_folder):
    folder = open_clip_folder()
    assert "no variant 'fp8'" in refused(folder, "--variants", "fp8")
    assert "--id is lower-case" in refused(folder, "--id", "Tiny/1")
    assert "{} exactly once" in refused(folder, "--template", "a photo")
    assert "--license is empty" in refused(folder, "--license", "")
    assert "--source is empty" in refused(folder, "--source", "")


@pytest.mark.parametrize(
    "url", ["", "http://models.example/m", "models.example", "https://", "https:///m", "https://models.example/m?v=1"]
)
def test_an_address_at_which_no_file_can_be_pulled(url, refused, open_clip_folder):
    assert "--url is https://host/folder" in refused(open_clip_folder(), "--url", url)


def test_a_file_that_strays_from_torch_or_depends_on_its_batch(open_clip_folder, arguments, tmp_path):
    assert main(arguments(open_clip_folder(), "--variants", "fp32")) == 0
    text = tmp_path / "models" / "tiny" / "text.fp32.onnx"
    ids = np.array([[49406, 320, 1125, 49407], [49406, 2368, 49407, 0]])
    import onnxruntime as ort

    vectors = ort.InferenceSession(str(text)).run(None, {"input_ids": ids})[0]
    check(text, "fp32", ids, vectors, 24)
    with pytest.raises(BadInput, match="strays from torch"):
        check(text, "fp32", ids, vectors[::-1], 24)
    quantize_dynamic(text, tmp_path / "dynamic.onnx", weight_type=QuantType.QInt8)
    assert any(node.op_type == "DynamicQuantizeLinear" for node in onnx.load(tmp_path / "dynamic.onnx").graph.node)
    with pytest.raises(BadInput, match="gives other vectors with other"):
        check(tmp_path / "dynamic.onnx", "int8", ids, vectors, 24)
