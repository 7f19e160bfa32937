"""Rules that were written outside of jax: of `jax.custom_jvp` and `jax.custom_vjp`, in f or in a program that it holds.

Each records where the function was written that it is the rule of.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import jax
from jax.extend.core import Jaxpr, jaxprs_in_params

from nestgrad.extend import own_rule
from nestgrad_jax._callers import Program

_JAX = str(Path(jax.__file__).parent)
_OURS = str(Path(__file__).parents[1])
_WITH_A_RULE = ("custom_jvp_call", "custom_vjp_call")

_known: WeakKeyDictionary[Jaxpr, frozenset[str]] = WeakKeyDictionary()


def tell_rule(f: Any) -> None:
    """Declare the rule of a function under transformations, unless it is jax's or nestgrad's."""
    name = _name(f)
    if name is not None:
        own_rule(name)


def tell_rules(programs: list[Program]) -> None:
    """Declare the rules that programs hold."""
    for program in programs:
        for name in _rules_in(program):
            own_rule(name)


def _rules_in(program: Program) -> frozenset[str]:
    plain = getattr(program, "jaxpr", program)
    found = _known.get(plain)
    if found is None:
        found = _known[plain] = frozenset(_names(plain))
    return found


def _names(program: Jaxpr) -> Iterator[str]:
    for equation in program.eqns:
        inner = [*jaxprs_in_params(equation.params)]
        if equation.primitive.name in _WITH_A_RULE:
            yield from filter(None, (_name(getattr(one, "jaxpr", one)) for one in inner))
        for one in inner:
            yield from _rules_in(one)


def _name(f: Any) -> str | None:
    info = f.debug_info
    written_in = info.func_filename or ""
    return None if written_in.startswith((_JAX, _OURS)) else info.func_name
