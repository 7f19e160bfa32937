"""Elementwise functions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nestgrad_conformance.scenarios._scenario import normal, uniform

from ._inputs import both, holding, nonzero, off_integers, twice
from ._row import complex_of, op

_ABOVE_ZERO = uniform(0.5, 2, 4)
_INSIDE_ONE = uniform(-0.8, 0.8, 4)
_WITH_ZERO = holding(0.0, None, None)
_COMPLEX = both(normal(3), normal(3))
_ZEROS = holding(0.0, 0.0, 0.0, 0.0, None)
_UNEVEN = both(uniform(2.3, 2.5, 3), uniform(0.95, 1.05, 3))


def _small_logaddexp(xp: Any, x: Any, y: Any) -> Any:
    return xp.logaddexp(x, y) / 900


def _to_integer_powers(xp: Any, x: Any) -> Any:
    return xp.pow(x, xp.asarray([1.0, 2.0, 3.0, -2.0]))


def _to_small_powers(xp: Any, x: Any) -> Any:
    return xp.pow(x, xp.asarray([0.0, 1.0, 2.0, 3.0, 1.5]))


def _guarded_log(xp: Any, x: Any) -> Any:
    return xp.where(x > 0, xp.log(xp.where(x > 0, x, xp.ones_like(x))), x)


UNARY = (
    op("abs", nonzero(4), sample=True),
    op("abs:complex", _COMPLEX, "complex", call=lambda xp, a, b: xp.abs(complex_of(xp, a, b))),
    op("acos", _INSIDE_ONE),
    op("acosh", uniform(1.5, 3, 4)),
    op("asin", _INSIDE_ONE),
    op("asin:at_zero", _WITH_ZERO, call=lambda xp, x: xp.asin(x / 2)),
    op("asinh", normal(4)),
    op("asinh:at_zero", _WITH_ZERO),
    op("atan", normal(4)),
    op("atan:at_zero", _WITH_ZERO),
    op("atanh", _INSIDE_ONE),
    op("atanh:at_zero", _WITH_ZERO, call=lambda xp, x: xp.atanh(x / 2)),
    op("ceil", off_integers(4), call=lambda xp, x: x * xp.ceil(x)),
    op("conj", _COMPLEX, "complex", call=lambda xp, a, b: xp.conj(complex_of(xp, a, b)) ** 2),
    op("cos", normal(4), sample=True),
    op("cosh", normal(4)),
    op("exp", normal(4), sample=True),
    op("exp:empty", normal(0, 3), "empty"),
    op("exp:zero_dim", normal(), "zero_dim"),
    op("exp:complex", _COMPLEX, "complex", call=lambda xp, a, b: xp.exp(complex_of(xp, a, b))),
    op("expm1", normal(4)),
    op("expm1:near_zero", holding(0.0, 1e-9, None)),
    op("floor", off_integers(4), call=lambda xp, x: x * xp.floor(x)),
    op("imag", _COMPLEX, "complex", call=lambda xp, a, b: xp.imag(complex_of(xp, a, b) ** 2)),
    op("log", _ABOVE_ZERO, sample=True),
    op("log:complex", both(nonzero(3), nonzero(3)), "complex", call=lambda xp, a, b: xp.log(complex_of(xp, a, b))),
    op("log10", _ABOVE_ZERO),
    op("log1p", _ABOVE_ZERO),
    op("log1p:near_zero", holding(0.0, 1e-9, None)),
    op("log2", _ABOVE_ZERO),
    op("negative", normal(4)),
    op("positive", normal(4)),
    op("real", _COMPLEX, "complex", call=lambda xp, a, b: xp.real(complex_of(xp, a, b) ** 2)),
    op("reciprocal", nonzero(4)),
    op("round", off_integers(4), call=lambda xp, x: x * xp.round(x)),
    op("sign", nonzero(4), call=lambda xp, x: x * xp.sign(x)),
    op("sin", normal(4), sample=True),
    op("sin:single", normal(1), "single"),
    op("sinh", normal(4)),
    op("sqrt", _ABOVE_ZERO, sample=True),
    op("square", normal(4)),
    op("square:at_zero", _WITH_ZERO),
    op("tan", uniform(-1, 1, 4)),
    op("tanh", normal(4), sample=True),
    op("tanh:at_zero", _WITH_ZERO),
    op("tanh:saturated", holding(30.0, -30.0, None)),
    op("trunc", off_integers(4), call=lambda xp, x: x * xp.trunc(x)),
)

BINARY = (
    op("add", both(normal(3), normal(3))),
    op("add:broadcast", both(normal(3, 1), normal(2)), "broadcast", sample=True),
    op("add:square", both(normal(3), normal(3, 3)), "broadcast"),
    op("add:zero_dim", both(normal(), normal(3)), "broadcast", "zero_dim"),
    op("atan2", both(nonzero(4), nonzero(4)), sample=True),
    op("atan2:on_axes", both(holding(0.0, None, None), holding(None, 0.0, None))),
    op("copysign", both(nonzero(4), nonzero(4))),
    op("divide", both(normal(4), nonzero(4)), sample=True),
    op("divide:broadcast", both(normal(2, 3), nonzero(3)), "broadcast"),
    op("divide:square", both(normal(3), nonzero(3, 3)), "broadcast"),
    op("divide:zero_numerator", both(_WITH_ZERO, nonzero(3))),
    op("floor_divide", _UNEVEN, call=lambda xp, x, y: x * y * xp.floor_divide(x, y)),
    op("hypot", both(nonzero(4), nonzero(4)), sample=True),
    op("hypot:equal", twice(nonzero(4))),
    op("hypot:on_axes", both(holding(0.0, None, None), holding(None, 0.0, None))),
    op("logaddexp", both(normal(4), normal(4)), sample=True),
    op("logaddexp:equal", twice(normal(4))),
    op("logaddexp:far_apart", both(holding(900.0, None), holding(None, 900.0)), "far_apart", call=_small_logaddexp),
    op("maximum", both(normal(4), nonzero(4)), call=lambda xp, x, y: xp.maximum(x, x + y)),
    op("minimum", both(normal(4), nonzero(4)), call=lambda xp, x, y: xp.minimum(x, x + y)),
    op("multiply", both(normal(4), normal(4)), sample=True),
    op("multiply:broadcast", both(normal(2, 1), normal(3)), "broadcast"),
    op("multiply:square", both(normal(3, 3), normal(3)), "broadcast"),
    op("multiply:both_zero", both(_WITH_ZERO, _WITH_ZERO)),
    op("pow", both(_ABOVE_ZERO, normal(4)), "tensor_exponent", sample=True),
    op("pow:broadcast", both(uniform(0.5, 2, 2, 1), normal(3)), "broadcast", "tensor_exponent"),
    replace(
        op("pow:negative_base", uniform(-2.0, -0.5, 4), "tensor_exponent", "nonpositive_base", call=_to_integer_powers),
        revision=2,
    ),
    op(
        "pow:zero_base",
        _ZEROS,
        "tensor_exponent",
        "nonpositive_base",
        "zero_exponent",
        "zero_base",
        call=_to_small_powers,
    ),
    op("pow:zero_base_by_scalar", _WITH_ZERO, call=lambda xp, x: xp.pow(x, 2) + xp.pow(x, 3)),
    op("pow:unit_base", both(holding(1.0, 1.0, None), normal(3)), "tensor_exponent"),
    op("pow:zero_exponent", both(_ABOVE_ZERO, holding(0.0, 1.0, 2.0, None)), "tensor_exponent", "zero_exponent"),
    op("remainder", _UNEVEN, sample=True),
    op("remainder:negative", _UNEVEN, call=lambda xp, x, y: xp.remainder(-x, y)),
    op("subtract", both(normal(4), normal(4))),
    op("subtract:broadcast", both(normal(3), normal(2, 1)), "broadcast"),
    op("subtract:square", both(normal(3, 3), normal(3)), "broadcast"),
)

CHOOSING = (
    op("clip", holding(-2.0, None, 3.0), min=-1.0, max=1.6),
    op("clip:lower", holding(-2.0, None, 3.0), min=-1.0),
    op("clip:upper", holding(-2.0, None, 3.0), max=1.6),
    op("clip:by_arrays", both(holding(-2.0, None, 3.0), holding(-1.0, -1.0, 0.2), holding(1.6, 1.6, 2.0))),
    op("where", both(nonzero(4), normal(4)), call=lambda xp, x, y: xp.where(x > 0, xp.sin(x) * y, y**2)),
    op("where:broadcast", both(nonzero(2, 1), normal(3)), "broadcast", call=lambda xp, x, y: xp.where(x > 0, x, y)),
    op("where:guards_log", holding(-1.0, -0.5, None), call=_guarded_log, sample=True),
)

SCENARIOS = UNARY + BINARY + CHOOSING
