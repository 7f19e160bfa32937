"""What messages call a part of a container. Backends open and close containers themselves: see `Offers`."""

from __future__ import annotations

from typing import Any

import optree


def paths(name: str, tree: Any, count: int) -> list[str]:
    """What a user would write to reach each of `count` leaves of the argument `name`: `x['w'][0]`."""
    accessors = optree.tree_accessors(tree)
    if len(accessors) != count:  # the engine's own nodes are single leaves to optree
        return [f"{name} (leaf {i})" for i in range(count)]
    return [accessor.codify(name) for accessor in accessors]
