"""Likelihoods, bounds and densities of statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

from nestgrad_conformance.scenarios._scenario import collect, generator, normal, uniform

from ._program import of_linear_map, program

_LABELS = np.eye(5)[[0, 3, 1]]
_RNG = generator(0, "probability")
_DESIGN = _RNG.standard_normal((8, 3))
_COUNTS = _RNG.poisson(2.0, 8).astype(np.float64)
_OUTCOMES = np.array([0.0, 1, 1, 0, 1, 0, 0, 1])
_SERIES = _RNG.standard_normal(7)
_NOISE = _RNG.standard_normal((5, 3))
_CLASSES = np.eye(4)[[0, 3, 1, 2, 1, 0, 3, 2]]
_TIMES = _RNG.uniform(0.5, 3, 8)


@program(normal(6), "max")
def log_sum_exp(xp: Any, x: Any) -> Any:
    """Log Σ exp(x), shifted by its maximum."""
    top = xp.max(x)
    return xp.log(xp.sum(xp.exp(x - top))) + top


@program(normal(3, 5), "max", "numpy_constants", sample=True)
def softmax_cross_entropy(xp: Any, x: Any) -> Any:
    """Cross-entropy of a batch of logits against labels."""
    shifted = x - xp.max(x, axis=-1, keepdims=True)
    log_probability = shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))
    return -xp.sum(xp.asarray(_LABELS) * log_probability) / 3


@program(normal(3), "matmul", "numpy_constants")
def logistic_regression(xp: Any, x: Any) -> Any:
    """The negative log-likelihood of binary outcomes, with a ridge."""
    logits = xp.matmul(xp.asarray(_DESIGN), x)
    return xp.sum(xp.log1p(xp.exp(logits)) - xp.asarray(_OUTCOMES) * logits) + xp.sum(x**2) / 2


@program(
    normal(3),
    "matmul",
    "numpy_constants",
    closed_form=of_linear_map(_DESIGN, lambda z: np.exp(z) - _COUNTS, np.exp, np.exp),
)
def poisson_regression(xp: Any, x: Any) -> Any:
    """The negative log-likelihood of counts."""
    rates = xp.matmul(xp.asarray(_DESIGN), x)
    return xp.sum(xp.exp(rates) - xp.asarray(_COUNTS) * rates)


@program(normal(3, 4), "matmul", "max", "numpy_constants")
def softmax_regression(xp: Any, x: Any) -> Any:
    """The negative log-likelihood of classes, in the matrix of weights."""
    logits = xp.asarray(_DESIGN) @ x
    top = xp.max(logits, axis=-1, keepdims=True)
    normaliser = xp.log(xp.sum(xp.exp(logits - top), axis=-1, keepdims=True)) + top
    return xp.mean(xp.sum(xp.asarray(_CLASSES) * (normaliser - logits), axis=-1))


def _robust_inputs(rng: np.random.Generator) -> Any:
    return {"weights": rng.standard_normal(3), "log_scale": rng.standard_normal(())}


@program(_robust_inputs, "matmul", "pytree", "numpy_constants")
def robust_regression(xp: Any, x: Any) -> Any:
    """Student's t as noise, five degrees of freedom, its scale unknown."""
    residual = xp.asarray(_TIMES) - xp.matmul(xp.asarray(_DESIGN), x["weights"])
    return xp.sum(x["log_scale"] + 3 * xp.log1p((residual * xp.exp(-x["log_scale"])) ** 2 / 5))


@program(lambda rng: (rng.standard_normal(3), rng.standard_normal(3) / 2), "matmul", "pytree", "numpy_constants")
def heteroscedastic_normal(xp: Any, x: Any) -> Any:
    """A normal likelihood whose log-variance is linear too."""
    mean, log_variance = (xp.matmul(xp.asarray(_DESIGN), w) for w in x)
    return xp.sum(log_variance + (xp.asarray(_TIMES) - mean) ** 2 * xp.exp(-log_variance)) / 2


def _mixture_inputs(rng: np.random.Generator) -> Any:
    return {"means": rng.standard_normal(3), "log_scales": rng.standard_normal(3) / 3, "logits": rng.standard_normal(3)}


@program(_mixture_inputs, "max", "pytree", "numpy_constants")
def gaussian_mixture(xp: Any, x: Any) -> Any:
    """The log-likelihood of a mixture of three normals, by a shifted logarithm of a sum."""
    points = xp.asarray(_SERIES)[:, None]
    terms = x["logits"] - x["log_scales"] - ((points - x["means"]) * xp.exp(-x["log_scales"])) ** 2 / 2
    top = xp.max(terms, axis=-1, keepdims=True)
    logits = xp.log(xp.sum(xp.exp(x["logits"])))
    return xp.sum(xp.log(xp.sum(xp.exp(terms - top), axis=-1)) + top[:, 0] - logits)


