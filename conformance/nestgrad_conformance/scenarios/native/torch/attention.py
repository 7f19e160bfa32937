"""Attention, and what is built of it."""

from __future__ import annotations

import warnings
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


_MASKS = (
    torch.tensor([[True, True, False, True], [False] * 4, [True] * 4, [False, True, True, False]]),
    _ramp(4, 4).masked_fill(torch.eye(4, dtype=torch.bool), -torch.inf),
)


@row(normal(4, 4), "attention", "flash_attention", "masked_row")
def attention_of_masks(x: Any) -> Any:
    """functional.scaled_dot_product_attention under masks of booleans and of numbers, scaled; one row sees nothing."""
    heads = x[None, None]
    return sum(
        _weighted(functional.scaled_dot_product_attention(heads, heads**2, heads, attn_mask=mask, scale=0.3))
        for mask in _MASKS
    )


@row(normal(4, 4), "attention", "flash_attention")
def attention_in_its_mask(x: Any) -> Any:
    """functional.scaled_dot_product_attention as a function of what is added to the scores."""
    heads = _ramp(1, 2, 4, 3)
    return _weighted(functional.scaled_dot_product_attention(heads, heads**2, heads, attn_mask=x))


@row(normal(8, 3), "attention", "flash_attention")
def attention_of_grouped_queries(x: Any) -> Any:
    """functional.scaled_dot_product_attention, four heads of queries for two of keys."""
    heads = x.reshape(1, 4, 2, 3)
    return _weighted(functional.scaled_dot_product_attention(heads, heads[:, :2], heads[:, 2:] ** 2, enable_gqa=True))


@row(normal(4, 4), "attention", "flash_attention", "untraceable")
def attention_with_dropout(x: Any) -> Any:
    """functional.scaled_dot_product_attention with dropout of known state."""
    heads = x[None, None]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return _weighted(functional.scaled_dot_product_attention(heads, heads**2, heads, dropout_p=0.5))


@row(normal(4, 4), "attention", "flash_attention")
def multihead_attention_without_weights(x: Any) -> Any:
    """functional.multi_head_attention_forward, whose weights are not asked for."""
    query = x[:, None]
    out, _ = functional.multi_head_attention_forward(
        *(query, query, query, 4, 2, _ramp(12, 4), _ramp(12), None, None, False, 0.0, _ramp(4, 4), _ramp(4)),
        need_weights=False,
    )
    return _weighted(out)


_EVALUATED = _filled(torch.nn.TransformerEncoderLayer(4, 2, 5, activation="gelu", batch_first=True)).eval()


@row(normal(3, 4), "layer_norm", "fused", "attention", "flash_kernel", "parameters")
def transformer_encoder_layer_eval(x: Any) -> Any:
    """nn.TransformerEncoderLayer in evaluation, where it has a fast path that has no derivative."""
    return _weighted(_EVALUATED(x[None]))


def _attended(x: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.scaled_dot_product_attention(x, x * x, x)


with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
    _SCRIPTED = torch.jit.script(_attended)


@row(normal(4, 4), "attention", "below_python", "scripted")
def attention_scripted(x: Any) -> Any:
    """functional.scaled_dot_product_attention inside torch.jit.script."""
    return _weighted(_SCRIPTED(x[None, None]))
