"""Containers are opened once, at the door: inside, a function takes a flat tuple of arrays."""

from __future__ import annotations

from typing import Any

import optree

from ._spec import Backend, provides


def flatten(backend: Backend | None, tree: Any) -> tuple[list[Any], Any]:
    """Leaves and structure: by the backend's own pytrees if it has any, by optree's otherwise."""
    if backend is not None and provides(backend, "flatten"):
        leaves, structure = backend.flatten(tree)  # type: ignore[attr-defined]
        return list(leaves), structure
    leaves, structure = optree.tree_flatten(tree)
    return leaves, structure


def unflatten(backend: Backend | None, structure: Any, leaves: Any) -> Any:
    """The inverse of `flatten`."""
    if backend is not None and provides(backend, "unflatten"):
        return backend.unflatten(structure, leaves)  # type: ignore[attr-defined]
    return optree.tree_unflatten(structure, leaves)


def paths(name: str, tree: Any, count: int) -> list[str]:
    """What a user would write to reach each of `count` leaves of the argument `name`: `x['w'][0]`."""
    accessors = optree.tree_accessors(tree)
    if len(accessors) != count:  # the engine's own nodes are single leaves to optree
        return [f"{name} (leaf {i})" for i in range(count)]
    return [accessor.codify(name) for accessor in accessors]
