"""Laws of a gradient with its value: it is what vjp and the pullback of one give. They are held of `Mixed`."""

from __future__ import annotations

from typing import Any

import numpy as np

import nestgrad as ng
from nestgrad.extend import provides

from .known import Mixed, Product, U, V, X, array, arrays, close

_A, _B, _C, _D = X[0], V[0], U[0], U[1]  # x and y, and a direction for each


def of_one_array(backend: Any) -> None:
    """The value is bare, the gradient a tuple of one."""
    value, gradient = backend.value_and_gradient(Product(backend.xp), array(backend, X))
    close(backend, value, Product()(X))
    close(backend, gradient, (Product.gradient(X),))


def of_several_arrays(backend: Any) -> None:
    """The gradient has an entry for each; called again, and at another point between, it gives the same."""
    f = Mixed(backend.xp)
    for x in ((_A, _B), (_C, _D), (_A, _B)):
        value, gradient = backend.value_and_gradient(f, *arrays(backend, *x))
        close(backend, value, Mixed()(*x))
        close(backend, gradient, Mixed.gradient(*x))


def of_what_does_not_depend(backend: Any) -> None:
    """The gradient of a function is zero in what it ignores, and of one that ignores all."""
    x = arrays(backend, _A, _B)
    close(backend, backend.value_and_gradient(lambda x, y: backend.xp.sum(x), *x)[1], (np.ones(3), np.zeros(3)))
    constant = array(backend, 2.0)
    value, gradient = backend.value_and_gradient(lambda x, y: constant, *x)
    close(backend, value, np.asarray(2.0))
    close(backend, gradient, (np.zeros(3), np.zeros(3)))


def inside_other_transforms(backend: Any) -> None:
    """The gradient and the value are differentiated again."""
    f, x, v = Mixed(backend.xp), arrays(backend, _A, _B), arrays(backend, _C, 0 * _D)
    product = Mixed.pulled(_A, _B, _C)
    if provides(backend, "jvp"):
        close(backend, backend.jvp(lambda *x: backend.value_and_gradient(f, *x)[1], x, v)[1], product)
    if provides(backend, "vjp"):
        close(backend, backend.vjp(lambda *x: backend.value_and_gradient(f, *x)[1], *x)[1](v), product)
        _, pullback = backend.vjp(lambda *x: backend.value_and_gradient(f, *x)[0], *x)
        close(backend, pullback(array(backend, 1.0)), Mixed.gradient(_A, _B))


def is_what_the_operators_give(backend: Any) -> None:
    """With and without an aux, which this method does not take."""
    f, x = Product(backend.xp), array(backend, X)
    for _ in range(4):  # the first calls are watched more closely than later ones
        close(backend, ng.gradient(f, backend=backend)(x), Product.gradient(X))
        value, gradient = ng.value_and_gradient(f, backend=backend)(x)
        close(backend, value, Product()(X))
        close(backend, gradient, Product.gradient(X))
    (value, aux), gradient = ng.value_and_gradient(lambda x: (f(x), "aux"), backend=backend, has_aux=True)(x)
    close(backend, value, Product()(X))
    close(backend, gradient, Product.gradient(X))
    assert aux == "aux"
