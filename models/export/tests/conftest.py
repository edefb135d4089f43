"""Tiny checkpoints with generated weights, in every layout that the command reads."""

import json
import sys
from pathlib import Path

import open_clip
import pytest
import safetensors.torch
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from clip_export.weights import fill  # noqa: E402

SIZE = 32
CONFIG = {
    "embed_dim": 48,
    "vision_cfg": {"image_size": SIZE, "patch_size": 8, "width": 64, "layers": 2, "head_width": 16},
    "text_cfg": {"context_length": 24, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}
PREPROCESS = {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4], "interpolation": "bicubic", "resize_mode": "squash"}


def changed(**towers: dict) -> dict:
    """CONFIG with other entries in its towers."""
    return {**CONFIG, **{key: {**CONFIG[key], **value} for key, value in towers.items() if key.endswith("_cfg")}}


@pytest.fixture
def open_clip_folder(tmp_path: Path):
    def make(config: dict = CONFIG, preprocess: dict = PREPROCESS) -> Path:
        folder = tmp_path / "open_clip"
        folder.mkdir()
        buildable = {key: value for key, value in config.items() if key != "multimodal_cfg"}
        text = {key: value for key, value in config["text_cfg"].items() if not key.startswith("hf_")}
        model = open_clip.CLIP(**{**buildable, "text_cfg": text})
        fill(model)
        safetensors.torch.save_file(model.state_dict(), folder / "open_clip_model.safetensors")
        (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": preprocess}))
        return folder

    return make


@pytest.fixture
def transformers_folder(tmp_path: Path):
    def make(activation: str = "quick_gelu", end_of_text: int = 49407) -> Path:
        from transformers import CLIPConfig, CLIPModel

        folder = tmp_path / "transformers"
        shared = {"num_hidden_layers": 2, "num_attention_heads": 2, "hidden_act": activation}
        image = {"hidden_size": 64, "intermediate_size": 160, "image_size": SIZE, "patch_size": 8, **shared}
        text = {
            "hidden_size": 32,
            "intermediate_size": 96,
            "max_position_embeddings": 24,
            "vocab_size": 49408,
            **shared,
        }
        config = CLIPConfig(text_config={**text, "eos_token_id": end_of_text}, vision_config=image, projection_dim=48)
        torch.manual_seed(0)
        model = CLIPModel(config)
        for parameter in model.parameters():
            if parameter.ndim > 0:
                parameter.data += torch.randn_like(parameter) * 0.1
        model.save_pretrained(folder)
        preprocess = {
            "size": {"shortest_edge": SIZE},
            "crop_size": {"height": SIZE, "width": SIZE},
            "resample": 3,
            "image_mean": [0.48, 0.45, 0.40],
            "image_std": [0.26, 0.26, 0.27],
        }
        (folder / "preprocessor_config.json").write_text(json.dumps(preprocess))
        return folder

    return make


@pytest.fixture
def arguments(tmp_path: Path):
    def make(source: Path, *more: str) -> list[str]:
        about = ["--id", "tiny", "--revision", "1", "--license", "MIT", "--source", "tests"]
        return [str(source), *about, "--target", str(tmp_path / "models"), *more]

    return make
