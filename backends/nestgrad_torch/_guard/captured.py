"""An x that f reads from elsewhere, as a loss reads the parameters of its module: beside f's argument it is a constant.

f is called with variables that stand for x. The tensors that the caller has passed are nothing to the derivative, and
what f reads of them through a closure drops out of it without a word, though in torch's own programs that is how
parameters are differentiated. So it is refused where f reads such a tensor and not its argument, and of a module's
parameter also where it reads both: a loss that takes its penalty from the argument, say, and the rest from the module.
Any other tensor that f reads beside its argument is held, as in `(y - x).square()`, and so is whatever f detaches.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch._C._functorch import get_unwrapped, is_functorch_wrapped_tensor, maybe_get_level
from torch._ops import OpOverload
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
_NAMING = frozenset({torch.autograd.grad, torch.autograd.backward})
"""What is told tensors, and reads none."""
_ABOUT = (bool, int, float, str, torch.Size, torch.dtype, torch.device, torch.layout)
"""What a tensor tells about itself: neither a value nor a part of one."""


_LOOKED_INTO = frozenset({Parameter, list, tuple, dict})
"""Types of arguments that may be, or hold, what shares memory with x."""


class Captured:
    """What a function reads of x, through a closure and through the variables that stand for it.

    Args:
        variables: what it is called with.
        given: what these stand for, of a tape; of torch.func's levels it shows by itself.
    """

    __slots__ = ("_given", "_level", "_memory", "_read", "_unused", "_variables")

    def __init__(self, variables: Leaves, given: Leaves = ()) -> None:
        self._variables = {id(variable): variable for variable in variables}
        self._memory = {_memory(variable) for variable in variables} - {0}
        self._unused = set(self._memory)
        self._given = set(map(id, given)).difference(self._variables)
        self._read: list[Any] = []
        self._level = max(map(_level, variables), default=-1)

    def concerns(self, args: Any, kwargs: Any) -> bool:
        """Whether these arguments need a look: none are, most often, and a call is to take no longer for that."""
        if kwargs or (self._unused and self._level >= 0):
            return bool(self._memory)
        for value in args:  # a generator takes longer
            if id(value) in self._given or type(value) in _LOOKED_INTO:
                return bool(self._memory)
        return False

    def look(self, func: Any, args: Any, kwargs: Any, result: Any) -> None:
        """Note what a call of Python's has read."""
        if isinstance(result, _ABOUT) or func in CONSTANTS or func in _NAMING or not torch.is_grad_enabled():
            return
        if func is torch._make_dual:  # of a variable and a tangent, which is no reading of f's
            args, kwargs = args[:1], {}
        for value in _tensors((args, kwargs or {})):
            # below every transform a look-out calls the operators of scripted code, with what is inside of variables
            is_read = type(func) is not OpOverload and id(value) not in self._variables and self._note(value)
            if not is_read and self._unused and (id(value) in self._variables or self._varies(value)):
                self._used(value)

    def _used(self, value: Any) -> None:
        if self._level >= 0:  # a tape's graph tells better
            self._unused.discard(_memory(value))

    def _note(self, value: Any) -> bool:
        """Whether it is, or was before the call, what a variable stands for; then it was read."""
        if _memory(value) not in self._memory:
            return False
        level = _level(value)
        if self._level >= 0:
            is_outside = level < self._level
        else:
            is_leaf = isinstance(value, Parameter) or (value.requires_grad and value.is_leaf)
            is_outside = level < 0 and (id(value) in self._given or is_leaf)
        if is_outside:
            self._read.append(value)
        return is_outside

    def _varies(self, value: Any) -> bool:
        """Whether it is differentiated at their level: a view of what f captures has their memory too."""
        while _level(value) > self._level:
            value = get_unwrapped(value)
        return _level(value) == self._level >= 0 and (bool(value.requires_grad) or has_tangent(value))

    def check(self, nesting: str, graph: Graph | None = None, leaves: tuple[int, ...] = ()) -> None:
        """Look at what was read, and at what a tape has recorded of it: the leaves are what f has captured.

        Raises:
            UnsupportedNestingError: the derivative would lack a part that f reads.
        """
        if graph is not None:
            for place in leaves:
                variable = graph.nodes[place].variable
                if id(variable) not in self._variables:
                    self._note(variable)
            if self._read:
                self._unused -= {_memory(entry) for entry in self._variables.values() if graph.reaches(entry)}
        if any(isinstance(tensor, Parameter) or _memory(tensor) in self._unused for tensor in self._read):
            raise refusal("captured", nesting)


def _tensors(arguments: Any) -> Iterator[Any]:
    for value in arguments.values() if isinstance(arguments, dict) else arguments:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, (tuple, list, dict)):
            yield from _tensors(value)


def _level(tensor: Any) -> int:
    """The level of torch.func's that it belongs to; -1 of what belongs to none."""
    return int(maybe_get_level(tensor)) if is_functorch_wrapped_tensor(tensor) else -1


def _memory(tensor: Any) -> int:
    """Where its entries are; 0 of what has none of its own."""
    while is_functorch_wrapped_tensor(tensor):
        tensor = get_unwrapped(tensor)
    try:
        return 0 if isinstance(tensor, FakeTensor) else int(tensor.data_ptr())
    except RuntimeError:  # of a sparse tensor
        return 0
