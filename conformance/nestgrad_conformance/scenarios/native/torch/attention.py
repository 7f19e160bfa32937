"""Attention, and what is built of it."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _filled, _ramp, _weighted


@row(normal(4, 4), "attention", "flash_attention", "attention_without_heads")
def attention(x: Any) -> Any:
    """functional.scaled_dot_product_attention with a kernel of torch's choice."""
    return _weighted(functional.scaled_dot_product_attention(x[None], x[None] ** 2, x[None]))


@row(normal(4, 4), "attention", order=3)
def attention_math(x: Any) -> Any:
    """The same with a mask, which only the math form takes with a gradient."""
    mask = torch.eye(4, dtype=torch.bool).roll(1, 0) | torch.eye(4, dtype=torch.bool)
    weights = torch.softmax((x @ x.mT).masked_fill(~mask, -torch.inf), -1)
    return _weighted(weights @ x)


@row(normal(4, 4), "attention")
def multihead_attention(x: Any) -> Any:
    """functional.multi_head_attention_forward, with weights that are asked for."""
    query = x[:, None]
    out, weights = functional.multi_head_attention_forward(
        query, query, query, 4, 2, _ramp(12, 4), _ramp(12), None, None, False, 0.0, _ramp(4, 4), _ramp(4)
    )
    return _weighted(out) + _weighted(weights)


_ENCODER = _filled(torch.nn.TransformerEncoderLayer(4, 2, 5, dropout=0.0, batch_first=True))


@row(normal(3, 4), "layer_norm", "fused", "attention", "flash_kernel", "parameters", "transformer_encoder_layer")
def transformer_encoder_layer(x: Any) -> Any:
    """nn.TransformerEncoderLayer in training, without dropout."""
    return _weighted(_ENCODER(x[None]))


@row(normal(4, 4), "attention", "flash_attention")
def attention_causal(x: Any) -> Any:
    """functional.scaled_dot_product_attention, causal, four heads."""
    heads = x[None, :, :, None].transpose(1, 2)
    return _weighted(functional.scaled_dot_product_attention(heads, heads**2, heads, is_causal=True))


@row(normal(4, 4), "attention")
def attention_by_math_kernel(x: Any) -> Any:
    """The same by the math kernel that the user asks for."""
    with sdpa_kernel(SDPBackend.MATH):
        return _weighted(functional.scaled_dot_product_attention(x[None, None], x[None, None] ** 2, x[None, None]))


@row(normal(2, 3), "attention", "flash_attention", "masked_row")
def attention_of_a_masked_row(x: Any) -> Any:
    """functional.scaled_dot_product_attention by the math kernel; the second row sees nothing."""
    mask, heads = torch.tensor([[True, True], [False, False]]), x[None, None]
    with sdpa_kernel(SDPBackend.MATH):
        return _weighted(functional.scaled_dot_product_attention(heads, heads**2, heads, attn_mask=mask))
