"""A tiny OFA with generated weights and a vocabulary of bytes, in the layouts of the official checkpoints."""

import argparse
import json
import random
from pathlib import Path

import torch
from ofa_export.config import Config
from ofa_export.model import Ofa
from tokenizers.pre_tokenizers import ByteLevel

MERGES = ["y e", "ye s", "Ġ yes", "n o", "Ġ no", "m a", "y b", "ma yb", "mayb e", "Ġ maybe", "t h", "th e", "Ġ the"]
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
FILLERS = 3
BYTES = sorted(ByteLevel.alphabet())
CONFIG = Config(
    width=32,
    ffn=64,
    heads=4,
    encoder_layers=2,
    decoder_layers=2,
    blocks=(1, 2, 1),
    stem=8,
    vocabulary=len(SPECIAL) + len(BYTES) + len(MERGES) + FILLERS,
    positions=512,
    token_buckets=16,
    image_buckets=8,
    image_size=64,
)
SETTINGS = {
    "encoder_normalize_before": True,
    "decoder_normalize_before": True,
    "no_scale_embedding": True,
    "entangle_position_embedding": False,
    "disable_entangle": True,
    "attn_scale_factor": 2,
    "activation_fn": "gelu",
}


def random_model(config: Config = CONFIG, seed: int = 0) -> Ofa:
    """Weights under which it tells its inputs apart, in attention and in its answers."""
    generator = torch.Generator().manual_seed(seed)
    model = Ofa(config).eval()
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        noise = torch.randn(tensor.shape, generator=generator)
        if name.endswith(("rows", "columns", "token_buckets", "num_batches_tracked")):
            continue
        if name.endswith("running_var"):
            tensor.data = 0.5 + noise.abs()
        elif tensor.ndim == 1:
            tensor.data = noise * 0.25 + (1.0 if name.endswith(("weight", "c_attn")) else 0.0)
        elif "embed_tokens" in name or "rel_pos" in name:
            tensor.data = noise * 0.5
        else:
            tensor.data = noise / tensor[0].numel() ** 0.5
    return model


def fairseq_weights(model: Ofa) -> dict[str, torch.Tensor]:
    """With what a real file holds besides: shared tables under each of their names, constants, other tasks' tables."""
    ours = ("answers", "rows", "columns", "encoder.token_buckets", "decoder.token_buckets")
    weights = {name: value.clone() for name, value in model.state_dict().items() if not name.endswith(ours)}
    return {
        **weights,
        "decoder.output_projection.weight": weights["encoder.embed_tokens.weight"],
        "encoder.version": torch.tensor([3.0]),
        "encoder.token_rp_bucket": torch.zeros(4, 4, dtype=torch.long),
        "decoder.image_position_idx": torch.zeros(4, dtype=torch.long),
        "decoder.image_rel_pos_table_list.0.weight": torch.zeros(228, 4),
        "decoder.image_pos_ln.weight": torch.zeros(32),
    }


def port_weights(model: Ofa) -> dict[str, torch.Tensor]:
    """As the Hugging Face and ModelScope ports name them."""
    pairs = {
        ".attn_ln.": ".self_attn_mid_layer_norm.",
        ".self_attn_ln.": ".self_attn_mid_layer_norm.",
        ".cross_attn_ln.": ".cross_attn_mid_layer_norm.",
        ".encoder_attn_layer_norm.": ".cross_attn_layer_norm.",
        ".encoder_attn.": ".cross_attn.",
        ".ffn_layernorm.": ".ffn_layer_norm.",
    }
    renamed = {}
    for name, value in fairseq_weights(model).items():
        for old, new in pairs.items():
            name = name.replace(old, new)
        renamed[name] = value
    del renamed["encoder.version"]
    return renamed


def write_vocabulary(folder: Path) -> None:
    """fairseq's three files, with ids in another order than the pieces' numbers."""
    pieces = [*BYTES, *(merge.replace(" ", "") for merge in MERGES)]
    numbers = list(range(len(pieces)))
    random.Random(0).shuffle(numbers)
    (folder / "encoder.json").write_text(json.dumps({piece: number for number, piece in enumerate(pieces)}))
    (folder / "vocab.bpe").write_text("\n".join(["#version: 0.2", *MERGES, ""]), encoding="utf-8")
    fillers = [f"madeupword{i:04}" for i in range(FILLERS)]
    (folder / "dict.txt").write_text("".join(f"{name} 1\n" for name in [*map(str, numbers), *fillers]))


def fairseq_file(folder: Path, model: Ofa, settings: dict = SETTINGS, task: dict | None = None) -> Path:
    write_vocabulary(folder)
    cfg = {"model": argparse.Namespace(**settings), "task": task or {}}
    torch.save({"args": None, "cfg": cfg, "model": fairseq_weights(model)}, folder / "checkpoint.pt")
    return folder / "checkpoint.pt"
