"""Which operations the watch over jax looks at: all that is repaired or refused, and nothing else."""

import gc
import weakref

import numpy as np
import pytest

import nestgrad as ng
from nestgrad._routes import recorded

jax = pytest.importorskip("jax")
jnp = jax.numpy
special = jax.scipy.special

from nestgrad_jax._guard import inner_gradients, watch  # noqa: E402
from nestgrad_jax._repairs import table  # noqa: E402

NOW = jax.__version_info__


def matrix(x):
    return jnp.diag(x) + jnp.outer(x, x) / 9


HOLDS = {
    "hypot": lambda x: jnp.hypot(x[0], x[1]),
    "betaln": lambda x: special.betaln(x[0], x[1]),
    "ldexp": lambda x: jnp.ldexp(x, 2)[0],
    "i0": lambda x: jnp.i0(x)[0],
    "sinc": lambda x: jnp.sinc(x)[0],
    "bessel_i0e": lambda x: special.i0e(x)[0],
    "bessel_i1e": lambda x: special.i1e(x)[0],
    "fresnel": lambda x: special.fresnel(x)[0][0],
    "_erfcx": lambda x: special.erfcx(x)[0],
    "spence": lambda x: special.spence(x)[0],
    "boxcox": lambda x: special.boxcox(x[0], x[1]),
    "boxcox1p": lambda x: special.boxcox1p(x[0], x[1]),
    "logsumexp": lambda x: special.logsumexp(x, b=x),
    "_det": lambda x: jnp.linalg.det(matrix(x)),
    "_det_2x2": lambda x: jnp.linalg.det(matrix(x)[:2, :2]),
    "_det_3x3": lambda x: jnp.linalg.det(matrix(x)[:3, :3]),
    "cholesky": lambda x: jax.lax.linalg.cholesky(matrix(x), symmetrize_input=False)[0, 0],
    "eigh": lambda x: jax.lax.linalg.eigh(matrix(x), symmetrize_input=False)[1][0],
    "eigh_tridiagonal": lambda x: jax.scipy.linalg.eigh_tridiagonal(x, x[1:], eigvals_only=True)[0],
    "expn": lambda x: special.expn(x[0], x[1]),
}
"""For each name of a table a function that holds it."""
X = np.array([0.5, 1.2, 0.9, 1.6])


def is_there(name):
    if name.startswith("_det_") and NOW < (0, 12, 0, 1):
        pytest.skip("this jax expands it")
    if name == "expn" and special.expn(1.5, 1.0) == special.expn(1.0, 1.0):
        pytest.skip("this jax cuts orders off")
    return table.is_wrong(name)


@pytest.mark.parametrize("around", [lambda f: f, jax.jit, jax.checkpoint], ids=["alone", "jit", "checkpoint"])
@pytest.mark.parametrize("name", sorted(table.WATCHED))
def test_what_is_repaired_or_refused_is_found_in_a_program(name, around, x64):
    program = jax.make_jaxpr(around(HOLDS[name]))(X)
    assert (name in table.watched_in(program)) == is_there(name)


@pytest.mark.parametrize("name", sorted(table.WATCHED))
def test_and_where_it_is_called(name, x64):
    with recorded() as emulations:
        try:
            ng.gradient(HOLDS[name], backend="jax")(X)
            found = {emulation.operation for emulation in emulations}
        except ng.UnsupportedNestingError as error:
            found = {error.operation}
    other = {"_erfcx": "erfcx", "_det": "det", "_det_2x2": "det", "_det_3x3": "det"}
    assert (other.get(name, name) in found) == is_there(name)


def rosenbrock(x):
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def calls_of(monkeypatch, owner, name):
    """The arguments of each call of a function from now on."""
    calls, original = [], getattr(owner, name)

    def counted(*args, **kwargs):
        calls.append(args)
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, counted)
    return calls


@pytest.mark.parametrize("nesting", ["R", "FR", "RF", "RR"])
def test_what_nothing_is_said_about_is_handed_on(nesting, x64, monkeypatch):
    watched = calls_of(monkeypatch, watch._Watch, "_process_watched")
    traced_back = calls_of(monkeypatch, watch, "callers_of")
    asked = calls_of(monkeypatch, inner_gradients, "_repaired_of")
    x = jnp.asarray(X)
    directions = [x] * ng.Nesting(nesting).directions
    ng.derivative(lambda x: jax.jit(rosenbrock)(x) + jnp.sum(jnp.sin(x) / jnp.sqrt(x)), nesting)(x, *directions)
    assert (watched, traced_back, asked) == ([], [], [])
    ng.derivative(lambda x: jnp.where(x > 1, x, x**2).sum(), nesting)(x, *directions)
    assert watched
    assert traced_back
    ng.derivative(lambda x: jnp.sum(jax.grad(rosenbrock)(x) ** 2), nesting)(x, *directions)
    assert asked


def test_a_program_is_looked_through_once(x64, monkeypatch):
    looked = calls_of(monkeypatch, table, "names_of")
    inside = calls_of(monkeypatch, inner_gradients, "_frames")
    product, x = ng.hvp(jax.jit(lambda x: rosenbrock(x) + 1)), jnp.asarray(X)
    product(x, x)
    assert looked
    assert inside
    counts = len(looked), len(inside)
    product(x, 2 * x)
    assert counts == (len(looked), len(inside))


def test_what_was_found_in_a_program_does_not_keep_it(x64):
    program = jax.make_jaxpr(lambda x: rosenbrock(x) * jnp.hypot(x[0], 1.0))(X)
    table.watched_in(program)
    reference = weakref.ref(program)
    del program
    gc.collect()
    assert reference() is None
