"""An x that f reads from elsewhere, as a loss reads the parameters of its module: beside f's argument it is a constant.

f is called with variables that stand for x. The tensors that the caller has passed are nothing to the derivative, and
what f reads of them through a closure drops out of it without a word, though in torch's own programs that is how
parameters are differentiated. So it is refused where f reads such a tensor and not its argument, and of a module's
parameter also where it reads both: a loss that takes its penalty from the argument, say, and the rest from the module.
Any other tensor that f reads beside its argument is held, as in `(y - x).square()`, and so is whatever f detaches.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import torch
from torch._C._functorch import get_unwrapped, is_functorch_wrapped_tensor, maybe_get_level
from torch._subclasses.fake_tensor import FakeTensor
from torch.nn import Parameter

from nestgrad.extend import Leaves
from nestgrad_torch._graph import Graph
from nestgrad_torch._ledger import refusal
from nestgrad_torch._variables import has_tangent

CONSTANTS = frozenset(
    getattr(owner, name)
    for owner in (torch, torch.Tensor)
    for name in (
        *("detach", "zeros_like", "ones_like", "empty_like", "full_like", "rand_like", "randn_like"),
        *("new_zeros", "new_ones", "new_full", "new_empty", "new_tensor"),
    )
    if hasattr(owner, name)
) | {torch.Tensor.data.__get__}
"""What gives a constant of whatever it is given."""
_ABOUT = (bool, int, float, str, torch.Size, torch.dtype, torch.device, torch.layout)
"""What a tensor tells about itself: neither a value nor a part of one."""


class _Passed(threading.local):
    """The tensors that operators were called with, in the present thread: those of the innermost call."""

    def __init__(self) -> None:
        self.tensors: Leaves = ()


_passed = _Passed()


class passed:  # noqa: N801  # a context as those of contextlib, which take four times as long
    """A context in which an operator is called with these tensors."""

    __slots__ = ("_outside", "_tensors")

    def __init__(self, tensors: Leaves) -> None:
        self._tensors = tensors

    def __enter__(self) -> None:
        self._outside, _passed.tensors = _passed.tensors, self._tensors

    def __exit__(self, *raised: object) -> None:
        _passed.tensors = self._outside


class Captured:
    """What a function reads of x, through a closure and through the variables that stand for it.

    Attributes:
        is_open: whether what it reads further could lead to a refusal.
    """

    __slots__ = ("_has_parameters", "_level", "_passed", "_read", "_unused", "_variables", "is_open")

    def __init__(self, variables: Leaves) -> None:
        self._variables = {id(variable): variable for variable in variables}
        self._unused = {_memory(variable) for variable in variables} - {0}
        self._passed = {
            id(tensor): tensor
            for tensor in _passed.tensors
            if id(tensor) not in self._variables and _memory(tensor) in self._unused
        }
        self._read: dict[int, Any] = {}
        self._has_parameters = any(isinstance(tensor, Parameter) for tensor in self._passed.values())
        self._level = max([-1, *(maybe_get_level(entry) for entry in variables if is_functorch_wrapped_tensor(entry))])
        self.is_open = bool(self._unused)

    def look(self, func: Any, args: Any, kwargs: Any, result: Any) -> None:
        """Note what a call of Python's has read."""
        if isinstance(result, _ABOUT) or func in CONSTANTS or not torch.is_grad_enabled():
            return
        if func is torch._make_dual:  # of a variable and a tangent, which is no reading of f's
            args, kwargs = args[:1], {}
        for value in _tensors((args, kwargs or {})):
            if not self._note(value) and self._varies(value):
                self._unused.discard(_memory(value))
        self.is_open = self._has_parameters or bool(self._unused)

    def _note(self, value: Any) -> bool:
        """Whether it is, or was before the call, one of the tensors that the caller has passed; then it was read."""
        if id(value) in self._passed or (
            (isinstance(value, Parameter) or (value.requires_grad and value.is_leaf))
            and id(value) not in self._variables
            and not is_functorch_wrapped_tensor(value)
            and _memory(value) in self._unused
        ):
            self._read[id(value)] = value
            return True
        return False

    def _varies(self, value: Any) -> bool:
        """Whether it is differentiated at their level: a view of what f captures has their memory too."""
        while is_functorch_wrapped_tensor(value) and maybe_get_level(value) > self._level:
            value = get_unwrapped(value)
        if not is_functorch_wrapped_tensor(value) or maybe_get_level(value) < self._level:
            return False
        return bool(value.requires_grad) or has_tangent(value)

    def check(self, nesting: str, graph: Graph | None = None, leaves: tuple[int, ...] = ()) -> None:
        """Look at what was read, and at what a tape has recorded of it: the leaves are what f has captured.

        Raises:
            UnsupportedNestingError: the derivative would lack a part that f reads.
        """
        if graph is not None:
            for place in leaves:
                self._note(graph.nodes[place].variable)
            if self._read:
                self._unused -= {_memory(entry) for entry in self._variables.values() if graph.reaches(entry)}
        for name, tensor in self._read.items():
            if _memory(tensor) in self._unused or (name in self._passed and isinstance(tensor, Parameter)):
                raise refusal("captured", nesting)


def _tensors(arguments: Any) -> Iterator[Any]:
    for value in arguments.values() if isinstance(arguments, dict) else arguments:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, (tuple, list, dict)):
            yield from _tensors(value)


def _memory(tensor: Any) -> int:
    """Where its entries are; 0 of what has none of its own."""
    while is_functorch_wrapped_tensor(tensor):
        tensor = get_unwrapped(tensor)
    try:
        return 0 if isinstance(tensor, FakeTensor) else int(tensor.data_ptr())
    except RuntimeError:  # of a sparse tensor
        return 0
