"""Points, functions whose derivatives are known in closed form, and comparisons that every engine's arrays can take."""

from __future__ import annotations

from typing import Any

import numpy as np

from nestgrad.extend import PrecisionLossError

_RNG = np.random.default_rng(0)
X, U, V = _RNG.standard_normal((3, 2, 3))
Y, W = _RNG.standard_normal((2, 3))

_SLACK = 1e4  # roundings


class Pair:
    """(x, y) ↦ (sin(x) y, Σ x² eʸ), from R²ˣ³ × R³ to R²ˣ³ × R."""

    def __init__(self, xp: Any = np) -> None:
        self._xp = xp

    def __call__(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Its value."""
        return self._xp.sin(x) * y, self._xp.sum(x**2 * self._xp.exp(y))

    @staticmethod
    def pushed(x: Any, y: Any, v: Any, w: Any) -> tuple[Any, Any]:
        """Its derivative along (v, w)."""
        return np.cos(x) * v * y + np.sin(x) * w, np.sum((2 * x * v + x**2 * w) * np.exp(y))

    @staticmethod
    def pulled(x: Any, y: Any, u: Any, c: Any) -> tuple[Any, Any]:
        """The gradients of ⟨u, first⟩ + c · second."""
        return u * np.cos(x) * y + 2 * c * x * np.exp(y), np.sum(u * np.sin(x) + c * x**2 * np.exp(y), axis=0)


class Product:
    """x ↦ Σ sin(x) · Σ x², whose Hessian is no diagonal."""

    def __init__(self, xp: Any = np) -> None:
        self._xp = xp

    def __call__(self, x: Any) -> Any:
        """Its value."""
        return self._xp.sum(self._xp.sin(x)) * self._xp.sum(x * x)

    @staticmethod
    def gradient(x: Any) -> Any:
        """Its gradient."""
        return np.cos(x) * np.sum(x * x) + 2 * x * np.sum(np.sin(x))

    @staticmethod
    def product(x: Any, v: Any) -> Any:
        """Its Hessian times v."""
        diagonal = (2 * np.sum(np.sin(x)) - np.sin(x) * np.sum(x * x)) * v
        return diagonal + 2 * np.cos(x) * np.sum(x * v) + 2 * x * np.sum(np.cos(x) * v)


class Mixed:
    """(x, y) ↦ Σ sin(x) y · Σ y² of two vectors, whose Hessian has no block that is zero."""

    def __init__(self, xp: Any = np) -> None:
        self._xp = xp

    def __call__(self, x: Any, y: Any) -> Any:
        """Its value."""
        return self._xp.sum(self._xp.sin(x) * y) * self._xp.sum(y * y)

    @staticmethod
    def gradient(x: Any, y: Any) -> tuple[Any, Any]:
        """Its gradient, in x and in y."""
        s = np.sum(y * y)
        return np.cos(x) * y * s, np.sin(x) * s + 2 * y * np.sum(np.sin(x) * y)

    @staticmethod
    def pulled(x: Any, y: Any, u: Any) -> tuple[Any, Any]:
        """The gradients in x and in y of ⟨∂f/∂x, u⟩."""
        s, t = np.sum(y * y), np.sum(np.cos(x) * y * u)
        return -np.sin(x) * y * u * s, np.cos(x) * u * s + 2 * y * t


def array(backend: Any, values: Any) -> Any:
    """The engine's array of these values, in 64 bits if it has them."""
    try:
        return backend.asarray(np.array(values, np.float64))
    except PrecisionLossError:
        return backend.asarray(np.array(values, np.float32))


def arrays(backend: Any, *values: Any) -> tuple[Any, ...]:
    """The same of several."""
    return tuple(array(backend, value) for value in values)


def close(backend: Any, found: Any, expected: Any, *, least: float = 0.0) -> None:
    """Raise unless an array, or a tuple of them, has this shape and, but for rounding, these values.

    `least` is the tolerance of what is known to be less accurate than its dtype.
    """
    if isinstance(expected, tuple):
        assert type(found) is tuple, f"a tuple was due, and it is a {type(found).__name__}"
        assert len(found) == len(expected), f"{len(expected)} entries were due, and there are {len(found)}"
        for one, other in zip(found, expected, strict=True):
            close(backend, one, other, least=least)
        return
    values = backend.to_numpy(found)
    assert values.shape == np.shape(expected), f"the shape is {values.shape} where {np.shape(expected)} is due"
    slack = max(_SLACK * float(np.finfo(values.dtype).eps), least)
    np.testing.assert_allclose(values, expected, rtol=slack, atol=slack)
