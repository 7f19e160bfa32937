"""What jax gets silently wrong and a trace can see: some functions are repaired, some are refused.

What is repaired is in the folder `_repairs`, a file for each function. `eigh_tridiagonal` finds eigenvalues by
bisection: they depend on its arguments through comparisons alone, so that jax takes them for constants. It is refused,
as is an order of `expn` that varies, in `expn_order`. What takes values out of an uncompiled derivative is refused in
`values`.

A trace of jax sees what f calls, and what the programs of f's own jits and loops hold. It is scoped to a call of f.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakKeyDictionary

import jax
import jax.numpy as jnp
from jax.core import Trace
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun, jaxprs_in_params, set_current_trace, take_current_trace
from jax.extend.source_info_util import current, register_exclusion

from nestgrad.extend import RefusedOperation
from nestgrad_jax._callers import SMALL, Program, callers_of, holds_programs, is_batched, is_small, own_name
from nestgrad_jax._repairs.boxcox import NAMES, Power, is_followed
from nestgrad_jax._repairs.hypot import EXTREMA, chosen
from nestgrad_jax._repairs.ldexp import scaled
from nestgrad_jax._repairs.logsumexp import Weights
from nestgrad_jax._repairs.one_triangle import READS_ONE, mirrored
from nestgrad_jax._repairs.spence import spence_of
from nestgrad_jax._repairs.table import BESSEL, OF_ONE, REFUSED, WATCHED, is_wrong, replaced, told, watched_in

from .expn_order import refuse_if_order, refuse_if_traced
from .frozen_rules import level, refuse_frozen
from .hi_primitives import CALL
from .inner_gradients import refuse_hidden
from .own_rules import tell_rule, tell_rules
from .programs import is_looking
from .values import seen, unseen

register_exclusion(__file__)  # an operation's line is that of the caller, not the line here that hands it on

_TWO, _THREE = 2, 3  # arguments; what jax has differentiated goes by the same name, and has others
_BISECTION, _CHECKPOINT, _STOPPED = "eigh_tridiagonal", "remat2", "stop_gradient"


def repaired(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function f with derivatives that are right.

    Raises:
        RefusedOperation: when it is called, if it calls what is refused.
    """

    @functools.wraps(f)
    def watched(*args: Any, **kwargs: Any) -> Any:
        with take_current_trace() as trace:
            watch = _Watch(trace)
            seen_args, seen_kwargs = jax.tree.map(watch.seen, (args, kwargs))
            with level(trace) as around, set_current_trace(watch):
                result = f(*seen_args, **seen_kwargs)
            if watch.holds_rules and is_looking():
                with set_current_trace(trace):
                    refuse_frozen(functools.partial(f, **kwargs), args, around)
            return jax.tree.map(watch.unseen, result)

    return watched


