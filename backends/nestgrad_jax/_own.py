"""Which of jax's own functions an operation belongs to, and which ones a program holds."""

from __future__ import annotations

import functools
from typing import Any

from jax.extend.core import ClosedJaxpr, jaxprs_in_params
from jax.extend.source_info_util import SourceInfo

PLAIN = ("betaln", "logsumexp")
"""Functions of jax that are no jits and are watched."""

SMALL = ("maximum", "minimum")
"""Jits of jax that hold a single operation."""


def is_own(primitive: Any, params: Any, name: str) -> bool:
    """Whether it is jax's own jit; what jax has differentiated goes by the name too, and has more results."""
    if primitive.name != "jit" or params["name"] != name:
        return False
    program = params["jaxpr"].jaxpr
    return len(program.outvars) == 1 and "jax/_src/" in (program.debug_info.func_filename or "")


def is_called_by(source: SourceInfo, name: str) -> bool:
    """Whether an operation is of a function of jax that is no jit: known by the stack, where it was called or traced.

    Inside one of jax's own small jits, such as that of `maximum`, it is the stack of whoever called that first.
    """
    frames = source.traceback.frames if source.traceback else ()
    return any(frame.function_name == name and "jax/_src/" in frame.file_name for frame in frames)


@functools.lru_cache(maxsize=8192)
def holds(program: ClosedJaxpr, name: str) -> bool:
    """Whether a program holds an operation of this name, or one that a function of jax of this name calls."""
    return any(
        equation.primitive.name == name
        or is_own(equation.primitive, equation.params, name)
        or (name in PLAIN and is_called_by(equation.source_info, name))
        or any(holds(inner, name) for inner in _inside(equation))
        for equation in program.jaxpr.eqns
    )


def _inside(equation: Any) -> list[ClosedJaxpr]:
    if any(is_own(equation.primitive, equation.params, name) for name in SMALL):
        return []
    return [program for program in jaxprs_in_params(equation.params) if isinstance(program, ClosedJaxpr)]
