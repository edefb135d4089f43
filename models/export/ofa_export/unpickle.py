"""Checkpoint files read without running any code that they bring, and without the libraries that wrote them.

fairseq's `.pt` files hold its configuration beside the weights: argparse namespaces, and objects of omegaconf and of
fairseq itself. torch's own safe mode refuses those, and its unsafe mode imports them and runs whatever else the pickle
asks for. Here tensors are made by torch, and everything else becomes an inert `Foreign` that keeps what it was given.
"""

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import torch
from clip_export.errors import BadInput
from safetensors.torch import load_file

KNOWN = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): torch._utils._rebuild_tensor_v2,
    ("torch._utils", "_rebuild_parameter"): torch._utils._rebuild_parameter,
    ("torch", "Size"): torch.Size,
    ("torch", "device"): torch.device,
    **{
        ("torch", f"{kind}Storage"): getattr(torch, f"{kind}Storage")
        for kind in ("Float", "Half", "BFloat16", "Double", "Long", "Int", "Short", "Char", "Byte", "Bool")
    },
}


class Foreign(dict):
    """An object of a class that is not loaded: its attributes and entries, without its behaviour."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()

    def __setstate__(self, state: Any) -> None:
        self.update(state if isinstance(state, dict) else {})

    def append(self, _: Any) -> None:
        """Of a list's subclass: not kept."""

    def extend(self, _: Any) -> None:
        """Of a list's subclass: not kept."""

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)


class Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        return KNOWN.get((module, name), Foreign)


class _Pickle:
    """What `torch.load` wants of a pickle module."""

    Unpickler = Unpickler
    load = staticmethod(lambda file, **options: Unpickler(file, **options).load())


def read_tensors(file: Path) -> dict[str, Any]:
    """The content of a `.pt`, `.bin` or `.safetensors`. @raises BadInput if it is none of these, or half of one"""
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        content = torch.load(file, map_location="cpu", pickle_module=_Pickle, weights_only=False)
    except Exception as error:
        # torch has no common error for files that it cannot read: pickle's, zip's, struct's and its own come through.
        reason = (str(error).strip() or repr(error)).splitlines()[0]
        raise BadInput(f"{file} cannot be read: {reason[:160]}") from error
    if not isinstance(content, dict):
        raise BadInput(f"{file} holds a {type(content).__name__}, not weights by name")
    return content
