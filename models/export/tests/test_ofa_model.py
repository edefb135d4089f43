"""The model, its positions, its tokenizer, and how its checkpoints are read."""

import argparse
import collections
import dataclasses
import json
import pickle
import subprocess
import sys

import pytest
import torch
from clip_export.errors import BadInput
from ofa_export.checkpoint import load
from ofa_export.config import SIZES, read_config, size_name
from ofa_export.model import Ofa
from ofa_export.positions import patch_distances, patch_position_ids, patch_rows_and_columns, token_buckets
from ofa_export.prompts import clean, prompt
from ofa_export.tokenizer import answer_ids, find, make
from safetensors.torch import save_file

from ofa_tiny import (
    BYTES,
    CONFIG,
    MERGES,
    SETTINGS,
    fairseq_file,
    fairseq_weights,
    port_weights,
    random_model,
    write_vocabulary,
)

LENGTHS = torch.tensor([30, 12, 3])


def inputs() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(4, CONFIG.vocabulary, (3, 30), generator=generator)
    return torch.randn(3, 3, 64, 64, generator=generator), ids, LENGTHS


@torch.no_grad()
def test_gives_probabilities_that_depend_on_the_picture_and_on_each_token_of_the_prompt():
    model, (pictures, ids, lengths) = random_model(), inputs()
    scores = model(pictures, ids, lengths)
    assert torch.allclose(scores.sum(1), torch.ones(3))
    assert (model(pictures.flip(0), ids, lengths) - scores).abs().max() > 1e-3
    for place in range(11):
        changed = ids.clone()
        changed[1, place] = 4 + (ids[1, place] - 3) % (CONFIG.vocabulary - 4)
        moved = (model(pictures, changed, lengths) - scores).abs().amax(1)
        assert moved[1] > 1e-6 and moved[0] == moved[2] == 0


@torch.no_grad()
def test_padding_and_the_rest_of_the_batch_change_nothing():
    model, (pictures, ids, lengths) = random_model(), inputs()
    scores = model(pictures, ids, lengths)
    for i, length in enumerate(lengths):
        alone = model(pictures[i : i + 1], ids[i : i + 1, :length], lengths[i : i + 1])
        assert torch.allclose(alone, scores[i : i + 1], atol=1e-6)
    other = torch.where(torch.arange(30) < lengths[:, None], ids, 7)
    assert torch.allclose(model(pictures, torch.nn.functional.pad(other, (0, 9)), lengths), scores, atol=1e-6)


@torch.no_grad()
def test_folding_batch_normalisation_changes_nothing():
    model, given = random_model(), inputs()
    scores = model(*given)
    model.fold()
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in model.modules())
    assert torch.allclose(model(*given), scores, atol=1e-5)


def test_a_patch_knows_its_row_and_column_on_the_largest_grid():
    rows, columns = patch_rows_and_columns(30)
    ids = patch_position_ids(rows, columns, 42)
    assert ids.tolist()[:2] == [1, 2] and ids.tolist()[30] == 43 and len(ids.unique()) == 900
    distances = patch_distances(rows, columns, 42)
    assert (distances.diagonal() == distances[0, 0]).all() and len(distances.unique()) == 59**2
    assert distances.max() < 83**2


def test_near_tokens_have_a_bucket_each_and_far_ones_share():
    buckets = token_buckets(256, 1024)
    assert buckets[1023] == 255, "no distance at all"
    near = buckets[1023 - 128 : 1024 + 128]
    assert (near.diff() == 1).all()
    assert (buckets.diff() >= 0).all() and buckets.min() == 0 and buckets.max() == 510
    assert (buckets[-3:] == 510).all(), "far ones share"


@pytest.mark.parametrize("name", SIZES)
def test_a_size_is_found_from_its_shapes(name):
    with torch.device("meta"):
        weights = Ofa(SIZES[name]).state_dict()
    found = read_config(weights, 1e-5)
    assert found == SIZES[name] and size_name(found) == name
    assert size_name(dataclasses.replace(found, ffn=8)) is None


def tokens(vocabulary) -> tuple[int, ...]:
    return answer_ids(make(vocabulary))


@pytest.mark.parametrize("layout", ["fairseq", "older fairseq", "half precision", "port", "port in safetensors"])
@torch.no_grad()
def test_reads_the_official_layouts(layout, tmp_path):
    model, given = random_model(), inputs()
    source = fairseq_file(tmp_path, model)
    answers = tokens(find(tmp_path))
    model.answers.data = model.encoder.embed_tokens.weight[list(answers)].clone()
    tolerance = 1e-6
    if layout == "older fairseq":
        torch.save({"args": argparse.Namespace(**SETTINGS), "model": fairseq_weights(model)}, source)
    elif layout == "half precision":
        torch.save({"model": {name: value.half() for name, value in fairseq_weights(model).items()}}, source)
        tolerance = 0.02
    elif layout.startswith("port"):
        source = tmp_path
        (tmp_path / "config.json").write_text(json.dumps({"model_type": "ofa", "attn_scale_factor": 2.0}))
        if layout == "port":
            torch.save(collections.OrderedDict(port_weights(model)), tmp_path / "pytorch_model.bin")
        else:
            separate = {name: value.clone() for name, value in port_weights(model).items()}
            save_file(separate, tmp_path / "model.safetensors")
    read = load(source, answers, CONFIG.image_size)
    assert read.model.config == CONFIG
    assert torch.allclose(read.model(*given), model(*given), atol=tolerance)


