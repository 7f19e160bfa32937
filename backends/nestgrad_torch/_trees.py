"""Containers by optree, taken apart and put together in ways that Dynamo traces too."""

from __future__ import annotations

from typing import Any

import optree
import torch
from torch.utils._pytree import tree_map


class Structure:
    """A container without its leaves: a structure of optree or, as Dynamo has none of dicts, an example with numbers.

    The example is made where it is asked for. Where Dynamo breaks a graph it makes objects anew, and may use one as a
    key before it has its attributes.
    """

    _spec: Any = None
    _example: Any = ...

    def __init__(self, example: Any = ..., spec: Any = None) -> None:
        self._example, self._spec = example, spec

    @property
    def spec(self) -> Any:
        """As optree has it."""
        if self._spec is None:
            self._spec = optree.tree_structure(self._example)
        return self._spec

    @property
    def example(self) -> Any:
        """The container with numbers for leaves."""
        if self._example is ...:
            self._example = optree.tree_unflatten(self._spec, range(self._spec.num_leaves))
        return self._example

    def __eq__(self, other: object) -> bool:
        if self is other or not isinstance(other, Structure) or _is_empty(self) or _is_empty(other):
            return self is other
        return bool(self.spec == other.spec)

    def __hash__(self) -> int:
        return hash(Structure)

    def __repr__(self) -> str:
        return repr(self.spec)

    def filled(self, leaves: Any) -> Any:
        """The container with these leaves."""
        if self is _BARE:
            return leaves[0]
        if torch.compiler.is_dynamo_compiling():
            return tree_map(lambda number: None if number is None else leaves[number], self.example)
        return optree.tree_unflatten(self.spec, leaves)


def _is_empty(structure: Structure) -> bool:
    return structure._spec is None and structure._example is ...


_BARE = Structure(0)


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """The leaves of a container, and its structure."""
    if torch.compiler.is_dynamo_compiling():
        leaves: list[Any] = []
        example = _numbered(tree, leaves)
        return leaves, _BARE if isinstance(example, int) else Structure(example)
    if isinstance(tree, torch.Tensor):
        return [tree], _BARE
    leaves, spec = optree.tree_flatten(tree)
    if spec.is_leaf():
        return leaves, _BARE
    return leaves, Structure(spec=spec)


def _numbered(tree: Any, leaves: list[Any]) -> Any:
    """The container with numbers for leaves, which are put into the list in the order of optree."""

    def number(node: Any) -> Any:
        if node is None:
            return None
        if type(node) is dict:
            numbered = {key: _numbered(node[key], leaves) for key in sorted(node)}
            return {key: numbered[key] for key in node}
        leaves.append(node)
        return len(leaves) - 1

    return tree_map(number, tree, is_leaf=lambda node: type(node) is dict)
