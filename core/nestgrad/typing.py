"""What arrays, containers and functions are to a type checker. Engines' arrays have no type in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeAlias

Array: TypeAlias = Any
"""An array of an engine."""

Tree: TypeAlias = Any
"""Arrays in containers."""

Leaves: TypeAlias = tuple[Array, ...]
"""The arrays of a tree, or several arrays, in a row."""

Function: TypeAlias = Callable[..., Any]
"""A function of arrays or trees."""

Pullback: TypeAlias = Callable[[Any], Leaves]
"""From a cotangent to one entry for each primal."""

P = ParamSpec("P")
"""The parameters of a function, which are those of its derivative where that takes no directions."""
