"""Laws of the native second-order methods: each is the composition that it stands for.

They are held of the function x ↦ Σ sin(x) · Σ x², on an array and on a tuple of two.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import nestgrad as ng
from nestgrad.extend import Nesting, compose

from .known import Product, U, V, X, array, arrays, close
from .law import require


def of_one_array(backend: Any, method: str) -> None:
    """First and second derivative in closed form."""
    _close(backend, _solved(backend, method)(Product(backend.xp), X, V, U), X, V, U)


def of_a_tuple(backend: Any, method: str) -> None:
    """The function takes the tuple, and what is shaped like x is one; unless `flat_only` says that it takes none."""
    if getattr(backend, "flat_only", False):
        return
    f = Product(backend.xp)
    found = _solved(backend, method)(lambda x: f(backend.xp.concat(x)), *(np.split(one, [1]) for one in (X, V, U)))
    joined = (np.concatenate([*map(backend.to_numpy, part)]) if isinstance(part, tuple) else part for part in found)
    _close(backend, tuple(array(backend, part) if isinstance(part, np.ndarray) else part for part in joined), X, V, U)


def is_the_composition(backend: Any, method: str) -> None:
    """The last entry is what jvp and vjp compose to."""
    nesting = Nesting(method)
    require(backend, *{"FR": ("jvp", "vjp"), "RF": ("jvp", "vjp"), "RR": ("vjp",), "FF": ("jvp",)}[nesting.code])
    f, x = Product(backend.xp), array(backend, X)
    directions = arrays(backend, V, U)[: nesting.directions]
    composed = compose(backend, nesting)(f, (x,), *((one,) for one in directions))
    native = _solved(backend, method)(f, X, V, U)[-1]
    close(backend, native, backend.to_numpy(composed[0] if "R" in nesting.code else composed))


def is_what_the_operator_gives(backend: Any, method: str) -> None:
    """So does the operator of its name, with and without an aux, which no native method takes."""
    nesting = Nesting(method)
    x, directions = array(backend, X), arrays(backend, V, U)[: nesting.directions]
    f = Product(backend.xp)
    expected = Product.product(X, V) if "R" in nesting.code else np.sum(Product.product(X, V) * U)
    close(backend, getattr(ng, method)(f, backend=backend)(x, *directions), expected)
    found, aux = getattr(ng, method)(lambda x: (f(x), "aux"), backend=backend, has_aux=True)(x, *directions)
    close(backend, found, expected)
    assert aux == "aux"


def is_linear_and_symmetric(backend: Any, method: str) -> None:
    """⟨u, Hv⟩ = ⟨v, Hu⟩, H(2v) = 2Hv, and along nothing it is zero."""
    solve, f = _solved(backend, method), Product(backend.xp)
    one, other, twice = (solve(f, X, *pair)[-1] for pair in ((V, U), (U, V), (2 * V, U)))
    if Nesting(method).code == "FF":
        close(backend, one, backend.to_numpy(other))
        close(backend, solve(f, X, 0 * V, U)[-1], np.zeros(()))
    else:
        inner = np.sum(backend.to_numpy(one) * U), np.sum(backend.to_numpy(other) * V)
        close(backend, array(backend, inner[0]), inner[1])
        close(backend, solve(f, X, 0 * V, U)[-1], 0 * X)
    close(backend, twice, 2 * backend.to_numpy(one))


def of_what_is_linear(backend: Any, method: str) -> None:
    """The second derivative of a linear function, and of a constant, is zero: no error."""
    constant = array(backend, 2.5)
    for f in (lambda x: backend.xp.sum(x * 2.0), lambda x: constant):
        last = _solved(backend, method)(f, X, V, U)[-1]
        close(backend, last, 0 * X if "R" in Nesting(method).code else np.zeros(()))


def of_itself(backend: Any, method: str) -> None:
    """The method may be called inside other transforms: Σ (Hv) of Σ x⁴ has the gradient 24 x v."""
    require(backend, "vjp")
    if "R" not in Nesting(method).code:
        require(backend, "jvp")
    x, v = arrays(backend, X, V)

    def f(x: Any) -> Any:
        return backend.xp.sum(x**4)

    def last(x: Any) -> Any:
        found = getattr(backend, method)(f, x, *([v] * Nesting(method).directions))[-1]
        return backend.xp.sum(found)

    expected = 24 * X * V if "R" in Nesting(method).code else 24 * X * V**2
    close(backend, backend.vjp(last, x)[1](array(backend, 1.0)), (expected,))


def _solved(backend: Any, method: str) -> Callable[..., Any]:
    def solve(f: Any, x: Any, v: Any, u: Any) -> tuple[Any, ...]:
        x, v, u = (arrays(backend, *one) if isinstance(one, list) else array(backend, one) for one in (x, v, u))
        found: tuple[Any, ...] = getattr(backend, method)(f, x, *(v, u)[: Nesting(method).directions])
        assert type(found) is tuple, f"a tuple was due, and it is a {type(found).__name__}"
        return found

    return solve


def _close(backend: Any, found: tuple[Any, ...], x: Any, v: Any, u: Any) -> None:
    gradient, product = Product.gradient(x), Product.product(x, v)
    if len(found) == 3:
        close(backend, found, (Product()(x), np.sum(gradient * v), np.sum(product * u)))
    elif found[0].shape == ():
        close(backend, found, (np.sum(gradient * v), product))
    else:
        close(backend, found, (gradient, product))
