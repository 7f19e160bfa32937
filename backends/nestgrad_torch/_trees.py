"""Containers by optree, taken apart and put together in ways that Dynamo traces too."""

from __future__ import annotations

from typing import Any

import optree

_LEAF = 0


class Structure:
    """A container without its leaves, known by an example: Dynamo's optree and the real one share no other form.

    Where Dynamo breaks a graph it makes objects anew, and may use one as a key before it has its attributes.
    """

    _example: Any = None

    def __init__(self, example: Any) -> None:
        self._example = example

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Structure) or self._example is None or other._example is None:
            return self is other
        return bool(_spec(self._example) == _spec(other._example))

    def __hash__(self) -> int:
        return hash(Structure)

    def __repr__(self) -> str:
        return repr(_spec(self._example))

    def filled(self, leaves: Any) -> Any:
        """The container with these leaves."""
        if self is _BARE:
            return leaves[0]
        return optree.tree_unflatten(_spec(self._example), leaves)


_BARE = Structure(_LEAF)


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """The leaves of a container, and its structure."""
    leaves, spec = optree.tree_flatten(tree)
    if spec.is_leaf():
        return leaves, _BARE
    return leaves, Structure(optree.tree_unflatten(spec, [_LEAF] * len(leaves)))


def _spec(example: Any) -> Any:
    return optree.tree_structure(example)
