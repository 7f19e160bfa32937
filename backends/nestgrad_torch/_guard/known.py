"""Which graphs a function was seen to record while it was watched: such a call need not be watched again.

Seeing each call of Python costs a third of a derivative. A graph shows most of what is refused, and shows it at each
call; what leaves no node in a graph is seen while f is watched: at its first call for inputs and arguments of a kind,
at calls 2, 4, 8, … and each 256th, and whenever it records a graph that is new. f is watched at every call if it called
something that a graph does not show: what tells it a value, on which its path may depend, or what is refused or
repaired by its name.

What is kept hangs on f, weakly, and is bounded. Not closed by this is a path that changes for a reason of Python's own
(a flag, a captured NumPy array) while graph, shapes and arguments stay as they were: it is seen at the next call that
is watched. `verify="always"` watches every call.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Hashable, Iterator
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

import optree
import torch

from nestgrad.extend import Function, Leaves, UnsupportedNestingError, UserFunction
from nestgrad_torch._effects import Effects, current
from nestgrad_torch._graph import Graph

from .beside_graph import Recorded
from .captured import Captured
from .recorded import Look, Looks, check_tape, look_at, tell_rules
from .watch import refusing, watching

_MAX_KINDS = 64
_EVERY = 256
_PLAIN = (bool, int, float, complex, str, bytes, type(None), torch.dtype, torch.device)

_functions: WeakKeyDictionary[Any, dict[Hashable, _Seen]] = WeakKeyDictionary()


class _Seen:
    """The graphs of one function, for inputs and arguments of one kind."""

    __slots__ = ("always", "calls", "does_nothing", "graphs")

    def __init__(self) -> None:
        self.graphs = Looks()
        self.calls = 0
        self.always = False
        self.does_nothing = False  # as far as was seen: to tensors and generators

    def is_due(self, effects: Effects | None) -> bool:
        """Whether this call is one of those that are watched whatever was seen."""
        self.calls = calls = self.calls + 1
        unknown = effects is not None and not self.does_nothing
        return self.always or unknown or calls & (calls - 1) == 0 or calls % _EVERY == 0

    def note(self, graph: Graph, look: Look, called_unseen: bool) -> None:
        """What a call that was watched has recorded."""
        self.always = self.always or called_unseen or bool(look.rules)
        if not self.always:  # else it is of no use
            self.graphs.keep(graph.signature, look)


def recorded(nesting: str, f: Function, inputs: Leaves, x: Leaves, has_aux: bool) -> tuple[Any, Graph, Look]:
    """What f gives for inputs of a tape that stand for x, the graph of it, and what is looked at in that.

    f is watched under a nesting unless its graph is one that was seen. Where an unwatched f records a graph that is
    new, it is evaluated again.

    Raises:
        UnsupportedNestingError: torch would get an operation wrong under this nesting.
    """
    seen, effects = _seen(nesting, f, inputs), current.get()
    if seen is not None and not seen.is_due(effects):
        output = f(*inputs)
        graph = Graph(output[0] if has_aux else output, inputs)
        look = seen.graphs.get(graph.signature)
        if look is not None:
            if look.suspects:
                check_tape(nesting, graph, look)
            if look.captured:
                Captured(inputs, x).check(nesting, graph, look.captured)  # f is the user's: the only one that is known
            return output, graph, look
    watch, before = watching(nesting, Captured(inputs, x)), effects.count if effects is not None else 0
    try:
        with watch:
            output = f(*inputs)
        graph = Graph(output[0] if has_aux else output, inputs)
        look = look_at(nesting, graph)
        if look.suspects:
            check_tape(nesting, graph, look)
        # of a derivative, which is a plain function, the graph also shows what its direction was computed from
        watch.check(output, graph, () if isinstance(f, FunctionType) else look.captured)
    except UnsupportedNestingError:
        if seen is not None:
            seen.always = True  # what was refused once is refused until f takes another path
        raise
    if look.rules:
        tell_rules(graph, look)
    if seen is not None:
        seen.note(graph, look, watch.called_unseen)
        if effects is not None:
            seen.does_nothing = effects.count == before
    return output, graph, look


@contextlib.contextmanager
def pulled_back(f: Function, inputs: Leaves, recorded: Recorded) -> Iterator[None]:
    """A context in which a pullback under a forward mode is watched, unless it is one that was seen.

    Which operators it runs is decided by the graph that it goes through: by rules of torch, hooks and rules of the
    user's aside.
    """
    seen = _seen("FR", f, inputs)
    due = seen is None or seen.is_due(None)  # f itself is watched by FR
    if seen is not None and not due and not recorded.hooked and recorded.graph.signature in seen.graphs:
        yield
        return
    with refusing("F"):
        yield
    if seen is not None:
        seen.note(recorded.graph, recorded.look, recorded.hooked)


def _seen(nesting: str, f: Function, inputs: Leaves) -> _Seen | None:
    """What is known of a function for inputs of this kind; None if nothing can be kept."""
    if not isinstance(f, UserFunction) or f.verify == "always":
        return None
    kind: list[Hashable] = [nesting, f.layout.structures]
    for entry in inputs:
        kind += (entry.shape, entry.dtype, entry.device)
    if f.others or f.kwargs:
        given = _given(f)
        if given is None:
            return None
        kind += given
    key = tuple(kind)
    try:
        kinds = _functions.get(f.function)
        seen = kinds.get(key) if kinds else None
        return seen or _new(f.function, key)
    except TypeError:  # a function, or one of its arguments, that cannot be hashed or referred to weakly
        return None


def _new(function: Function, kind: Hashable) -> _Seen:
    kinds = _functions.setdefault(function, {})
    if len(kinds) >= _MAX_KINDS:
        kinds.clear()
    return kinds.setdefault(kind, _Seen())


def _given(f: UserFunction) -> list[Hashable] | None:
    """What f's other arguments are; None if one of them could hide a value."""
    held: Any = f.others, f.kwargs
    leaves, structure = optree.tree_flatten(held)
    given: list[Hashable] = [structure]
    for leaf in leaves:
        described = _described(leaf)
        if described is None:
            return None
        given += described
    return given


def _described(leaf: Any) -> tuple[Any, ...] | None:
    if isinstance(leaf, torch.Tensor):
        return leaf.shape, leaf.dtype, leaf.device, leaf.requires_grad
    if isinstance(leaf, _PLAIN):
        return type(leaf), leaf
    if callable(leaf):  # a module or a function is known by itself, as one that f captures is
        return (weakref.ref(leaf),)
    return None
