"""What a tape has recorded behind a value: its nodes, in the order of a walk, and its signature."""

from __future__ import annotations

import itertools
from collections.abc import Hashable
from typing import Any

import torch

from nestgrad.extend import Leaves

from ._recording import is_input

_Leaf = torch._C._functions.AccumulateGrad
_OURS, _INNER, _CAPTURED = "ours", "inner", "captured"
INNER = "nestgrad_inner"
"""An attribute of leaves that a tape has made in the place of x. Once it has ended they are nobody's any more."""


class Graph:
    """The graph behind one or several tensors, as far as the inputs of its tape.

    Attributes:
        nodes: each once.
        signature: their types, how they are connected, and which leaves are inputs of the tape, which those of a tape
            that has ended inside it, and which are captured. Two graphs of one signature were recorded by the same
            operations, as far as these leave a node.
    """

    __slots__ = ("nodes", "signature")

    def __init__(self, output: Any, inputs: Leaves) -> None:
        # A small derivative takes the time of some hundred lines of Python: none here is for ornament.
        nodes: list[Any] = []
        place: dict[Any, int] = {}
        for entry in output if isinstance(output, tuple) else (output,):
            if isinstance(entry, torch.Tensor) and entry.requires_grad:
                node = entry.grad_fn  # None of a leaf that is returned as it is
                if node is not None and node not in place:
                    place[node] = len(nodes)
                    nodes.append(node)
        own = set(map(id, inputs))
        ends = set()  # of what was computed from something
        for entry in inputs:
            if entry.grad_fn is not None:
                ends.add(entry.grad_fn)
        signature: list[Hashable] = []
        note = signature.append
        for node in nodes:  # which grow while they are walked
            kind: Any = type(node)
            note(kind)
            if kind is _Leaf:
                variable = node.variable
                if id(variable) in own:
                    note(_OURS)
                else:
                    note(_INNER if hasattr(variable, INNER) and not is_input(variable) else _CAPTURED)
                continue
            if ends and node in ends:
                note(_OURS)
                continue
            for parent, output_number in node.next_functions:
                number = place.get(parent)
                if number is None:
                    if parent is None:
                        note(None)
                        continue
                    number = place[parent] = len(nodes)
                    nodes.append(parent)
                if output_number:
                    note(-output_number)
                note(number)
        self.nodes, self.signature = nodes, tuple(signature)

    def captured(self) -> tuple[int, ...]:
        """The places of leaves that are none of the inputs, such as a module's parameters."""
        if _CAPTURED not in self.signature:
            return ()
        marks = (mark for kind, mark in itertools.pairwise(self.signature) if kind is _Leaf)
        leaves = (place for place, node in enumerate(self.nodes) if type(node) is _Leaf)
        return tuple(place for place, mark in zip(leaves, marks, strict=True) if mark is _CAPTURED)

    def reaches(self, entry: Any) -> bool:
        """Whether an input of the tape is in it."""
        if entry.grad_fn is not None:
            return entry.grad_fn in self.nodes
        return any(type(node) is _Leaf and node.variable is entry for node in self.nodes)
