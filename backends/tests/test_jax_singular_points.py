"""Functions for which jax has constants at single points, against mpmath's derivatives."""

import mpmath
import numpy as np
import pytest

import nestgrad as ng
from nestgrad._routes import recorded

jax = pytest.importorskip("jax")
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
        assert {emulation.operation for emulation in emulations} == {"fresnel" if name in "SC" else name}
