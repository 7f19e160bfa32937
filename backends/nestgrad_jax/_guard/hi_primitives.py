"""Operations that call an object, which holds its rules: jax has them since 0.12, and calls them hijax.

A `custom_vjp` with `generic_batching` is one, as is every `custom_jvp` and `custom_vjp` under the settings
`jax_custom_jvp3` and `jax_custom_vjp3`. Others are of a class that somebody wrote.
"""

from __future__ import annotations

import inspect
from typing import Any

CALL = "call_hi_primitive"
"""The name of the primitive."""

_RULES = ("jvp_rule", "bwd")
"""Attributes of jax's own objects that hold a rule."""
_HELD = ("jvp_fun", "bwd", "bwd_accums")
"""Variables of jax's own functions around a rule that hold it."""


def called(params: Any) -> Any:
    """The object that an operation calls."""
    return params["_prim"]


def function_and_rule(call: Any) -> tuple[Any, Any] | None:
    """The program of the function that such an object is, and its rule, as they were written; None if it has none."""
    traced = getattr(call, "traced", None)
    rule = next((vars(call)[name] for name in _RULES if name in vars(call)), None)
    return None if traced is None or rule is None else (traced.jaxpr, _written(rule, inspect.getfile(type(call))))


def _written(rule: Any, file: str) -> Any:
    """The rule that a function of jax's in this file hands on to."""
    rule = inspect.unwrap(rule)  # a vmap has put another one around it
    while inspect.isfunction(rule) and rule.__code__.co_filename == file:
        cells = zip(rule.__code__.co_freevars, rule.__closure__ or (), strict=True)
        held = {name: cell.cell_contents for name, cell in cells if name in _HELD}
        if not held:
            break
        rule = inspect.unwrap(next(iter(held.values())))
    return rule
