"""A checkpoint, whatever its layout, as an open_clip model with the pre-processing that it was made for."""

import math
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import open_clip
import torch.nn.functional as F
from open_clip.factory import get_model_config
from open_clip.openai import load_openai_model
from open_clip.pretrained import get_pretrained_cfg, list_pretrained_tags_by_model
from open_clip.tokenizer import SimpleTokenizer
from open_clip.transform import PreprocessCfg, merge_preprocess_dict
from torch import Tensor, nn

from . import transformers_layout
from .errors import BadInput

VOCABULARY = 49408
# What changes the tokens or the form of the towers beyond what the service has.
FOREIGN = {
    "hf_model_name": "its text tower is {}, not CLIP's",
    "hf_tokenizer_name": "its tokenizer is {}, not CLIP's",
    "tokenizer_kwargs": "it wants its texts cleaned in another way: {}",
}


@dataclass(frozen=True)
class Checkpoint:
    model: nn.Module
    """Of open_clip, in float32, for evaluation."""
    preprocess: dict
    """open_clip's terms: size, mean, std, interpolation, resize_mode."""
    reference: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
    """Normalised pixels and token ids → vectors of length 1, by the library that the checkpoint was made for."""

    @property
    def logit_scale(self) -> float:
        return math.exp(self.model.logit_scale.item())

    @property
    def context_length(self) -> int:
        return self.model.context_length

    @property
    def dims(self) -> int:
        return self.model.visual.output_dim

    def tokenize(self, texts: list[str]) -> Tensor:
        """i64[texts, context length], padded with 0."""
        return SimpleTokenizer(context_length=self.context_length)(texts)


def load(source: Path, architecture: str | None, tag: str | None) -> Checkpoint:
    """
    @param architecture: open_clip's name of it, needed for a bare weights file
    @param tag: open_clip's name of how those weights were trained, which tells their pre-processing
    @raises BadInput
    """
    if not source.exists():
        raise BadInput(f"{source} does not exist")
    if source.is_file() and not _is_torchscript(source):
        return _weights(source, architecture, tag)
    if architecture is not None or tag is not None:
        raise BadInput(f"{source} says itself what it is of: --architecture and --tag are for bare weights files")
    if source.is_file():
        return _openai(source)
    if (source / "open_clip_config.json").is_file():
        return _open_clip(f"local-dir:{source}", None)
    if (source / "config.json").is_file():
        return _transformers(source)
    raise BadInput(f"{source} has neither open_clip_config.json nor config.json")


def _is_torchscript(file: Path) -> bool:
    if not zipfile.is_zipfile(file):
        return False
    with zipfile.ZipFile(file) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())


def _openai(file: Path) -> Checkpoint:
    """OpenAI's own files are TorchScript archives. Their shapes are read off the weights; all use QuickGELU."""
    with reasons(f"{file} is a TorchScript archive, but not of a CLIP"):
        model = load_openai_model(str(file), precision="fp32", device="cpu")
    size = model.visual.image_size
    return _checked(model, asdict(PreprocessCfg(size=size)))


def _weights(file: Path, architecture: str | None, tag: str | None) -> Checkpoint:
    if architecture is None:
        raise BadInput(f"{file} does not say what it is of: name it with --architecture, as open_clip does")
    if architecture not in open_clip.list_models():
        raise BadInput(f"open_clip knows no architecture {architecture}")
    trained = _trained(architecture, tag) if tag is not None else {}
    checkpoint = _open_clip(architecture, file)
    return replace(checkpoint, preprocess=merge_preprocess_dict(checkpoint.preprocess, trained))


def _trained(architecture: str, tag: str) -> dict:
    """open_clip's own entry for weights of that tag. @raises BadInput also where they want the other GELU"""
    entry = get_pretrained_cfg(architecture, tag)
    if not entry:
        near = get_close_matches(tag, list_pretrained_tags_by_model(architecture)) or ["none that is called alike"]
        raise BadInput(f"open_clip knows no weights {tag} of {architecture}, but {', '.join(near)}")
    if entry.get("quick_gelu", False) != get_model_config(architecture).get("quick_gelu", False):
        wanted = "with QuickGELU: take" if entry.get("quick_gelu") else "without QuickGELU: do not take"
        raise BadInput(f"{tag} was trained {wanted} the architecture whose name ends with -quickgelu")
    return entry


def _open_clip(name: str, file: Path | None) -> Checkpoint:
    config = get_model_config(name) or {}
    if "multimodal_cfg" in config:
        raise BadInput("it is a CoCa, not a CLIP")
    text = config.get("text_cfg", {})
    for key, reason in FOREIGN.items():
        if text.get(key):
            raise BadInput(reason.format(text[key]))
    with reasons(f"{file or name} does not hold the weights of {name}"):
        model = open_clip.create_model(name, pretrained=file and str(file), require_pretrained=True)
    return _checked(model, model.visual.preprocess_cfg)


def _transformers(folder: Path) -> Checkpoint:
    config = transformers_layout.read_config(folder)
    with reasons(f"{folder} does not hold the weights of a CLIP"):
        theirs = transformers_layout.load(folder)
    model = open_clip.CLIP(**transformers_layout.as_open_clip(config))
    model.load_state_dict(transformers_layout.renamed(theirs.state_dict(), config))

    def reference(pixels: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
        answer = theirs(input_ids=ids, pixel_values=pixels)
        return F.normalize(answer.image_embeds, dim=-1), F.normalize(answer.text_embeds, dim=-1)

    return _checked(model, transformers_layout.read_preprocess(folder), reference)


def _checked(model: nn.Module, preprocess: dict, reference: Callable | None = None) -> Checkpoint:
    if not isinstance(model, open_clip.CLIP | open_clip.CustomTextCLIP):
        raise BadInput(f"it is a {type(model).__name__}, not a CLIP")
    if model.vocab_size != VOCABULARY:
        raise BadInput(f"its vocabulary has {model.vocab_size} tokens; CLIP's tokenizer has {VOCABULARY}")
    if getattr(model, "logit_bias", None) is not None:
        raise BadInput("it has a logit bias: it is a SigLIP, whose scores are not CLIP's")
    if preprocess["interpolation"] != "bicubic" or preprocess["resize_mode"] not in ("shortest", "squash"):
        raise BadInput(f"it resizes by {preprocess['interpolation']}/{preprocess['resize_mode']}, which is not served")
    side = preprocess["size"]
    if not isinstance(side, int):
        if side[0] != side[1]:
            raise BadInput(f"its pictures are {side[0]} × {side[1]}, not square")
        preprocess = {**preprocess, "size": side[0]}
    model = model.float().eval()

    def own(pixels: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
        return model.encode_image(pixels, normalize=True), model.encode_text(ids, normalize=True)

    return Checkpoint(model, preprocess, reference or own)


@contextmanager
def reasons(what: str) -> Iterator[None]:
    """Turns whatever a library throws at a bad file into one line."""
    try:
        yield
    except BadInput:
        raise
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise BadInput(f"{what}: {' '.join(lines)[:200]}") from error
