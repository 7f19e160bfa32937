"""The look-out of `_repairs`, taken at the graph that Dynamo has made of a function, before it is compiled.

Operations that are refused break the graph: without `fullgraph` the operator then runs uncompiled and refuses by
name, with it torch raises, and says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch._dynamo.comptime import ComptimeContext, comptime
from torch._functorch import predispatch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx import Graph, Node
from torch.fx.node import map_arg

from nestgrad.extend import UnsupportedNestingError
from nestgrad_torch._dynamo import see_to_inductor
from nestgrad_torch._ledger import FAULTS
from nestgrad_torch._messages import BROKEN_ON_PURPOSE
from nestgrad_torch._repairs.table import Repairing
from nestgrad_torch._variables import as_constant

from .captured_nodes import OPENS, reads_captured
from .held_nodes import holds
from .here import nesting_here
from .watch import refusing
from .zero_norms import spoil_at_zero, stand_in

_ENTERS = {torch._C._functorch._grad_increment_nesting: "R", predispatch._jvp_increment_nesting: "F"}
_CALLED = {torch._refs.tensor: torch.tensor}  # what Dynamo puts in the place of what was called
_LEAVES = {torch._C._functorch._grad_decrement_nesting, predispatch._jvp_decrement_nesting}


def looked_at(f: Callable[..., Any], x: tuple[Any, ...]) -> Any:
    """`f(*x)`, traced by Dynamo; operations that are wrong under the present nesting break the graph."""
    with Repairing(nesting_here()):
        output = f(*x)
    comptime(_look)
    return output


_FAULT = FAULTS["compiled_forward"]
UNCOMPILABLE = _FAULT.reason


def is_compilable(nesting: str) -> bool:
    """Whether torch compiles derivatives of this nesting rightly, for most f."""
    return len(nesting) <= 2 and nesting != "FF"


@torch.compiler.disable(reason=BROKEN_ON_PURPOSE + UNCOMPILABLE)
def uncompiled(f: Callable[..., Any], *x: Any) -> Any:
    """`f(*x)`, neither it nor what it calls being traced by Dynamo."""
    return f(*x)


def break_graph(reason: str) -> None:
    """Keep what is being traced from being compiled."""
    torch._dynamo.graph_break(BROKEN_ON_PURPOSE + reason)


def _look(context: ComptimeContext) -> None:
    """Break the graph if what f has just added to it is refused under the transforms that are open there."""
    graph = context.graph()
    see_to_inductor(context._ComptimeContext__tx.output)
    varying = _varying(graph)
    fake = FakeTensorMode(allow_non_fake_inputs=True)  # one for all nodes: it is slow to make
    body = list(_body(graph))
    if reads_captured(graph, [node for node, _ in body]):
        context.graph_break(f"{BROKEN_ON_PURPOSE}{FAULTS['captured'].reason}")
    if holds(body, varying):
        context.graph_break(f"{BROKEN_ON_PURPOSE}{FAULTS['held_compiled'].reason}")
    for node, nesting in body:
        if node.op not in ("call_function", "call_method"):
            continue
        if any(argument.op == "get_attr" and "example_value" not in argument.meta for argument in node.all_input_nodes):
            context.graph_break(f"{BROKEN_ON_PURPOSE}{node.name}: what it calls is a program of its own, out of sight.")
        if (refusal := _alone(node, nesting, varying, fake)) is not None:
            context.graph_break(f"{BROKEN_ON_PURPOSE}{refusal.operation}: {refusal.reason}")
        if len(nesting) > 1:
            spoil_at_zero(graph, node)


def _body(graph: Graph) -> Iterator[tuple[Node, str]]:
    """What was added since the innermost open transform was entered, each node with the nesting it is under."""
    nesting = ""
    marks: list[int] = []
    body: list[tuple[Node, str]] = []
    for node in graph.nodes:
        if node.target in _ENTERS:
            marks.append(len(body))
            nesting += _ENTERS[node.target]
        elif node.target in _LEAVES:
            marks.pop()
            nesting = nesting[:-1]
        else:
            body.append((node, nesting))
    return iter(body[marks[-1] :])


def _alone(node: Node, nesting: str, varying: set[Node], fake: FakeTensorMode) -> UnsupportedNestingError | None:
    """The refusal that a node meets when it is run by itself, on fake tensors."""

    def stood_in(argument: Node) -> Any:
        tensor = stand_in(argument.meta.get("example_value"))
        return tensor if argument in varying else as_constant(tensor)

    with fake, refusing(nesting, compiled=True):
        args, kwargs = map_arg((node.args, node.kwargs), stood_in)
        target = getattr(args[0], node.target) if node.op == "call_method" else _CALLED.get(node.target, node.target)
        try:
            target(*(args[1:] if node.op == "call_method" else args), **kwargs)
        except UnsupportedNestingError as refusal:
            return refusal
        except Exception:
            return None
    return None


def _varying(graph: Graph) -> set[Node]:
    """What comes from what a transform differentiates in."""
    varying: set[Node] = set()
    for node in graph.nodes:
        if node.target in OPENS or not varying.isdisjoint(node.all_input_nodes):
            varying.add(node)
    return varying
