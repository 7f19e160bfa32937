"""Trying something out, so that nothing is left of it; see `Abilities.attempts`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias

Attempt: TypeAlias = Callable[[Callable[[], Any]], Any]
"""`attempt(evaluate)`: what `evaluate()` gives; if it raises, all that it did to the engine is undone."""


class _Answered(Exception):
    """Ends an attempt, so that it is undone."""


def undone(attempt: Attempt, evaluate: Callable[[], Any]) -> Any:
    """What `evaluate()` gives, when all that it did to the engine is undone.

    Example:
        >>> undone(lambda evaluate: evaluate(), lambda: 3)
        3
    """

    def answer() -> NoReturn:
        raise _Answered(evaluate())

    try:
        attempt(answer)
    except _Answered as answered:
        return answered.args[0]
