"""Attention in its math form: torch's fused kernels have one derivative, by reverse mode, and no other.

Which kernel torch takes depends on the version, the shapes, the strides and a switch that every thread sees. The math
form is computed here, in the call alone, and also gives what torch's own does not: the derivative where a mask leaves
nothing of a row, whose result is 0.
"""

from __future__ import annotations

import math
from types import FunctionType
from typing import Any

import torch
from torch.nn import functional

from .call import Call, Repair, any_may_vary, tell, with_tapes_around

_FAULT = "flash_kernel"


def attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> torch.Tensor:
    """softmax(scale · q kᵀ + mask) v, as `functional.scaled_dot_product_attention` gives it.

    What is shorter than float32 is computed in that, as torch's own math form does.
    """
    dtype = query.dtype
    query, key, value = (entry.to(torch.promote_types(dtype, torch.float32)) for entry in (query, key, value))
    if enable_gqa:
        key, value = (_for_each_query(entry, query.shape[-3]) for entry in (key, value))
    scores = (query * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)) @ key.mT
    if is_causal:
        weights = torch.softmax(scores.masked_fill(_later(scores), -math.inf), -1)
    elif attn_mask is not None:
        weights = _masked(scores, attn_mask)
    else:
        weights = torch.softmax(scores, -1)
    if dropout_p:
        weights = torch.dropout(weights, dropout_p, True)
    return (weights @ value).to(dtype)


def _for_each_query(heads: torch.Tensor, count: int) -> torch.Tensor:
    """Each head as often as there are queries to it."""
    return heads.repeat_interleave(count // heads.shape[-3], -3)


def _later(scores: torch.Tensor) -> torch.Tensor:
    """Where the key comes after the query."""
    return torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)


def _masked(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The weights under a mask, of booleans or to be added; 0 in a row of which nothing is left."""
    scores = scores.masked_fill(~mask, -math.inf) if mask.dtype is torch.bool else scores + mask
    empty = (scores == -math.inf).all(-1, keepdim=True)
    return torch.softmax(scores.masked_fill(empty, 0.0), -1).masked_fill(empty, 0.0)


def _never(*given: Any) -> bool:
    """Whether a context is to be asked: not where this one has just been."""
    return False


_names = functional.__dict__ | {"has_torch_function": _never, "scaled_dot_product_attention": attention}
del _names["__name__"]  # by which Dynamo would look names up in torch's own module

# As torch has written it, with the math form for the kernel.
_multi_head_attention = FunctionType(
    functional.multi_head_attention_forward.__code__,
    _names,
    "multi_head_attention_forward",
    functional.multi_head_attention_forward.__defaults__,
)


def _is_wanted(nesting: str, tensors: tuple[Any, ...]) -> bool:
    """Whether more than one R is or may be taken, or an F: the kernels of torch have no more than that one.

    A compiler differentiates once more what parameters are in, and it cannot tell them here.
    """
    if torch.compiler.is_dynamo_compiling():
        return True
    return any_may_vary(*tensors) and with_tapes_around(nesting, *tensors) != "R"


def _attention(nesting: str, call: Call) -> Call:
    if not (_is_wanted(nesting, (*call.args, *call.kwargs.values())) and _is_plain(call)):
        return call
    tell(_FAULT, "scaled_dot_product_attention")
    return call._replace(function=attention)


def _is_plain(call: Call) -> bool:
    """Whether torch takes these arguments: what it does not, it is to say itself."""
    query, key, value = call.argument(0, "query"), call.argument(1, "key"), call.argument(2, "value")
    mask, numbers = call.argument(3, "attn_mask"), (call.argument(4, "dropout_p"), call.argument(6, "scale"))
    if query.is_nested or any(isinstance(number, torch.Tensor) for number in numbers):
        return False
    if mask is not None and (
        mask.dtype not in (torch.bool, torch.float32, query.dtype) or call.argument(5, "is_causal")
    ):
        return False
    return bool(query.dtype == key.dtype == value.dtype)


def _multi_head(nesting: str, call: Call) -> Call:
    if not _is_wanted(nesting, (*call.args, *call.kwargs.values())):
        return call
    tell(_FAULT, "multi_head_attention_forward")
    return call._replace(function=_multi_head_attention)


_ATEN = torch.ops.aten.scaled_dot_product_attention
REPAIRS: dict[Any, Repair] = {
    **dict.fromkeys((functional.scaled_dot_product_attention, _ATEN, _ATEN.default), _attention),
    functional.multi_head_attention_forward: _multi_head,
}
