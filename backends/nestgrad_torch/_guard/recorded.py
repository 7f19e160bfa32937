"""What a graph of torch holds that is wrong when it is differentiated once more: refused by the same table.

Which nodes of a graph are looked at follows from its signature, and is found once; their values are looked at in each
call.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, NamedTuple

import optree
import torch
from torch.autograd.function import BackwardCFunction

from nestgrad.extend import own_rule
from nestgrad_torch._faults.table import TABLE
from nestgrad_torch._graph import Graph
from nestgrad_torch._recording import depth, node_leads_to_input, taping
from nestgrad_torch._sight import Seen

_MAX_ENTRIES = 2**18
_WRAP = 2**64  # torch shows a negative axis as an unsigned number

_Rules = dict[str, tuple[Seen, ...]]


class Look(NamedTuple):
    """What a signature tells of its graphs under a nesting; nodes are given by their places.

    Attributes:
        suspects: nodes that may be wrong, as their values tell, each with its faults.
        rules: nodes whose rule is written in Python.
        determinants: nodes of determinants.
        captured: leaves that are none of the inputs, such as a module's parameters.
        is_plain: whether there is none of rules, determinants and captured leaves.
    """

    suspects: tuple[tuple[int, tuple[Seen, ...]], ...]
    rules: tuple[int, ...]
    determinants: tuple[int, ...]
    captured: tuple[int, ...]
    is_plain: bool


class Looks:
    """Looks by signature, emptied when all signatures together are long: loops of varying length have one for each."""

    __slots__ = ("_entries", "_looks")

    def __init__(self) -> None:
        self._looks: dict[tuple[Hashable, ...], Look] = {}
        self._entries = 0

    def __len__(self) -> int:
        return len(self._looks)

    def __contains__(self, signature: object) -> bool:
        return signature in self._looks

    def get(self, signature: tuple[Hashable, ...]) -> Look | None:
        """What is looked at in graphs of a signature, if that is known."""
        return self._looks.get(signature)

    def keep(self, signature: tuple[Hashable, ...], look: Look) -> None:
        """Remember it, unless there is a rule in it, whose class is the user's and would be kept alive."""
        if look.rules or signature in self._looks:
            return
        if self._entries >= _MAX_ENTRIES:
            self._looks, self._entries = {}, 0
        self._looks[signature] = look
        self._entries += 1 + len(signature)


_looks: defaultdict[tuple[Any, str], Looks] = defaultdict(Looks)


def look_at(nesting: str, graph: Graph) -> Look:
    """What is looked at in a graph under a nesting."""
    return _look_for(_rules_under, nesting, graph)


def look_at_operators(nesting: str, graph: Graph) -> Look:
    """The same, where Python's calls are seen too: of what is told by these, torch's own rules call other operators."""
    return _look_for(_operators_under, nesting, graph)


def _look_for(wrong_under: Callable[[str], _Rules], nesting: str, graph: Graph) -> Look:
    looks = _looks[wrong_under, nesting]
    look = looks.get(graph.signature)
    if look is None:
        wrong = wrong_under(nesting)
        names = [node.name() for node in graph.nodes]
        suspected = [(*wrong.get(name, ()), *wrong.get(name.rstrip("0123456789"), ())) for name in names]
        rules = tuple(i for i, node in enumerate(graph.nodes) if isinstance(node, BackwardCFunction))
        determinants = tuple(i for i, name in enumerate(names) if name == "LinalgDetBackward0")
        captured = graph.captured()
        look = Look(
            suspects=tuple((i, wrongs) for i, wrongs in enumerate(suspected) if wrongs),
            rules=rules,
            determinants=determinants,
            captured=captured,
            is_plain=not (rules or determinants or captured),
        )
        looks.keep(graph.signature, look)
    return look


def check(nesting: str, graph: Graph, look: Look) -> None:
    """A look at the values in what f has recorded at a level of its own.

    Raises:
        UnsupportedNestingError: torch would get an operation wrong under this nesting.
    """
    for _, wrong in _wrong_in(graph, look):
        raise wrong.refusal(nesting)


