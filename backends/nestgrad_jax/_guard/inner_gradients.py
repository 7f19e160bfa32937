"""A derivative that f itself takes by jax's own transforms, and what it hides.

A trace of f is not told what is called inside of f's `jax.grad`, but asked for the operations of jax's rules. What is
repaired elsewhere cannot be repaired there, and the derivative of that derivative would be jax's, which is wrong: it is
refused. `ng.gradient` inside of f has a trace of its own, and is not.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

from jax.core import Tracer
from jax.extend.core import Jaxpr, JaxprEqn, Literal, jaxprs_in_params

from nestgrad.extend import RefusedOperation
from nestgrad_jax._callers import Program
from nestgrad_jax._repairs.table import is_wrong

_HIDDEN = {
    **{name: name for name in ("hypot", "betaln", "ldexp", "i0", "sinc", "spence", "boxcox", "boxcox1p")},
    "sincospisquaredhalf": "fresnel",  # what its rule calls
}
"""Functions of jax that are repaired where they are seen; `logsumexp` if its weights vary and `det` by its rule too."""

_TRACES = ("JVPTrace.", "LinearizeTrace.")
_OURS = str(Path(__file__).parent.parent) + os.sep

Frames = Iterable[tuple[str, str]]  # function and file, the innermost first

_known: WeakKeyDictionary[Jaxpr, dict[bool, str | None]] = WeakKeyDictionary()


def refuse_hidden(asking: FrameType, primitive: Any, params: Any, args: Any, programs: Iterable[Program]) -> None:
    """Of an operation that a trace of f is asked for, and of all that its programs hold.

    Raises:
        RefusedOperation: it is of a function that is repaired, and f itself differentiates that.
    """
    names = _names_inside(_stack(asking), False)
    if names is None and not programs:
        return
    varies = any(isinstance(value, Tracer) for value in args)
    name = _hidden_of(names, primitive, params, varies, programs)
    if name is not None:
        why = "jax's second derivative is wrong at some points, and f itself takes the first"
        raise RefusedOperation(name, f"{why}: take it by nestgrad, as in ng.gradient(f, backend='jax').")


def _hidden_of(
    names: set[str] | None, primitive: Any, params: Any, varies: bool, programs: Iterable[Program]
) -> str | None:
    name = None if names is None else _repaired_of(names, primitive, params, varies)
    found = (_hidden_in(program, names is not None) for program in programs)
    return name or next(filter(None, found), None)


def _hidden_in(program: Program, is_inside: bool) -> str | None:
    """What a program hides, or one that is inside of a derivative."""
    program = getattr(program, "jaxpr", program)
    known = _known.setdefault(program, {})
    if is_inside not in known:
        found, varying = None, set(program.invars)
        for equation in program.eqns:
            varies = not varying.isdisjoint(v for v in equation.invars if not isinstance(v, Literal))
            varying.update(equation.outvars if varies else ())
            names, inner = _names_inside(_frames(equation, program), is_inside), jaxprs_in_params(equation.params)
            found = found or _hidden_of(names, equation.primitive, equation.params, varies, inner)
        known[is_inside] = found
    return known[is_inside]


def _repaired_of(names: set[str], primitive: Any, params: Any, varies: bool) -> str | None:
    """The function that is repaired among those that an operation is of; itself may be one."""
    if primitive.name == "jit" and "jax/_src/" in (params["jaxpr"].jaxpr.debug_info.func_filename or ""):
        names = names | {params["name"]}
    if "logsumexp" in names and varies and (primitive.name == "ne" or "not_equal" in names):  # is this weight zero?
        return "logsumexp"
    if "det" in names and primitive.name == "triangular_solve":  # two and three rows jax may expand, without the rule
        return "det"
    return next((function for name, function in _HIDDEN.items() if name in names and is_wrong(function)), None)


def _names_inside(frames: Frames, is_inside: bool) -> set[str] | None:
    """The functions of jax that an operation is of, if a derivative by jax lies between it and the trace."""
    names: set[str] = set()
    for function, file in frames:
        if file.startswith(_OURS):
            if not function.endswith(".watched"):  # of a derivative by nestgrad, which has repaired it
                return None
            break  # the call that is traced
        is_inside = is_inside or function.startswith(_TRACES)
        if is_inside and "jax/_src/" in file:
            names.add(function)
    return names if is_inside else None


def _stack(asking: FrameType) -> Iterator[tuple[str, str]]:
    frame: FrameType | None = asking
    while frame is not None:
        yield frame.f_code.co_qualname, frame.f_code.co_filename
        frame = frame.f_back


def _frames(equation: JaxprEqn, program: Jaxpr) -> Iterator[tuple[str, str]]:
    """Of an operation in a program, as far as the program's own function."""
    traceback, info = equation.source_info.traceback, program.debug_info
    frames = [(frame.function_name, frame.file_name) for frame in traceback.frames] if traceback else []
    for place, (function, file) in enumerate(frames):
        if function.rpartition(".")[2] == info.func_name and file == info.func_filename:
            return iter(frames[: place + 1])
    return iter(())
