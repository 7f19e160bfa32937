"""Which of autograd's primitives a function runs on what depends on its arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.tracer import Node, notrace_primitives

from ._guard.own_rules import is_engines
from ._rules import ReverseNode
from ._trace import record


def operations(f: Callable[..., Any], *inputs: Any) -> frozenset[str]:
    """See `nestgrad.extend.Abilities.operations`; what is constant almost everywhere is left out.

    A primitive of somebody else's has its module in front, since it may be called like one of autograd's.
    """
    names: set[str] = set()
    record(f, inputs, [_Named.new_root(names) for _ in inputs], has_aux=False)
    return frozenset(names)


class _Named(Node):
    """A node that tells its operation's name."""

    __slots__ = ("names",)

    def __init__(self, value: Any, fun: Any, args: Any, kwargs: Any, argnums: Any, parents: Any) -> None:
        self.names = parents[0].names
        self.names.add(fun.__name__ if is_engines(fun) else f"{fun.fun.__module__}.{fun.__name__}")

    def initialize_root(self, names: set[str]) -> None:
        """What autograd calls for the node of an argument."""
        self.names = names


notrace_primitives[_Named] = notrace_primitives[ReverseNode]
