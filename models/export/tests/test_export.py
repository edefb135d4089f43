"""The command from end to end. Each file was compared with torch by the command itself, or it would have refused it."""

import hashlib
import json
import math
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import open_clip
import pytest
import torch
from clip_export.__main__ import main
from clip_export.check import sample_pixels
from clip_export.weights import fill

from conftest import CONFIG, PREPROCESS, SIZE, changed

RESNET = {"layers": [1, 1, 1, 1], "width": 8, "head_width": 16}


def run(path: Path, rows: np.ndarray) -> np.ndarray:
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: rows})[0]


def exported(tmp_path: Path) -> tuple[Path, dict]:
    folder = tmp_path / "models" / "tiny"
    return folder, json.loads((folder / "manifest.json").read_text())


@pytest.mark.parametrize(
    "config",
    [
        CONFIG,
        {**CONFIG, "quick_gelu": True},
        changed(vision_cfg={"pool_type": "avg", "ls_init_value": 0.1}),
        changed(text_cfg={"pool_type": "eos", "eos_id": 49407, "proj_bias": True, "width": 48, "heads": 3}),
        {**CONFIG, "vision_cfg": {"image_size": SIZE, "patch_size": None, **RESNET}},
    ],
    ids=["gelu", "quick_gelu", "mean of patches, layer scale", "end-of-text pooling, other width", "ModifiedResNet"],
)
def test_exports_open_clips_layout(config, open_clip_folder, arguments, tmp_path):
    assert main(arguments(open_clip_folder(config))) == 0
    folder, manifest = exported(tmp_path)
    assert manifest["dims"] == 48
    assert manifest["logit_scale"] == pytest.approx(1 / 0.07, rel=1e-5)
    assert {manifest["image"][key] for key in ("size", "resize", "interpolation")} == {SIZE, "squash", "bicubic"}
    assert manifest["image"]["mean"] == PREPROCESS["mean"]
    assert manifest["text"]["context_length"] == 24
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["manifest.json", "tokenizer.json"]
        + [f"{t}.{v}.onnx" for t in ("image", "text") for v in ("fp32", "fp16", "int8")]
    )
    for tower in ("image", "text"):
        for entry in [*manifest[tower]["files"].values(), manifest["text"]["tokenizer"]]:
            content = (folder / entry["path"]).read_bytes()
            assert entry == {**entry, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def test_exports_bare_weights_with_the_pre_processing_that_their_tag_tells(
    open_clip_folder, arguments, tmp_path, monkeypatch
):
    weights = open_clip_folder() / "open_clip_model.safetensors"
    (tmp_path / "tiny-clip.json").write_text(json.dumps(CONFIG))
    open_clip.add_model_config(tmp_path / "tiny-clip.json")
    halves = {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, "tiny-clip", {"halves": halves})
    bare = ["--architecture", "tiny-clip", "--variants", "fp32"]
    assert main(arguments(weights, *bare, "--tag", "halves")) == 0
    folder, manifest = exported(tmp_path)
    assert (manifest["image"]["mean"], manifest["image"]["std"]) == ([0.5] * 3, [0.5] * 3)
    folder.rename(tmp_path / "with-tag")
    assert main(arguments(weights, *bare)) == 0
    assert exported(tmp_path)[1]["image"]["mean"] == list(open_clip.OPENAI_DATASET_MEAN)


@pytest.mark.parametrize("activation", ["quick_gelu", "gelu"])
@pytest.mark.parametrize("end_of_text", [49407, 2])
def test_exports_transformers_layout(activation, end_of_text, transformers_folder, arguments, tmp_path):
    assert main(arguments(transformers_folder(activation, end_of_text), "--variants", "fp32")) == 0
    _, manifest = exported(tmp_path)
    assert manifest["image"]["resize"] == "shortest"
    assert manifest["logit_scale"] == pytest.approx(math.exp(2.6592), rel=1e-4)


def test_exports_openais_own_archives_with_quick_gelu(arguments, tmp_path):
    # They hold no configuration: heads are 64 wide, and a context is 77 long.
    image = {**CONFIG["vision_cfg"], "head_width": 64}
    text = {**CONFIG["text_cfg"], "width": 64, "heads": 1, "context_length": 77}
    model = open_clip.CLIP(48, image, text, quick_gelu=True).eval()
    fill(model)
    # In theirs weights are of half precision, and the mask is a constant, not a buffer.
    for parameter in model.parameters():
        parameter.data = parameter.data.half().float()
    mask = model.attn_mask
    del model.attn_mask
    model.attn_mask = mask
    ids = open_clip.SimpleTokenizer(context_length=77)(["a photo of a cat"])
    pixels = torch.rand(1, 3, SIZE, SIZE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(model, (pixels, ids), check_trace=False).save(str(tmp_path / "model.pt"))
    assert main(arguments(tmp_path / "model.pt", "--variants", "fp32")) == 0
    folder, _ = exported(tmp_path)
    expected = model.encode_image(pixels, normalize=True).detach().numpy()
    np.testing.assert_allclose(run(folder / "image.fp32.onnx", pixels.numpy()), expected, atol=1e-4)


def test_takes_bytes_and_gives_the_vectors_of_the_normalised_pixels(open_clip_folder, arguments, tmp_path):
    source = open_clip_folder()
    assert main(arguments(source, "--variants", "fp32", "--pixels", "uint8_nhwc")) == 0
    folder, manifest = exported(tmp_path)
    assert manifest["image"]["pixels"] == "uint8_nhwc"
    folder.rename(tmp_path / "bytes")
    assert main(arguments(source, "--variants", "fp32")) == 0
    pictures = sample_pixels(3, SIZE)
    mean, std = (np.array(PREPROCESS[key], np.float32) for key in ("mean", "std"))
    normalised = ((pictures / np.float32(255) - mean) / std).transpose(0, 3, 1, 2)
    from_bytes = run(tmp_path / "bytes" / "image.fp32.onnx", pictures)
    np.testing.assert_allclose(from_bytes, run(folder / "image.fp32.onnx", normalised), atol=1e-5)


def test_writes_graphs_of_one_float32_output_of_length_1(open_clip_folder, arguments, tmp_path):
    assert main(arguments(open_clip_folder())) == 0
    folder, _ = exported(tmp_path)
    for path in folder.glob("*.onnx"):
        graph = onnx.load(path)
        assert graph.opset_import[0].version >= 17
        assert [dim.dim_param for dim in graph.graph.input[0].type.tensor_type.shape.dim][0] == "batch"
        assert graph.graph.output[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT
        rows = np.array([[49406, 320, 49407]]) if "text" in path.name else np.ones((1, 3, SIZE, SIZE), np.float32)
        assert np.linalg.norm(run(path, rows)) == pytest.approx(1, abs=1e-5)


def test_gives_urls_to_a_manifest_that_is_pulled_by(open_clip_folder, arguments, tmp_path):
    assert main(arguments(open_clip_folder(), "--variants", "int8", "--url", "https://models.example/tiny/")) == 0
    folder, manifest = exported(tmp_path)
    assert manifest["text"]["files"]["int8"]["url"] == "https://models.example/tiny/text.int8.onnx"
    assert not (folder / "text.fp32.onnx").exists()


def test_leaves_a_folder_that_exists_alone(open_clip_folder, arguments, tmp_path, capsys):
    (tmp_path / "models" / "tiny").mkdir(parents=True)
    assert main(arguments(open_clip_folder())) == 2
    assert "exists already" in capsys.readouterr().err
