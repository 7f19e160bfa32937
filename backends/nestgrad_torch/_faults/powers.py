"""Powers, products, sums of exponentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.utils._pytree import tree_leaves

from nestgrad_torch._arguments import any_varies, has_zero
from nestgrad_torch._sight import Arguments, Sight


def _with_factors_below(ratio: float) -> Callable[[Arguments], bool]:
    """A product in which a factor is not zero and smaller than that beside the largest."""

    def when(arguments: Arguments) -> bool:
        size = arguments["self"].abs()
        return bool(size.numel() and ((size > 0) & (size < ratio * size.max())).any())

    return when


def _with_exponent(exponent: float) -> Callable[[Arguments], bool]:
    """A power of tensors in which this exponent occurs."""
    return lambda arguments: any(bool((entry == exponent).any()) for _, entry in _powers_of_tensors(arguments))


def _with_no_logarithm(arguments: Arguments) -> bool:
    return any(bool(_has_no_logarithm(base).any()) for base, _ in _powers_of_tensors(arguments))


def _has_no_logarithm(base: torch.Tensor) -> torch.Tensor:
    return base == 0 if base.is_complex() else base <= 0


def _powers_of_tensors(arguments: Arguments) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Each base with its exponent, where both are tensors, of one power or of lists of them."""
    base, exponent = arguments["self"], arguments.get("exponent", arguments.get("other"))
    pairs = zip(base, exponent, strict=False) if _are_lists(base, exponent) else ((base, exponent),)
    for pair in pairs:
        if all(isinstance(part, torch.Tensor) for part in pair):
            yield pair


def is_mixed(*parts: Any) -> bool:
    """Whether one of base and exponent is complex, and one a real tensor."""
    tensors = [part for part in parts if isinstance(part, torch.Tensor)]
    is_complex = any(part.is_complex() for part in tensors) or any(isinstance(part, complex) for part in parts)
    return is_complex and not all(part.is_complex() for part in tensors)


def _mixes_numbers(arguments: Arguments) -> bool:
    return any_varies(arguments) and is_mixed(*tree_leaves((arguments["args"], arguments["kwargs"])))


def _are_lists(*parts: Any) -> bool:
    return all(isinstance(part, (list, tuple)) for part in parts)


def _with_an_overflow(arguments: Arguments) -> bool:
    return bool(((arguments["self"] - arguments["other"]).abs() > 200).any())


# by what Python calls: torch's own rules for pow call the operator, and rightly
POWERS = (
    *(torch.pow, torch.Tensor.pow, torch.Tensor.__pow__, torch.Tensor.pow_, torch.Tensor.__ipow__),
    *(
        torch.ops.aten.pow,
        *(getattr(torch.ops.aten.pow, name) for name in ("Tensor_Tensor", "Tensor_Scalar", "Scalar")),
    ),
    *(torch.ops.aten.pow_, torch.ops.aten.pow_.Tensor, torch.ops.aten.pow_.Scalar),
)
_FLOAT_POWERS = (
    *(torch.float_power, torch.Tensor.float_power, torch.ops.aten.float_power),
    *(torch.Tensor.float_power_, torch.ops.aten.float_power_),
)
IN_PLACE = (
    *(torch._foreach_pow_, torch.ops.aten._foreach_pow_),
    *(getattr(torch.ops.aten._foreach_pow_, name) for name in ("List", "Scalar", "ScalarList")),
)
LISTS = (
    *(torch._foreach_pow, torch.ops.aten._foreach_pow),
    *(getattr(torch.ops.aten._foreach_pow, name) for name in ("List", "Scalar", "ScalarList", "ScalarAndTensor")),
    *IN_PLACE,
)
# not by its operator: the rule of prod uses that one too, and rightly
_CUMPROD = (torch.cumprod, torch.Tensor.cumprod, torch.ops.aten.cumprod, torch.ops.aten.cumprod.default)


# of a power of two tensors: those with a number in them have other numbers, and are right
def _power(when: Callable[[Arguments], bool]) -> tuple[Sight, ...]:
    return (Sight(functions=(*POWERS, *_FLOAT_POWERS, *LISTS), nodes=("PowBackward1",), when=when),)


SIGHTS = {
    "mixed_power": (Sight(functions=(*POWERS, *LISTS), when=_mixes_numbers),),  # where `_repairs.powers` has not been
    "listed_power": (Sight(),),
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
