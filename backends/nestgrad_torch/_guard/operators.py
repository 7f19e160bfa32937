"""The look-out below Python: every operator that runs, whoever called it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from nestgrad.extend import UnsupportedNestingError

from .arguments import of_operator
from .refused import Refused

# Of a structural zero, under any dispatch mode, torch calls these by themselves without end, and crashes.
_CRASHING = (torch.ops.aten.mul.Scalar, torch.ops.aten.div.Scalar)


@contextlib.contextmanager
def every_operator(nesting: str, operators: Refused) -> Iterator[list[Any]]:
    """A context in which these operators are refused, whoever calls them, and the tensors that were made numbers."""
    watch = _Operators(nesting, operators)
    try:
        with watch:
            yield watch.read
    except RuntimeError as error:  # TorchScript makes its own of every exception
        if watch.refusal is None or isinstance(error, UnsupportedNestingError):
            raise
        raise watch.refusal from error


class _Operators(TorchDispatchMode):
    """Sees every operator that runs, whoever called it."""

    def __init__(self, nesting: str, refused: Refused) -> None:
        super().__init__()
        self._nesting, self._refused = nesting, refused
        self.refusal: UnsupportedNestingError | None = None
        self.read: list[Any] = []  # tensors whose value was made a Python number

    @classmethod
    def ignore_compile_internals(cls) -> bool:
        """Dynamo, which torch.cond calls, fails to trace this mode, and then fails for good."""
        return True

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for wrong in self._refused.get(func.overloadpacket, ()):
            if wrong.concerns(of_operator(func, args, kwargs)):
                self.refusal = wrong.refusal(self._nesting)
                raise self.refusal
        if func is torch.ops.aten._local_scalar_dense.default:
            self.read.append(args[0])
        if func in _CRASHING and args[0]._is_zerotensor():
            return torch._efficientzerotensor(args[0].shape, dtype=args[0].dtype, device=args[0].device)
        return func(*args, **(kwargs or {}))
