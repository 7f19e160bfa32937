"""Transforms of autograd that f takes itself."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
from autograd import elementwise_grad, grad, hessian_vector_product, jacobian, make_jvp, make_vjp, value_and_grad

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted


@row(normal(3), "nested")
def grad_inside(x: Any) -> Any:
    """autograd.grad and elementwise_grad inside."""
    return np.sum(grad(lambda y: np.sum(y**3 * np.sin(x)))(x) * x) + np.sum(elementwise_grad(np.tanh)(x))


@row(normal(3), "nested")
def operators_inside(x: Any) -> Any:
    """jacobian, hessian_vector_product and value_and_grad inside."""

    def energy(y: Any) -> Any:
        return np.sum(np.sin(y)) * np.sum(y**2)

    value, slope = value_and_grad(energy)(x)
    return _weighted(jacobian(lambda y: y**3)(x)) + value * np.sum(slope) + np.sum(hessian_vector_product(energy)(x, x))


@row(normal(3), "nested")
def modes_inside(x: Any) -> Any:
    """make_jvp and make_vjp inside."""
    _, tangent = make_jvp(np.sin)(x)(x**2)
    pull, _ = make_vjp(np.tanh)(x)
    return np.sum(tangent) + np.sum(pull(x**2))
