"""Which of jax's own functions an operation belongs to, and which ones a program holds.

They are known by private names. Those that this package goes by were found in jax 0.10.2 and 0.12.0.1 to be the same:
`_spence`, `_piecewise`, `_where` and `sincospisquaredhalf` of its functions, `remat2` and `custom_lin` of its
primitives; the frames `JVPTrace.`, `LinearizeTrace.` and `BatchTrace.`, `_stop_gradient_batch_rule`, `_get_monoid…`,
`is_concrete` and `concrete_or_error` with its `force`. `_det_2x2` and `_det_3x3` have a rule in 0.12.0.1 alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from jax.extend.core import ClosedJaxpr, Jaxpr, jaxprs_in_params
from jax.extend.source_info_util import SourceInfo

Program: TypeAlias = ClosedJaxpr | Jaxpr

_known: WeakKeyDictionary[Program, dict[str, bool]] = WeakKeyDictionary()  # a program may hold large arrays

PLAIN = ("betaln", "logsumexp", "spence", "boxcox", "boxcox1p")
"""Functions of jax that are no jits and are watched."""


def own_name(primitive: Any, params: Any) -> str | None:
    """The name of a jit of jax itself; what jax has differentiated goes by the same name, and has more results."""
    if primitive.name != "jit":
        return None
    program = params["jaxpr"].jaxpr
    is_own = len(program.outvars) == 1 and "jax/_src/" in (program.debug_info.func_filename or "")
    return params["name"] if is_own else None


def is_own_rule(f: Any, name: str) -> bool:
    """Whether a program, or a function under transformations, is jax's own function with a rule."""
    return f.debug_info.func_name == name and "jax/_src/" in (f.debug_info.func_filename or "")


def is_small(primitive: Any, params: Any) -> bool:
    """Whether it is a jit of jax that holds a single operation."""
    return own_name(primitive, params) in ("maximum", "minimum")


def is_batched(source: SourceInfo) -> bool:
    """Whether an operation is what a vmap has made of another one."""
    frames = source.traceback.frames if source.traceback else ()
    return any(frame.function_name.startswith("BatchTrace.") for frame in frames)


def is_called_by(source: SourceInfo, name: str, program: Jaxpr | None = None) -> bool:
    """Whether an operation is of a function of jax that is no jit: known by the stack, where it was called or traced.

    Of a program of jax's own it is the stack of whoever called that first: only the part inside of the program tells.
    """
    frames = source.traceback.frames if source.traceback else ()  # the innermost first
    if program is not None and "jax/_src/" in (program.debug_info.func_filename or ""):
        places = [place for place, frame in enumerate(frames) if _is_function_of(program, frame)]
        frames = frames[: places[0] + 1] if places else ()
    return any(frame.function_name == name and "jax/_src/" in frame.file_name for frame in frames)


def _is_function_of(program: Jaxpr, frame: Any) -> bool:
    info = program.debug_info
    return bool(frame.function_name == info.func_name and frame.file_name == info.func_filename)


def never(program: Jaxpr, equation: Any) -> bool:
    """No operation of a program is harmless."""
    return False


def holds(program: Program, name: str, is_harmless: Callable[[Jaxpr, Any], bool] = never) -> bool:
    """Whether a program holds an operation of this name, or one that a function of jax of this name calls.

    One that is harmless, as `is_harmless` tells of a program and an operation in it, does not count. It is the same
    at each call with a name: what was found is kept by name.
    """
    known = _known.setdefault(program, {})
    if name not in known:
        plain = getattr(program, "jaxpr", program)
        known[name] = any(
            (_is(plain, equation, name) and not is_harmless(plain, equation))
            or any(holds(inner, name, is_harmless) for inner in _inside(equation))
            for equation in plain.eqns
        )
    return known[name]


def _is(program: Jaxpr, equation: Any, name: str) -> bool:
    return (
        equation.primitive.name == name
        or own_name(equation.primitive, equation.params) == name
        or (equation.primitive.name == "custom_jvp_call" and is_own_rule(equation.params["call_jaxpr"].jaxpr, name))
        or (name in PLAIN and is_called_by(equation.source_info, name, program))
    )


def _inside(equation: Any) -> list[Program]:
    if is_small(equation.primitive, equation.params):
        return []
    return list(jaxprs_in_params(equation.params))