@program(lambda rng: (rng.standard_normal(3), rng.standard_normal(3) / 2), "matmul", "pytree", "numpy_constants")
def variational_bound(xp: Any, x: Any) -> Any:
    """The evidence bound of logistic regression, by reparametrised samples of a diagonal normal."""
    mean, log_scale = x
    logits = (mean + xp.exp(log_scale) * xp.asarray(_NOISE)) @ xp.asarray(_DESIGN.T)
    fit = xp.mean(xp.sum(xp.asarray(_OUTCOMES) * logits - xp.log1p(xp.exp(logits)), axis=-1))
    return fit - xp.sum(mean**2 + xp.exp(2 * log_scale) - 1 - 2 * log_scale) / 2


def _planar_inputs(rng: np.random.Generator) -> Any:
    return {"u": rng.uniform(0.1, 0.5, (2, 3)), "w": rng.uniform(0.1, 0.5, (2, 3)), "b": rng.standard_normal(2)}


@program(_planar_inputs, "matmul", "pytree", "index", "numpy_constants")
def planar_flow(xp: Any, x: Any) -> Any:
    """The log-density of a normalising flow of two planar layers."""
    z, log_det = xp.asarray(_NOISE), 0.0
    for layer in range(2):
        u, w, b = x["u"][layer, :], x["w"][layer, :], x["b"][layer]
        bent = xp.tanh(xp.matmul(z, w) + b)
        log_det = log_det + xp.sum(xp.log(1 + (1 - bent**2) * xp.sum(u * w)))
        z = z + bent[:, None] * u
    return xp.sum(z**2) / 2 - log_det


def _coupling_inputs(rng: np.random.Generator) -> Any:
    return [{"scale": rng.standard_normal((2, 2)) / 2, "shift": rng.standard_normal((2, 2)) / 2} for _ in range(2)]


@program(_coupling_inputs, "matmul", "pytree", "numpy_constants")
def coupling_flow(xp: Any, x: Any) -> Any:
    """The log-density of a flow of two affine coupling layers, its halves taking turns."""
    left, right, log_det = xp.asarray(_DESIGN[:, :2]), xp.asarray(_DESIGN[:, 1:]), 0.0
    for layer in x:
        scale = xp.tanh(left @ layer["scale"])
        left, right = right * xp.exp(scale) + left @ layer["shift"], left
        log_det = log_det + xp.sum(scale)
    return xp.sum(left**2) / 2 + xp.sum(right**2) / 2 - log_det


def _markov_inputs(rng: np.random.Generator) -> Any:
    return {"transition": rng.standard_normal((3, 3)), "means": rng.standard_normal(3)}


@program(_markov_inputs, "max", "pytree", "numpy_constants", revision=2)
def hidden_markov(xp: Any, x: Any) -> Any:
    """The log-likelihood of a hidden Markov chain of three states, by the forward recursion."""
    transition = x["transition"] - xp.log(xp.sum(xp.exp(x["transition"]), axis=-1, keepdims=True))
    forward = -((float(_SERIES[0]) - x["means"]) ** 2) / 2
    for observed in _SERIES[1:5]:
        joint = forward[:, None] + transition
        top = xp.max(joint, axis=0)
        forward = xp.log(xp.sum(xp.exp(joint - top), axis=0)) + top - (float(observed) - x["means"]) ** 2 / 2
    return xp.log(xp.sum(xp.exp(forward)))


@program(uniform(0.1, 0.4, 3), "index", "numpy_constants")
def garch(xp: Any, x: Any) -> Any:
    """The negative log-likelihood of volatilities that depend on the one before, GARCH(1, 1)."""
    omega, alpha, beta = (x[i] for i in range(3))
    variance, total = omega / (1 - alpha - beta / 2), 0.0
    for value in _SERIES:
        total = total + (xp.log(variance) + float(value) ** 2 / variance) / 2
        variance = omega + alpha * float(value) ** 2 + beta * variance
    return total


@program(normal(3), "matmul", "cumulative_sum", "flip", "numpy_constants")
def cox_partial_likelihood(xp: Any, x: Any) -> Any:
    """Cox's partial likelihood: sums over those still at risk, from the last time backwards."""
    risk = xp.matmul(xp.asarray(_DESIGN), x)
    at_risk = xp.flip(xp.cumulative_sum(xp.flip(xp.exp(risk))))
    return xp.sum(xp.asarray(_OUTCOMES) * (xp.log(at_risk) - risk))


@program(uniform(0.5, 1.5, 2), "power", "tensor_exponent", "where", "index", "numpy_constants")
def censored_weibull(xp: Any, x: Any) -> Any:
    """Weibull survival times, half of them censored; the exponent is differentiated."""
    shape, scale = x[0], x[1]
    hazard = (xp.asarray(_TIMES) / scale) ** shape
    died = xp.asarray(_OUTCOMES) > 0
    return xp.sum(hazard - xp.where(died, xp.log(shape * hazard / xp.asarray(_TIMES)), 0.0 * hazard))


SCENARIOS = collect(dict(globals()))
