"""Real functions, each written once against the array namespace."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ._scenario import collect, generator, normal, scenario, uniform

_program = partial(scenario, order=3)

_RNG = generator(0, "programs")
_WEIGHTS = (_RNG.standard_normal((4, 5)) / 2, _RNG.standard_normal((5, 5)) / 2, _RNG.standard_normal(5) / 2)
_BATCH = _RNG.standard_normal((6, 4))
_MATRICES = tuple(_RNG.standard_normal((4, 4)) / 2 for _ in range(3))
_LABELS = np.eye(5)[[0, 3, 1]]


def _inverse_norm_closed(x: Any, *directions: Any) -> Any:
    r = np.sqrt(x @ x)
    if not directions:
        return -x / r**3
    if len(directions) == 1:
        (v,) = directions
        return 3 * x * (x @ v) / r**5 - v / r**3
    return None


@_program(normal(5), "norm", closed_form=_inverse_norm_closed, sample=True)
def inverse_norm(xp: Any, x: Any) -> Any:
    """The seed's f: 1/‖x‖."""
    return 1 / xp.sqrt(xp.sum(x * x))


@_program(normal(5), "power")
def sum_cubed(xp: Any, x: Any) -> Any:
    """The seed's g: (Σx)³."""
    return xp.sum(x) ** 3


@_program(uniform(0.5, 1.5, 4), "nested", nested=True, reference=lambda np, x: (-np.sum(x) / np.sqrt(x @ x) ** 3) ** 3)
def seed_composite(xp: Any, x: Any, inner: Any) -> Any:
    """The seed's h: g(∇f(x)) for f = 1/‖x‖ and g = (Σy)³."""
    return xp.sum(inner(lambda y: 1 / xp.sqrt(xp.sum(y * y)), "R")(x)) ** 3


@_program(normal(6), sample=True)
def rosenbrock(xp: Any, x: Any) -> Any:
    """Rosenbrock's valley."""
    return xp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@_program(normal(6), "max")
def log_sum_exp(xp: Any, x: Any) -> Any:
    """Log Σ exp(x), shifted by its maximum."""
    top = xp.max(x)
    return xp.log(xp.sum(xp.exp(x - top))) + top


@_program(normal(3, 5), "max", "numpy_constants", sample=True)
def softmax_cross_entropy(xp: Any, x: Any) -> Any:
    """Cross-entropy of a batch of logits against labels."""
    shifted = x - xp.max(x, axis=-1, keepdims=True)
    log_probability = shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))
    return -xp.sum(xp.asarray(_LABELS) * log_probability) / 3


def _mlp_inputs(rng: np.random.Generator) -> Any:
    return {"w1": rng.standard_normal((4, 5)) / 2, "w2": rng.standard_normal((5, 3)) / 2, "b": rng.standard_normal(3)}


@_program(_mlp_inputs, "matmul", "pytree", "numpy_constants", sample=True)
def mlp_tanh(xp: Any, x: Any) -> Any:
    """Mean squared output of a tanh network, in its weights."""
    hidden = xp.tanh(xp.asarray(_BATCH) @ x["w1"])
    return xp.mean((hidden @ x["w2"] + x["b"]) ** 2)


@_program(_mlp_inputs, "matmul", "pytree", "numpy_constants")
def mlp_softplus(xp: Any, x: Any) -> Any:
    """The same with softplus."""
    hidden = xp.log1p(xp.exp(xp.asarray(_BATCH) @ x["w1"]))
    return xp.mean((hidden @ x["w2"] + x["b"]) ** 2)


@_program(normal(4), "matmul", "numpy_constants", revision=2)
def mlp_sigmoid_in_inputs(xp: Any, x: Any) -> Any:
    """A sigmoid network of two layers, in its input, its weights captured."""
    w1, w2, w3 = (xp.asarray(w) for w in _WEIGHTS)
    hidden = 1 / (1 + xp.exp(-xp.matmul(x, w1)))
    return xp.sum(w3 * (1 / (1 + xp.exp(-xp.matmul(hidden, w2)))))


@_program(normal(4, 4), "matmul", "numpy_constants", sample=True)
def matmul_chain(xp: Any, x: Any) -> Any:
    """A chain of matrix products, in which x appears twice."""
    a, b, c = (xp.asarray(m) for m in _MATRICES)
    return xp.sum((a @ x @ b @ xp.matrix_transpose(x) @ c) ** 2)


def _well_conditioned(rng: np.random.Generator) -> Any:
    return rng.standard_normal((4, 4)) / 4 + 2 * np.eye(4)


