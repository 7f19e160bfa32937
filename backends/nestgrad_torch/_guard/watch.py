"""The look-out for operations that are wrong under the present nesting: they are refused by name.

The nesting is read off the tapes and torch's own stack of transforms, so a `torch.func.grad` that the user
puts around counts as well. The look is taken below every transform, where functional calls, modules, scripted code and
calls of `torch.ops.aten` are one and the same operator. It is scoped to a call and to its thread.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, ClassVar

import optree
import torch
from torch._C._functorch import get_dynamic_layer_stack_depth
from torch._functorch.autograd_function import custom_function_call
from torch._library.custom_ops import OPDEFS
from torch._ops import OpOverload, OpOverloadPacket
from torch.overrides import TorchFunctionMode

from nestgrad.extend import own_rule
from nestgrad_torch._effects import EFFECTS, current
from nestgrad_torch._faults.constants import READERS
from nestgrad_torch._faults.linearize import is_linearized, is_traced
from nestgrad_torch._faults.saved_intermediates import SAVED, mark, mark_operator, seen
from nestgrad_torch._graph import Graph
from nestgrad_torch._ledger import refusal
from nestgrad_torch._recording import depth
from nestgrad_torch._repairs.call import Call, Repair
from nestgrad_torch._repairs.second_tangents import with_second_tangents
from nestgrad_torch._repairs.table import REPAIRS
from nestgrad_torch._scripted import ran_plan
from nestgrad_torch._variables import is_variable, unwrapped

from .arguments import of_function
from .captured import Captured
from .held import LOSING, called, is_recording, taken_out, varies
from .here import nesting_here, transforms
from .operators import every_operator
from .reads import ASKED, READS, reads
from .recorded import tell_rule
from .refused import Refused, hidden_by_views, refused, without_a_node

_recorded: ContextVar[bool] = ContextVar("nestgrad_torch_recorded", default=False)

_is_dynamo_compiling, _is_grad_enabled = torch.compiler.is_dynamo_compiling, torch.is_grad_enabled

_OPERATORS = (OpOverload, OpOverloadPacket)


def watched(f: Callable[..., Any], x: tuple[Any, ...]) -> Any:
    """`f(*x)`, operations that are wrong under the present nesting being refused."""
    with refusing(nesting_here(), x, direction=_recorded.get()) as watch:
        output = f(*x)
    watch.check(output)
    return output


@contextlib.contextmanager
def along(tangents: tuple[Any, ...]) -> Iterator[None]:
    """A context in which forward mode goes along these tangents, which a tape of the user's may record."""
    token = _recorded.set(is_along_recorded(tangents))
    try:
        yield
    finally:
        _recorded.reset(token)


def is_along_recorded(tangents: tuple[Any, ...]) -> bool:
    """Whether a tape records what is computed from one of these tangents."""
    return torch.is_grad_enabled() and any(unwrapped(tangent).requires_grad for tangent in tangents)


def watching(nesting: str, captured: Captured) -> Functions:
    """A context that looks under this nesting at what Python calls alone: a graph will show what leaves a node."""
    return Functions(nesting, without_a_node(nesting), captured)


@contextlib.contextmanager
def refusing(
    nesting: str, x: tuple[Any, ...] = (), *, compiled: bool = False, direction: bool = False
) -> Iterator[Functions]:
    """A context in which operations that are wrong under this nesting are refused, in f called with x."""
    operators, functions = refused(nesting, compiled, direction)
    kind = _Compiled if compiled else Functions
    if not operators:  # seeing every operator costs more
        with kind(nesting, functions, Captured(x)) as watch:
            yield watch
        return
    with every_operator(nesting, operators) as read, kind(nesting, functions, Captured(x), read) as watch:
        yield watch


