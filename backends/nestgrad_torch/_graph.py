"""What a tape has recorded behind a value: its nodes, in the order of a walk, and its signature."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import torch

from nestgrad.extend import Leaves

_Leaf = torch._C._functions.AccumulateGrad
_OURS, _CAPTURED = "ours", "captured"


class Graph:
    """The graph behind one or several tensors, as far as the inputs of its tape.

    Attributes:
        nodes: each once.
        signature: their types, how they are connected, and which leaves are inputs of the tape and which are
            captured. Two graphs of one signature were recorded by the same operations, as far as these leave a node.
    """

    __slots__ = ("nodes", "signature")

    def __init__(self, output: Any, inputs: Leaves) -> None:
        roots = [_root(entry) for entry in output] if isinstance(output, tuple) else [_root(output)]
        nodes = [node for node in dict.fromkeys(roots) if node is not None]
        place: dict[Any, int] = dict(zip(nodes, range(len(nodes)), strict=True))
        own = set(map(id, inputs))
        ends = [entry.grad_fn for entry in inputs if entry.grad_fn is not None]  # of what was computed from something
        signature: list[Hashable] = []
        note = signature.append
        for node in nodes:  # which grow while they are walked
            kind: Any = type(node)
            note(kind)
            if kind is _Leaf:
                note(_OURS if id(node.variable) in own else _CAPTURED)
            elif ends and node in ends:
                note(_OURS)
            else:
                for parent, output_number in node.next_functions:
                    if parent is None:
                        note(None)
                        continue
                    if output_number:
                        note(-output_number)
                    number = place.setdefault(parent, len(nodes))
                    if number == len(nodes):
                        nodes.append(parent)
                    note(number)
        self.nodes, self.signature = nodes, tuple(signature)

    @property
    def captures(self) -> bool:
        """Whether it reaches a leaf that is none of the inputs, such as a module's parameter."""
        return _CAPTURED in self.signature


def _root(entry: Any) -> Any:
    """The node that an output comes from; None of a constant, or of a leaf that is returned as it is."""
    if not isinstance(entry, torch.Tensor) or not entry.requires_grad:
        return None
    return entry.grad_fn
