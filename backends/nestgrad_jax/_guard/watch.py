"""What jax gets silently wrong and a trace can see: some functions are repaired, some are refused.

What is repaired is in the folder `_repairs`, a file for each function. `eigh_tridiagonal` finds eigenvalues by
bisection: they depend on its arguments through comparisons alone, so that jax takes them for constants. It is refused,
as is an order of `expn` that varies, in `expn_order`. What takes values out of an uncompiled derivative is refused in
`values`.

A trace of jax sees what f calls, and what the programs of f's own jits and loops hold. It is scoped to a call of f.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import jax
import jax.numpy as jnp
from jax.core import Trace
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun, set_current_trace, take_current_trace
from jax.extend.source_info_util import current, register_exclusion

from nestgrad.extend import RefusedOperation
from nestgrad_jax._callers import holds, is_batched, is_called_by, is_small, own_name
from nestgrad_jax._repairs import bessel
from nestgrad_jax._repairs.boxcox import NAMES, Power, is_followed
from nestgrad_jax._repairs.hypot import EXTREMA, chosen
from nestgrad_jax._repairs.ldexp import scaled
from nestgrad_jax._repairs.logsumexp import Weights
from nestgrad_jax._repairs.one_triangle import READS_ONE, mirrored
from nestgrad_jax._repairs.spence import spence_of
from nestgrad_jax._repairs.table import BESSEL, is_wrong, repaired_in, replaced, told

from .expn_order import EXPN, refuse_if_order, refuse_if_traced
from .inner_gradients import refuse_hidden
from .values import seen, unseen

register_exclusion(__file__)  # an operation's line is that of the caller, not the line here that hands it on

_TWO, _THREE = 2, 3  # arguments; what jax has differentiated goes by the same name, and has others
_BISECTION, _CHECKPOINT = "eigh_tridiagonal", "remat2"
_REFUSED = (_BISECTION, EXPN)


def repaired(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function f with derivatives that are right.

    Raises:
        RefusedOperation: when it is called, if it calls what is refused.
    """

    @functools.wraps(f)
    def watched(*args: Any, **kwargs: Any) -> Any:
        with take_current_trace() as trace:
            watch = _Watch(trace)
            with set_current_trace(watch):
                result = f(*seen(watch, args), **seen(watch, kwargs))
            return unseen(watch, result)

    return watched