class Functions(TorchFunctionMode):
    """Sees what Python calls; `read` tells of the tensors that were made numbers meanwhile.

    Attributes:
        called_unseen: whether something was called that a graph will not show: what tells a value, or what is refused
            or repaired by its name alone.
    """

    _repairs: ClassVar[dict[Any, Repair]] = REPAIRS

    def __init__(self, nesting: str, refused: Refused, captured: Captured, read: list[Any] | None = None) -> None:
        super().__init__()
        self._captured = captured
        self._place = get_dynamic_layer_stack_depth(), depth()
        self._since = torch.autograd._get_sequence_nr()
        self._is_off = self._holds = False  # whether gradients are off, and whether something was so held
        self._nesting, self._refused, self._read = nesting, refused, read
        self._depth = get_dynamic_layer_stack_depth()
        self._hides = False  # whether a rule of f's has computed something for itself
        self._effects = current.get()
        self._looked_at = _LOOKED_AT if self._effects is None else _CHANGING
        self.called_unseen = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = self._call(func, args, kwargs)
        if self._captured.concerns(args, kwargs) and not _is_dynamo_compiling():
            self._captured.look(func, args, kwargs, result)
        return result

    def check(self, output: Any, graph: Graph | None = None, leaves: tuple[int, ...] = ()) -> None:
        """Look at what f has given, and at what its tape has recorded: the leaves are what f has captured.

        Raises:
            UnsupportedNestingError: f has taken x, or all that it computes, for a constant, or has run a plan of
                TorchScript.
        """
        if self._place[0] and self._nesting != "R" and ran_plan(output, self._since):
            raise refusal("scripted_plan", self._nesting)
        self._captured.check(self._nesting, graph, leaves)
        if self._holds and not varies(output, ()):
            torch.set_grad_enabled(True)  # as f found it
            raise refusal("held", self._nesting)

    def _call(self, func: Any, args: Any, kwargs: Any) -> Any:
        if not _is_dynamo_compiling():  # which traces this mode, where f calls what it has compiled
            if func in ASKED and reads(func, args):
                self.called_unseen = True
            if (
                func not in self._refused
                and func not in self._looked_at
                and not self._hides
                and self._read is None
                and _is_grad_enabled()
                and not self._is_off
                and type(func) not in _OPERATORS
                and not (kwargs and "out" in kwargs)
                and not is_traced()
            ):  # there is nothing to say about it
                return func(*args) if kwargs is None else func(*args, **kwargs)
            hidden = func in hidden_by_views(self._nesting)
            self.called_unseen = self.called_unseen or hidden or self._leaves_no_node(func)
            if hidden and self._read is None:
                return self._every_operator(func, args, kwargs or {})
        return self._looking(func, args, kwargs or {})

    def _nesting_here(self) -> str:
        """The nesting with the transforms that f has entered itself."""
        return self._nesting + transforms(self._depth)

    def _leaves_no_node(self, func: Any) -> bool:
        return func in READS or any(not wrong.sight.nodes for wrong in self._refused.get(func, ()))

    def _every_operator(self, func: Any, args: Any, kwargs: Any) -> Any:
        """The call, with a look at each operator that it makes."""
        operators, _ = refused(self._nesting, False)
        with every_operator(self._nesting, operators) as self._read:
            try:
                return self._looking(func, args, kwargs)
            finally:
                self._read = None

    def _looking(self, func: Any, args: Any, kwargs: Any) -> Any:
        if is_linearized():
            raise refusal("linearize_inside", self._nesting)
        if func in self._repairs:
            call = Call(func, args, kwargs)
            repaired = self._repairs[func](self._nesting_here(), call)
            if repaired is not call:
                self.called_unseen = True
            if repaired.function is not func:
                with self:  # what stands in is watched as f is
                    return repaired.function(*repaired.args, **repaired.kwargs)
            args, kwargs = repaired.args, repaired.kwargs
        asked = _asked(func)
        for wrong in self._refused.get(asked, ()):
            if wrong.concerns(of_function(args, kwargs)):
                raise wrong.refusal(self._nesting, asked)
        if func is torch._C._set_grad_enabled and self._is_here():
            self._is_off = not args[0]
        if func is custom_function_call:
            tell_rule(args[0])
        elif asked is torch.library.custom_op:
            own_rule(func.name())
        if func is custom_function_call and len(self._nesting) > 1:
            args = (seen(args[0], self._nesting), *args[1:])
        if func is custom_function_call:
            args = (with_second_tangents(args[0]), *args[1:])
        try:
            if self._effects is None:
                result = self._result(func, args, kwargs)
            else:
                with self._effects.seeing(func, kwargs):
                    result = self._result(func, args, kwargs)
            if (
                asked is torch.library.custom_op
                and mark_operator(func, args, kwargs, result)
                and len(self._nesting) > 1
            ):
                raise refusal(SAVED, self._nesting, "torch.library.custom_op")
            if self._read and func not in READERS and _differentiated_number(self._read, (args, kwargs)):
                raise refusal("number_arguments", self._nesting, func.__name__)
        finally:
            if self._read:
                self._read.clear()
        if self._hides or func is torch.Tensor.detach or not torch.is_grad_enabled():
            self._hides |= mark(func, (args, kwargs), result)
        return result

    def _is_here(self) -> bool:
        """Whether the present line is f's, and not inside of a derivative that f takes."""
        return self._place == (get_dynamic_layer_stack_depth(), depth())

    def _result(self, func: Any, args: Any, kwargs: Any) -> Any:
        if _is_dynamo_compiling():
            return func(*args, **kwargs)
        if func in LOSING and is_recording():
            return taken_out(func, args[0])
        if not self._is_here():
            if self._is_off and "F" in self._nesting and varies(args, kwargs):
                raise refusal("held_inside", self._nesting)
        elif not is_recording():
            self._holds = self._holds or varies(args, kwargs)
            if "F" in self._nesting:
                return called(func, args, kwargs)
        return func(*args, **kwargs)


class _Compiled(Functions):
    """The same of what is in the graph of a compiler: where a repair reached, its operations are there."""

    _repairs: ClassVar[dict[Any, Repair]] = {}


def _differentiated_number(read: list[Any], arguments: Any) -> bool:
    """Whether one of these tensors is an argument that a transform differentiates in."""
    numbers = [tensor for tensor in optree.tree_leaves(arguments) if _is_number(tensor)]
    return any(unwrapped(number).data_ptr() == tensor.data_ptr() for number in numbers for tensor in read)


def _is_number(value: Any) -> bool:
    if not isinstance(value, torch.Tensor) or value.dim() != 0:
        return False
    return (value.is_floating_point() or value.is_complex()) and is_variable(value)


def _asked(func: Any) -> Any:
    """What the table calls a function: `torch.library.custom_op` if it was made by that."""
    return torch.library.custom_op if isinstance(func, OpOverload) and func.name() in OPDEFS else func


_LOOKED_AT = frozenset(
    {*REPAIRS, *READS, *LOSING, custom_function_call, torch.Tensor.detach, torch._C._set_grad_enabled}
)
"""The functions about which there is something to say under every nesting."""

_CHANGING = _LOOKED_AT | EFFECTS
"""The same while what f changes is kept, to be undone."""
