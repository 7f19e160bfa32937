"""What users of jax build networks and solvers from. The functions of the scenarios in `native`.

Each is a smooth function of one float64 array x; what a layer needs besides is taken from x too, or is a constant.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.experimental.ode import odeint as integrate


def _ramp(*shape: int) -> Any:
    """Constants that are all different."""
    return jnp.sin(jnp.arange(1.0, 1.0 + math.prod(shape))).reshape(shape)


def _weighted(y: Any) -> Any:
    """A scalar with nonlinear dependence on every entry."""
    return jnp.sum(_ramp(*y.shape) * y * (1 + y))


def layer_norm(x: Any) -> Any:
    """Layer normalisation by jax.nn.standardize, its weight a part of x."""
    return _weighted(jax.nn.standardize(x[1:], axis=-1, epsilon=1e-3) * x[0])


def batch_norm(x: Any) -> Any:
    """Batch normalisation over the first axis by jax.nn.standardize."""
    return _weighted(jax.nn.standardize(x, axis=0) ** 2)


def attention(x: Any) -> Any:
    """Causal attention by jax.nn.softmax with a mask; jax.nn.dot_product_attention computes in float32 inside."""
    weights = jax.nn.softmax(x @ (x**2).T, axis=-1, where=jnp.tri(len(x), dtype=bool))
    return _weighted(weights @ x)


def convolution(x: Any) -> Any:
    """lax.conv_general_dilated, its kernel a part of x."""
    return _weighted(lax.conv_general_dilated(x[None, None], x[None, None, :2, :2], (2, 1), "SAME"))


def max_pool(x: Any) -> Any:
    """lax.reduce_window by maximum: no two entries are equal."""
    return _weighted(lax.reduce_window(x, -jnp.inf, lax.max, (2, 2), (2, 2), "VALID"))


def mean_pool(x: Any) -> Any:
    """lax.reduce_window by sum."""
    return _weighted(lax.reduce_window(x**3, 0.0, lax.add, (2, 2), (1, 2), "VALID"))


def embedding(x: Any) -> Any:
    """Rows by index, one of them twice."""
    return _weighted(jnp.take(x, jnp.array([0, 2, 2, 4]), axis=0) ** 2)


def recurrent_cell(x: Any) -> Any:
    """A gated recurrent cell under lax.scan."""

    def step(state: Any, entry: Any) -> Any:
        gate = jax.nn.sigmoid(entry @ _ramp(3, 3) + state)
        return gate * state + (1 - gate) * jnp.tanh(entry * state), state

    last, _ = lax.scan(step, x[0], x[1:])
    return _weighted(last)


def dropout(x: Any) -> Any:
    """Dropout with a fixed key."""
    return _weighted(jnp.where(jax.random.bernoulli(jax.random.key(0), 0.5, x.shape), x / 0.5, 0.0))


def activations(x: Any) -> Any:
    """Smooth activations of jax.nn."""
    names = ("gelu", "silu", "softplus", "mish", "sigmoid", "log_sigmoid", "soft_sign", "selu", "elu", "celu")
    return sum(jnp.sum(getattr(jax.nn, name)(x) ** 2) for name in names)


def glu(x: Any) -> Any:
    """jax.nn.glu."""
    return _weighted(jax.nn.glu(x))


def cross_entropy(x: Any) -> Any:
    """jax.nn.log_softmax against one-hot labels."""
    return -jnp.mean(jnp.sum(jax.nn.one_hot(jnp.array([0, 3, 1]), 5) * jax.nn.log_softmax(x), axis=-1))


def log_sum_exp(x: Any) -> Any:
    """jax.nn.logsumexp with weights and signs."""
    return _weighted(jax.nn.logsumexp(x, axis=-1, b=1 + x**2))


def checkpoint(x: Any) -> Any:
    """jax.checkpoint."""
    return jnp.sum(jax.checkpoint(lambda y: jnp.sin(y) * y)(x) ** 2)


def lax_map(x: Any) -> Any:
    """lax.map."""
    return jnp.sum(lax.map(lambda row: jnp.sin(row) * row[0], x) ** 2)


def associative_scan(x: Any) -> Any:
    """lax.associative_scan by products."""
    return _weighted(lax.associative_scan(jnp.multiply, x))


def switch(x: Any) -> Any:
    """lax.switch on a constant."""
    return jnp.sum(lax.switch(1, (jnp.sin, lambda y: y**3, jnp.cos), x))


def custom_root(x: Any) -> Any:
    """lax.custom_root: the root of y³ + y = x, by Newton's method."""

    def newton(f: Any, guess: Any) -> Any:
        return lax.fori_loop(0, 40, lambda _, y: y - f(y) / (3 * y**2 + 1), guess)

    root = lax.custom_root(lambda y: y**3 + y - x, jnp.zeros_like(x), newton, lambda g, y: y / g(jnp.ones_like(y)))
    return _weighted(root)


