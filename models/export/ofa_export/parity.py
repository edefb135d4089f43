"""`python -m ofa_export.parity OFA --size base`: our OFA against OFA-Sys/OFA's own code, with the same random weights.

`OFA` is a clone of that repository; nothing of it is here. Compared are what each layer of the encoder is given, its result, and
the answers' logits, of two prompts of unlike lengths in one batch. Ends with code 1 where they differ by more than 1e-4.
"""

import argparse
import importlib
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import torch
from torch import Tensor, nn

from . import fairseq_stub
from .checkpoint import build
from .config import IMAGE_SIZE, SIZES
from .layers import MASKED
from .model import Ofa

BOUND = 1e-4
ANSWER_IDS = (4420, 117, 2085)
LENGTHS = torch.tensor([24, 11])
# What the reference's own training script for visual entailment sets.
SETTINGS = [
    *("encoder_normalize_before", "decoder_normalize_before", "share_decoder_input_output_embed", "share_all_embeddings"),
    *("layernorm_embedding", "patch_layernorm_embedding", "code_layernorm_embedding", "add_type_embedding"),
    *("scale_attn", "scale_fc", "scale_heads", "disable_entangle"),
]


class Dictionary:
    def __len__(self) -> int:
        return SIZES["tiny"].vocabulary

    def pad(self) -> int:
        return 1

    def eos(self) -> int:
        return 2


def reference(repository: Path, size: str) -> nn.Module:
    fairseq_stub.install()
    # The packages' own __init__ would load the speech model too.
    for name, folder in (("models", "models"), ("models.ofa", "models/ofa")):
        package = ModuleType(name)
        package.__path__ = [str(repository / folder)]
        sys.modules[name] = package
    ofa = importlib.import_module("models.ofa.ofa")
    args = argparse.Namespace(**dict.fromkeys(SETTINGS, True), patch_image_size=IMAGE_SIZE)
    getattr(ofa, f"ofa_{size}_architecture")(args)
    words = Dictionary()
    return ofa.OFAModel.build_model(args, SimpleNamespace(source_dictionary=words, target_dictionary=words)).eval()


@torch.no_grad()
def randomise(model: nn.Module) -> None:
    """Such that signals neither die nor explode, no bias is 0, and the answers stay undecided."""
    generator = torch.Generator().manual_seed(0)
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if not tensor.is_floating_point() or name.endswith("version"):
            continue
        tensor.copy_(torch.randn(tensor.shape, generator=generator))
        if name.endswith("running_var"):
            tensor.abs_().add_(0.5)
        elif tensor.ndim == 1:
            tensor.mul_(0.25).add_(1.0 if name.endswith(("weight", "c_attn")) else 0.0)
        elif "rel_pos_table" in name:
            tensor.mul_(0.5)
        elif "positions" not in name and "type_embedding" not in name:
            tensor.div_(tensor[0].numel() ** 0.5)


def inputs() -> tuple[Tensor, Tensor]:
    """Pictures and prompts; after a prompt's end is what nobody may look at."""
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(4, 50265, (len(LENGTHS), int(LENGTHS.max())), generator=generator)
    ids[:, 0] = 0
    ids[torch.arange(len(ids)), LENGTHS - 1] = 2
    return torch.randn(len(ids), 3, IMAGE_SIZE, IMAGE_SIZE, generator=generator), ids


@torch.no_grad()
def run_reference(model: nn.Module, pictures: Tensor, ids: Tensor) -> tuple[list[Tensor], Tensor]:
    """@returns states [batch, patches + T, width], the last the result, and the answers' logits"""
    places = torch.arange(ids.shape[1])
    source = ids.masked_fill(places >= LENGTHS[:, None], 1)
    target = ids.masked_fill(places >= LENGTHS[:, None] - 1, 1)[:, :-1]
    shown = torch.ones(len(ids), dtype=torch.bool)
    encoded = model.encoder(source, LENGTHS, patch_images=pictures, patch_masks=shown, return_all_hiddens=True)
    words, _ = model.decoder(target, encoder_out=encoded)
    states = [*encoded["encoder_states"][:-1], *encoded["encoder_out"]]
    logits = words[torch.arange(len(ids)), LENGTHS - 2][:, list(ANSWER_IDS)]
    return [state.transpose(0, 1) for state in states], logits


@torch.no_grad()
def run_ours(model: Ofa, pictures: Tensor, ids: Tensor) -> tuple[list[Tensor], Tensor]:
    padding = (torch.arange(ids.shape[1]) >= LENGTHS[:, None]) * MASKED
    mask = nn.functional.pad(padding, (model.config.grid**2, 0))[:, None, None, :]
    result, _, states = model.encoder(pictures, ids, mask)
    return [*states, result], model.logits(pictures, ids, LENGTHS)


def difference(ours: Tensor, theirs: Tensor) -> float:
    """The largest, of the largest value."""
    return float((ours - theirs).abs().max() / theirs.abs().max())


def main() -> int:
    options = argparse.ArgumentParser(prog="ofa_export.parity")
    options.add_argument("repository", type=Path)
    options.add_argument("--size", choices=SIZES, default="tiny")
    args = options.parse_args()
    theirs = reference(args.repository, args.size)
    randomise(theirs)
    pictures, ids = inputs()
    their_states, their_logits = run_reference(theirs, pictures, ids)
    ours = build(theirs.state_dict(), ANSWER_IDS, 1e-5, IMAGE_SIZE)
    del theirs
    worst = 0.0
    for form in ("as it is", "folded"):
        states, logits = run_ours(ours if form == "as it is" else ours.fold(), pictures, ids)
        assert len(states) == len(their_states)
        seen = [slice(0, ours.config.grid**2 + int(length)) for length in LENGTHS]
        by_state = max(
            difference(a[i, part], b[i, part])
            for a, b in zip(states, their_states, strict=True)
            for i, part in enumerate(seen)
        )
        by_logit = difference(logits, their_logits)
        print(f"{args.size} {form}: states {by_state:.1e}, logits {by_logit:.1e}; {their_logits.softmax(1).tolist()}")
        worst = max(worst, by_state, by_logit)
    return int(worst > BOUND)


if __name__ == "__main__":
    sys.exit(main())
