"""Containers by optree, put together again in a way that Dynamo traces too."""

from __future__ import annotations

from typing import Any

import optree
import torch


class Structure:
    """A container without its leaves. Dynamo knows optree's structures only if it has seen them made."""

    __slots__ = ("_example", "_spec")

    def __init__(self, spec: optree.PyTreeSpec) -> None:
        self._spec, self._example = spec, spec.unflatten(range(spec.num_leaves))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Structure) and bool(self._spec == other._spec)

    def __hash__(self) -> int:
        return hash(self._spec)

    def __repr__(self) -> str:
        return repr(self._spec)

    def filled(self, leaves: Any) -> Any:
        """The container with these leaves."""
        traced = torch.compiler.is_dynamo_compiling()
        return optree.tree_unflatten(optree.tree_structure(self._example) if traced else self._spec, leaves)


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """The leaves of a container, and its structure."""
    leaves, spec = optree.tree_flatten(tree)
    return leaves, Structure(spec)
