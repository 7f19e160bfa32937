"""Linear algebra, and the estimators that are made of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from nestgrad_conformance.scenarios._scenario import collect, generator, normal, uniform

from ._program import _MATRICES, of_linear_map, program

_RNG = generator(0, "linear algebra")
_POINTS = np.sort(_RNG.uniform(-2, 2, 6))
_SQUARES = (_POINTS[:, None] - _POINTS) ** 2
_VALUES = np.sin(2 * _POINTS) + _RNG.standard_normal(6) / 10
_EYE = np.eye(6)
_DESIGN = _RNG.standard_normal((6, 3))
_EYE3 = np.eye(3)
_SAMPLES = _RNG.standard_normal((5, 3))
_SYMMETRIC = np.array([[3.0, 1, 0, 0], [1, 2, 1, 0], [0, 1, 4, 1], [0, 0, 1, 1]])
_POLYTOPE = np.concatenate([np.eye(3), -np.eye(3), _DESIGN[:2]])


@program(normal(4, 4), "matmul", "numpy_constants", sample=True)
def matmul_chain(xp: Any, x: Any) -> Any:
    """A chain of matrix products, in which x appears twice."""
    a, b, c = (xp.asarray(m) for m in _MATRICES)
    return xp.sum((a @ x @ b @ xp.matrix_transpose(x) @ c) ** 2)


def _well_conditioned(rng: np.random.Generator) -> Any:
    return rng.standard_normal((4, 4)) / 4 + 2 * np.eye(4)


@program(_well_conditioned, "solve", "linalg")
def solve(xp: Any, x: Any) -> Any:
    """A linear system, in its matrix and its right-hand side."""
    return xp.sum(xp.linalg.solve(x, x[:, 0] ** 2) ** 2)


@program(_well_conditioned, "det", "det_large", "linalg", sample=True)
def determinant(xp: Any, x: Any) -> Any:
    """The determinant of a matrix."""
    return xp.linalg.det(x)


@program(normal(4, 4), "cholesky", "linalg")
def cholesky(xp: Any, x: Any) -> Any:
    """A sum of entries and the log-determinant, by a Cholesky factor."""
    factor = xp.linalg.cholesky(x @ xp.matrix_transpose(x) + 4 * xp.asarray(np.eye(4)))
    return xp.sum(factor) + xp.sum(xp.log(xp.sum(factor * xp.asarray(np.eye(4)), axis=-1)))


@program(normal(4, 3), "norm", "vector_norm", "prod", "linalg")
def norm(xp: Any, x: Any) -> Any:
    """Norms of rows, multiplied."""
    return xp.prod(xp.linalg.vector_norm(x, axis=-1))


@program(uniform(-0.5, 0.5, 3), "cholesky", "solve", "linalg", "numpy_constants")
def gaussian_process(xp: Any, x: Any) -> Any:
    """The log marginal likelihood of a Gaussian process, in the logarithms of length, amplitude and noise."""
    length, amplitude, noise = (xp.exp(x[i]) for i in range(3))
    kernel = amplitude * xp.exp(-xp.asarray(_SQUARES) / (2 * length**2)) + noise * xp.asarray(_EYE)
    factor = xp.linalg.cholesky(kernel)
    white = xp.linalg.solve(factor, xp.asarray(_VALUES))
    return xp.sum(white**2) / 2 + xp.sum(xp.log(xp.sum(factor * xp.asarray(_EYE), axis=-1)))


@program(normal(3, 3), "cholesky", "solve", "linalg", "matmul", "numpy_constants")
def multivariate_normal(xp: Any, x: Any) -> Any:
    """The log-likelihood of samples, in a square root of their covariance."""
    factor = xp.linalg.cholesky(x @ xp.matrix_transpose(x) + 2 * xp.asarray(_EYE3))
    white = xp.linalg.solve(factor, xp.asarray(_SAMPLES.T))
    return xp.sum(white**2) / 2 + 5 * xp.sum(xp.log(xp.sum(factor * xp.asarray(_EYE3), axis=-1)))


def _kalman_inputs(rng: np.random.Generator) -> Any:
    return {"dynamics": np.eye(2) + rng.standard_normal((2, 2)) / 5, "log_noise": rng.standard_normal(2) / 2}


@program(_kalman_inputs, "matmul", "pytree", "numpy_constants", "index")
def kalman_filter(xp: Any, x: Any) -> Any:
    """The log-likelihood of a series by a Kalman filter: two hidden states, the first of which is observed."""
    dynamics, noise = x["dynamics"], xp.exp(x["log_noise"])
    mean, covariance, total = xp.asarray(_EYE3[:2, 2]), xp.asarray(_EYE3[:2, :2]), 0.0
    for observed in _VALUES:
        mean = xp.matmul(dynamics, mean)
        covariance = dynamics @ covariance @ xp.matrix_transpose(dynamics) + noise[0] * xp.asarray(_EYE3[:2, :2])
        variance = covariance[0, 0] + noise[1]
        error = float(observed) - mean[0]
        total = total + (xp.log(variance) + error**2 / variance) / 2
        gain = covariance[:, 0] / variance
        mean = mean + gain * error
        covariance = covariance - gain[:, None] * covariance[0, :]
    return total


@program(normal(4), "matmul", "numpy_constants")
def rayleigh_quotient(xp: Any, x: Any) -> Any:
    """⟨x, Ax⟩ / ⟨x, x⟩."""
    return xp.sum(x * xp.matmul(xp.asarray(_SYMMETRIC), x)) / xp.sum(x**2)


@program(normal(4), "matmul", "norm", "numpy_constants")
def power_iteration(xp: Any, x: Any) -> Any:
    """An eigenvalue by four steps of power iteration, in the vector that it starts from."""
    for _ in range(4):
        x = xp.matmul(xp.asarray(_SYMMETRIC), x)
        x = x / xp.sqrt(xp.sum(x**2))
    return xp.sum(x * xp.matmul(xp.asarray(_SYMMETRIC), x))


@program(lambda rng: (rng.standard_normal((4, 4)) / 2, rng.standard_normal(4)), "matmul", "pytree", "numpy_constants")
def conjugate_gradients(xp: Any, x: Any) -> Any:
    """Three steps of conjugate gradients, in the matrix and the right-hand side."""
    root, right = x
    matrix = root @ xp.matrix_transpose(root) + xp.asarray(_SYMMETRIC)
    solution, residual, direction = 0.0 * right, right, right
    for _ in range(3):
        image = xp.matmul(matrix, direction)
        size = xp.sum(residual**2)
        step = size / xp.sum(direction * image)
        solution, residual = solution + step * direction, residual - step * image
        direction = residual + xp.sum(residual**2) / size * direction
    return xp.sum(solution**2)


@program(lambda rng: np.eye(3) + rng.standard_normal((3, 3)) / 8, "matmul", "numpy_constants")
def newton_schulz_inverse(xp: Any, x: Any) -> Any:
    """The inverse of a matrix near the identity by five steps of Newton and Schulz."""
    inverse = 2 * xp.asarray(_EYE3) - x
    for _ in range(5):
        inverse = inverse @ (2 * xp.asarray(_EYE3) - x @ inverse)
    return xp.sum(inverse**3)


@program(normal(3, 3), "matmul", "numpy_constants")
def matrix_exponential(xp: Any, x: Any) -> Any:
    """The exponential of a matrix: eight terms of its series at x/4, squared twice."""
    term, total = xp.asarray(_EYE3), xp.asarray(_EYE3)
    for k in range(1, 9):
        term = term @ x / (4 * k)
        total = total + term
    for _ in range(2):
        total = total @ total
    return xp.sum(total * xp.asarray(_SAMPLES[:3, :]))


@program(normal(3, 3), "norm", "numpy_constants")
def gram_schmidt(xp: Any, x: Any) -> Any:
    """An orthonormal basis, column by column."""
    basis: list[Any] = []
    for i in range(3):
        column = x[:, i]
        for known in basis:
            column = column - xp.sum(known * column) * known
        basis.append(column / xp.sqrt(xp.sum(column**2)))
    return xp.sum(xp.stack(basis, axis=1) * xp.asarray(_SAMPLES[:3, :]))


@program(lambda rng: rng.standard_normal(3) / 2, "solve", "linalg", "matmul", "numpy_constants")
def ridge_regression(xp: Any, x: Any) -> Any:
    """The error on two points of a ridge regression on four, in the logarithms of its penalties."""
    train, test = xp.asarray(_DESIGN[:4]), xp.asarray(_DESIGN[4:])
    normal_matrix = xp.asarray(_DESIGN[:4].T) @ train + xp.exp(x) * xp.asarray(_EYE3)
    weights = xp.linalg.solve(normal_matrix, xp.asarray(_DESIGN[:4].T @ _VALUES[:4]))
    return xp.sum((xp.matmul(test, weights) - xp.asarray(_VALUES[4:])) ** 2)


@program(
    uniform(-0.2, 0.2, 3),
    "matmul",
    "numpy_constants",
    closed_form=of_linear_map(_POLYTOPE, lambda z: 1 / (1 - z), lambda z: 1 / (1 - z) ** 2, lambda z: 2 / (1 - z) ** 3),
)
def log_barrier(xp: Any, x: Any) -> Any:
    """The logarithmic barrier of a polytope, in its inside."""
    return -xp.sum(xp.log(1 - xp.matmul(xp.asarray(_POLYTOPE), x)))


@program(normal(4, 2), "det", "linalg", "matmul", "numpy_constants")
def log_determinant_of_low_rank(xp: Any, x: Any) -> Any:
    """Log det(I + xᵀx)."""
    return xp.log(xp.linalg.det(xp.asarray(_EYE3[:2, :2]) + xp.matrix_transpose(x) @ x))


SCENARIOS = collect(dict(globals()))
