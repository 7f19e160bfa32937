"""What is repaired or refused, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import jax
from jax.core import Tracer
from jax.extend.core import Jaxpr, JaxprEqn

from nestgrad.extend import emulated
from nestgrad_jax._callers import Program, names_of, own_rule, programs_of

from . import bessel, boxcox, determinant, erfcx, fresnel, one_triangle, sinc

Result = TypeVar("Result")

BESSEL = {"bessel_i0e": bessel.i0e, "bessel_i1e": bessel.i1e}
"""Primitives of jax, and what they are replaced by."""

OF_ONE: dict[str, Callable[..., Any]] = {"i0": lambda _, x: bessel.i0(x), "sinc": sinc.sinc_of}
"""Jits of jax with one argument, and what gives their results from their programs and that."""

_ERFCX = "_erfcx"
_RULES: dict[str, Callable[..., list[Any] | None]] = {
    "fresnel": fresnel.fresnel_of,
    _ERFCX: erfcx.erfcx_of,
    **dict.fromkeys(determinant.RULES, determinant.determinant_of),
}
"""Functions of jax that have a rule of their own, and what they are replaced by."""

_EQUAL, _ZERO = "jax's second derivative is 0 where the arguments are equal.", "jax's derivatives do not hold at zero."
_REASONS = {
    "hypot": _EQUAL,
    "betaln": _EQUAL,
    "ldexp": _ZERO,
    "i0": _ZERO,
    **dict.fromkeys(BESSEL, _ZERO),
    "sinc": "jax's derivatives lose their digits beside zero.",
    "fresnel": "jax's second derivatives hold a constant at single points.",
    _ERFCX: "jax differentiates it twice for a number alone.",
    "spence": "jax takes its value at 1 for a constant, and gives nan above it.",
    **dict.fromkeys(boxcox.NAMES, "jax's derivative in lmbda is 0 where it is 0."),
    "logsumexp": "jax takes a weight that is zero for a constant.",
    **dict.fromkeys(determinant.RULES, "jax's derivatives do not hold where the matrix has not full rank."),
    **dict.fromkeys(
        one_triangle.READS_ONE, "jax's rules are those of a symmetric matrix, of which one triangle is read."
    ),
}
REFUSED = {
    "eigh_tridiagonal": "jax takes eigenvalues found by bisection for constants.",
    "expn": "jax takes the order for a constant; of an integer it is one.",
}
"""Functions of jax that are refused; `expn`, if its order varies."""

WATCHED = frozenset((*_REASONS, *REFUSED))
"""All of their names."""

_OPERATIONS = {_ERFCX: "erfcx", **dict.fromkeys(determinant.RULES, "det")}
"""The name of what is repaired, if it is another one."""

_HARMLESS = {
    **dict.fromkeys(one_triangle.READS_ONE, one_triangle.is_harmless),
    **dict.fromkeys(determinant.RULES, determinant.is_harmless),
}
"""Which operations of a name jax has right, as one in a program tells."""

_RIGHT_SINCE = dict.fromkeys(("hypot", "betaln", "ldexp", "i0", "sinc"), (0, 12, 0, 1))
"""The first version of jax in which each was measured to be right; what is not here is wrong in all that were."""


def told(name: str, result: Result) -> Result:
    """A result of what is repaired, which is made known."""
    emulated(_OPERATIONS.get(name, name), _REASONS[name])
    return result


_watched: WeakKeyDictionary[Jaxpr, frozenset[str]] = WeakKeyDictionary()  # a program may hold large arrays


def watched_in(program: Program) -> frozenset[str]:
    """The names of what is repaired or refused that a program holds, unless jax has it right there."""
    plain = getattr(program, "jaxpr", program)
    found = _watched.get(plain)
    if found is None:
        found = _watched[plain] = frozenset(name for equation in plain.eqns for name in _watched_of(plain, equation))
    return found


def _watched_of(program: Jaxpr, equation: JaxprEqn) -> Iterator[str]:
    for name in WATCHED & names_of(program, equation):
        if is_wrong(name) and not (name in _HARMLESS and _HARMLESS[name](program, equation)):
            yield name
    for inner in programs_of(equation):
        yield from watched_in(inner)


def replaced(f: Any, args: Any) -> list[Any] | None:
    """The results of what a function with a rule is replaced by; None if it is right, or nothing of it varies."""
    name = own_rule(f)
    if name not in _RULES or not isinstance(args[-1], Tracer) or not is_wrong(name):
        return None
    result = _RULES[name](f.call_wrapped, *args)
    return result if result is None else told(name, result)


def is_wrong(name: str) -> bool:
    """Whether it is so in the jax that is installed."""
    if name == _ERFCX:
        return erfcx.fails_for_arrays()
    return name not in _RIGHT_SINCE or jax.__version_info__ < _RIGHT_SINCE[name]
