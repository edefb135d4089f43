"""The encoder: patches first, then tokens, in one sequence."""

import torch
from torch import Tensor, nn

from .config import Config
from .layers import EncoderLayer, absolute_bias
from .positions import patch_distances, patch_position_ids, patch_rows_and_columns, token_buckets, token_distances
from .resnet import ResNet

TEXT, PICTURE = 0, 1


class Encoder(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        width, layers, heads = config.width, config.encoder_layers, config.heads
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocabulary, width)
        self.embed_images = ResNet(config)
        self.image_proj = nn.Linear(16 * config.stem, width)
        self.type_embedding = nn.Embedding(2, width)
        self.layernorm_embedding, self.patch_layernorm_embedding = nn.LayerNorm(width), nn.LayerNorm(width)
        self.embed_positions = nn.Embedding(config.positions + 2, width)
        self.embed_image_positions = nn.Embedding(config.image_buckets**2 + 1, width)
        self.pos_ln, self.image_pos_ln = nn.LayerNorm(width), nn.LayerNorm(width)
        self.pos_q_linear, self.pos_k_linear = nn.Linear(width, width), nn.Linear(width, width)
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(layers))
        self.layer_norm = nn.LayerNorm(width)
        text_rows, image_rows = 2 * config.token_buckets - 1, (2 * config.image_buckets - 1) ** 2 + 3
        self.token_rel_pos_table_list = nn.ModuleList(nn.Embedding(text_rows, heads) for _ in range(layers))
        self.image_rel_pos_table_list = nn.ModuleList(nn.Embedding(image_rows, heads) for _ in range(layers))
        rows, columns = patch_rows_and_columns(config.grid)
        self.register_buffer("rows", rows)
        self.register_buffer("columns", columns)
        self.register_buffer("token_buckets", token_buckets(config.token_buckets, config.positions))

    def forward(self, patch_images: Tensor, input_ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        """
        @param mask: f32[batch, 1, 1, patches + T], added to the scores of each key.
        @returns the states f32[batch, patches + T, width], their positions f32[1, patches + T, width], and the states
        that each layer was given.
        """
        patches = self.image_proj(self.embed_images(patch_images).flatten(2).transpose(1, 2))
        patches = self.patch_layernorm_embedding(patches + self.type_embedding.weight[PICTURE])
        tokens = self.layernorm_embedding(self.embed_tokens(input_ids) + self.type_embedding.weight[TEXT])
        x = torch.cat([patches, tokens], 1)
        patch_positions, token_positions = self.positions(input_ids.shape[1])
        states = []
        for layer, bias in zip(self.layers, self.biases(patch_positions, token_positions), strict=True):
            states.append(x)
            x = layer(x, bias + mask)
        return self.layer_norm(x), torch.cat([patch_positions, token_positions], 1), states

    def positions(self, length: int) -> tuple[Tensor, Tensor]:
        """f32[1, patches, width] and f32[1, length, width], normed."""
        ids = patch_position_ids(self.rows, self.columns, self.config.image_buckets)
        tokens = self.embed_positions.weight[None, :length]
        return self.image_pos_ln(self.embed_image_positions(ids[None])), self.pos_ln(tokens)

    def biases(self, patches: Tensor, tokens: Tensor) -> list[Tensor]:
        """For each layer f32[1, heads, patches + T, patches + T]: places against each other, the same in every layer, and
        distances within the picture and within the text.

        In blocks, because nothing between two patches depends on the input: an optimiser computes those blocks once.
        """
        q, k, config = self.pos_q_linear, self.pos_k_linear, self.config
        between_patches = absolute_bias(q(patches), k(patches), config)
        between_tokens = absolute_bias(q(tokens), k(tokens), config)
        to_tokens = absolute_bias(q(patches), k(tokens), config)
        to_patches = absolute_bias(q(tokens), k(patches), config)
        by_patch = patch_distances(self.rows, self.columns, config.image_buckets)
        by_token = token_distances(self.token_buckets, tokens.shape[1])
        biases = []
        for patch_table, token_table in zip(self.image_rel_pos_table_list, self.token_rel_pos_table_list, strict=True):
            upper = torch.cat([between_patches + patch_table(by_patch).permute(2, 0, 1), to_tokens], -1)
            lower = torch.cat([to_patches, between_tokens + token_table(by_token).permute(2, 0, 1)], -1)
            biases.append(torch.cat([upper, lower], -2))
        return biases
