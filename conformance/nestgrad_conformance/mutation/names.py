"""Sets of operations, written as words."""

from __future__ import annotations


def names(text: str) -> frozenset[str]:
    """The names in a text, as they are in the namespace; a function of an extension with its name before a dot."""
    return frozenset(text.split())
