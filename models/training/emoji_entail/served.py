"""The model as it is served: one graph from pictures of 480 × 480 and token ids to the three probabilities."""

import torch.nn.functional as F
from torch import Tensor, nn

from emoji_dual.dataset import IMAGE_SIZE
from emoji_dual.model import Model

from .features import Eye
from .model import Fusion
from .pictures import SERVED_SIZE

INPUTS = ("patch_images", "input_ids", "lengths")
OUTPUT = "scores"
MEAN = STD = (0.5, 0.5, 0.5)


class Served(nn.Module):
    """f32[B, 3, 480, 480] normalised to −1…1, i64[B, T], i64[B] → f32[B, 3]: yes, no, maybe; each row's sum is 1."""

    def __init__(self, dual: Model, fusion: Fusion) -> None:
        super().__init__()
        self.eye, self.fusion = Eye(dual.image.eval()), fusion

    def forward(self, pictures: Tensor, ids: Tensor, lengths: Tensor) -> Tensor:
        small = F.avg_pool2d(pictures, SERVED_SIZE // IMAGE_SIZE)
        return self.fusion(ids, lengths, *self.eye(small * STD[0] + MEAN[0])).softmax(1)
