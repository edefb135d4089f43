"""The little of fairseq that OFA's own model code needs to run for inference, so that `parity.py` can run it.

fairseq itself installs on no current Python. What is not used by a plain OFA raises when it is.
"""

import sys
from types import ModuleType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Encoder(nn.Module):
    def __init__(self, dictionary: Any) -> None:
        super().__init__()
        self.dictionary = dictionary


class EncoderDecoder(nn.Module):
    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder


class Dropout(nn.Module):
    def __init__(self, p: float, module_name: str | None = None) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        assert not self.training
        return x


class Unused(nn.Module):
    def __init__(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError


def new_arange(x: Tensor) -> Tensor:
    return torch.arange(x.shape[-1]).expand(x.shape).contiguous()


def with_incremental_state(attention: type) -> type:
    attention._get_input_buffer = lambda self, state: {}
    return attention


def same(*_: Any, **__: Any) -> Any:
    """A decorator that registers nothing."""
    return lambda decorated: decorated


CONTENT: dict[str, dict[str, Any]] = {
    "fairseq": {},
    "fairseq.utils": {
        "softmax": lambda x, dim, onnx_trace=False: F.softmax(x, dim=dim, dtype=torch.float32),
        "new_arange": new_arange,
        "get_activation_fn": lambda activation: {"gelu": F.gelu, "relu": F.relu}[activation],
        "get_available_activation_fns": lambda: ["gelu", "relu"],
        "fill_with_neg_inf": lambda x: x.fill_(float("-inf")),
    },
    "fairseq.distributed": {"fsdp_wrap": lambda module, **_: module},
    "fairseq.incremental_decoding_utils": {"with_incremental_state": with_incremental_state},
    "fairseq.models": {
        "FairseqEncoder": Encoder,
        "FairseqIncrementalDecoder": Encoder,
        "FairseqEncoderDecoderModel": EncoderDecoder,
        "register_model": same,
        "register_model_architecture": same,
    },
    "fairseq.modules": {
        "LayerNorm": lambda width, export=False: nn.LayerNorm(width),
        "FairseqDropout": Dropout,
        **dict.fromkeys(
            ("AdaptiveSoftmax", "BaseLayer", "LayerDropModuleList", "SinusoidalPositionalEmbedding", "GradMultiply"), Unused
        ),
    },
    "fairseq.modules.fairseq_dropout": {"FairseqDropout": Dropout},
    "fairseq.modules.quant_noise": {"quant_noise": lambda module, p=0, block_size=8: module},
    "fairseq.modules.checkpoint_activations": {"checkpoint_wrapper": Unused},
    "fairseq.modules.transformer_sentence_encoder": {"init_bert_params": lambda module: None},
}


def install() -> None:
    for name, content in CONTENT.items():
        module = ModuleType(name)
        module.__path__ = []
        vars(module).update(content)
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
