"""How the suite writes nestings: as codes, in reports by their long names, and `auto` for the backend's own choice."""

from __future__ import annotations

from nestgrad.extend import Nesting

AUTO = "auto"
"""What `hvp` does without being told which nesting: a Hessian-vector product, measured as one nesting more."""


def order_of(nesting: str) -> int:
    """How often a nesting differentiates; `auto` twice."""
    return 2 if nesting == AUTO else Nesting(nesting).order


def directions_of(nesting: str) -> int:
    """How many directions a nesting takes."""
    return 1 if nesting == AUTO else Nesting(nesting).directions


def code_of(nesting: str) -> str:
    """A nesting as ids have it.

    Example:
        >>> code_of("forward_over_reverse"), code_of("auto")
        ('FR', 'auto')
    """
    return nesting if nesting == AUTO else Nesting(nesting).code


def long_name(nesting: str) -> str:
    """A nesting as reports spell it.

    Example:
        >>> long_name("FR"), long_name("auto")
        ('forward_over_reverse', 'auto')
    """
    return nesting if nesting == AUTO else str(Nesting(nesting))
