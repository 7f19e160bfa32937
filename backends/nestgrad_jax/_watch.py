"""What jax gets silently wrong and a trace can see: some functions are mended, one is refused.

`jnp.hypot` computes max √(1 + (min/max)²). Where |a| = |b|, jax gives half of the derivative of `max` and of `min` to
each: the first derivative is right, and the second is 0. Here both take one of the two for the larger there, and the
formula is then smooth.

`jnp.ldexp` goes through the fraction and the exponent of x, and its derivative at 0 is 1. The Bessel functions `i0` and
`i1` are in `_bessel`.

`eigh_tridiagonal` finds eigenvalues by bisection: they depend on its arguments through comparisons alone, so that jax
takes them for constants. It is refused.

A trace of jax sees what f calls, and what the programs of f's own jits and loops hold. It is scoped to a call of f.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.core import Trace
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun, jaxprs_in_params, set_current_trace, take_current_trace
from jax.extend.source_info_util import register_exclusion

from nestgrad.extend import emulated

from . import _bessel

register_exclusion(__file__)  # an operation's line is that of the caller, not the line here that hands it on

_LARGER, _OTHER = ("max", "min")
_PRIMITIVES = {"bessel_i0e": _bessel.i0e, "bessel_i1e": _bessel.i1e}
_MENDED = ("hypot", "ldexp", "i0")


class SilentlyWrongError(Exception):
    """jax would give a wrong number for this operation; its arguments are the operation and the reason."""


def mended(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function f with derivatives that are right.

    Raises:
        SilentlyWrongError: when it is called, if it calls what is refused.
    """

    @functools.wraps(f)
    def watched(*args: Any, **kwargs: Any) -> Any:
        with take_current_trace() as trace, set_current_trace(_Watch(trace, False)):
            return f(*args, **kwargs)

    return watched


class _Watch(Trace):  # type: ignore[misc]
    """Hands on every operation, with another program if it holds one that is watched."""

    __slots__ = ("_is_inside", "_trace")

    def __init__(self, trace: Any, is_inside: bool) -> None:
        super().__init__()
        self._trace, self._is_inside, self.requires_low = trace, is_inside, trace.requires_low

    def process_primitive(self, primitive: Any, args: Any, params: Any, /) -> Any:
        if self._is_inside and primitive.name in (_LARGER, _OTHER):
            with set_current_trace(self._trace):
                return _chosen(primitive, *args)
        if _is_own(primitive, params, "eigh_tridiagonal"):
            raise SilentlyWrongError("eigh_tridiagonal", "jax takes eigenvalues found by bisection for constants.")
        if (other := _replacement(primitive, params)) is not None:
            emulated(params.get("name", primitive.name), "jax's derivatives do not hold at zero.")
            with set_current_trace(self._trace):
                return other(*args)
        if not any(map(_holds_programs, params.values())):
            return self._trace.process_primitive(primitive, args, params)
        is_inside = self._is_inside or _is_own(primitive, params, "hypot")
        mended = {name: _mended(value, is_inside) for name, value in params.items()}
        return self._trace.process_primitive(primitive, args, mended)

    def stage_value(self, value: Any) -> Any:
        return self._trace.stage_value(value)

    def process_call(self, *args: Any, **kwargs: Any) -> Any:
        return self._trace.process_call(*args, **kwargs)

    def process_custom_jvp_call(self, *args: Any, **kwargs: Any) -> Any:
        return self._trace.process_custom_jvp_call(*args, **kwargs)

    def process_custom_vjp_call(self, *args: Any, **kwargs: Any) -> Any:
        return self._trace.process_custom_vjp_call(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        """What only some traces have."""
        return getattr(self._trace, name)


def _chosen(primitive: Any, a: Any, b: Any) -> Any:
    """The larger or the smaller of two: of equal ones a is the larger. At 0, a kink, it is as jax has it."""
    return jnp.where((a == b) & (a != 0), a if primitive.name == _LARGER else b, primitive.bind(a, b))


def _holds_programs(value: Any) -> bool:
    """Whether a parameter of an operation is a program, or the branches of a cond; other tuples have names."""
    return isinstance(value, ClosedJaxpr) or (type(value) is tuple and any(map(_holds_programs, value)))


def _replacement(primitive: Any, params: Any) -> Any:
    """What to call instead of an operation: one with the same value, as the operation would give it; or None."""
    if primitive.name in _PRIMITIVES:
        return _PRIMITIVES[primitive.name]
    if _is_own(primitive, params, "ldexp"):
        return lambda x, power: [_scaled(x, power)]
    if _is_own(primitive, params, "i0"):
        return lambda x: [_bessel.i0(x)]
    return None


def _scaled(x: Any, power: Any) -> Any:
    """The product with a power of two, in two steps, of which none overflows before the product does."""
    x, half = jnp.asarray(x, jnp.result_type(x, 0.0)), power // 2
    one = jnp.ones((), x.dtype)
    return x * jnp.ldexp(one, half) * jnp.ldexp(one, power - half)


def _mended(value: Any, is_inside: bool) -> Any:
    """A parameter of an operation; programs in it are replaced if they hold what is watched, or are inside a hypot."""
    if not _holds_programs(value):
        return value
    if isinstance(value, tuple):
        return tuple(_mended(entry, is_inside) for entry in value)
    if not (is_inside or _holds_watched(value)):
        return value
    program = _program(value, is_inside)
    if is_inside or _holds_own(value, "hypot"):
        emulated("hypot", "jax's second derivative is 0 where the arguments are equal.")
    return program


@functools.lru_cache(maxsize=256)
def _program(program: ClosedJaxpr, is_inside: bool) -> ClosedJaxpr:
    def watched(*args: Any) -> Any:
        with take_current_trace() as trace, set_current_trace(_Watch(trace, is_inside)):
            return jaxpr_as_fun(program)(*args)

    inputs = [jax.ShapeDtypeStruct(x.shape, x.dtype, weak_type=x.weak_type) for x in program.in_avals]
    return jax.make_jaxpr(watched)(*inputs)


@functools.lru_cache(maxsize=1024)
def _holds_watched(program: ClosedJaxpr) -> bool:
    return any(_holds_own(program, name) for name in (*_MENDED, "eigh_tridiagonal", *_PRIMITIVES))


@functools.lru_cache(maxsize=8192)
def _holds_own(program: ClosedJaxpr, name: str) -> bool:
    return any(
        equation.primitive.name == name
        or _is_own(equation.primitive, equation.params, name)
        or any(_holds_own(inner, name) for inner in _closed(equation.params))
        for equation in program.jaxpr.eqns
    )


def _closed(params: Any) -> list[ClosedJaxpr]:
    return [program for program in jaxprs_in_params(params) if isinstance(program, ClosedJaxpr)]


def _is_own(primitive: Any, params: Any, name: str) -> bool:
    """Whether it is jax's own function; what jax has differentiated goes by the name too, and has more results."""
    if primitive.name != "jit" or params["name"] != name:
        return False
    program = params["jaxpr"].jaxpr
    return len(program.outvars) == 1 and "jax/_src/" in (program.debug_info.func_filename or "")
