"""The determinant of matrices of any rank, against the coefficients of the polynomial that it is."""

import functools
import math

import numpy as np
import pytest

import nestgrad as ng
from nestgrad._routes import recorded

jax = pytest.importorskip("jax")
jnp = jax.numpy

from nestgrad_jax._repairs.determinant import determinant_of  # noqa: E402

NESTINGS = ("F", "R", "FF", "FR", "RF", "RR", "FFF", "FFR", "RFF", "RRR")
RNG = np.random.default_rng(7)


def coefficients(x, v, w):
    """Those of det(x + s v + t w) in s and t, by its values at roots of unity."""
    roots = np.exp(2j * np.pi * np.arange(len(x) + 1) / (len(x) + 1))
    values = np.linalg.det(x + roots[:, None, None, None] * v + roots[None, :, None, None] * w)
    return np.fft.fft2(values).real / len(roots) ** 2


def truth(nesting, x, v, scale):
    """What a nesting gives in the direction v, times the scale of each entry."""
    order = len(nesting)
    if "R" not in nesting:
        return math.factorial(order) * coefficients(x, v, np.zeros_like(x))[order, 0] if order <= len(x) else 0.0
    if order > len(x):
        return np.zeros_like(x)
    units = scale.ravel()[:, None, None] * np.eye(x.size).reshape(-1, *x.shape)
    gradients = [coefficients(x, v, unit)[order - 1, 1] for unit in units]
    return math.factorial(order - 1) * np.reshape(gradients, x.shape)


@functools.cache
def operator(nesting):
    return ng.derivative(jnp.linalg.det, nesting, compile=True, backend="jax")


def of_rank(size, rank):
    return RNG.standard_normal((size, rank)) @ RNG.standard_normal((rank, size))


MATRICES = {
    **{f"{size} by {size} of rank {rank}": of_rank(size, rank) for size in (2, 3, 4, 6) for rank in range(size + 1)},
    "a column of zeros": np.array([[0.0, 1.0], [0.0, 2.0]]),
    "a first column of zeros": np.array([[0.0, 1.0, 2.0], [0.0, 3.0, -1.0], [0.0, 2.0, 5.0]]),
    "two columns of zeros": np.array([[1.0, 0.0, 0.0], [3.0, 0.0, 0.0], [2.0, 0.0, 0.0]]),
    "equal rows": np.array([[1.0, 2.0, 3.0, 4.0]] * 3 + [[2.0, 0.0, 1.0, 5.0]]),
    "a diagonal": np.diag([1.0, 2.0, 0.0, 0.0]),
    "a longer diagonal": np.diag([1.0, 2.0, 3.0, 0.0, 0.0, 0.0]),
    "scales": np.diag([1e-7, 1, 1e7, 1e-3, 1e5, 1]) @ of_rank(6, 6) @ np.diag([1e6, 1e-6, 1, 1e-4, 1e3, 1]),
}


@pytest.mark.parametrize("name", MATRICES)
def test_it_is_a_polynomial(name, x64):
    x = MATRICES[name]
    scale = np.where(x == 0, 1, x)
    v = np.cos(3 * np.arange(x.size)).reshape(x.shape) * scale
    for nesting in NESTINGS:
        found = np.asarray(operator(nesting)(x, *[v] * ng.Nesting(nesting).directions))
        found = found * scale if "R" in nesting else found
        expected = truth(nesting, x, v, scale)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11, err_msg=nesting)


SINGULAR = MATRICES["equal rows"]
AROUND = {
    "jit": jax.jit,
    "checkpoint": jax.checkpoint,
    "a batch": lambda f: lambda x: f(jnp.stack([x, x.T]))[1],
    "vmap": lambda f: lambda x: jax.vmap(f, in_axes=2)(jnp.stack([jnp.eye(4), x], 2))[1],
    "jit of vmap of jit": lambda f: jax.jit(lambda x: jax.vmap(jax.jit(f), in_axes=1)(jnp.stack([x] * 4, 1))[0]),
    "vmap of a batch": lambda f: lambda x: jax.vmap(f, in_axes=3)(jnp.stack([jnp.stack([x, x])] * 3, 3))[2, 1],
    "scan": lambda f: lambda x: jax.lax.scan(lambda total, x: (total * f(x), f(x)), 1.0, x[None])[1][0],
    "cond": lambda f: lambda x: jax.lax.cond(x[0, 0] > 0, f, lambda x: x[0, 0], x),
    "scipy": lambda f: jax.scipy.linalg.det,
    "a product": lambda f: lambda x: f(x @ jnp.diag(jnp.array([1.0, -1.0, 1.0, -1.0]))),
}


@pytest.mark.parametrize("name", AROUND)
def test_wherever_it_is_called(name, x64):
    v = np.cos(SINGULAR)
    for nesting, compiled in (("R", False), ("FR", True), ("RF", True)):
        with recorded() as emulations:
            f = ng.derivative(AROUND[name](jnp.linalg.det), nesting, compile=compiled, backend="jax")
            found = f(SINGULAR, *[v] * ng.Nesting(nesting).directions)
        np.testing.assert_allclose(found, truth(nesting, SINGULAR, v, np.ones((4, 4))), rtol=1e-9, atol=1e-9)
        assert {emulation.operation for emulation in emulations} == {"det"}


def test_of_one_entry_it_is_as_jax_has_it(x64):
    for f in (jnp.linalg.det, lambda x: jnp.linalg.det(x[None])[0]):
        with recorded() as emulations:
            assert ng.gradient(f)(jnp.zeros((1, 1))).tolist() == [[1]]
        assert not emulations


def test_of_complex_and_half_as_long_numbers(x64):
    x = MATRICES["6 by 6 of rank 5"]
    f = lambda x: jnp.linalg.det(x * (1 + 2j)).imag  # noqa: E731
    gradient = truth("R", x, x, np.ones_like(x))
    factor = ((1 + 2j) ** 6).imag
    np.testing.assert_allclose(ng.gradient(f)(jnp.asarray(x)), gradient * factor, rtol=1e-9, atol=1e-9)
    found = ng.gradient(jnp.linalg.det)(jnp.asarray(x, jnp.float32))
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, gradient, atol=1e-4 * np.abs(gradient).max())


def test_what_an_expansion_of_four_rows_cannot_tell_is_nan(x64):
    v = jnp.eye(5)  # det(tv) = t⁵
    f = lambda x: determinant_of(None, x)[0]  # noqa: E731
    for _ in range(5):
        f = functools.partial(lambda f, x: jax.jvp(f, (x,), (v,))[1], f)
    f = jax.jit(f)
    assert f(v) == pytest.approx(120)
    assert jnp.isnan(f(0 * v))
