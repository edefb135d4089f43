"""Contrastive losses that know that one caption may fit several pictures of a batch."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .captioner import IGNORED, POSITIVE
from .towers import DIMS

MAX_SCALE = 60.0
PROXY_WEIGHT = 0.5
WORD_WEIGHT = 0.2
LEAST_SHOWN = 0.1  # of what a word means: where a batch shows less, its pictures say nothing of the word


def multi_positive(logits: Tensor, relevance: Tensor) -> Tensor:
    """Cross-entropy over the last dimension against all its positives (SupCon, Khosla et al. 2020, their L_out).

    logits f32[n, m]; relevance uint8[n, m]: unknown pairs leave the denominator.
    """
    logits = logits.masked_fill(relevance == IGNORED, -1e4)
    positive = (relevance == POSITIVE).float()
    return -((logits.log_softmax(-1) * positive).sum(-1) / positive.sum(-1).clamp(min=1)).mean()


class DualLoss(nn.Module):
    """Picture–caption contrast in both directions, plus both sides against one learned vector a concept.

    The concept vectors (proxies) give every step all concepts as negatives, which a batch of 256 does not.
    """

    def __init__(self, concepts: int) -> None:
        super().__init__()
        self.proxies = nn.Parameter(F.normalize(torch.randn(concepts, DIMS), dim=1))
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        self.log_proxy_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def scale(self) -> Tensor:
        return self.log_scale.exp().clamp(max=MAX_SCALE)

    def forward(self, images: Tensor, texts: Tensor, relevance: Tensor, concepts: Tensor) -> tuple[Tensor, list[float]]:
        """Loss and its three parts.

        images f32[B, 256], texts f32[T, 256]; relevance uint8[T, concepts]; concepts i64[B].
        """
        logits = self.scale() * images @ texts.T
        pairs = relevance[:, concepts].T
        contrast = 0.5 * (multi_positive(logits, pairs) + multi_positive(logits.T, pairs.T))
        proxy_scale = self.log_proxy_scale.exp().clamp(max=MAX_SCALE)
        proxies = F.normalize(self.proxies, dim=1)
        image_proxy = F.cross_entropy(proxy_scale * images @ proxies.T, concepts, label_smoothing=0.05)
        text_proxy = multi_positive(proxy_scale * texts @ proxies.T, relevance)
        parts = [contrast.item(), image_proxy.item(), text_proxy.item()]
        return contrast + PROXY_WEIGHT * (image_proxy + text_proxy), parts

    def words(self, texts: Tensor, images: Tensor, targets: Tensor, concepts: Tensor) -> Tensor:
        """Words against the concepts that their meanings are near, and against the batch's pictures of those.

        texts f32[W, 256]; images f32[B, 256]; targets f32[W, concepts], sum 1; concepts i64[B].
        """
        proxies = F.normalize(self.proxies, dim=1).detach()
        known = soft_cross_entropy(self.log_proxy_scale.exp().clamp(max=MAX_SCALE) * texts @ proxies.T, targets)
        shown = targets[:, concepts]
        share = shown.sum(1, keepdim=True)
        told = share[:, 0] > LEAST_SHOWN
        seen = soft_cross_entropy(self.scale() * texts[told] @ images.T, shown[told] / share[told])
        return WORD_WEIGHT * (known + seen)


def soft_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean over the rows of logits f32[n, m] against targets f32[n, m], each row of sum 1; 0 for no rows."""
    return -(targets * logits.log_softmax(-1)).sum() / max(1, len(logits))
