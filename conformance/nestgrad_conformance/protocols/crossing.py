"""Laws of what is asked where a function goes from one engine to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .known import X, array
from .law import require


def what_is_evaluated_comes_back(backend: Any, method: str) -> None:
    """`evaluate()` once, and what it gives; an exception in it passes."""
    calls: list[int] = []
    found = array(backend, X)

    def evaluate() -> Any:
        calls.append(1)
        return (found,)

    assert getattr(backend, method)(evaluate)[0] is found
    assert len(calls) == 1
    _passes_errors(getattr(backend, method))


def arguments_go_along(backend: Any) -> None:
    """Those behind the function are its own."""
    assert backend.untraced(lambda *arguments: arguments, 1, "two") == (1, "two")


def nothing_is_drawn(backend: Any) -> None:
    """`evaluate()` once; what computes draws nothing."""
    calls: list[Any] = []
    assert backend.draws(lambda: calls.append(backend.xp.sin(array(backend, X)))) is False
    assert len(calls) == 1
    _passes_errors(backend.draws)


def the_convention_of_pullbacks(backend: Any) -> None:
    """That of z ↦ iz gives −i where they are conjugate transposes, and i where they are transposes."""
    require(backend, "vjp")
    one = backend.asarray(np.ones((), np.complex64))
    _, pullback = backend.vjp(lambda z: z * 1j, one)
    (found,) = pullback(one)
    assert complex(backend.to_numpy(found)) == (-1j if backend.conjugates else 1j)


class _Mine(Exception):
    pass


def _passes_errors(evaluate: Callable[..., Any]) -> None:
    def raising() -> None:
        raise _Mine

    try:
        evaluate(raising)
    except _Mine:
        return
    raise AssertionError("an exception of the function's did not pass")
