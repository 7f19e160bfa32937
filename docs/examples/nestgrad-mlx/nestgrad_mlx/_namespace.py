"""The names of the Array API standard, with 64 bits where the dtype says so.

MLX evaluates exp, sin and cos of a float64 array in float32, and its rules for tan and expm1 use them
(mlx#3047). Here they are made of functions that MLX has in full precision, and declared as emulated. That
holds for calls by this namespace: `mx.exp` itself is as MLX has it, and out of a backend's reach.
"""

from __future__ import annotations

import math
from typing import Any

import mlx.core as mx

from nestgrad.extend import emulated

from . import _names
from ._reductions import max as max  # noqa: A004
from ._reductions import min as min  # noqa: A004
from ._reductions import prod as prod
from ._reductions import sum as sum  # noqa: A004

_REASON = "MLX evaluates it, or its derivative, in float32 (mlx#3047)"


def exp(x: Any) -> Any:
    """`array_api.exp`, by a power of e."""
    if x.dtype != mx.float64:
        return mx.exp(x)
    emulated("exp", _REASON)
    return _exp(x)


def expm1(x: Any) -> Any:
    """`array_api.expm1`: 2 sinh(x/2) exp(x/2)."""
    return mx.expm1(x) if x.dtype != mx.float64 else 2 * mx.sinh(x / 2) * exp(x / 2)


def sin(x: Any) -> Any:
    """`array_api.sin`, by the tangent of half the angle."""
    if x.dtype != mx.float64:
        return mx.sin(x)
    emulated("sin", _REASON)
    return _sin(x)


def cos(x: Any) -> Any:
    """`array_api.cos`, by the tangent of half the angle."""
    if x.dtype != mx.float64:
        return mx.cos(x)
    emulated("cos", _REASON)
    return _cos(x)


def tan(x: Any) -> Any:
    """`array_api.tan`: MLX's own, with a rule that needs no cosine."""
    if x.dtype != mx.float64:
        return mx.tan(x)
    emulated("tan", _REASON)
    return _tan(x)


@mx.custom_function
def _exp(x: Any) -> Any:
    return mx.power(mx.array(math.e, dtype=mx.float64), x)


@mx.custom_function
def _sin(x: Any) -> Any:
    half = mx.tan(x / 2)
    return 2 * half / (1 + half * half)


@mx.custom_function
def _cos(x: Any) -> Any:
    half = mx.tan(x / 2)
    return (1 - half) * (1 + half) / (1 + half * half)


@mx.custom_function
def _tan(x: Any) -> Any:
    return mx.tan(x)


_exp.jvp(lambda x, tangent: tangent * _exp(x))
_exp.vjp(lambda x, cotangent, _: cotangent * _exp(x))
_sin.jvp(lambda x, tangent: tangent * _cos(x))
_sin.vjp(lambda x, cotangent, _: cotangent * _cos(x))
_cos.jvp(lambda x, tangent: -tangent * _sin(x))
_cos.vjp(lambda x, cotangent, _: -cotangent * _sin(x))
_tan.jvp(lambda x, tangent: tangent * (1 + _tan(x) ** 2))
_tan.vjp(lambda x, cotangent, _: cotangent * (1 + _tan(x) ** 2))


def __getattr__(name: str) -> Any:
    return getattr(_names, name)
