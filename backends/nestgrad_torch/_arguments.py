"""Questions about the arguments of a call that several sights ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._pytree import tree_leaves  # knows the lists of a graph

from nestgrad_torch._recording import leads_to_input
from nestgrad_torch._variables import is_transformed, is_variable

from ._sight import Arguments


def varies(position: int, name: str) -> Callable[[Arguments], bool]:
    """Whether a derivative is taken in this argument."""

    def when(arguments: Arguments) -> bool:
        args = arguments["args"]
        return is_variable(args[position] if position < len(args) else arguments["kwargs"].get(name))

    return when


def is_differentiated(value: Any) -> bool:
    """Whether one of the derivatives that are taken here is in it: not in a parameter that f captures, say."""
    return is_transformed(value) or (isinstance(value, torch.Tensor) and leads_to_input(value))


def differentiated(**places: int) -> Callable[[Arguments], bool]:
    """Whether one of these arguments, by name and position, is differentiated: of a call, or as a graph saved them."""

    def when(arguments: Arguments) -> bool:
        args, kwargs = arguments.get("args", ()), arguments.get("kwargs", arguments)
        given = (args[place] if place < len(args) else kwargs.get(name) for name, place in places.items())
        return any(map(is_differentiated, given))

    return when


def any_varies(arguments: Arguments) -> bool:
    """Whether a derivative is taken in one of them."""
    return any(map(is_variable, tree_leaves((arguments["args"], arguments["kwargs"]))))


def has_zero(arguments: Arguments) -> bool:
    """Whether an entry of the first one is zero."""
    return bool((arguments["self"] == 0).any())
