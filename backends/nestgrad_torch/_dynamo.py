"""What Dynamo leaves behind when it fails, a function that it takes for a new one, and the compiler behind it."""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator
from importlib import import_module
from types import CodeType, FunctionType
from typing import Any

import torch
from torch._C import _autograd as hooks
from torch._dynamo.repro.after_dynamo import wrap_backend_debug
from torch.autograd import forward_ad

from nestgrad.extend import Function

has_hooks: Callable[[], bool] = hooks._saved_tensors_hooks_is_enabled  # type: ignore[attr-defined]  # no stub
"""Whether hooks for saved tensors, which checkpoints need, are on."""


def put_back(had_hooks: bool) -> None:
    """Undo what torch.compile leaves behind when it fails: without it, later derivatives fail too."""
    if had_hooks:
        hooks._saved_tensors_hooks_enable()
    if forward_ad._current_level < 0:  # a level of forward mode, of which torch has one
        with contextlib.suppress(RuntimeError):
            torch._C._exit_dual_level(level=0)


@contextlib.contextmanager
def left_as_found() -> Iterator[None]:
    """A context that does so."""
    had_hooks = has_hooks()
    try:
        yield
    except BaseException:
        put_back(had_hooks)
        raise


_numbers = itertools.count()


def new_code(code: CodeType) -> CodeType:
    """A copy that Dynamo takes for another function's.

    It keeps programs and counts recompilations by code object, and stops at eight. What has changed between two calls
    it keeps by name and line, and then makes a symbol of it.
    """
    return code.replace(co_name=f"{code.co_name}_{next(_numbers)}")


def with_code(f: Function, code: CodeType | None = None) -> Function:
    """A copy with this code, or with a new one: all plans share that of their maker."""
    own: Any = f
    if not isinstance(f, FunctionType):

        @functools.wraps(f)
        def own(*args: Any, **kwargs: Any) -> Any:
            return f(*args, **kwargs)

    copied = FunctionType(
        code or new_code(own.__code__), own.__globals__, own.__name__, own.__defaults__, own.__closure__
    )
    copied.__kwdefaults__ = own.__kwdefaults__
    return copied


def see_to_inductor(output: Any) -> None:
    """Let an inductor that does not err compile what is being traced, whoever asks for it; see `_written_bases`."""
    compiler = getattr(output.compiler_fn, "_torchdynamo_orig_backend", output.compiler_fn)
    if isinstance(compiler, torch._TorchCompileInductorWrapper):
        own = import_module("nestgrad_torch._written_bases").seen_to(compiler)
        output.compiler_fn = wrap_backend_debug(own, own.compiler_name)
