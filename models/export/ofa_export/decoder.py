"""The decoder, over a whole prompt at once."""

import torch
from torch import Tensor, nn

from .config import Config
from .layers import MASKED, DecoderLayer, absolute_bias
from .positions import token_buckets, token_distances


class Decoder(nn.Module):
    def __init__(self, config: Config, embed_tokens: nn.Embedding) -> None:
        """@param embed_tokens: the encoder's; OFA shares it."""
        super().__init__()
        width, layers, heads = config.width, config.decoder_layers, config.heads
        self.config = config
        self.embed_tokens = embed_tokens
        self.layernorm_embedding = nn.LayerNorm(width)
        self.embed_positions = nn.Embedding(config.positions + 2, width)
        self.pos_ln = nn.LayerNorm(width)
        self.self_pos_q_linear, self.self_pos_k_linear = nn.Linear(width, width), nn.Linear(width, width)
        self.cross_pos_q_linear, self.cross_pos_k_linear = nn.Linear(width, width), nn.Linear(width, width)
        self.layers = nn.ModuleList(DecoderLayer(config) for _ in range(layers))
        self.layer_norm = nn.LayerNorm(width)
        rows = 2 * config.token_buckets - 1
        self.token_rel_pos_table_list = nn.ModuleList(nn.Embedding(rows, heads) for _ in range(layers))
        self.register_buffer("token_buckets", token_buckets(config.token_buckets, config.positions))

    def forward(self, ids: Tensor, encoded: Tensor, encoded_positions: Tensor, mask: Tensor) -> Tensor:
        """
        @param ids: i64[batch, T]. @param encoded: f32[batch, S, width]. @param encoded_positions: f32[1, S, width].
        @param mask: f32[batch, 1, 1, S], added to the scores of each encoded key.
        @returns f32[batch, T, width]; a state depends on the tokens up to its own, so padding at the end cannot matter.
        """
        length, config = ids.shape[1], self.config
        positions = self.pos_ln(self.embed_positions.weight[None, :length])
        places = absolute_bias(self.self_pos_q_linear(positions), self.self_pos_k_linear(positions), config)
        cross_places = absolute_bias(
            self.cross_pos_q_linear(positions), self.cross_pos_k_linear(encoded_positions), config
        )
        order = torch.arange(length, device=ids.device)
        causal = (order[None, :] > order[:, None]).to(positions.dtype) * MASKED
        distances = token_distances(self.token_buckets, length)
        x = self.layernorm_embedding(self.embed_tokens(ids))
        for layer, table in zip(self.layers, self.token_rel_pos_table_list, strict=True):
            x = layer(x, encoded, places + table(distances).permute(2, 0, 1) + causal, cross_places + mask)
        return self.layer_norm(x)
