"""torch.compile, such that its number is the eager one or none."""

from __future__ import annotations

import functools
from collections.abc import Hashable
from types import CodeType
from typing import Any
from weakref import WeakKeyDictionary

import optree
import torch
from torch._dynamo import error_on_graph_break
from torch._dynamo.exc import TorchDynamoException

from nestgrad.extend import Function

from ._dynamo import has_hooks, new_code, put_back, with_code
from ._forward import forward_mode

_MAX_PROGRAMS = 64  # of one plan, should every call bring another shape

_TENSOR = {torch.Tensor}

_codes: WeakKeyDictionary[Any, dict[Hashable, CodeType]] = WeakKeyDictionary()


def compiled(f: Function, compiler: str) -> Function:
    """F compiled whole by one of Dynamo's compilers, anew for every shape.

    While Dynamo traces it enters torch's one level of forward mode, so other threads wait with theirs. What it
    cannot compile is evaluated without it, to be refused for a reason of its own if there is one.
    """
    programs: dict[Any, Function] = {}

    @functools.wraps(f)
    def run(*args: Any, **kwargs: Any) -> Any:
        if not kwargs and _TENSOR.issuperset(map(type, args)):
            shapes: Hashable = tuple([value.shape for value in args])
        else:
            shapes = _shapes(args, kwargs)
        program = programs.get(shapes)
        had_hooks = has_hooks()
        with forward_mode:
            if program is None:
                if len(programs) >= _MAX_PROGRAMS:
                    programs.clear()
                program = programs[shapes] = _program(f, compiler, shapes)
            try:
                return program(*args, **kwargs)
            except BaseException as error:
                put_back(had_hooks)
                if isinstance(error, TorchDynamoException):
                    f(*args, **kwargs)
                raise

    return run


def _shapes(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Hashable:
    """The shapes of tensors, and whole numbers: where one of these changes, Dynamo would make it a symbol."""
    held: Any = args, kwargs
    leaves = optree.tree_leaves(held)
    return tuple([value.shape if isinstance(value, torch.Tensor) else _integer(value) for value in leaves])


def _integer(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _program(f: Function, compiler: str, shapes: Hashable) -> Function:
    """F compiled for arguments of these shapes.

    Dynamo keeps what it has compiled by code object. Plans that differentiate the same function in the same way have
    one code, so that a second one compiles nothing; else each has its own, as Dynamo stops at eight programs of one.
    """
    whole: Any = _whole(f)
    own = with_code(whole, _shared_code(f, whole.__code__, compiler, shapes))
    program: Function = torch.compile(own, backend=compiler)
    return program


def _whole(f: Function) -> Function:
    """F, to be compiled whole: what breaks the graph is an error.

    `fullgraph=True` says so too, and costs 2.5 µs in each call, a tenth of what a small program takes. It also fails
    where Dynamo has made eight programs of f and makes no more: here f is then evaluated without one.
    """

    def whole(*args: Any, **kwargs: Any) -> Any:
        with error_on_graph_break(True):
            return f(*args, **kwargs)

    return whole


def _shared_code(f: Function, code: CodeType, compiler: str, shapes: Hashable) -> CodeType | None:
    function, way = getattr(f, "differentiates", (None, None))
    if function is None:
        return None
    try:
        codes = _codes.setdefault(function, {})
    except TypeError:  # a function that cannot be referred to weakly
        return None
    if len(codes) >= _MAX_PROGRAMS:
        codes.clear()
    key = way, compiler, shapes
    if key not in codes:
        codes[key] = new_code(code)
    return codes[key]
