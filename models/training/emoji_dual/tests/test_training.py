"""What a step and a word teach the towers, what a warm start and centring keep, and what bending does to a drawing; no data is needed."""

import copy
import math
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from emoji_dual import augment
from emoji_dual.augment import place
from emoji_dual.centring import Centred
from emoji_dual.loader import Batch
from emoji_dual.losses import DualLoss, soft_cross_entropy
from emoji_dual.model import Model
from emoji_dual.towers import DIMS, ImageTower, TextTower
from emoji_dual.train import clip, embed_by_length, embed_pictures, train_step, with_more_blocks

VOCABULARY = 50


def word_vectors(dims: int) -> torch.Tensor:
    vectors = torch.randn(VOCABULARY, dims)
    vectors[:10] = 0  # pieces that are no words
    return vectors


def test_a_warm_start_with_more_blocks_says_at_first_what_the_tower_said():
    torch.manual_seed(0)
    shallow, deep = (ImageTower((4, 4, 4, 8), (0, 0, 1, blocks)).eval() for blocks in (1, 3))
    deep.load_state_dict(with_more_blocks(deep, shallow.state_dict()))
    pixels = torch.randn(2, 3, 32, 32)
    assert len(deep.features) == len(shallow.features) + 2
    torch.testing.assert_close(deep(pixels), shallow(pixels))


def test_soft_cross_entropy_is_the_entropy_where_the_guess_is_right():
    targets = torch.tensor([[0.5, 0.5, 0.0]])
    torch.testing.assert_close(soft_cross_entropy(targets.clamp(min=1e-30).log(), targets).item(), math.log(2))


def a_word_and_two_pictures() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    word, pictures = torch.eye(DIMS)[:1], torch.eye(DIMS)[1:3].clone().requires_grad_()
    return word, pictures, torch.tensor([4, 7])


def test_a_word_pulls_the_picture_of_what_it_means_and_pushes_the_other():
    word, pictures, concepts = a_word_and_two_pictures()
    targets = torch.zeros(1, 9).index_fill_(1, torch.tensor([7]), 1.0)
    DualLoss(9).words(word, pictures, targets, concepts).backward()
    towards = -(pictures.grad @ word[0])
    assert towards[1] > 0 > towards[0]


def test_a_word_that_means_nothing_in_the_batch_leaves_its_pictures_alone():
    word, pictures, concepts = a_word_and_two_pictures()
    targets = torch.zeros(1, 9).index_fill_(1, torch.tensor([2]), 1.0)
    loss = DualLoss(9).words(word, pictures, targets, concepts)
    assert loss > 0  # what the word means is still learnt from the concept vectors
    loss.backward()
    assert not pictures.grad.any()


def crookedness(seed: int) -> torch.Tensor:
    """f32[64]: of a straight line that was placed, the mean distance of its ink from the straight line that fits best."""
    torch.manual_seed(seed)
    line = torch.zeros(64, 4, 40, 40)
    line[:, :, 19:21, 4:36] = 1
    rows, columns = torch.meshgrid(torch.arange(40.0), torch.arange(40.0), indexing="ij")
    distances = []
    for ink in place(line, torch.zeros(64, dtype=torch.bool), 40)[:, 3]:
        points = torch.stack([columns, rows], -1)[ink > 0.5]
        distances.append(torch.linalg.svdvals(points - points.mean(0))[-1] / math.sqrt(len(points)))
    return torch.stack(distances)


def test_placing_bends_some_drawings_and_leaves_others_straight(monkeypatch: pytest.MonkeyPatch):
    bent = crookedness(0)
    monkeypatch.setattr(augment, "BEND", 0.0)
    straight = crookedness(0)
    more = bent - straight
    assert 0.3 < (more.abs() < 1e-3).float().mean() < 0.7
    assert more.max() > 0.3 and bent.max() < 3  # pixels of 40


def test_towers_that_run_side_by_side_learn_what_one_graph_over_both_would_teach_them():
    torch.manual_seed(0)
    model, loss = Model(ImageTower((4, 4, 4, 4), (0, 0, 0, 1)), TextTower(word_vectors(6), 12, 1, 2), 1.0), DualLoss(5)
    twin = copy.deepcopy(model)
    batch = Batch(
        pixels=torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8),
        ids=torch.randint(4, VOCABULARY, (6, 7)),
        relevance=torch.randint(0, 3, (6, 5), dtype=torch.uint8),
        concepts=torch.tensor([0, 2, 4]),
        word_ids=torch.randint(4, VOCABULARY, (2, 3)),
        word_targets=torch.rand(2, 5).softmax(1),
    )
    still = torch.optim.SGD([*model.image.parameters(), *model.text.parameters(), *loss.parameters()], lr=0.0)
    torch.manual_seed(1)
    with ThreadPoolExecutor(1) as other:
        train_step(model, loss, still, batch, other)

    torch.manual_seed(1)
    with torch.autocast("cpu", torch.bfloat16):
        texts, words = embed_by_length(twin, batch.ids).float(), twin.text(batch.word_ids).float()
    images = embed_pictures(twin, batch.pixels)
    total, _ = loss(images, texts, batch.relevance, batch.concepts)
    (total + loss.words(words, images, batch.word_targets, batch.concepts)).backward()
    clip(twin)
    for tower, other_tower in ((model.image, twin.image), (model.text, twin.text)):
        for (name, weight), expected in zip(tower.named_parameters(), other_tower.parameters(), strict=True):
            assert expected.grad is not None and expected.grad.any(), name
            # Not closer: which bfloat16 copies of a weight are shared, and thus where sums are rounded, depends on both threads' pace.
            assert (weight.grad - expected.grad).norm() < 0.02 * expected.grad.norm(), name


def test_centring_takes_a_shared_part_away_and_keeps_unit_length():
    torch.manual_seed(0)
    own = torch.nn.functional.normalize(torch.randn(50, DIMS), dim=1)
    shared = torch.nn.functional.normalize(torch.randn(DIMS), dim=0)
    vectors = torch.nn.functional.normalize(own + shared, dim=1)
    moved = Centred(torch.nn.Identity(), 0.75 * vectors.mean(0))(vectors)
    torch.testing.assert_close(moved.norm(dim=1), torch.ones(50))

    def between_neighbours(x: torch.Tensor) -> float:
        return (x @ x.T - torch.eye(50)).mean().item()

    assert between_neighbours(vectors) > 0.4
    assert abs(between_neighbours(moved)) < 0.1
