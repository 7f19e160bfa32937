"""What f does to tensors that were there before, and to the generators of random numbers: so that it can be undone.

A nesting that is refused has evaluated f by then, and the next one evaluates it again: running statistics would move
twice, and random numbers be drawn twice. What may do so is known by its name; the operators that it runs are seen, and
what they write is kept. A script of TorchScript is not looked into.
"""

from __future__ import annotations

import concurrent.futures.thread
import contextlib
import inspect
import selectors
import sys
import threading
import types
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Any, TypeVar

import torch
from torch._ops import OperatorBase, OpOverloadPacket
from torch.utils._python_dispatch import TorchDispatchMode

T = TypeVar("T")

_OWNERS = (torch, torch.Tensor, torch._C._nn, torch.nn.functional)
_DRAWS = torch.Tag.nondeterministic_seeded
_WRITTEN_UNSAID = {"running_mean", "running_var"}
"""Arguments that some operators write although their schema says nothing of it."""
_MAY_DRAW = {"generator", "p", "dropout", "dropout_p", "train", "training"}
"""Arguments of the operators that draw, and of some others."""
_SWITCHES = {"training", "inplace", "dropout_p", "max_norm", "use_input_stats", "running_mean"}
"""Arguments of Python's functions that make them write or draw."""
_PLAIN = (torch.Tensor, torch.nn.Parameter)
_WAITS = (threading.Condition.wait, selectors.DefaultSelector.select, concurrent.futures.thread._worker)
_WAITING = {function.__code__ for function in _WAITS}
"""Where a thread of Python does nothing until it is told to, as that of a pool, which `torch.compile` leaves too."""

current: ContextVar[Effects | None] = ContextVar("nestgrad_torch_effects", default=None)


def _writes(schema: Any) -> set[str]:
    """The arguments of an operator that it writes."""
    names = {argument.name for argument in schema.arguments if argument.alias_info and argument.alias_info.is_write}
    return names | (_WRITTEN_UNSAID & {argument.name for argument in schema.arguments})


def _has_effects(name: str, schema: Any) -> bool:
    """Whether an operator may write into a tensor that it is given for something else, or draw."""
    outs = {argument.name for argument in schema.arguments if argument.is_out or "Tensor" not in str(argument.type)}
    if _writes(schema) - outs:
        return True
    if _MAY_DRAW.isdisjoint(argument.name for argument in schema.arguments):  # else torch is asked: a slow answer
        return False
    return _DRAWS in getattr(getattr(torch.ops.aten, name), schema.overload_name or "default").tags


def _names() -> set[str]:
    """The operators of torch that may have effects; `dir(torch.ops.aten)` knows those alone that were used."""
    spaces = ((*schema.name.split("::"), schema) for schema in torch._C._jit_get_all_schemas())
    return {name for space, name, schema in spaces if space == "aten" and _has_effects(name, schema)}


def _is_switched(function: Any) -> bool:
    return isinstance(function, types.FunctionType) and not _SWITCHES.isdisjoint(inspect.signature(function).parameters)


EFFECTS = frozenset(
    {
        *(getattr(owner, name) for name in _names() for owner in _OWNERS if hasattr(owner, name)),
        *(function for function in vars(torch.nn.functional).values() if _is_switched(function)),
        *(getattr(torch.Tensor, n) for n in dir(torch.Tensor) if n.startswith("__i") and hasattr(torch.Tensor, n)),
        torch.nn.functional.gumbel_softmax,
        torch.Tensor.__setitem__,
    }
)
"""Functions that may write into a tensor, or draw."""


def attempt(evaluate: Callable[[], T]) -> T:
    """`evaluate()`; see `nestgrad.extend.Abilities.attempts`."""
    outer, effects = current.get(), Effects()
    token = current.set(effects)
    try:
        found = evaluate()
    except BaseException:
        effects.undo()
        raise
    finally:
        current.reset(token)
    if outer is not None:
        outer.add(effects)
    return found


