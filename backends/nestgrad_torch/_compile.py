"""torch.compile, such that its number is the eager one or none."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import torch
from torch._C import _autograd as hooks
from torch._dynamo.exc import TorchDynamoException
from torch.autograd import forward_ad

from nestgrad.extend import Function

from ._forward import forward_mode

_MAX_PROGRAMS = 64  # of one plan, should every call bring another shape


def compiled(f: Function, compiler: str) -> Function:
    """F compiled whole by one of Dynamo's compilers, anew for every shape.

    While Dynamo traces it enters torch's one level of forward mode, so other threads wait with theirs. What it
    cannot compile is evaluated without it, to be refused for a reason of its own if there is one.
    """
    programs: dict[Any, Function] = {}

    @functools.wraps(f)
    def run(*args: Any, **kwargs: Any) -> Any:
        shapes = tuple(value.shape for value in args if isinstance(value, torch.Tensor))
        with forward_mode:
            if shapes not in programs:
                if len(programs) >= _MAX_PROGRAMS:
                    programs.clear()
                programs[shapes] = torch.compile(with_its_own_code(f), backend=compiler, fullgraph=True, dynamic=False)
            try:
                with left_as_found():
                    return programs[shapes](*args, **kwargs)
            except TorchDynamoException:
                f(*args, **kwargs)
                raise

    return run


@contextlib.contextmanager
def left_as_found() -> Iterator[None]:
    """A context that undoes what torch.compile leaves behind when it fails: without it, later derivatives fail too."""
    had_hooks = hooks._saved_tensors_hooks_is_enabled()  # type: ignore[attr-defined]  # torch's stubs lack it
    try:
        yield
    except BaseException:
        if had_hooks:  # for saved tensors, which checkpoints need
            hooks._saved_tensors_hooks_enable()
        if forward_ad._current_level < 0:  # a level of forward mode, of which torch has one
            with contextlib.suppress(RuntimeError):
                torch._C._exit_dual_level(level=0)
        raise


def with_its_own_code(f: Function) -> Function:
    """A copy: Dynamo counts recompilations by code object and stops at eight; all plans share that of their maker."""

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return f(*args, **kwargs)

    own: Any = wrapped
    return FunctionType(own.__code__.replace(), own.__globals__, own.__name__, None, own.__closure__)
