"""What Dynamo leaves behind when it fails, and a function that it takes for a new one."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import torch
from torch._C import _autograd as hooks
from torch.autograd import forward_ad

from nestgrad.extend import Function


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
