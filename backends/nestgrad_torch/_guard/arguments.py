"""The arguments of a call, by the names that sights ask for."""

from __future__ import annotations

from typing import Any

from nestgrad_torch._variables import unwrapped

_PLACES = {"self": ("input", "A"), "other": ("exponent",)}
"""What Python may call the first two arguments, which an operator calls so."""


def of_function(args: Any, kwargs: Any) -> dict[str, Any]:
    """The arguments of a function: the first two as an operator knows them, and all as Python does."""
    first = dict(zip(_PLACES, args, strict=False))
    for place, names in _PLACES.items():
        first.update((place, kwargs[name]) for name in (place, *names) if name in kwargs)
    return {**{place: unwrapped(value) for place, value in first.items()}, "args": args, "kwargs": kwargs}


def of_operator(func: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    """The arguments of an operator, as its schema calls them."""
    names = (argument.name for argument in func._schema.arguments)
    return {**dict(zip(names, args, strict=False)), **(kwargs or {})}
