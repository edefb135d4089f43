"""The two towers as they are exported: open_clip's own modules, with attention spelled out and results of length 1."""

import torch
import torch.nn.functional as F
from open_clip.transformer import TextTransformer, text_global_pool
from torch import Tensor, nn

from .errors import BadInput


class Attention(nn.Module):
    """What `nn.MultiheadAttention` computes, with its own parameters.

    Traced as it is, the original fixes the text length in its reshapes and takes more than twice as many nodes.
    """

    def __init__(self, original: nn.MultiheadAttention) -> None:
        super().__init__()
        if original.in_proj_weight is None or original.bias_k is not None:
            raise BadInput("its attention has another form than CLIP's")
        self.heads, self.head_width = original.num_heads, original.head_dim
        self.in_proj = nn.Linear(original.embed_dim, 3 * original.embed_dim)
        self.in_proj.weight, self.in_proj.bias = original.in_proj_weight, original.in_proj_bias
        self.out_proj = original.out_proj

    def forward(self, x: Tensor, _k: Tensor, _v: Tensor, need_weights: bool, attn_mask: Tensor | None) -> tuple[Tensor]:
        """Self-attention only: keys and values are of `x` too. f32[batch, tokens, width] → the same, in a tuple."""
        batch, tokens, width = x.shape
        parts = self.in_proj(x).reshape(batch, tokens, 3, self.heads, self.head_width)
        q, k, v = parts.permute(2, 0, 3, 1, 4).unbind(0)
        scores = (q * self.head_width**-0.5) @ k.transpose(-1, -2)
        if attn_mask is not None:
            scores = scores + attn_mask
        mixed = torch.softmax(scores, -1) @ v
        return (self.out_proj(mixed.transpose(1, 2).reshape(batch, tokens, width)),)


def spell_out_attention(model: nn.Module) -> None:
    """Replaces every block's attention, in place."""
    for module in model.modules():
        if isinstance(getattr(module, "attn", None), nn.MultiheadAttention):
            module.attn = Attention(module.attn)


class ImageTower(nn.Module):
    """f32[batch, 3, size, size] normalised pixels, or u8[batch, size, size, 3] → f32[batch, dims] of length 1."""

    def __init__(self, model: nn.Module, mean: list[float], std: list[float], from_bytes: bool) -> None:
        super().__init__()
        self.visual = model.visual
        self.from_bytes = from_bytes
        # (byte / 255 − mean) / std, as one multiplication and one addition.
        deviation = torch.tensor(std, dtype=torch.float64)
        self.register_buffer("factor", (1 / (255 * deviation)).float())
        self.register_buffer("shift", (-torch.tensor(mean, dtype=torch.float64) / deviation).float())

    def forward(self, pixels: Tensor) -> Tensor:
        if self.from_bytes:
            pixels = (pixels.float() * self.factor + self.shift).permute(0, 3, 1, 2)
        return F.normalize(self.visual(pixels), dim=-1)


class TextTower(nn.Module):
    """i64[batch, length] token ids, `length` up to the context's → f32[batch, dims] of length 1.

    Attention is causal and the answer is read at the end-of-text token, so what comes after it cannot matter: a batch
    is padded to its own longest text and not to the whole context, which a short text would pay tenfold for.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        text = getattr(model, "text", model)
        if text is not model and not isinstance(text, TextTransformer):
            raise BadInput(f"its text tower is a {type(text).__name__}, not CLIP's transformer")
        self.pool = text.pool_type if isinstance(text, TextTransformer) else text.text_pool_type
        self.end_id = text.eos_id if isinstance(text, TextTransformer) else text.text_eos_id
        if text.attn_mask is None or getattr(text, "cls_emb", None) is not None or self.pool not in ("argmax", "eos"):
            raise BadInput(
                "its text tower looks at padding: only causal ones that answer at the end-of-text token work"
            )
        self.text = text

    def forward(self, ids: Tensor) -> Tensor:
        text, length = self.text, ids.shape[1]
        x = text.token_embedding(ids) + text.positional_embedding[:length]
        x = text.ln_final(text.transformer(x, attn_mask=text.attn_mask[:length, :length]))
        x = text_global_pool(x, ids, self.pool, self.end_id)
        if isinstance(text.text_projection, nn.Linear):
            x = text.text_projection(x)
        elif text.text_projection is not None:
            x = x @ text.text_projection
        return F.normalize(x, dim=-1)
