"""Sets of operations, written as words, and the dtype in which mutants are measured."""

from __future__ import annotations


def names(text: str) -> frozenset[str]:
    """The names in a text, as they are in the namespace; a function of an extension with its name before a dot."""
    return frozenset(text.split())


DTYPE = "float64"
"""That of the scenarios in which a mutant is measured, unless its family is about another."""
