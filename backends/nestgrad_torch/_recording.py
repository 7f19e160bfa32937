"""Which tapes record what happens here, and what they have recorded."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import optree
import torch

from nestgrad.extend import Leaves


class _Tapes(threading.local):
    """The inputs of f on each tape that the present thread is recording."""

    def __init__(self) -> None:
        self.inputs: list[Leaves] = []


_tapes = _Tapes()


def depth() -> int:
    """How many tapes record what happens here."""
    return len(_tapes.inputs)


def is_input(value: Any) -> bool:
    """Whether a tape that records here has this tensor itself in the place of an input of f."""
    return any(value is entry for of_one in _tapes.inputs for entry in of_one)


def leads_to_input(value: Any) -> bool:
    """Whether a tape that records here has come from an input of f to this tensor."""
    inputs = [entry for of_one in _tapes.inputs for entry in of_one]
    return any(value is entry for entry in inputs) or (requires_grad(value) and node_leads_to_input(value.grad_fn))


def node_leads_to_input(last: Any) -> bool:
    """Whether a tape that records here has come from an input of f to this node."""
    inputs = [entry for of_one in _tapes.inputs for entry in of_one]
    ours = {entry.grad_fn for entry in inputs} - {None}
    return any(
        node in ours or any(getattr(node, "variable", None) is entry for entry in inputs) for node in _behind([last])
    )


def leads_elsewhere(value: Any) -> bool:
    """Whether a graph that goes on beyond what a tape records here is behind this tensor, or the tensor is a leaf."""
    if not requires_grad(value):
        return False
    inputs = [entry for of_one in _tapes.inputs for entry in of_one]
    if any(value is entry for entry in inputs):
        return value.grad_fn is not None
    ours = {entry.grad_fn for entry in inputs} - {None}
    if value.grad_fn is None:
        return True
    return any(
        node in ours or (hasattr(node, "variable") and not any(node.variable is entry for entry in inputs))
        for node in _behind([value.grad_fn])
    )


class taping:  # noqa: N801  # a context as those of contextlib, which take four times as long
    """A context in which a tape records from these inputs on, or what one has recorded from them is looked at."""

    __slots__ = ("_inputs",)

    def __init__(self, inputs: Leaves) -> None:
        self._inputs = inputs

    def __enter__(self) -> None:
        _tapes.inputs.append(self._inputs)

    def __exit__(self, *raised: object) -> None:
        _tapes.inputs.pop()


def nodes(value: Any) -> Iterator[Any]:
    """The nodes of the graph behind a tensor or a tuple of them."""
    return _behind([entry.grad_fn for entry in entries(value) if requires_grad(entry)])


def _behind(pending: list[Any]) -> Iterator[Any]:
    seen = set()
    while pending:
        node = pending.pop()
        if node is not None and node not in seen:
            seen.add(node)
            yield node
            pending += (parent for parent, _ in node.next_functions)


def entries(value: Any) -> Leaves:
    """The tensors of an output."""
    return value if isinstance(value, tuple) else (value,)


def requires_grad(value: Any) -> bool:
    """Whether torch records what is computed from it."""
    return isinstance(value, torch.Tensor) and value.requires_grad


def detached(tree: Any) -> Any:
    """A container with its tensors out of every graph."""
    if isinstance(tree, torch.Tensor):
        return tree.detach()
    if type(tree) is tuple:
        return tuple(map(detached, tree))
    return optree.tree_map(lambda leaf: leaf.detach() if isinstance(leaf, torch.Tensor) else leaf, tree)
