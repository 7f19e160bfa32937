"""Functions for which jax has constants at single points, against mpmath's derivatives."""

import mpmath
import numpy as np
import pytest

import nestgrad as ng
from nestgrad._routes import recorded

jax = pytest.importorskip("jax")

from nestgrad_jax._repairs.table import is_wrong  # noqa: E402

jnp = jax.numpy
special = jax.scipy.special

mpmath.mp.dps = 40
NESTINGS = ("R", "F", "RR", "FR", "RF", "FF")
NESTINGS_AROUND = ("R", "RF")  # what surrounds a function does not know the nesting: a reverse and a forward mode
V = np.array([1.0, -2.0, 0.5, 1.5, 0.7])


def in_lambda(logarithm):
    """The integral of L exp(t L s) over s from 0 to 1, and its derivatives in t."""
    return lambda t, n: mpmath.quad(lambda s: logarithm ** (n + 1) * s**n * mpmath.exp(t * logarithm * s), [0, 1])


def of_rate(rate):
    """By derivatives of the first one."""
    return lambda x, n: mpmath.diff(rate, x, n - 1, h=mpmath.mpf("1e-12")) if n > 1 else rate(mpmath.mpf(x))


def rate_of_spence(x):
    """log(x) / (1 - x); around 1 by its series."""
    return -sum((1 - x) ** k / (k + 1) for k in range(80)) if abs(x - 1) < 0.25 else mpmath.log(x) / (1 - x)


FUNCTIONS = {
    "S": (lambda x: special.fresnel(x)[0], of_rate(lambda x: mpmath.sin(mpmath.pi * x**2 / 2)), (1, -1, 3, 0, 0.7)),
    "C": (lambda x: special.fresnel(x)[1], of_rate(lambda x: mpmath.cos(mpmath.pi * x**2 / 2)), (1, -1, 3, 0, 0.7)),
    "sinc": (jnp.sinc, of_rate(lambda x: mpmath.diff(mpmath.sincpi, x)), (0, 1e-9, -1e-4, 0.5, 3.2)),
    "spence": (special.spence, of_rate(rate_of_spence), (1, 1 + 1e-9, 0.9, 1.6, 3.2)),
    "boxcox": (lambda t: special.boxcox(1.7, t), in_lambda(mpmath.log(mpmath.mpf(1.7))), (0, 1e-9, -0.1, 1.5, 4)),
    "boxcox1p": (lambda t: special.boxcox1p(1.7, t), in_lambda(mpmath.log(mpmath.mpf(2.7))), (0, 1e-9, -0.1, 1.5, 4)),
}

AROUND = {
    "alone": lambda f: f,
    "jit": jax.jit,
    "jit in jit": lambda f: jax.jit(jax.jit(f)),
    "checkpoint": jax.checkpoint,
    "scalars": jax.vmap,
    "vmap": lambda f: lambda x: jax.vmap(f, in_axes=1)(jnp.stack([x] * 5))[:, 0],
    "vmap of vmap": lambda f: lambda x: jax.vmap(jax.vmap(f, in_axes=1), in_axes=1)(x[None, :, None])[:, 0, 0],
    "jit of vmap": lambda f: jax.jit(lambda x: jax.vmap(f, in_axes=1)(jnp.stack([x] * 5))[:, 0]),
    "vmap of jit": lambda f: lambda x: jax.vmap(jax.jit(f), in_axes=1)(jnp.stack([x] * 5))[:, 0],
    "jit of vmap of jit": lambda f: jax.jit(lambda x: jax.vmap(jax.jit(f), in_axes=1)(jnp.stack([x] * 5))[:, 0]),
    "scan": lambda f: lambda x: jax.lax.scan(lambda c, t: (c, f(t)), 0.0, x)[1],
}


PLAIN = ("alone", "jit")
COMPILED = ("jit in jit", "checkpoint", "vmap of vmap", "jit of vmap of jit")


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_at_a_point_and_beside_it(name, around, x64):
    f, derivative, points = FUNCTIONS[name]
    x, f = np.array(points, float), AROUND[around](f)
    for nesting in NESTINGS if around in PLAIN else NESTINGS_AROUND:
        directions = [V] * ng.Nesting(nesting).directions
        truth = np.array([float(derivative(mpmath.mpf(t), len(nesting))) for t in x]) * V ** len(directions)
        with recorded() as emulations:
            number = ng.derivative(lambda x: jnp.sum(f(x)), nesting, compile=around in COMPILED)(
                jnp.asarray(x), *directions
            )
        truth = truth if "R" in nesting else truth.sum()
        np.testing.assert_allclose(number, truth, rtol=1e-9, atol=1e-9)
        operation = "fresnel" if name in "SC" else name
        assert {emulation.operation for emulation in emulations} == ({operation} if is_wrong(operation) else set())


@pytest.mark.parametrize("nesting", ["R", "F", "FR", "RF", "RR", "RRR", "FFR"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sinc_beside_zero(nesting, dtype, x64):
    """To sixteen times the rounding of the largest derivative, π³/4, whatever small number x is."""
    x = jnp.asarray([0.0, 1e-12, -1e-9, 1e-7, 1e-5, -1e-4, 1e-3, 1e-2, 0.1, 0.45, 0.55, -2.3], dtype)
    order, v = len(nesting), jnp.ones_like(x)
    truth = np.array([_of_sinc(mpmath.mpf(float(t)), order) for t in x], float)
    for f in (jnp.sinc, jax.jit(jnp.sinc)):
        found = ng.derivative(lambda x, f=f: jnp.sum(f(x)), nesting)(x, *[v] * ng.Nesting(nesting).directions)
        assert found.dtype == dtype
        bar = 16 * np.finfo(dtype).eps * np.pi**3 / 4
        np.testing.assert_allclose(found, truth if "R" in nesting else truth.sum(), rtol=0, atol=bar)


def _of_sinc(x, order):
    """A derivative of ∫ cos(πxs) over s from 0 to 1, which sinc is."""
    rate = lambda s: (mpmath.pi * s) ** order * mpmath.cos(mpmath.pi * x * s + order * mpmath.pi / 2)  # noqa: E731
    return mpmath.quad(rate, [0, 1])


def test_sinc_has_the_values_and_dtypes_of_jax(x64):
    for x in (0.3, 1, True, np.float32(0.2), np.arange(3), np.array([0.1 + 0.2j, 2.0])):
        found = []
        ng.gradient(lambda y, x=x, found=found: found.append(jnp.sinc(x)) or y)(jnp.array(1.0))
        truth = jnp.sinc(x)
        assert found[0].dtype == truth.dtype
        assert jnp.allclose(found[0], truth, rtol=1e-6 if truth.dtype == "float32" else 1e-15)
