"""Normalisations by their formulas: the rules of torch's own take the norm, or the deviation, for a constant."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from nestgrad_torch._ledger import FAULTS

from .call import Call, Repair, any_may_vary, tell, with_tapes_around

_LAYER_NORM = FAULTS["layer_norm"]


def _weight_norm(nesting: str, call: Call) -> Call:
    v, g = call.argument(0, "v"), call.argument(1, "g")
    if not any_may_vary(v, g):
        return call
    tell("weight_norm", "weight_norm")
    return call._replace(function=weight_norm)


def _weight_norm_interface(nesting: str, call: Call) -> Call:
    formula, args, kwargs = _weight_norm(nesting, call)
    return Call(_weight_and_norm, args, kwargs) if formula is weight_norm else call


def weight_norm(v: torch.Tensor, g: torch.Tensor, dim: int = 0) -> torch.Tensor:
    """g·v/‖v‖, as `torch._weight_norm` gives it."""
    return _weight_and_norm(v, g, dim)[0]


def _weight_and_norm(v: torch.Tensor, g: torch.Tensor, dim: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    others = [axis for axis in range(v.dim()) if axis != dim]
    norm = torch.linalg.vector_norm(v) if dim == -1 else torch.linalg.vector_norm(v, dim=others, keepdim=True)
    return v * (g / norm), norm


def _normalised(nesting: str, call: Call) -> Call:
    x, shape = call.argument(0, "input"), call.argument(1, "normalized_shape")
    given = (x, call.argument(2, "weight"), call.argument(3, "bias"))
    compiled = torch.compiler.is_dynamo_compiling()  # whose fake tensors fail in the forward rule
    if not any_may_vary(*given):
        return call
    if not (_is_wrong(with_tapes_around(nesting, *given)) or (compiled and "F" in nesting)):
        return call
    if tuple(x.shape[-len(shape) :]) != tuple(shape):  # torch is to say so
        return call
    tell("layer_norm", "layer_norm")
    return call._replace(function=layer_norm)


@torch.compiler.assume_constant_result
def _is_wrong(nesting: str) -> bool:
    return _LAYER_NORM.covers(nesting)


def layer_norm(
    input: torch.Tensor,  # noqa: A002  # as torch names it
    normalized_shape: Any,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> torch.Tensor:
    """(x − mean)/√(variance + eps) · weight + bias, as `torch.layer_norm` gives it: in float32 of what is shorter."""
    x = input.to(torch.promote_types(input.dtype, torch.float32))
    variance, mean = torch.var_mean(x, tuple(range(-len(normalized_shape), 0)), correction=0, keepdim=True)
    y = (x - mean) * torch.rsqrt(variance + eps)
    if weight is not None:
        y = y * weight
    if bias is not None:
        y = y + bias
    return y.to(input.dtype)


_ATEN = torch.ops.aten
REPAIRS: dict[Any, Repair] = {
    **dict.fromkeys((torch._weight_norm, _ATEN._weight_norm, _ATEN._weight_norm.default), _weight_norm),
    **dict.fromkeys(
        (*(torch._weight_norm_interface, _ATEN._weight_norm_interface, _ATEN._weight_norm_interface.default),),
        _weight_norm_interface,
    ),
    **dict.fromkeys((functional.layer_norm, torch.layer_norm, _ATEN.layer_norm, _ATEN.layer_norm.default), _normalised),
}
