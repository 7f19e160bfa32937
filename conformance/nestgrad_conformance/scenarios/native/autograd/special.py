"""What users of HIPS autograd call besides NumPy's functions. The functions of the scenarios in `native`."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import autograd.scipy.special as special
import autograd.scipy.stats as stats
from autograd import checkpoint as checkpointed
from autograd import elementwise_grad, grad
from autograd.extend import defjvp, defvjp, primitive
from autograd.scipy.signal import convolve
from autograd.scipy.special import logsumexp


def _weighted(y: Any) -> Any:
    """A scalar with nonlinear dependence on every entry."""
    ramp = np.sin(np.arange(1.0, 1.0 + y.size)).reshape(y.shape)
    return np.sum(ramp * y * (1 + y))


@primitive
def _sine(x: Any) -> Any:
    return np.sin(x)


defvjp(_sine, lambda ans, x: lambda g: g * np.cos(x))
defjvp(_sine, lambda g, ans, x: g * np.cos(x))


@primitive
def _cosine(x: Any) -> Any:
    return np.cos(x)


defvjp(_cosine, lambda ans, x: lambda g: -g * np.sin(x))


def primitive_both(x: Any) -> Any:
    """A primitive with a rule for each mode."""
    return np.sum(_sine(x) ** 2)


def primitive_reverse(x: Any) -> Any:
    """A primitive with a reverse rule alone."""
    return np.sum(_cosine(x) ** 2)


def checkpoint(x: Any) -> Any:
    """autograd.checkpoint."""
    return np.sum(checkpointed(lambda y: np.sin(y) * y)(x) ** 2)


def grad_inside(x: Any) -> Any:
    """autograd.grad and elementwise_grad inside."""
    return np.sum(grad(lambda y: np.sum(y**3 * np.sin(x)))(x) * x) + np.sum(elementwise_grad(np.tanh)(x))


def gamma(x: Any) -> Any:
    """autograd.scipy.special: gammaln, digamma, erf, expit."""
    return np.sum(special.gammaln(x) * special.erf(x) + special.digamma(x) + special.expit(x))


def log_sum_exp(x: Any) -> Any:
    """autograd.scipy.special.logsumexp."""
    return _weighted(logsumexp(x, axis=-1))


def normal_density(x: Any) -> Any:
    """autograd.scipy.stats: norm, t and beta."""
    return np.sum(stats.norm.logpdf(x, 0.5, 1 + x**2)) + np.sum(stats.t.logpdf(x, 4.0, 0.3, 1.2))


def multivariate_normal(x: Any) -> Any:
    """autograd.scipy.stats.multivariate_normal, in mean and covariance."""
    covariance = x @ x.T + 4 * np.eye(3)
    return stats.multivariate_normal.logpdf(np.array([0.3, -0.2, 0.5]), x[0], covariance)


def convolution(x: Any) -> Any:
    """autograd.scipy.signal.convolve, its kernel a part of x."""
    return _weighted(convolve(x, x[:2, :2], mode="valid"))


def embedding(x: Any) -> Any:
    """Rows by index, one of them twice."""
    return _weighted(x[np.array([0, 2, 2, 4])] ** 2)


def fourier(x: Any) -> Any:
    """A power spectrum by numpy.fft.fft: complex inside."""
    return _weighted(np.abs(np.fft.fft(x)) ** 2)


def einsum(x: Any) -> Any:
    """numpy.einsum with x twice."""
    return _weighted(np.einsum("ij,kj->ik", x, x**2))


def eigh(x: Any) -> Any:
    """numpy.linalg.eigh: the eigenvalues differ."""
    values, vectors = np.linalg.eigh(x + x.T)
    return _weighted(values) + _weighted(vectors**2)


def svd(x: Any) -> Any:
    """numpy.linalg.svd: the singular values differ."""
    return _weighted(np.linalg.svd(x, compute_uv=False))


def moments(x: Any) -> Any:
    """numpy.var and std along axes."""
    return _weighted(np.var(x, axis=0)) + _weighted(np.std(x, axis=1))


def layer_norm(x: Any) -> Any:
    """Layer normalisation by mean and std, its weight a part of x."""
    rows = x[1:]
    centred = rows - np.mean(rows, axis=-1, keepdims=True)
    return _weighted(x[0] * centred / (np.std(rows, axis=-1, keepdims=True) + 1e-3))