@_program(_well_conditioned, "solve", "linalg")
def solve(xp: Any, x: Any) -> Any:
    """A linear system, in its matrix and its right-hand side."""
    return xp.sum(xp.linalg.solve(x, x[:, 0] ** 2) ** 2)


@_program(_well_conditioned, "det", "linalg", sample=True)
def determinant(xp: Any, x: Any) -> Any:
    """The determinant of a matrix."""
    return xp.linalg.det(x)


@_program(normal(4, 4), "cholesky", "linalg")
def cholesky(xp: Any, x: Any) -> Any:
    """A sum of entries and the log-determinant, by a Cholesky factor."""
    factor = xp.linalg.cholesky(x @ xp.matrix_transpose(x) + 4 * xp.asarray(np.eye(4)))
    return xp.sum(factor) + xp.sum(xp.log(xp.sum(factor * xp.asarray(np.eye(4)), axis=-1)))


@_program(normal(3, 6), "layer_norm", sample=True)
def layer_norm_from_parts(xp: Any, x: Any) -> Any:
    """Layer normalisation, weighted and cubed."""
    centred = x - xp.mean(x, axis=-1, keepdims=True)
    variance = xp.mean(centred**2, axis=-1, keepdims=True)
    weight = xp.asarray(np.arange(1.0, 7.0))
    return xp.sum((weight * centred / xp.sqrt(variance + 1e-5)) ** 3)


@_program(normal(2, 4, 3), "attention", "matmul", "max", sample=True)
def attention_from_parts(xp: Any, x: Any) -> Any:
    """Self-attention of a batch, from its parts."""
    scores = x @ xp.matrix_transpose(x) / 3**0.5
    weights = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    return xp.sum((weights / xp.sum(weights, axis=-1, keepdims=True) @ x) ** 2)


@_program(normal(5, 3), "gather")
def gather(xp: Any, x: Any) -> Any:
    """Rows taken by index, one of them twice."""
    return xp.sum(xp.take(x, xp.asarray(np.array([0, 2, 2, 4])), axis=0) ** 3)


@_program(normal(7), "sort")
def sort(xp: Any, x: Any) -> Any:
    """Order statistics, weighted by rank; no two are equal."""
    return xp.sum(xp.asarray(np.arange(1.0, 8.0)) * xp.sort(x) ** 3)


@_program(normal(4, 3), "sort", "sort_axis")
def sort_rows(xp: Any, x: Any) -> Any:
    """Every row sorted."""
    return xp.sum(xp.asarray(np.arange(1.0, 4.0)) * xp.sort(x, axis=-1) ** 3)


@_program(normal(6), "where")
def where(xp: Any, x: Any) -> Any:
    """Two smooth branches, away from the border between them."""
    return xp.sum(xp.where(x > 0, xp.sin(x), x**3))


@_program(
    lambda rng: (rng.uniform(0.5, 2, 4), rng.uniform(-2, 2, 4)), "power", "tensor_exponent", "pytree", sample=True
)
def power(xp: Any, x: Any) -> Any:
    """X to the power y, in both."""
    base, exponent = x
    return xp.sum(base**exponent)


@_program(normal(4, 3), "norm", "vector_norm", "prod", "linalg")
def norm(xp: Any, x: Any) -> Any:
    """Norms of rows, multiplied."""
    return xp.prod(xp.linalg.vector_norm(x, axis=-1))


@_program(normal(6), "cumulative_sum", sample=True)
def cumulative_sum(xp: Any, x: Any) -> Any:
    """Squares of partial sums."""
    return xp.sum(xp.cumulative_sum(x) ** 3)


@_program(normal(5), "cumulative_prod")
def cumulative_prod(xp: Any, x: Any) -> Any:
    """Squares of partial products."""
    return xp.sum(xp.cumulative_prod(x) ** 2)


def _one_zero(rng: np.random.Generator) -> Any:
    x = rng.standard_normal(5)
    x[2] = 0.0
    return x


def _two_zeros(rng: np.random.Generator) -> Any:
    x = rng.standard_normal((2, 4))
    x[0, 1] = x[0, 2] = x[1, 3] = 0.0
    return x


@_program(_one_zero, "prod", "prod_zero", sample=True)
def product_with_a_zero(xp: Any, x: Any) -> Any:
    """A product in which one factor is zero: its derivatives are finite."""
    return xp.prod(x) + xp.sum(x**2)


@_program(_two_zeros, "prod", "prod_zero")
def product_with_two_zeros(xp: Any, x: Any) -> Any:
    """Row products with one and two zeros."""
    return xp.sum(xp.prod(x, axis=-1) * xp.asarray(np.array([2.0, 3.0]))) + xp.sum(x**3)


