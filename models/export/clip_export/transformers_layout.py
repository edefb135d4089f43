"""A CLIP as the transformers library stores it, in open_clip's terms."""

import json
from pathlib import Path

import torch
from torch import Tensor

from .errors import BadInput

BICUBIC = 3
END_OF_TEXT = 49407
# Configurations from before transformers 4.32 say 2, and the answer is read at the highest id.
LEGACY_END = 2

BLOCK_PARTS = {
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "self_attn.out_proj": "attn.out_proj",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
}


def _read(file: Path) -> dict:
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise BadInput(f"{file} cannot be read: {error}") from error


def read_config(folder: Path):
    """@returns a CLIPConfig. @raises BadInput if it is no CLIP, or one that open_clip has no terms for"""
    from transformers import CLIPConfig

    raw = _read(folder / "config.json")
    if raw.get("model_type") != "clip":
        raise BadInput(f"{folder} is of the type {raw.get('model_type')!r}, not 'clip'")
    config = CLIPConfig.from_dict(raw)
    image, text = config.vision_config, config.text_config
    if image.hidden_act != text.hidden_act or image.hidden_act not in ("quick_gelu", "gelu"):
        raise BadInput(f"its activations are {image.hidden_act}/{text.hidden_act}; quick_gelu and gelu are supported")
    if text.eos_token_id not in (LEGACY_END, END_OF_TEXT):
        raise BadInput(f"its end-of-text token is {text.eos_token_id}, not CLIP's {END_OF_TEXT}")
    return config


def load(folder: Path):
    """@returns transformers' CLIPModel, for evaluation. @raises ValueError if weights are missing"""
    from transformers import CLIPModel

    model, found = CLIPModel.from_pretrained(
        folder, local_files_only=True, dtype=torch.float32, output_loading_info=True
    )
    if found["missing_keys"] or found["mismatched_keys"]:
        raise ValueError(f"missing {sorted(found['missing_keys'])[:3]}, of another shape {found['mismatched_keys']}")
    return model.eval()


def as_open_clip(config) -> dict:
    """The arguments of open_clip's `CLIP`."""
    image, text = config.vision_config, config.text_config
    return {
        "embed_dim": config.projection_dim,
        "quick_gelu": image.hidden_act == "quick_gelu",
        "vision_cfg": {
            "image_size": image.image_size,
            "patch_size": image.patch_size,
            "width": image.hidden_size,
            "layers": image.num_hidden_layers,
            "head_width": image.hidden_size // image.num_attention_heads,
            "mlp_ratio": image.intermediate_size / image.hidden_size,
            "norm_kwargs": {"eps": image.layer_norm_eps},
        },
        "text_cfg": {
            "context_length": text.max_position_embeddings,
            "vocab_size": text.vocab_size,
            "width": text.hidden_size,
            "layers": text.num_hidden_layers,
            "heads": text.num_attention_heads,
            "mlp_ratio": text.intermediate_size / text.hidden_size,
            "norm_kwargs": {"eps": text.layer_norm_eps},
            "pool_type": "argmax" if text.eos_token_id == LEGACY_END else "eos",
            "eos_id": text.eos_token_id,
        },
    }


def renamed(weights: dict[str, Tensor], config) -> dict[str, Tensor]:
    """transformers' names → open_clip's; projections are transposed there, and q, k and v lie in one matrix."""
    image, text = "vision_model", "text_model"
    names = {
        "logit_scale": "logit_scale",
        f"{image}.embeddings.class_embedding": "visual.class_embedding",
        f"{image}.embeddings.patch_embedding.weight": "visual.conv1.weight",
        f"{image}.embeddings.position_embedding.weight": "visual.positional_embedding",
        f"{text}.embeddings.token_embedding.weight": "token_embedding.weight",
        f"{text}.embeddings.position_embedding.weight": "positional_embedding",
    }
    norms = {
        f"{image}.pre_layrnorm": "visual.ln_pre",
        f"{image}.post_layernorm": "visual.ln_post",
        f"{text}.final_layer_norm": "ln_final",
    }
    result = {new: weights[old] for old, new in names.items()}
    result["visual.proj"] = weights["visual_projection.weight"].T
    result["text_projection"] = weights["text_projection.weight"].T
    towers = {
        f"{image}.encoder.layers": ("visual.transformer.resblocks", config.vision_config.num_hidden_layers),
        f"{text}.encoder.layers": ("transformer.resblocks", config.text_config.num_hidden_layers),
    }
    for layers, (blocks, count) in towers.items():
        for i in range(count):
            norms |= {f"{layers}.{i}.{old}": f"{blocks}.{i}.{new}" for old, new in BLOCK_PARTS.items()}
            for kind in ("weight", "bias"):
                parts = [weights[f"{layers}.{i}.self_attn.{part}_proj.{kind}"] for part in "qkv"]
                result[f"{blocks}.{i}.attn.in_proj_{kind}"] = torch.cat(parts)
    for old, new in norms.items():
        result |= {f"{new}.{kind}": weights[f"{old}.{kind}"] for kind in ("weight", "bias")}
    return result


def read_preprocess(folder: Path) -> dict:
    """preprocessor_config.json in open_clip's terms. @raises BadInput if the service cannot do it"""
    config = _read(folder / "preprocessor_config.json")
    size, crop = config.get("size"), config.get("crop_size")
    if isinstance(size, dict):
        shortest, sides = size.get("shortest_edge"), (size.get("height"), size.get("width"))
    else:
        shortest, sides = size, (None, None)
    cropped = (crop["height"], crop["width"]) if isinstance(crop, dict) else (crop, crop)
    if shortest is not None and config.get("do_center_crop", True) and cropped == (shortest, shortest):
        mode, side = "shortest", shortest
    elif sides[0] is not None and sides[0] == sides[1] and cropped in (sides, (None, None)):
        mode, side = "squash", sides[0]
    else:
        raise BadInput(f"its pictures are resized to {size} and cropped to {crop}, which is not served")
    return {
        "size": side,
        "mean": config["image_mean"],
        "std": config["image_std"],
        "interpolation": "bicubic" if config.get("resample", BICUBIC) == BICUBIC else f"Pillow's {config['resample']}",
        "resize_mode": mode,
    }
