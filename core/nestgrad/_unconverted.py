"""A mark on what a rewriting compiler shall leave as it is: TensorFlow's AutoGraph goes into all that it meets."""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T", bound=Any)


def unconverted(called: T) -> T:
    """The same function, or class of callable objects, which AutoGraph does not rewrite; nor what it calls.

    The user's own functions are to be rewritten all the same, and their backend sees to it: `Abilities.as_called`.
    """
    called.autograph_info__ = {}  # by which AutoGraph knows what it need not convert
    return called
