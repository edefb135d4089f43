"""OFA for visual entailment: a picture and a prompt in, the probabilities of the three answers out.

One pass of the encoder and one of the decoder, nothing is generated: the decoder reads the prompt once more, without its
`</s>`, and of what it would say next only the three answers are looked at.
"""

import torch
from torch import Tensor, nn

from .config import Config
from .decoder import Decoder
from .encoder import Encoder
from .layers import MASKED

ANSWERS = ("yes", "no", "maybe")


class Ofa(nn.Module):
    """Parameters are named as in fairseq's OFA, but for `answers`: the output projection's rows of the three answers."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config, self.encoder.embed_tokens)
        self.answers = nn.Parameter(torch.empty(len(ANSWERS), config.width))

    def forward(self, patch_images: Tensor, input_ids: Tensor, lengths: Tensor) -> Tensor:
        """
        @param patch_images: f32[batch, 3, side, side], normalised.
        @param input_ids: i64[batch, T], each `<s> prompt </s>` and then anything.
        @param lengths: i64[batch], with `<s>` and `</s>`.
        @returns f32[batch, 3]: yes, no, maybe; each row's sum is 1.
        """
        return torch.softmax(self.logits(patch_images, input_ids, lengths), -1)

    def logits(self, patch_images: Tensor, input_ids: Tensor, lengths: Tensor) -> Tensor:
        batch, length = input_ids.shape
        padding = torch.arange(length, device=lengths.device)[None, :] >= lengths[:, None]
        mask = nn.functional.pad(padding.to(patch_images.dtype) * MASKED, (self.config.grid**2, 0))[:, None, None, :]
        encoded, positions, _ = self.encoder(patch_images, input_ids, mask)
        states = self.decoder(input_ids[:, :-1], encoded, positions, mask)
        # The last token before </s>.
        last = states[torch.arange(batch, device=lengths.device), lengths - 2]
        return last @ self.answers.T

    def fold(self) -> "Ofa":
        """Batch normalisation into the convolutions, for inference. @returns itself"""
        self.eval()
        self.encoder.embed_images.fold()
        return self
