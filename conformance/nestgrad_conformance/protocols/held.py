"""What a linear map says of what it holds for later calls; see `nestgrad.extend.Held`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .known import U, V, X, array, close
from .law import require


def by_gradient_vjp(backend: Any) -> None:
    """It holds something, and nothing has changed as long as nobody writes into what f captured."""
    xp, captured = backend.xp, array(backend, V)
    x = array(backend, X)
    _, pullback = backend.gradient_vjp(lambda x: xp.sum(x * x * x * captured), (x,), (0,), (0,))
    _says_so(pullback, lambda: close(backend, tuple(pullback((array(backend, U),))), (6 * X * V * U,)))


def by_vjp(backend: Any) -> None:
    """The same."""
    captured, x = array(backend, V), array(backend, X)
    _, pullback = backend.vjp(lambda x: x * x * captured, x)
    _says_so(pullback, lambda: close(backend, pullback(array(backend, U)), (2 * X * V * U,)))


def by_linearize(backend: Any) -> None:
    """The same."""
    captured, x = array(backend, V), array(backend, X)
    _, linear = backend.linearize(lambda x: x * x * captured, x)
    _says_so(linear, lambda: close(backend, linear(array(backend, U)), 2 * X * V * U))


def _says_so(linear: Any, call: Callable[[], None]) -> None:
    held: Any = getattr(linear, "held", None)
    if held is None:
        require(linear, "held")
    for _ in range(2):
        assert held.has_changed() is False
        call()
    assert isinstance(held.nbytes, int)
    assert held.nbytes > 0
