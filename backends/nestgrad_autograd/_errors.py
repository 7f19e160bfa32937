"""What is said where autograd has no right rule, and whether reverse mode would have one."""

from __future__ import annotations

from typing import Any, NamedTuple

from nestgrad.extend import UnsupportedNestingError

# what passes a rule as it is, not being about the rule: a refusal by another engine, and, the last two, warnings that a
# user made errors
PASSED = (MemoryError, RecursionError, UnsupportedNestingError, Warning, FloatingPointError)


class Call(NamedTuple):
    """The call of a primitive: its arguments, and the places of those that are traced."""

    fun: Any
    args: Any
    kwargs: Any
    argnums: Any


class RefusedError(Exception):
    """Says why autograd's rule is not used for these arguments; a node makes a `MissingRule` of it."""


class MissingRule(Exception):
    """autograd has no right rule of this mode for this operation; `call`, if known, may have one of the other mode.

    Not a `NotImplementedError`: autograd's boxes turn that into a `TypeError` that names no operation.
    """

    def __init__(self, operation: str, mode: str, why: str, call: Call | None = None) -> None:
        super().__init__(f"{operation} in {mode} mode: {why}")
        self.operation, self.mode, self.why, self.call = operation, mode, why, call


def missing(fun: Any, mode: str, error: Exception, call: Call | None = None) -> MissingRule:
    """The exception of a rule as a `MissingRule`."""
    if isinstance(error, RefusedError):
        why = str(error)
    elif isinstance(error, KeyError):  # not in autograd's table of functions, or not in that of arguments
        why = "autograd has no such rule"
    elif isinstance(error, NotImplementedError):
        why = f"autograd says: {str(error).rstrip('.')}"
    else:
        why = f"autograd's rule fails on these arguments: {type(error).__name__}: {str(error).rstrip('.')}"
    return MissingRule(getattr(fun, "__name__", str(fun)), mode, why, call)
