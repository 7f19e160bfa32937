"""Custom rules, containers, loops and operators, as users of autograd write them.

The functions of the scenarios in `native`, of one array x each.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
from autograd import grad, hessian_vector_product, jacobian, make_jvp, make_vjp, value_and_grad
from autograd.builtins import dict as traced_dict
from autograd.builtins import list as traced_list
from autograd.builtins import tuple as traced_tuple
from autograd.extend import defjvp, defvjp, defvjp_argnums, notrace_primitive, primitive
from autograd.misc.fixed_points import fixed_point as solved
from autograd.misc.flatten import flatten

from .special import _weighted


@primitive
def _root(x: Any) -> Any:
    return np.sqrt(x)


defvjp(_root, lambda ans, x: lambda g: g / (2 * ans))
defjvp(_root, lambda g, ans, x: g / (2 * ans))


def primitive_saved_output(x: Any) -> Any:
    """A primitive whose rules use its output: differentiated again through what is saved."""
    return np.sum(_root(x) ** 3)


@primitive
def _scaled(x: Any, y: Any, factor: float = 1.0) -> Any:
    return factor * x * y


defvjp(_scaled, None, lambda ans, x, y, factor=1.0: lambda g: g * factor * x, argnums=(0, 1))
defjvp(_scaled, None, lambda g, ans, x, y, factor=1.0: g * factor * x)


def primitive_constant_argument(x: Any) -> Any:
    """A primitive with a keyword and an argument that is declared constant by None, and is one."""
    return np.sum(_scaled(np.arange(3.0), x, factor=2.0) ** 2)


@primitive
def _linear(x: Any) -> Any:
    return 3.0 * x


defvjp(_linear, lambda ans, x: lambda g: 3.0 * g)
defjvp(_linear, "same")


def primitive_linear(x: Any) -> Any:
    """A linear primitive, its forward rule 'same'."""
    return np.sum(_linear(x) ** 3)


@primitive
def _many(*parts: Any) -> Any:
    return sum(part**2 for part in parts)


defvjp_argnums(_many, lambda argnums, ans, args, kwargs: lambda g: tuple(2 * g * args[i] for i in argnums))


def primitive_many_arguments(x: Any) -> Any:
    """A primitive of any number of arguments, with defvjp_argnums alone."""
    return np.sum(_many(x, np.sin(x), x**3))


_rounded = notrace_primitive(np.round)


def untraced(x: Any) -> Any:
    """A notrace_primitive, constant around the inputs."""
    return np.sum(np.sin(x) * (_rounded(x / 99) + 1))


def containers(x: Any) -> Any:
    """autograd.builtins: dict, list and tuple of parts."""
    parts = traced_dict({"a": x, "b": traced_list([x**2, np.sin(x)])})
    pair = traced_tuple((parts["a"], parts["b"][1]))
    return np.sum(pair[0] * pair[1]) + np.sum(parts["b"][0] ** 2)


def flattened(x: Any) -> Any:
    """misc.flatten of a container."""
    flat, rebuild = flatten((x, x**2))
    return np.sum(np.sin(flat)) + np.sum(rebuild(flat * 2)[1])


def fixed_point(x: Any) -> Any:
    """misc.fixed_points.fixed_point, differentiated implicitly."""

    def distance(a: Any, b: Any) -> Any:
        return np.max(np.abs(a - b))

    root = solved(lambda a: lambda y: np.cos(y) / 2 + a / 4, x, np.zeros(3), distance, 1e-14)
    return _weighted(root)


def operators_inside(x: Any) -> Any:
    """jacobian, hessian_vector_product and value_and_grad inside."""

    def energy(y: Any) -> Any:
        return np.sum(np.sin(y)) * np.sum(y**2)

    value, slope = value_and_grad(energy)(x)
    return _weighted(jacobian(lambda y: y**3)(x)) + value * np.sum(slope) + np.sum(hessian_vector_product(energy)(x, x))


def modes_inside(x: Any) -> Any:
    """make_jvp and make_vjp inside."""
    _, tangent = make_jvp(np.sin)(x)(x**2)
    pull, _ = make_vjp(np.tanh)(x)
    return np.sum(tangent) + np.sum(pull(x**2))


def gradient_descent(x: Any) -> Any:
    """Steps of gradient descent inside, as in meta-learning."""
    weights = x
    for _ in range(3):
        weights = weights - 0.1 * grad(lambda w: np.sum((w - np.sin(x)) ** 4))(weights)
    return np.sum(weights**2)


def recurrence(x: Any) -> Any:
    """A recurrent net by a Python loop."""
    hidden = x[0]
    for entry in x[1:]:
        hidden = np.tanh(np.dot(hidden, np.reshape(np.sin(np.arange(9.0)), (3, 3))) + entry)
    return _weighted(hidden)


def assembled(x: Any) -> Any:
    """np.array of a list of traced numbers, as code written for scalars makes it."""
    return _weighted(np.array([x[0] * x[1], np.sin(x[2]), x[0] ** 2]))


def indices(x: Any) -> Any:
    """Masks, slices with steps, indices from the end, a new axis."""
    mask = np.array([True, False, True, True])
    return _weighted(x[mask] ** 2) + _weighted(x[::-2] ** 3) + _weighted(x[:, None] * x[None, :]) + x[-1] ** 2


def batch_norm(x: Any) -> Any:
    """Batch normalisation over the first axis by var."""
    return _weighted((x - np.mean(x, axis=0)) / np.sqrt(np.var(x, axis=0) + 1e-3))


def attention(x: Any) -> Any:
    """Attention by a softmax written out."""
    scores = np.dot(x, (x**2).T)
    weights = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    return _weighted(np.dot(weights / np.sum(weights, axis=1, keepdims=True), x))