class _Watch(Trace):
    """Hands on every operation, with another program if it holds one that is watched."""

    __slots__ = ("_inside", "_power", "_trace", "_weights", "holds_rules")

    def __init__(self, trace: Any, inside: str | None = None) -> None:
        super().__init__()
        self._trace, self._inside = trace, inside
        self.requires_low = trace.requires_low  # type: ignore[misc]  # a slot of the base
        self._weights: Weights | None = None
        self._power: Power | None = None
        self.holds_rules = False  # of somebody's own, of which whoever verifies the call wants to know

    def seen(self, value: Any) -> Any:
        return seen(self, value)

    def unseen(self, value: Any) -> Any:
        return unseen(self, value)

    def _all_seen(self, values: Iterable[Any]) -> list[Any]:
        return [seen(self, value) for value in values]

    def _all_unseen(self, values: Iterable[Any]) -> list[Any]:
        return [unseen(self, value) for value in values]

    def process_primitive(self, primitive: Any, args: Any, params: Any, /) -> Any:
        args, programs = self._all_unseen(args), [*jaxprs_in_params(params)]
        self.holds_rules |= (bool(programs) or primitive.name == CALL) and tell_rules(primitive, params, programs)
        refuse_hidden(sys._getframe(1), primitive, params, args, programs)
        if self._is_plain(primitive, params, programs):
            result = self._trace.process_primitive(primitive, args, params)
        else:
            result = self._process_watched(primitive, args, params)
        return self._all_seen(result) if primitive.multiple_results else self.seen(result)

    def _is_plain(self, primitive: Any, params: Any, programs: list[Program]) -> bool:
        """Whether nothing is said of an operation, nor of what its programs hold, and no call is being followed."""
        return (
            self._inside is None
            and self._power is None
            and self._weights is None
            and (params["name"] if primitive.name == "jit" else primitive.name) not in LOOKED_AT
            and not any(map(watched_in, programs))
        )

    def _process_watched(self, primitive: Any, args: Any, params: Any) -> Any:
        """The result of an operation of which something may be said."""
        if own_name(primitive, params) == _BISECTION:
            raise RefusedOperation(_BISECTION, REFUSED[_BISECTION])
        if primitive.name == _STOPPED:
            refuse_if_order(self._trace, *args)
        with set_current_trace(self._trace):
            if primitive.name in READS_ONE:
                args = told(primitive.name, mirrored(args, params))
            result = self._repaired(primitive, params, *args)
        if result is not None:
            return result
        if self._weights is not None:
            self._weights.follow(primitive.name, args)
        result = self._trace.process_primitive(primitive, args, self._with_programs(primitive, params))
        if self._weights is not None:
            self._weights.followed(result)
        return result

    def _with_programs(self, primitive: Any, params: Any) -> Any:
        """The parameters of an operation with programs that are repaired."""
        inside = self._inside or ("hypot" if own_name(primitive, params) == "hypot" and is_wrong("hypot") else None)
        if is_small(primitive, params):
            inside = inside or ("betaln" if _is_betaln() else None)
            if inside is None:
                return params
        return params | {n: _with_repaired(value, inside) for n, value in params.items() if holds_programs(value)}

    def _repaired(self, primitive: Any, params: Any, *args: Any) -> Any:
        """The result of an operation that is repaired, as the operation would give it, or None."""
        if primitive.name == _CHECKPOINT and watched_in(params["jaxpr"]):
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
        if (jit := own_name(primitive, params)) in _JITS and is_wrong(jit):
            result = _JITS[jit](self, params, *args)
            if result is not None:
                return result
        if self._power is not None and is_followed(primitive, params) and _is_boxcox():
            return self._power.result(primitive, params, args)
        if name == "mul" and self._weights is not None and "logsumexp" in callers_of(current()):
            weights, self._weights = self._weights, None
            product = weights.product(args)
            return product if product is None else told("logsumexp", product)
        return None

    def _extremum(self, name: str, *args: Any) -> Any:
        """The larger or the smaller of two, in a function that is smooth where they are equal."""
        if self._inside:
            return chosen(EXTREMA[name], *args)
        return told("betaln", chosen(EXTREMA[name], *args)) if _is_betaln() else None

    def _ldexp(self, _: Any, *args: Any) -> Any:
        """The same of a jit of jax's own, as the next ones; what jax has differentiated has other arguments."""
        if len(args) != _TWO:
            return None
        if is_batched(current()):
            raise RefusedOperation("ldexp", "jax's derivative at zero is wrong; under vmap write x * 2.0**n.")
        return told("ldexp", scaled(*args))

    def _of_one(self, params: Any, *args: Any) -> Any:
        name, program = params["name"], params["jaxpr"]
        return told(name, OF_ONE[name](jaxpr_as_fun(program), *args)) if len(args) == 1 else None

    def _piecewise(self, params: Any, *args: Any) -> Any:
        if isinstance(args[0], jax.core.Tracer) and "_spence" in callers_of(current()):
            return told("spence", spence_of(jaxpr_as_fun(params["jaxpr"]), *args))
        return None

    def _where(self, params: Any, *args: Any) -> Any:
        if len(args) != _THREE:
            return None
        callers, where = callers_of(current()), jaxpr_as_fun(params["jaxpr"])
        if "logsumexp" in callers:
            return self._logsumexp(where, *args)
        name = next((name for name in NAMES if name in callers), None)
        return None if name is None else self._boxcox(name, where, *args)

    def _logsumexp(self, where: Callable[..., Any], *args: Any) -> Any:
        """The result of jax's choice of the entries that have a weight, from which on a call is followed."""
        self._weights, chosen = Weights.begun(where, *args)
        return chosen

    def _boxcox(self, name: str, where: Callable[..., Any], is_zero: Any, value: Any, other: Any) -> Any:
        """The result of jax's choice of a value where lmbda is zero: of 1 at first, and at last of the logarithm."""
        if self._power is not None and self._power.ends_with(other):
            self._power = None
            return told(name, where(jnp.zeros_like(is_zero), value, other)[0])
        (safe,), (exponent,) = where(is_zero, value, other), where(jnp.zeros_like(is_zero), value, other)
        self._power = Power(exponent, safe) if isinstance(other, jax.core.Tracer) else None
        return safe

    def stage_value(self, value: Any) -> Any:
        return self.seen(self._trace.stage_value(self.unseen(value)))

    def process_call(self, primitive: Any, f: Any, args: Any, params: Any, /) -> Any:
        return self._all_seen(self._trace.process_call(primitive, f, self._all_unseen(args), params))

    def process_custom_jvp_call(self, primitive: Any, f: Any, jvp: Any, args: Any, /, **options: Any) -> Any:
        args = self._all_unseen(args)
        self.holds_rules |= tell_rule(f, jvp)
        refuse_if_traced(f, args)
        with set_current_trace(self._trace):
            result = replaced(f, args)
        if result is None:
            result = self._trace.process_custom_jvp_call(primitive, f, jvp, args, **options)
        return self._all_seen(result)

    def process_custom_vjp_call(self, primitive: Any, f: Any, fwd: Any, bwd: Any, args: Any, /, **options: Any) -> Any:
        args = self._all_unseen(args)
        self.holds_rules |= tell_rule(f, bwd)
        return self._all_seen(self._trace.process_custom_vjp_call(primitive, f, fwd, bwd, args, **options))

    def __getattr__(self, name: str) -> Any:
        """What only some traces have."""
        attribute = getattr(self._trace, name)
        if not callable(attribute):
            return attribute
        return lambda *args, **kwargs: jax.tree.map(
            self.seen, attribute(*jax.tree.map(self.unseen, args), **jax.tree.map(self.unseen, kwargs))
        )


_JITS = {"ldexp": _Watch._ldexp, "_piecewise": _Watch._piecewise, "_where": _Watch._where}
_JITS |= dict.fromkeys(OF_ONE, _Watch._of_one)
"""Jits of jax, and what gives their results."""

LOOKED_AT = WATCHED.union(READS_ONE, EXTREMA, BESSEL, _JITS, SMALL, [_STOPPED])
"""The names of all primitives and jits of which something may be said. What goes by another is handed on as it is."""


def _is_betaln() -> bool:
    return is_wrong("betaln") and "betaln" in callers_of(current())


def _is_boxcox() -> bool:
    return not callers_of(current()).isdisjoint(NAMES)


def _with_repaired(value: Any, inside: str | None) -> Any:
    """A parameter with programs, which are replaced if they hold what is watched, or are inside of what is watched."""
    if isinstance(value, tuple):
        return tuple(_with_repaired(entry, inside) if holds_programs(entry) else entry for entry in value)
    names = watched_in(value).union([inside] if inside else [])
    if not names:
        return value
    program = _program(value, inside)
    for name in sorted(names.difference(REFUSED)):
        told(name, program)
    return program


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
