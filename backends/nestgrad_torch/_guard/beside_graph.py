"""The look-out where a graph shows the operators: without a mode that sees each of them, at the price of a derivative.

The graph of reverse mode is there under torch.func too. What leaves no node in it is seen by itself, with every
operator that it calls: what is called without a gradient, rules and operators of the user's, what writes into a view,
and what may take for a number what forward mode has a derivative of. So is what f differentiates itself, of which the
value may keep no more than its rule.
"""

from __future__ import annotations

from typing import Any

import optree
import torch
from torch._C._functorch import (
    get_dynamic_layer_stack_depth,
    get_unwrapped,
    is_functorch_wrapped_tensor,
    maybe_get_level,
    peek_interpreter_stack,
)
from torch._ops import OperatorBase, OpOverloadPacket

from nestgrad.extend import Function, Leaves
from nestgrad_torch._graph import Graph
from nestgrad_torch._recording import depth, entries

from .captured import Captured
from .here import nesting_here
from .recorded import Look, check, check_tape, look_at_operators, tell_rules
from .refused import hidden_by_views, refused
from .watch import Functions

_OWNERS = (torch, torch.Tensor)


def _named(*names: str) -> frozenset[Any]:
    return frozenset(getattr(owner, name) for owner in _OWNERS for name in names if hasattr(owner, name))


_OPERATORS = (OperatorBase, OpOverloadPacket)  # the user's own, of higher order, and torch's called by their own name
_HOOKS = frozenset({torch.Tensor.register_hook, torch.Tensor.grad_fn.__get__})

_DIFFERENTIATES = frozenset({torch.autograd.grad, torch.autograd.backward, torch.Tensor.backward})

_ARITHMETIC = _named(
    *("add", "sub", "mul", "div", "pow", "true_divide", "maximum", "minimum", "matmul", "dot"),
    *("subtract", "multiply", "divide", "eq", "ne", "lt", "le", "gt", "ge", "atan2", "hypot", "__getitem__"),
    *(f"__{side}{name}__" for side in ("", "r") for name in ("add", "sub", "mul", "truediv", "div", "pow", "matmul")),
    *(f"__{name}__" for name in ("eq", "ne", "lt", "le", "gt", "ge")),
)
"""Functions whose first two arguments are taken for tensors."""
_OF_NUMBERS = _named("arange", "range", "scalar_tensor")
"""Functions that take numbers alone; other functions of one argument take a tensor."""


class BesideGraph(Functions):
    """Sees what Python calls, and every operator of what leaves no node.

    Attributes:
        hooked: whether f has put code of its own into the pullback, or could have.
    """

    def __init__(self, nesting: str, x: Leaves) -> None:
        self._operators, functions = refused(nesting, False)
        super().__init__(nesting, functions, Captured(x))
        self._takes_numbers = nesting.endswith("F")
        self.hooked = False

    def _call(self, func: Any, args: Any, kwargs: Any) -> Any:
        if func in _HOOKS:
            self.hooked = True
        if func in _DIFFERENTIATES:
            check_behind(self._nesting, args[0])
        if self._leaves_a_node(func, args, kwargs):
            return super()._call(func, args, kwargs)
        return self._every_operator(func, args, kwargs or {})

    def _leaves_a_node(self, func: Any, args: Any, kwargs: Any) -> bool:
        return (
            torch.is_grad_enabled()
            and get_dynamic_layer_stack_depth() == self._depth
            and func not in hidden_by_views(self._nesting)
            and not isinstance(func, _OPERATORS)
            and not (self._takes_numbers and _may_take_a_number(func, args, kwargs))
        )


def _may_take_a_number(func: Any, args: Any, kwargs: Any) -> bool:
    if func in _ARITHMETIC and len(args) <= 2 and not kwargs:
        return False
    given = args if func in _OF_NUMBERS or not (args and isinstance(args[0], torch.Tensor)) else args[1:]
    if not given and not kwargs:
        return False
    others: Any = given, kwargs
    return any(isinstance(value, torch.Tensor) and value.dim() == 0 for value in optree.tree_leaves(others))


def check_behind(nesting: str, outputs: Any) -> None:
    """A look at what f differentiates itself; see `check_recorded`."""
    roots = tuple(_at_a_graph(output) for output in (outputs if isinstance(outputs, (tuple, list)) else (outputs,)))
    graph = Graph(roots, ())
    (check_tape if depth() else check)(nesting, graph, look_at_operators(nesting, graph))


def _at_a_graph(value: Any) -> Any:
    """The tensor at the level where it has a graph."""
    while isinstance(value, torch.Tensor) and not value.requires_grad and is_functorch_wrapped_tensor(value):
        value = get_unwrapped(value)
    return value


class Recorded:
    """Calls f at the reverse mode that is innermost, and keeps what it has recorded there.

    Attributes:
        graph: the graph behind the value.
        look: what is looked at in it.
        hooked: whether the pullback may run code of f's.
    """

    graph: Graph
    look: Look
    hooked: bool

    def __call__(self, f: Function, x: Leaves) -> Any:
        """`f(*x)`, operations that are wrong under the present nesting being refused."""
        nesting = nesting_here()
        functions = BesideGraph(nesting, x)
        with functions:
            output = f(*x)
        functions.check(output)
        self.graph = Graph(output if _is_recorded_here(output) else (), x)
        self.look = look_at_operators(nesting, self.graph)
        self.hooked = functions.hooked
        tell_rules(self.graph, self.look)
        check(nesting, self.graph, self.look)
        return output


def _is_recorded_here(value: Any) -> bool:
    """Whether it is of the level that is innermost: else it is a constant there, whatever graph of others' it has."""
    level = peek_interpreter_stack()
    if level is None or not isinstance(value, torch.Tensor) or not is_functorch_wrapped_tensor(value):
        return False
    return maybe_get_level(value) == level.level()


def beside_tape(f: Function, x: Leaves) -> Any:
    """`f(*x)`, whose graph is looked at by `check_recorded` when forward mode is done with it."""
    with BesideGraph(nesting_here(), x) as watch:
        output = f(*x)
    watch.check(output)
    return output


def check_recorded(nesting: str, value: Any, tangent: Any) -> None:
    """A look at what a tape has recorded of a function and of its derivative along a tangent.

    Raises:
        UnsupportedNestingError: torch would get an operation wrong under this nesting.
    """
    graph = Graph((*entries(value), *entries(tangent)), ())
    check_tape(nesting, graph, look_at_operators(nesting, graph))