class _Watch(Trace):
    """Hands on every operation, with another program if it holds one that is watched."""

    __slots__ = ("_inside", "_power", "_trace", "_weights")

    def __init__(self, trace: Any, inside: str | None = None) -> None:
        super().__init__()
        self._trace, self._inside = trace, inside
        self.requires_low = trace.requires_low  # type: ignore[misc]  # a slot of the base
        self._weights: Weights | None = None
        self._power: Power | None = None

    def process_primitive(self, primitive: Any, args: Any, params: Any, /) -> Any:
        args = unseen(self, args)
        refuse_hidden(primitive, params, args)
        if own_name(primitive, params) == _BISECTION:
            raise RefusedOperation(_BISECTION, "jax takes eigenvalues found by bisection for constants.")
        if primitive.name == "stop_gradient":
            refuse_if_order(self._trace, *args)
        with set_current_trace(self._trace):
            if primitive.name in READS_ONE:
                args = told(primitive.name, mirrored(args, params))
            result = self._repaired(primitive, params, *args)
        if result is not None:
            return seen(self, result)
        if self._weights is not None:
            self._weights.follow(primitive.name, args)
        result = self._trace.process_primitive(primitive, args, self._with_programs(primitive, params))
        if self._weights is not None:
            self._weights.followed(result)
        return seen(self, result)

    def _with_programs(self, primitive: Any, params: Any) -> Any:
        """The parameters of an operation with programs that are repaired."""
        inside = self._inside or ("hypot" if own_name(primitive, params) == "hypot" and is_wrong("hypot") else None)
        if is_small(primitive, params):
            inside = inside or ("betaln" if _is_betaln() else None)
            if inside is None:
                return params
        return params | {n: _with_repaired(value, inside) for n, value in params.items() if _holds_programs(value)}

    def _repaired(self, primitive: Any, params: Any, *args: Any) -> Any:
        """The result of an operation that is repaired, as the operation would give it, or None."""
        if primitive.name == _CHECKPOINT and (repaired_in(params["jaxpr"]) or _is_refused(params["jaxpr"])):
            return _checkpoint(ClosedJaxpr(params["jaxpr"], ()), self._inside, params)(*args)
        result = self._repaired_alone(primitive, params, *args)
        return result if result is None or not primitive.multiple_results else [result]

    def _repaired_alone(self, primitive: Any, params: Any, *args: Any) -> Any:
        """The same of an operation with one result."""
        name = primitive.name
        if name in EXTREMA:
            return self._extremum(name, *args)
        if name in BESSEL:
            return told(name, BESSEL[name](*args))
        result = self._repaired_jit(own_name(primitive, params), params, *args)
        if result is not None:
            return result
        if self._power is not None and is_followed(primitive, params) and _is_boxcox():
            return self._power.result(primitive, params, args)
        if name == "mul" and self._weights is not None and is_called_by(current(), "logsumexp"):
            weights, self._weights = self._weights, None
            product = weights.product(args)
            return product if product is None else told("logsumexp", product)
        return None

    def _extremum(self, name: str, *args: Any) -> Any:
        """The larger or the smaller of two, in a function that is smooth where they are equal."""
        if self._inside:
            return chosen(EXTREMA[name], *args)
        return told("betaln", chosen(EXTREMA[name], *args)) if _is_betaln() else None

    def _repaired_jit(self, name: str | None, params: Any, *args: Any) -> Any:
        """The same of a jit of jax's own."""
        if name is None or not is_wrong(name):
            return None
        if name == "ldexp" and len(args) == _TWO:
            if is_batched(current()):
                raise RefusedOperation("ldexp", "jax's derivative at zero is wrong; under vmap write x * 2.0**n.")
            return told("ldexp", scaled(*args))
        if name == "i0" and len(args) == 1:
            return told("i0", bessel.i0(*args))
        if name == "_piecewise" and isinstance(args[0], jax.core.Tracer) and is_called_by(current(), "_spence"):
            return told("spence", spence_of(jaxpr_as_fun(params["jaxpr"]), *args))
        if name == "_where" and len(args) == _THREE:
            where = jaxpr_as_fun(params["jaxpr"])
            return self._logsumexp(where, *args) if is_called_by(current(), "logsumexp") else self._boxcox(where, *args)
        return None

    def _logsumexp(self, where: Callable[..., Any], *args: Any) -> Any:
        """The result of jax's choice of the entries that have a weight, from which on a call is followed."""
        self._weights, chosen = Weights.begun(where, *args)
        return chosen

    def _boxcox(self, where: Callable[..., Any], is_zero: Any, value: Any, other: Any) -> Any:
        """The result of jax's choice of a value where lmbda is zero: of 1 at first, and at last of the logarithm."""
        name = next((name for name in NAMES if is_called_by(current(), name)), None)
        if name is None:
            return None
        if self._power is not None and self._power.ends_with(other):
            self._power = None
            return told(name, where(jnp.zeros_like(is_zero), value, other)[0])
        (safe,), (exponent,) = where(is_zero, value, other), where(jnp.zeros_like(is_zero), value, other)
        self._power = Power(exponent, safe) if isinstance(other, jax.core.Tracer) else None
        return safe

    def stage_value(self, value: Any) -> Any:
        return seen(self, self._trace.stage_value(unseen(self, value)))

    def process_call(self, primitive: Any, f: Any, args: Any, params: Any, /) -> Any:
        return seen(self, self._trace.process_call(primitive, f, unseen(self, args), params))

    def process_custom_jvp_call(self, primitive: Any, f: Any, jvp: Any, args: Any, /, **options: Any) -> Any:
        args = unseen(self, args)
        refuse_if_traced(f, args)
        with set_current_trace(self._trace):
            result = replaced(f, args)
        if result is not None:
            return seen(self, result)
        return seen(self, self._trace.process_custom_jvp_call(primitive, f, jvp, args, **options))

    def process_custom_vjp_call(self, primitive: Any, f: Any, fwd: Any, bwd: Any, args: Any, /, **options: Any) -> Any:
        return seen(self, self._trace.process_custom_vjp_call(primitive, f, fwd, bwd, unseen(self, args), **options))

    def __getattr__(self, name: str) -> Any:
        """What only some traces have."""
        attribute = getattr(self._trace, name)
        if not callable(attribute):
            return attribute
        return lambda *args, **kwargs: seen(self, attribute(*unseen(self, args), **unseen(self, kwargs)))


def _is_betaln() -> bool:
    return is_wrong("betaln") and is_called_by(current(), "betaln")


def _is_boxcox() -> bool:
    return any(is_called_by(current(), name) for name in NAMES)


def _holds_programs(value: Any) -> bool:
    """Whether a parameter of an operation is a program, or the branches of a cond; other tuples have names."""
    return isinstance(value, ClosedJaxpr) or (type(value) is tuple and any(map(_holds_programs, value)))


def _with_repaired(value: Any, inside: str | None) -> Any:
    """A parameter with programs, which are replaced if they hold what is watched, or are inside of what is watched."""
    if isinstance(value, tuple):
        return tuple(_with_repaired(entry, inside) if _holds_programs(entry) else entry for entry in value)
    names = repaired_in(value) + ([inside] if inside else [])
    if not names and not _is_refused(value):
        return value
    program = _program(value, inside)
    for name in names:
        told(name, program)
    return program


def _is_refused(program: Any) -> bool:
    return any(holds(program, name) for name in _REFUSED)


def _checkpoint(program: ClosedJaxpr, inside: str | None, params: Any) -> Callable[..., Any]:
    """A checkpoint of a program that is repaired."""
    f = jaxpr_as_fun(_with_repaired(program, inside))
    checkpointed: Callable[..., Any] = jax.checkpoint(f, prevent_cse=params["prevent_cse"], policy=params["policy"])
    return checkpointed


_programs: WeakKeyDictionary[ClosedJaxpr, dict[str | None, ClosedJaxpr]] = WeakKeyDictionary()


def _program(program: ClosedJaxpr, inside: str | None) -> ClosedJaxpr:
    """The program with what it holds repaired."""
    known = _programs.setdefault(program, {})
    if inside not in known:
        inputs = [jax.ShapeDtypeStruct(x.shape, x.dtype, weak_type=x.weak_type) for x in program.in_avals]
        known[inside] = jax.make_jaxpr(_watched(program, inside))(*inputs)
    return known[inside]


def _watched(program: ClosedJaxpr, inside: str | None) -> Callable[..., Any]:
    def watched(*args: Any) -> Any:
        with take_current_trace() as trace, set_current_trace(_Watch(trace, inside)):
            return jaxpr_as_fun(program)(*args)

    return watched
