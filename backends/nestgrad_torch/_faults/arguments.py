"""Questions about the arguments of a call that several sights ask."""

from __future__ import annotations

from collections.abc import Callable

from torch.utils._pytree import tree_leaves  # knows the lists of a graph

from nestgrad_torch._variables import is_variable

from .sight import Arguments


def varies(position: int, name: str) -> Callable[[Arguments], bool]:
    """Whether a derivative is taken in this argument."""

    def when(arguments: Arguments) -> bool:
        args = arguments["args"]
        return is_variable(args[position] if position < len(args) else arguments["kwargs"].get(name))

    return when


def any_varies(arguments: Arguments) -> bool:
    """Whether a derivative is taken in one of them."""
    return any(map(is_variable, tree_leaves((arguments["args"], arguments["kwargs"]))))


def has_zero(arguments: Arguments) -> bool:
    """Whether an entry of the first one is zero."""
    return bool((arguments["self"] == 0).any())
