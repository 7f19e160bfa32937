"""An operation of the namespace with other rules: the same values, another derivative."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import optree

from nestgrad.extend import Function, Leaves

from .engine import defjvp_argnums, defvjp_argnums, held, isbox, primitive, sound

_flatten: Function = optree.tree_flatten
_unflatten: Function = optree.tree_unflatten


def push(call: Function, primals: Leaves, tangents: Leaves) -> Any:
    """The right forward rule: the derivative of `call` along the tangents."""
    return sound().jvp(call, primals, tangents)[1]


def pull(call: Function, primals: Leaves, cotangent: Any) -> Leaves:
    """The right reverse rule: the cotangent of each primal of `call`."""
    pulled: Leaves = sound().vjp(call, *primals)[1](cotangent)
    return pulled


@dataclass(frozen=True)
class Rules:
    """The two rules of an operation, right unless they are given.

    Attributes:
        forward: (call, primals, tangents) ↦ the tangent of the output.
        reverse: (call, primals, cotangent) ↦ the cotangents of the primals.
    """

    forward: Callable[[Function, Leaves, Leaves], Any] = push
    reverse: Callable[[Function, Leaves, Any], Leaves] = pull


def _entries(output: Any) -> list[Any]:
    """The arrays of an output; autograd traces the tuple of a decomposition as one value."""
    several = isinstance(held(output), (tuple, list))
    return [output[i] for i in range(len(held(output)))] if several else [output]


def with_rules(function: Function, rules: Rules) -> Function:
    """The function, differentiated by these rules whatever it is composed of.

    Each entry of its output is an operation of its own. The rules are given a function of the
    differentiated arrays alone and may be differentiated themselves.
    """

    @primitive  # type: ignore[untyped-decorator]
    def operation(structure: Any, entry: int, *leaves: Any) -> Any:
        args, kwargs = _unflatten(structure, leaves)
        return _entries(function(*args, **kwargs))[entry]

    def of(args: Any, argnums: Any) -> tuple[Function, Leaves]:
        def call(*differentiated: Any) -> Any:
            given = dict(zip(argnums, differentiated, strict=True))
            return operation.fun(*(given.get(i, arg) for i, arg in enumerate(args)))

        return call, tuple(args[i] for i in argnums)

    def forward(argnums: Any, tangents: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        return rules.forward(*of(args, argnums), tuple(tangents))

    def reverse(argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        return functools.partial(rules.reverse, *of(args, argnums))

    defjvp_argnums(operation, forward)
    defvjp_argnums(operation, reverse)

    @functools.wraps(function)
    def changed(*args: Any, **kwargs: Any) -> Any:
        leaves, structure = _flatten((args, kwargs))
        if not any(map(isbox, leaves)):
            return function(*args, **kwargs)
        given, named = _unflatten(structure, map(held, leaves))
        values, form = _flatten(function(*given, **named))
        entries = (
            operation(structure, i, *leaves) if np.issubdtype(value.dtype, np.inexact) else value
            for i, value in enumerate(values)
        )
        return _unflatten(form, entries)

    return changed
