"""Attention with position biases, and the encoder's and decoder's layers. Parameters are named as in fairseq's OFA."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import Config

# Added to the scores of a key that must not be seen: its share is 0 in float32, and float16 can hold it.
MASKED = -1e4


def split_heads(x: Tensor, config: Config) -> Tensor:
    """f32[batch, tokens, width] → f32[batch, heads, tokens, width / heads]."""
    return x.reshape(x.shape[0], -1, config.heads, config.head_width).transpose(1, 2)


def absolute_bias(queries: Tensor, keys: Tensor, config: Config) -> Tensor:
    """f32[1, q, width] and f32[1, k, width], places after their projections → f32[1, heads, q, k]."""
    return split_heads(queries, config) * config.scale @ split_heads(keys, config).transpose(-1, -2)


class Attention(nn.Module):
    """Multi-head attention whose heads have a learned scale each."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        width = config.width
        self.config = config
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))
        self.c_attn = nn.Parameter(torch.ones(config.heads))

    def forward(self, queries: Tensor, keys: Tensor, bias: Tensor) -> Tensor:
        """
        @param queries: f32[batch, q, width]. @param keys: f32[batch, k, width], also the values.
        @param bias: added to the scores, broadcast to f32[batch, heads, q, k].
        """
        q = split_heads(self.q_proj(queries) * self.config.scale, self.config)
        k, v = split_heads(self.k_proj(keys), self.config), split_heads(self.v_proj(keys), self.config)
        mixed = torch.softmax(q @ k.transpose(-1, -2) + bias, -1) @ v
        mixed = (mixed * self.c_attn[:, None, None]).transpose(1, 2)
        return self.out_proj(mixed.reshape(queries.shape[0], -1, self.config.width))


class FeedForward(nn.Module):
    """A layer's second half. A base class, since its parameters lie beside the attention's in a checkpoint."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(config.width, config.ffn), nn.Linear(config.ffn, config.width)
        self.ffn_layernorm = nn.LayerNorm(config.ffn)
        self.final_layer_norm = nn.LayerNorm(config.width)

    def feed_forward(self, x: Tensor) -> Tensor:
        return x + self.fc2(self.ffn_layernorm(F.gelu(self.fc1(self.final_layer_norm(x)))))


class EncoderLayer(FeedForward):
    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.self_attn = Attention(config)
        self.self_attn_layer_norm, self.attn_ln = nn.LayerNorm(config.width), nn.LayerNorm(config.width)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        normed = self.self_attn_layer_norm(x)
        return self.feed_forward(x + self.attn_ln(self.self_attn(normed, normed, bias)))


class DecoderLayer(FeedForward):
    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.self_attn, self.encoder_attn = Attention(config), Attention(config)
        self.self_attn_layer_norm, self.self_attn_ln = nn.LayerNorm(config.width), nn.LayerNorm(config.width)
        self.encoder_attn_layer_norm, self.cross_attn_ln = nn.LayerNorm(config.width), nn.LayerNorm(config.width)

    def forward(self, x: Tensor, encoded: Tensor, bias: Tensor, cross_bias: Tensor) -> Tensor:
        normed = self.self_attn_layer_norm(x)
        x = x + self.self_attn_ln(self.self_attn(normed, normed, bias))
        x = x + self.cross_attn_ln(self.encoder_attn(self.encoder_attn_layer_norm(x), encoded, cross_bias))
        return self.feed_forward(x)
