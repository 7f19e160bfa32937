"""Powers, products, sums of exponentials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from nestgrad_torch._arguments import has_zero
from nestgrad_torch._sight import Arguments, Sight


def _with_factors_below(ratio: float) -> Callable[[Arguments], bool]:
    """A product in which a factor is not zero and smaller than that beside the largest."""

    def when(arguments: Arguments) -> bool:
        size = arguments["self"].abs()
        return bool(size.numel() and ((size > 0) & (size < ratio * size.max())).any())

    return when


def _with_exponent(exponent: float) -> Callable[[Arguments], bool]:
    """A power of tensors in which this exponent occurs."""

    def when(arguments: Arguments) -> bool:
        return _is_power_of_tensors(arguments) and bool((_exponent(arguments) == exponent).any())

    return when


def _with_no_logarithm(arguments: Arguments) -> bool:
    return _is_power_of_tensors(arguments) and bool((arguments["self"] <= 0).any())


def _is_power_of_tensors(arguments: Arguments) -> bool:
    return isinstance(arguments["self"], torch.Tensor) and isinstance(_exponent(arguments), torch.Tensor)


def _exponent(arguments: Arguments) -> Any:
    return arguments.get("exponent", arguments.get("other"))


def _with_an_overflow(arguments: Arguments) -> bool:
    return bool(((arguments["self"] - arguments["other"]).abs() > 200).any())


# by what Python calls: torch's own rules for pow call the operator, and rightly
_POW = (
    *(torch.pow, torch.Tensor.pow, torch.Tensor.__pow__, torch.ops.aten.pow, torch.ops.aten.pow.Tensor_Tensor),
    *(torch.float_power, torch.Tensor.float_power, torch.ops.aten.float_power),
    *(torch.Tensor.pow_, torch.Tensor.__ipow__, torch.Tensor.float_power_),
    *(torch.ops.aten.pow_, torch.ops.aten.pow_.Tensor, torch.ops.aten.float_power_),
)
# not by its operator: the rule of prod uses that one too, and rightly
_CUMPROD = (torch.cumprod, torch.Tensor.cumprod, torch.ops.aten.cumprod, torch.ops.aten.cumprod.default)


# of a power of two tensors: those with a number in them have other numbers, and are right
def _power(when: Callable[[Arguments], bool]) -> tuple[Sight, ...]:
    return (Sight(functions=_POW, nodes=("PowBackward1",), when=when),)


SIGHTS = {
    "power_exponent": _power(_with_exponent(0)),
    "power_exponent_third_order": _power(_with_exponent(1)),
    "power_base": _power(_with_no_logarithm),
    "cumprod": (Sight(functions=_CUMPROD, when=has_zero),),
    "prod": (Sight(aten=("prod",), when=has_zero),),
    # torch divides by the factors: what is lost grows as 1/x, and as 1/x² in RRR
    "prod_small": (Sight(aten=("prod",), when=_with_factors_below(1e-6)),),
    "prod_small_third_order": (Sight(aten=("prod",), when=_with_factors_below(1e-3)),),
    "logaddexp": (Sight(aten=("logaddexp",), when=_with_an_overflow),),
    "logcumsumexp": (Sight(aten=("logcumsumexp",)),),
}
