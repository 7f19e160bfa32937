"""Containers by optree, taken apart and put together in ways that Dynamo traces too."""

from __future__ import annotations

import functools
from typing import Any

import optree
import torch
from torch.utils._pytree import tree_map


class Structure:
    """A container without its leaves, known by an example that holds their numbers: Dynamo has no optree of dicts.

    Where Dynamo breaks a graph it makes objects anew, and may use one as a key before it has its attributes.
    """

    _example: Any = ...
    _spec: Any = None

    def __init__(self, example: Any, spec: Any = None) -> None:
        self._example, self._spec = example, spec

    def _as_optree_has_it(self) -> Any:
        if self._spec is None or torch.compiler.is_dynamo_compiling():  # which has an optree of its own
            return optree.tree_structure(self._example)
        return self._spec

    def __eq__(self, other: object) -> bool:
        if self is other or not isinstance(other, Structure) or self._example is ... or other._example is ...:
            return self is other
        return bool(self._as_optree_has_it() == other._as_optree_has_it())

    def __hash__(self) -> int:
        return hash(Structure)

    def __repr__(self) -> str:
        return repr(self._as_optree_has_it())

    def filled(self, leaves: Any) -> Any:
        """The container with these leaves."""
        if self is _BARE:
            return leaves[0]
        if torch.compiler.is_dynamo_compiling():
            return tree_map(lambda number: None if number is None else leaves[number], self._example)
        return optree.tree_unflatten(self._as_optree_has_it(), leaves)


@functools.lru_cache(maxsize=256)
def _structure_of(spec: Any) -> Structure:
    """The structure of optree's; the same object for the same one, so that comparing them takes no time."""
    return Structure(optree.tree_unflatten(spec, range(spec.num_leaves)), spec)


_BARE = Structure(0)


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """The leaves of a container, and its structure."""
    if isinstance(tree, torch.Tensor):
        return [tree], _BARE
    if torch.compiler.is_dynamo_compiling():
        leaves: list[Any] = []
        example = _numbered(tree, leaves)
        return leaves, _BARE if isinstance(example, int) else Structure(example)
    leaves, spec = optree.tree_flatten(tree)
    if spec.is_leaf():
        return leaves, _BARE
    return leaves, _structure_of(spec)


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