@torch.no_grad()
def test_synchronised_batch_normalisation_had_another_epsilon(tmp_path):
    source = fairseq_file(tmp_path, random_model(), {**SETTINGS, "sync_bn": True})
    assert load(source, tokens(find(tmp_path)), CONFIG.image_size).model.config.norm_eps == 1e-3


def test_pictures_are_normalised_as_in_training(tmp_path):
    source = fairseq_file(tmp_path, random_model(), task={"imagenet_default_mean_and_std": True})
    assert load(source, tokens(find(tmp_path)), CONFIG.image_size).mean == (0.485, 0.456, 0.406)


class Command:
    """Runs a command when it is unpickled, if it is let."""

    def __init__(self, *command: str) -> None:
        self.command = command

    def __reduce__(self):
        return subprocess.call, (list(self.command),)


def test_code_in_a_checkpoint_is_not_run(tmp_path):
    marker, source = tmp_path / "ran", fairseq_file(tmp_path, random_model())
    command = Command(sys.executable, "-c", f"open({str(marker)!r}, 'w')")
    weights = fairseq_weights(random_model())
    torch.save({"cfg": {"model": SETTINGS}, "extra_state": command, "model": weights}, source)
    load(source, tokens(find(tmp_path)), CONFIG.image_size)
    assert not marker.exists()
    pickle.loads(pickle.dumps(command))
    assert marker.exists(), "it would have run"


@pytest.mark.parametrize("name", ["disable_entangle", "encoder_normalize_before"])
def test_refuses_settings_that_change_the_model_without_changing_its_shapes(name, tmp_path):
    source = fairseq_file(tmp_path, random_model(), {**SETTINGS, name: False})
    with pytest.raises(BadInput, match=name):
        load(source, tokens(find(tmp_path)), CONFIG.image_size)


def test_a_vocabulary_takes_its_ids_from_the_dictionary(tmp_path):
    write_vocabulary(tmp_path)
    vocabulary = find(tmp_path)
    lines = (tmp_path / "dict.txt").read_text().splitlines()
    numbers = json.loads((tmp_path / "encoder.json").read_text())
    assert vocabulary.ids["Ġyes"] == 4 + lines.index(f"{numbers['Ġyes']} 1")
    tokenizer = make(vocabulary)
    assert tokenizer.encode(" yes").ids == [0, vocabulary.ids["Ġyes"], 2]
    assert tokenizer.encode("yes").ids != tokenizer.encode(" yes").ids
    assert tokenizer.decode(tokenizer.encode("京 é yes", add_special_tokens=False).ids) == "京 é yes"
    assert len(vocabulary.ids) == 4 + len(BYTES) + len(MERGES)


def test_a_text_cannot_spell_a_special_token(tmp_path):
    write_vocabulary(tmp_path)
    ids = make(find(tmp_path)).encode("a</s><s><pad><unk>").ids
    assert ids[0] == 0 and ids[-1] == 2 and all(token >= 4 for token in ids[1:-1])


def test_the_ports_vocabulary_gives_the_same_ids(tmp_path):
    write_vocabulary(tmp_path)
    first = find(tmp_path)
    (tmp_path / "dict.txt").unlink()
    (tmp_path / "vocab.json").write_text(json.dumps(first.ids))
    (tmp_path / "merges.txt").write_text("\n".join(["#version: 0.2", *MERGES]), encoding="utf-8")
    assert find(tmp_path) == first


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("A Dog.", "a dog."),
        (",.!?*#:;~ two", "two"),
        ("half-open and/or shut", "half open and or shut"),
        ("a  b \t c\n", "a b c"),
        ("<person> waves", "person waves"),
        ("一只狗", "一只狗"),
        (" ".join(str(i) for i in range(100)), " ".join(str(i) for i in range(80))),
    ],
)
def test_a_sentence_is_cleaned_as_in_training(text, cleaned):
    assert clean(text) == cleaned


def test_a_prompt_puts_the_caption_before_the_hypothesis():
    assert prompt("A dog") == ' does the image describe " a dog "?'
    assert prompt("A dog", "A pet") == ' can image and text1 " a pet " imply text2 " a dog "?'
