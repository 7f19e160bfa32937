"""Smooth functions of torch at points where a rule or a formula has its own case."""

from __future__ import annotations

from typing import Any

import torch
from torch import special

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import one_inside, row, zero_inside, zero_row

from ._common import _weighted


@row(normal(4), "cumulative_prod_zero", "cumulative_prod")
def cumprod_with_a_zero(x: Any) -> Any:
    """A cumprod past an entry that is zero."""
    return torch.sum(torch.cumprod(torch.cat([x[:2], x.new_zeros(1), x[2:]]) + 0 * x.sum(), 0)) + torch.sum(x**3)


@row(zero_inside, "special")
def entropies_at_zero(x: Any) -> Any:
    """The product xlogy where the first argument is zero: linear there."""
    return torch.sum(special.xlogy(x, torch.tensor(1.5)) ** 2 + x**3)


@row(normal(4), "special", "sinc_zero")
def sinc_at_zero(x: Any) -> Any:
    """torch.sinc, at zero too."""
    return _weighted(torch.sinc(x - x[0]))


@row(zero_inside, "power_zero", "tensor_exponent")
def power_at_zero(x: Any) -> Any:
    """Powers at zero: the square's second derivative is 2, the cube's 0."""
    return torch.sum(x**2) + torch.sum(torch.pow(x, 3.0) * x) + torch.sum(torch.pow(x, torch.tensor(2.0)) * x)


@row(zero_row, "norm_zero")
def norm_at_zero(x: Any) -> Any:
    """The square of torch.linalg.norm at zero: the truth is 2x."""
    return torch.linalg.norm(x[0]) ** 2 + torch.sum(x**3)


@row(zero_inside, "pow", "zero_exponent", "tensor_exponent")
def float_power_zero_exponent(x: Any) -> Any:
    """torch.float_power where an exponent that varies is 0."""
    return _weighted(torch.float_power(1.5 + x, x))


@row(one_inside, "pow", "unit_exponent", "tensor_exponent", order=3)
def power_unit_exponent(x: Any) -> Any:
    """torch.pow where an exponent that varies is 1: the second derivative has the exponent 0."""
    return _weighted(torch.pow(1.5 + x**2, x))


@row(normal(5), "where_guard")
def half_guarded_root(x: Any) -> Any:
    """A square root guarded by torch.where on the outside alone: the truth is finite."""
    return torch.sum(torch.where(x > 0, torch.sqrt(x), x**2))


@row(normal(4))
def extremum_of_ties(x: Any) -> Any:
    """The amax of equal entries, which shares the cotangent: max(x, x) is x."""
    return torch.sum(torch.amax(torch.stack([x, x]), 0) * x) + torch.sum(torch.maximum(x, x) ** 2)


@row(zero_row, "std_zero")
def std_at_zero(x: Any) -> Any:
    """The square of torch.std of equal entries: the variance, and smooth."""
    return torch.std(x[0]) ** 2 + torch.sum(x**3)