def check_tape(nesting: str, graph: Graph, look: Look) -> None:
    """The same of a tape, in which there may be graphs of others, behind what f captures: these are constants."""
    for node, wrong in _wrong_in(graph, look):
        if node_leads_to_input(node):
            raise wrong.refusal(nesting)


def tell_rules(graph: Graph, look: Look) -> None:
    """Declare the rules of a graph that were written outside of torch."""
    for place in look.rules:
        tell_rule(graph.nodes[place]._forward_cls)


def tell_rule(function: type) -> None:
    """Declare a `torch.autograd.Function`, unless it is torch's."""
    if not function.__module__.startswith(("torch.", "nestgrad_torch.")):
        own_rule(function.__name__)


def guard(nesting: str, result: Any, inputs: tuple[Any, ...]) -> None:
    """Let the user's own `backward()` through the result of a nesting, one more R, raise where it would be wrong."""
    for leaf in (result,) if isinstance(result, torch.Tensor) else optree.tree_leaves(result):
        if isinstance(leaf, torch.Tensor) and leaf.requires_grad and leaf.grad_fn is not None:
            _guard(leaf, "R" + nesting, inputs)


def _guard(leaf: Any, nesting: str, inputs: tuple[Any, ...]) -> None:
    if depth() or not torch.is_grad_enabled() or torch._C._are_functorch_transforms_active():
        return
    with taping(inputs):
        graph = Graph(leaf, ())
        found = next(_wrong_in(graph, look_at(nesting, graph)), None)
    if found is not None:
        leaf.register_hook(functools.partial(_refuse, found[1], nesting))


def _refuse(wrong: Seen, nesting: str, cotangent: Any) -> None:
    raise wrong.refusal(nesting)


def _wrong_in(graph: Graph, look: Look) -> Iterator[tuple[Any, Seen]]:
    """The operations of a graph that are wrong, each with its node."""
    for place, suspects in look.suspects:
        node = graph.nodes[place]
        saved = _Saved(node)
        for wrong in suspects:
            if _concerned(wrong, saved):
                yield node, wrong


def _concerned(wrong: Seen, saved: _Saved) -> bool:
    """Whether the arguments are concerned, as far as torch has saved them."""
    try:
        return wrong.concerns(saved)
    except KeyError:
        return True


class _Saved(Mapping[str, Any]):
    """What a node has saved of its arguments, by name; each is read when it is asked for."""

    def __init__(self, node: Any) -> None:
        self._node = node

    def __getitem__(self, name: str) -> Any:
        try:
            saved = getattr(self._node, f"_saved_{name}")
        except AttributeError:
            raise KeyError(name) from None
        return saved - _WRAP if isinstance(saved, int) and saved >= _WRAP // 2 else saved

    def __iter__(self) -> Iterator[str]:
        return (name.removeprefix("_saved_") for name in dir(self._node) if name.startswith("_saved_"))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@functools.lru_cache(maxsize=256)
def _rules_under(nesting: str) -> _Rules:
    """The reverse rules, by torch's name, with its number or without, that are wrong under a nesting."""
    return _wrong_under(nesting, lambda wrong: (*wrong.sight.nodes, *_of_operators(wrong)))


@functools.lru_cache(maxsize=256)
def _operators_under(nesting: str) -> _Rules:
    """Those of operators alone."""
    return _wrong_under(nesting, _of_operators)


def _wrong_under(nesting: str, names: Callable[[Seen], tuple[str, ...]]) -> _Rules:
    rules: _Rules = {}
    for wrong in TABLE:
        if wrong.covers(nesting):
            for name in names(wrong):
                rules[name] = (*rules.get(name, ()), wrong)
    return rules


def _of_operators(wrong: Seen) -> tuple[str, ...]:
    """What torch calls the reverse rules of an operation, by its operators."""
    return tuple("".join(part.capitalize() for part in name.split("_")) + "Backward" for name in wrong.sight.aten)