def _near_zero(rng: np.random.Generator) -> Any:
    x = rng.standard_normal(5)
    x[1] *= 1e-9
    return x


@_program(_near_zero, "prod", "prod_near_zero")
def product_near_zero(xp: Any, x: Any) -> Any:
    """A product in which one factor is tiny: a rule that divides by it loses all digits."""
    return xp.prod(x) + xp.sum(x**2)


@_program(lambda rng: (rng.standard_normal((3, 1)), rng.standard_normal((1, 4)), rng.standard_normal(())), "pytree")
def broadcasting(xp: Any, x: Any) -> Any:
    """Three shapes broadcast against each other."""
    column, row, number = x
    return xp.sum(xp.sin(column * row + number) + xp.broadcast_to(row**2, (3, 4)) * column)


@_program(normal(), "zero_dim")
def zero_dim(xp: Any, x: Any) -> Any:
    """A function of one number of shape ()."""
    return xp.sin(x) * x**2


@_program(normal(0), "empty")
def empty(xp: Any, x: Any) -> Any:
    """An input without entries."""
    return xp.sum(x**2)


@_program(normal(2, 3, 2))
def three_dim(xp: Any, x: Any) -> Any:
    """An array of three axes, permuted, reshaped and joined."""
    joined = xp.concat([xp.permute_dims(x, (2, 0, 1)), xp.reshape(x**2, (2, 2, 3))], axis=0)
    return xp.sum(xp.cos(joined) * joined)


@_program(normal(5), "linear")
def linear(xp: Any, x: Any) -> Any:
    """A linear function: its Hessian is zero, and is not an error."""
    return xp.sum(xp.asarray(np.arange(1.0, 6.0)) * x)


@_program(normal(3), "constant")
def constant(xp: Any, x: Any) -> Any:
    """A function that ignores its input: its derivatives are zero, and are no error."""
    return xp.asarray(2.5)


@_program(
    lambda rng: {"a": [rng.standard_normal(2), (rng.standard_normal(()),)], "b": rng.standard_normal((2, 2))},
    "pytree",
    revision=2,
)
def pytree(xp: Any, x: Any) -> Any:
    """Arrays in a nest of containers."""
    first, (second,) = x["a"]
    return xp.sum(xp.matmul(x["b"], first)) * second**2 + xp.sum(xp.exp(x["b"]))


@_program(normal(4), "captured")
def captured(xp: Any, x: Any) -> Any:
    """An array that the function captures, multiplied into every term."""
    scale = xp.asarray(np.arange(1.0, 5.0))
    return xp.sum(xp.sin(scale * x) * scale)


@_program(normal(3), "nested", nested=True, reference=lambda np, x: np.sum(x**2 * np.exp(x)))
def confusion_distinct(xp: Any, x: Any, inner: Any) -> Any:
    """Perturbation confusion: d/dy(x·y·eʸ…) inside, at a point that is not x."""
    slope = inner(lambda y: xp.sum(x * xp.exp(x) * y), "R")(xp.asarray(np.ones(3)))
    return xp.sum(x * slope)


@_program(normal(3), "nested", "aliased", nested=True, reference=lambda np, x: np.sum(2 * x**3), sample=True)
def confusion_aliased(xp: Any, x: Any, inner: Any) -> Any:
    """The inner variable is the outer one: x · d/dy(x·y²) at y = x."""
    return xp.sum(x * inner(lambda y: xp.sum(x * y**2), "R")(x))


@_program(
    normal(3), "nested", "nested_forward", "aliased", nested=True, reference=lambda np, x: np.sum(x) * np.sum(2 * x**2)
)
def confusion_forward(xp: Any, x: Any, inner: Any) -> Any:
    """The same by forward mode inside: Σx · d/dα Σx(x+α)² at α = 0."""
    return xp.sum(x) * inner(lambda y: xp.sum(x * y**2), "F")(x, xp.ones_like(x))


@_program(normal(3), "nested", "nested_deep", "aliased", nested=True, reference=lambda np, x: np.sum(2 * x**3))
def confusion_three_deep(xp: Any, x: Any, inner: Any) -> Any:
    """Three variables, all one: x · d/dy(y · d/dz(xyz) at z = y) at y = x."""

    def middle(y: Any) -> Any:
        return xp.sum(y * inner(lambda z: xp.sum(x * y * z), "R")(y))

    return xp.sum(x * inner(middle, "R")(x))


SCENARIOS = collect(dict(globals()))
