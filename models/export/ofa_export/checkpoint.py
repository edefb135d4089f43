"""An official OFA checkpoint, in fairseq's layout or in that of the Hugging Face and ModelScope ports, as an `Ofa`."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from clip_export.errors import BadInput
from torch import Tensor

from .config import IMAGE_SIZE, read_config
from .model import Ofa
from .unpickle import read_tensors

HALF = (0.5, 0.5, 0.5)
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

# Constants that can be computed, and what only the other tasks use: heads, and pictures that the decoder draws.
UNUSED = re.compile(
    r"(en|de)coder\.version|(en|de)coder\.(token|image)_rp_bucket|decoder\.image_position_idx"
    r"|decoder\.(embed_image_positions|image_pos_ln|code_layernorm_embedding|image_rel_pos_table_list)\..*"
    r"|encoder\.embed_images\..*num_batches_tracked|classification_heads\..*"
)

# Constants of ours, and a counter that only training looks at.
COMPUTED = re.compile(r".*\.(rows|columns|token_buckets|num_batches_tracked)")

# The ports' names of what fairseq calls otherwise.
ENCODER_NAMES = {"self_attn_mid_layer_norm": "attn_ln", "ffn_layer_norm": "ffn_layernorm"}
DECODER_NAMES = {
    "self_attn_mid_layer_norm": "self_attn_ln",
    "cross_attn_mid_layer_norm": "cross_attn_ln",
    "cross_attn_layer_norm": "encoder_attn_layer_norm",
    "cross_attn": "encoder_attn",
    "ffn_layer_norm": "ffn_layernorm",
}

# Settings that leave no trace in the shapes, and the only value of each that is implemented. All of OFA's published
# checkpoints for visual entailment have these.
FAIRSEQ_SETTINGS = {
    "encoder_normalize_before": True,
    "decoder_normalize_before": True,
    "no_scale_embedding": True,
    "entangle_position_embedding": False,
    "disable_entangle": True,
    "interpolate_position": False,
    "attn_scale_factor": 2,
    "activation_fn": "gelu",
}
PORT_SETTINGS = {
    "encoder_normalize_before": True,
    "decoder_normalize_before": True,
    "scale_embedding": False,
    "entangle_position_embedding": False,
    "interpolate_position": False,
    "attn_scale_factor": 2,
    "activation_function": "gelu",
    "use_ofasys": False,
    "share_attn_bias": False,
}


@dataclass(frozen=True)
class Checkpoint:
    model: Ofa
    mean: tuple[float, ...]
    std: tuple[float, ...]


def load(source: Path, answer_ids: tuple[int, ...], image_size: int = IMAGE_SIZE) -> Checkpoint:
    """@param answer_ids: the tokens of yes, no and maybe. @raises BadInput"""
    if not source.exists():
        raise BadInput(f"{source} does not exist")
    file, settings = (_in_folder(source), _read_json(source / "config.json")) if source.is_dir() else (source, {})
    content = read_tensors(file)
    weights = content.get("model", content)
    if not isinstance(weights, dict):
        raise BadInput(f"{file} holds no weights by name")
    weights = {name: value for name, value in weights.items() if isinstance(value, Tensor)}
    task: Mapping[str, Any] = {}
    if any(".self_attn_mid_layer_norm." in name for name in weights):
        _compare(settings, PORT_SETTINGS)
        weights = from_port(weights)
    else:
        settings, task = _fairseq_settings(content)
        _compare(settings, FAIRSEQ_SETTINGS)
    model = build(weights, answer_ids, 1e-3 if settings.get("sync_bn") else 1e-5, image_size)
    if task.get("imagenet_default_mean_and_std"):
        return Checkpoint(model, IMAGENET_MEAN, IMAGENET_STD)
    return Checkpoint(model, HALF, HALF)


def _in_folder(folder: Path) -> Path:
    for name in ("model.safetensors", "pytorch_model.bin"):
        if (folder / name).is_file():
            return folder / name
    raise BadInput(f"{folder} has neither model.safetensors nor pytorch_model.bin")


def _read_json(file: Path) -> dict:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{file} cannot be read: {error}") from error


def _fairseq_settings(content: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What the model and the task were trained with; newer files have `cfg` with parts, older ones `args`."""
    cfg, args = content.get("cfg") or {}, content.get("args") or {}
    return cfg.get("model") or args, cfg.get("task") or args


def _compare(settings: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    for name, value in expected.items():
        if name in settings and settings[name] != value:
            raise BadInput(f"it was trained with {name} = {settings[name]!r}; only {value!r} is supported")


def from_port(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The ports' names → fairseq's."""

    def rename(name: str) -> str:
        side, _, rest = name.partition(".")
        names = {"encoder": ENCODER_NAMES, "decoder": DECODER_NAMES}.get(side, {})
        found = re.match(r"layers\.\d+\.(\w+)", rest)
        if found is None or found[1] not in names:
            return name
        return f"{side}.{rest[: found.start(1)]}{names[found[1]]}{rest[found.end(1) :]}"

    return {rename(name): tensor for name, tensor in weights.items()}


def build(weights: Mapping[str, Tensor], answer_ids: tuple[int, ...], norm_eps: float, image_size: int) -> Ofa:
    """@param weights: under fairseq's names, of any float type. @returns it for evaluation. @raises BadInput"""
    config = read_config(weights, norm_eps, image_size)
    tokens = weights["encoder.embed_tokens.weight"]
    for name in ("decoder.embed_tokens.weight", "decoder.output_projection.weight"):
        if name in weights and not torch.equal(weights[name], tokens):
            raise BadInput(f"its {name} is not the encoder's: only models that share their embeddings work")
    if max(answer_ids) >= config.vocabulary:
        raise BadInput(f"its vocabulary has {config.vocabulary} tokens, and an answer is token {max(answer_ids)}")
    found = {name: value.float() for name, value in weights.items() if not UNUSED.fullmatch(name)}
    found.pop("decoder.output_projection.weight", None)
    found["decoder.embed_tokens.weight"] = found["encoder.embed_tokens.weight"]
    found["answers"] = found["encoder.embed_tokens.weight"][list(answer_ids)].clone()
    # Without memory or random numbers: the weights take the parameters' places.
    with torch.device("meta"):
        model = Ofa(config)
    expected = {name: value.shape for name, value in model.state_dict().items() if not COMPUTED.fullmatch(name)}
    if missing := sorted(expected.keys() - found.keys()):
        raise BadInput(f"it lacks {missing[0]} and {len(missing) - 1} more: it is not an OFA, or half of one")
    if foreign := sorted(found.keys() - expected.keys()):
        raise BadInput(f"it has {foreign[0]}, which OFA for visual entailment does not")
    for name, shape in expected.items():
        if found[name].shape != shape:
            raise BadInput(f"its {name} is {list(found[name].shape)}, where {list(shape)} is expected")
    model.load_state_dict(found, strict=False, assign=True)
    return model.eval()