def odeint(x: Any) -> Any:
    """jax.experimental.ode.odeint, whose rule is a custom_vjp."""
    times = jnp.linspace(0.0, 0.1, 3)  # short: the rule is exact to the solver's tolerance alone
    return _weighted(integrate(lambda y, t: -jnp.sin(t) * y, x, times, rtol=1e-13, atol=1e-13)[-1])


def grad_inside(x: Any) -> Any:
    """jax.grad inside."""
    return jnp.sum(jax.grad(lambda y: jnp.sum(y**3 * jnp.sin(x)))(x) * x)


def vmapped(x: Any) -> Any:
    """jax.vmap inside."""
    return jnp.sum(jax.vmap(lambda row: jnp.sin(row).sum() * row[0])(x) ** 2)


def jitted(x: Any) -> Any:
    """jax.jit inside, called twice."""
    inner = jax.jit(lambda y: jnp.sin(y) * y)
    return jnp.sum(inner(inner(x)))


def scatter(x: Any) -> Any:
    """Updates at indices: set, add and multiply, one index twice."""
    index = jnp.array([0, 2, 2])
    return _weighted(x.at[1].set(x[0] ** 2).at[index].add(x[:3] ** 3).at[3].multiply(x[1]))


def segment_sum(x: Any) -> Any:
    """jax.ops.segment_sum and segment_max."""
    segments = jnp.array([0, 1, 0, 1, 2])
    return _weighted(jax.ops.segment_sum(x, segments, 3)) + _weighted(jax.ops.segment_max(x, segments, 3))


def segment_prod(x: Any) -> Any:
    """jax.ops.segment_prod."""
    return _weighted(jax.ops.segment_prod(x, jnp.array([0, 1, 0, 1, 2]), 3))


def special(x: Any) -> Any:
    """Functions of jax.scipy.special."""
    s = jax.scipy.special
    return jnp.sum(s.gammaln(x) * s.erf(x) + s.digamma(x) + s.ndtri(x / 3) + s.i0e(x) + s.betaln(x, 1 + x))


def eigh(x: Any) -> Any:
    """jnp.linalg.eigh, eigenvectors squared: the eigenvalues differ."""
    values, vectors = jnp.linalg.eigh(x + x.T)
    return _weighted(values) + _weighted(vectors**2)


def svd(x: Any) -> Any:
    """jnp.linalg.svd: the singular values differ."""
    return _weighted(jnp.linalg.svd(x, compute_uv=False))


def qr(x: Any) -> Any:
    """jnp.linalg.qr."""
    return _weighted(jnp.linalg.qr(x)[1])


def slogdet(x: Any) -> Any:
    """jnp.linalg.slogdet and inv."""
    return jnp.linalg.slogdet(x)[1] + _weighted(jnp.linalg.inv(x))


def expm(x: Any) -> Any:
    """jax.scipy.linalg.expm."""
    return _weighted(jax.scipy.linalg.expm(x / 4))


def fourier(x: Any) -> Any:
    """A power spectrum by jnp.fft.rfft: complex inside."""
    return _weighted(jnp.abs(jnp.fft.rfft(x)) ** 2)


def sort(x: Any) -> Any:
    """jnp.sort and lax.top_k: no two entries are equal."""
    return _weighted(jnp.sort(x)) + _weighted(lax.top_k(x, 2)[0] ** 2)


def cumulative(x: Any) -> Any:
    """jnp.cumsum, cumprod and lax.cumlogsumexp."""
    return _weighted(jnp.cumsum(x)) + _weighted(jnp.cumprod(x)) + _weighted(lax.cumlogsumexp(x))


def unique(x: Any) -> Any:
    """jnp.unique of a static size: all entries differ, so it sorts."""
    return _weighted(jnp.unique(x, size=x.shape[0]))


def unique_of_unknown_size(x: Any) -> Any:
    """jnp.unique whose result has the size that it has."""
    return _weighted(jnp.unique(x)) + jnp.sum(x**2)


def arange_of_variables(x: Any) -> Any:
    """jnp.arange and jnp.r_ between bounds that vary."""
    return jnp.sum(jnp.arange(x[0], x[0] + 3) ** 2) + jnp.sum(jnp.r_[x[1] : x[1] + 2] ** 2)


def moments(x: Any) -> Any:
    """jnp.var, jnp.std, jnp.median and jnp.corrcoef."""
    return (
        _weighted(jnp.var(x, axis=0)) + _weighted(jnp.std(x, axis=1)) + jnp.median(x) ** 2 + _weighted(jnp.corrcoef(x))
    )


def norms(x: Any) -> Any:
    """jnp.linalg.norm: of rows, of a matrix, nuclear."""
    norm = jnp.linalg.norm
    return _weighted(norm(x, axis=-1)) + norm(x) ** 3 + norm(x, ord="nuc") + norm(x, ord=3, axis=0).sum()