class Effects:
    """What one attempt has written and drawn.

    Attributes:
        count: how many operators have.
    """

    __slots__ = ("_states", "_written", "count")

    def __init__(self) -> None:
        self.count = 0
        self._written: dict[Any, tuple[Any, Any]] = {}  # what was there before the first write, by place
        self._states: dict[torch.Generator, torch.Tensor] = {}  # before the first draw

    def add(self, later: Effects) -> None:
        """What an attempt inside of this one has done, and leaves."""
        for place, before in later._written.items():
            self._written.setdefault(place, before)
        self.count += later.count
        for generator, state in later._states.items():
            self._states.setdefault(generator, state)

    def seeing(self, func: Any, kwargs: Any) -> AbstractContextManager[Any]:
        """A context for the call of a function; the operators are seen of one that may have effects."""
        if func in EFFECTS or "out" in kwargs or isinstance(func, (OperatorBase, OpOverloadPacket)):
            return _Operators(self)
        return contextlib.nullcontext()

    def operator(self, func: Any, args: Any, kwargs: Any) -> Any:
        """The call of an operator, with what it changes kept."""
        names = [argument.name for argument in func._schema.arguments]
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        for name in _writes(func._schema):
            for tensor in _tensors(given.get(name)):
                self.count += 1
                place = _place(tensor)
                if place not in self._written:
                    self._written[place] = tensor, _kept(tensor)
        if _DRAWS in func.tags:
            self.count += 1
            generator = _generator(given)
            if generator not in self._states:
                self._states[generator] = generator.get_state()
        return func(*args, **kwargs)

    def undo(self) -> None:
        """Put all back that it has changed.

        Generators only where each other thread waits: it may draw at any moment, and would draw the same once more.
        """
        with torch._C._DisableFuncTorch(), torch.no_grad():  # as it was kept, below all transforms
            for tensor, (values, view) in reversed(self._written.values()):
                if view and view[0] != tensor.shape:  # `squeeze_`, say, writes the shape alone
                    tensor.as_strided_(*view)
                tensor.copy_(values)
        if _all_others_wait():  # and none begins to draw before this is done, since that takes the GIL
            for generator, state in self._states.items():
                generator.set_state(state)


class _Operators(TorchDispatchMode):
    """Sees the operators of one call."""

    def __init__(self, effects: Effects) -> None:
        super().__init__()
        self._effects = effects

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self._effects.operator(func, args, kwargs or {})


def _all_others_wait() -> bool:
    # no name for the frames: this one is among them, and would hold itself
    running = {thread: frame.f_code for thread, frame in sys._current_frames().items()}
    # a thread without a frame runs no Python: one that C has started stays on the list when it has ended
    others = {thread.ident for thread in threading.enumerate()} - {threading.get_ident()}
    return all(code in _WAITING for thread, code in running.items() if thread in others)


def _kept(tensor: torch.Tensor) -> tuple[torch.Tensor, Any]:
    """A copy of the values, and how the tensor views its memory."""
    is_strided = tensor.layout is torch.strided
    return tensor.clone(), (tensor.shape, tensor.stride(), tensor.storage_offset()) if is_strided else None


def _place(tensor: torch.Tensor) -> Any:
    """Which memory a tensor is, as long as it lives."""
    if tensor.layout is not torch.strided or type(tensor) not in _PLAIN:
        return id(tensor)
    return tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype, tensor.device


def _tensors(value: Any) -> list[torch.Tensor]:
    entries = value if isinstance(value, (list, tuple)) else [value]
    return [entry for entry in entries if isinstance(entry, torch.Tensor)]


def _generator(given: dict[str, Any]) -> torch.Generator:
    """The generator that an operator with these arguments draws from."""
    if isinstance(given.get("generator"), torch.Generator):
        return given["generator"]
    tensors = [tensor for value in given.values() for tensor in _tensors(value)]
    device = torch.device(given.get("device") or (tensors[0].device if tensors else torch.get_default_device()))
    if device.type == "cuda":
        return torch.cuda.default_generators[device.index or 0]
    return torch.default_generator
