"""Which of jax's own functions an operation belongs to, and which ones a program holds.

They are known by private names. Those that this package goes by were found in jax 0.10.2 and 0.12.0.1 to be the same:
`_spence`, `_piecewise`, `_where` and `sincospisquaredhalf` of its functions, `remat2` and `custom_lin` of its
primitives; the frames `JVPTrace.`, `LinearizeTrace.` and `BatchTrace.`, `_stop_gradient_batch_rule`, `_get_monoid…`,
`is_concrete` and `concrete_or_error` with its `force`; the parameters of `custom_jvp_call`, `custom_vjp_call`, `jit`,
`cond` and `while`, `Trace.parent_trace`, and `Primitive.get_bind_params`; and for what calls back, in `_lift`,
`_callback_op_sharding` and `prim_requires_devices_during_lowering`.

In 0.12.0.1 alone: `_det_2x2` and `_det_3x3` have a rule; `expn` has none, but calls `_expn`, which has; a scan has its
constants and carries in the tree `ft_in`; `call_hi_primitive` calls an object, `_prim`, which holds rules; and there is
one class of programs, `Jaxpr`, which is `ClosedJaxpr` too.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, jaxprs_in_params
from jax.extend.source_info_util import SourceInfo

Program: TypeAlias = ClosedJaxpr | Jaxpr

PLAIN = ("betaln", "logsumexp", "spence", "boxcox", "boxcox1p")
"""Functions of jax that are no jits and are watched."""

SMALL = ("maximum", "minimum")
"""Jits of jax that hold a single operation."""


def own_name(primitive: Any, params: Any) -> str | None:
    """The name of a jit of jax itself; what jax has differentiated goes by the same name, and has more results."""
    if primitive.name != "jit":
        return None
    program = params["jaxpr"].jaxpr
    is_own = len(program.outvars) == 1 and "jax/_src/" in (program.debug_info.func_filename or "")
    return params["name"] if is_own else None


def own_rule(f: Any) -> str | None:
    """The name of a program, or a function under transformations, if that is jax's own function with a rule."""
    info = f.debug_info
    return info.func_name if "jax/_src/" in (info.func_filename or "") else None


def is_small(primitive: Any, params: Any) -> bool:
    """Whether it is a jit of jax that holds a single operation."""
    return own_name(primitive, params) in SMALL


def is_batched(source: SourceInfo) -> bool:
    """Whether an operation is what a vmap has made of another one."""
    frames = source.traceback.frames if source.traceback else ()
    return any(frame.function_name.startswith("BatchTrace.") for frame in frames)


def callers_of(source: SourceInfo, program: Jaxpr | None = None) -> set[str]:
    """The functions of jax that an operation is of, jits or none: known by the stack, where it was called or traced.

    Of a program of jax's own it is the stack of whoever called that first: only the part inside of the program tells.
    """
    frames = source.traceback.frames if source.traceback else ()  # the innermost first
    if program is not None and "jax/_src/" in (program.debug_info.func_filename or ""):
        places = [place for place, frame in enumerate(frames) if _is_function_of(program, frame)]
        frames = frames[: places[0] + 1] if places else ()
    return {frame.function_name for frame in frames if "jax/_src/" in frame.file_name}


def _is_function_of(program: Jaxpr, frame: Any) -> bool:
    info = program.debug_info
    return bool(frame.function_name == info.func_name and frame.file_name == info.func_filename)


def names_of(program: Jaxpr, equation: JaxprEqn) -> set[str]:
    """All names that an operation of a program goes by.

    That of its primitive, of a jit or a function with a rule, if jax's own, and of functions of jax that call it.
    """
    primitive, params = equation.primitive, equation.params
    names = {primitive.name, own_name(primitive, params)}
    if primitive.name == "custom_jvp_call":
        names.add(own_rule(params["call_jaxpr"].jaxpr))
    return {name for name in names if name} | callers_of(equation.source_info, program).intersection(PLAIN)


def holds_programs(value: Any) -> bool:
    """Whether a parameter of an operation is a program, or the branches of a cond; other tuples have names."""
    return isinstance(value, ClosedJaxpr) or (type(value) is tuple and any(map(holds_programs, value)))


def programs_of(equation: JaxprEqn) -> list[Program]:
    """The programs that an operation holds; those of a single operation of jax's are left out."""
    return [] if is_small(equation.primitive, equation.params) else list(jaxprs_in_params(equation.params))


def counts_of_scan(params: Any) -> tuple[int, int]:
    """How many constants a scan has, and how many carries: its first arguments, before the slices."""
    if "num_carry" in params:
        return params["num_consts"], params["num_carry"]
    constants, carries, _ = params["ft_in"].unpack()  # since 0.12
    return len(constants), len(carries)
