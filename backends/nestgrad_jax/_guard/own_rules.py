"""Rules that were written outside of jax: of `jax.custom_jvp` and `jax.custom_vjp`, in f or in a program that it holds.

Each records where the function was written that it is the rule of, and where the rule: both may be somebody's own.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import jax
from jax.extend.core import Jaxpr, jaxprs_in_params

from nestgrad.extend import own_rule
from nestgrad_jax._callers import Program

from . import hi_primitives

_JAX = str(Path(jax.__file__).parent) + os.sep  # or jaxopt would be jax
_OURS = str(Path(__file__).parents[1]) + os.sep
_CUSTOM_GRADIENT = inspect.getfile(jax.custom_gradient)
"""Where jax writes the function that `jax.custom_gradient` gives the rule of its user to."""
_DEFJVPS = jax.custom_jvp.defjvps.__code__
_RULES = {"custom_jvp_call": "jvp_jaxpr_fun", "custom_vjp_call": "bwd"}
"""What is called with a rule, and the parameter that holds the rule."""

_known: WeakKeyDictionary[Jaxpr, frozenset[str]] = WeakKeyDictionary()


def tell_rule(f: Any, rule: Any) -> bool:
    """Declare the rule of a function under transformations, unless both are jax's or nestgrad's.

    Returns whether it is somebody's own, and there is a listener.
    """
    name = _name(f, rule)
    return name is not None and own_rule(name)


def tell_rules(primitive: Any, params: Any, programs: list[Program]) -> bool:
    """The same of the rule that an operation calls, and of all that its programs hold."""
    name = name_of_rule(primitive, params)
    heard = name is not None and own_rule(name)
    for program in programs:
        for name in _rules_in(program):
            heard |= own_rule(name)
    return heard


def name_of_rule(primitive: Any, params: Any) -> str | None:
    """The name of the function that an operation calls with a rule of somebody's own, or None.

    Where a version of jax has rules in another place than those that were measured, that of the primitive: whatever
    the rule is, it is verified.
    """
    try:
        return _name_of_rule(primitive, params)
    except Exception:
        return str(primitive.name)


def _name_of_rule(primitive: Any, params: Any) -> str | None:
    if primitive.name == hi_primitives.CALL:
        return _name_of_object(hi_primitives.called(params))
    rule = _RULES.get(primitive.name)
    if rule is None:
        return None
    program = params["call_jaxpr"]
    return _name(getattr(program, "jaxpr", program), params[rule])


def _name_of_object(call: Any) -> str | None:
    if not inspect.getfile(type(call)).startswith(_JAX):
        return type(call).__name__
    known = hi_primitives.function_and_rule(call)
    return None if known is None else _name(*known)


def _rules_in(program: Program) -> frozenset[str]:
    plain = getattr(program, "jaxpr", program)
    found = _known.get(plain)
    if found is None:
        found = _known[plain] = frozenset(_names(plain))
    return found


def _names(program: Jaxpr) -> Iterator[str]:
    for equation in program.eqns:
        name = name_of_rule(equation.primitive, equation.params)
        yield from () if name is None else (name,)
        for one in jaxprs_in_params(equation.params):
            yield from _rules_in(one)


def _name(f: Any, rule: Any) -> str | None:
    if _file(f) == _CUSTOM_GRADIENT:
        return "custom_gradient"
    is_own = not all(_file(one).startswith((_JAX, _OURS)) for one in (f, rule)) or _is_per_argument(rule)
    return f.debug_info.func_name if is_own else None


def _is_per_argument(rule: Any) -> bool:
    """Whether `defjvps` has made the rule from somebody's own rules, one for each argument.

    It is found behind the functions of jax's that hold it, in a program or under transformations.
    """
    if _file(rule) != _DEFJVPS.co_filename:
        return False
    pending, met = [rule], set()
    while pending:
        function = getattr(one := pending.pop(), "f", one)  # under transformations
        if id(function) in met or not inspect.isfunction(function) or not _is_written_by_jax(function):
            continue
        met.add(id(function))
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        held = {name: cell.cell_contents for name, cell in cells}
        if function.__code__ in _DEFJVPS.co_consts:
            return not all(one is None or _is_written_by_jax(one) for one in held["jvps"])
        pending.extend(held.values())
    return False


def _is_written_by_jax(function: Any) -> bool:
    return _file(function).startswith((_JAX, _OURS))


def _file(f: Any) -> str:
    """Where a function was written, under transformations, as a program or as it is."""
    if hasattr(f, "debug_info"):
        return f.debug_info.func_filename or ""
    code = getattr(inspect.unwrap(f), "__code__", None)  # what somebody wrote may be any callable
    return "" if code is None else code.co_filename
