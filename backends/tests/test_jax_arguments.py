"""What an operator on jax takes: pytrees of every kind, other arguments, aux, captured arrays."""

import dataclasses
import functools
import typing

import numpy as np
import pytest

import nestgrad as ng

jax = pytest.importorskip("jax")
jnp = jax.numpy

pytestmark = pytest.mark.usefixtures("x64")

X = np.array([0.3, -0.7, 1.1])
V = np.array([1.0, 2.0, -1.0])


@pytest.fixture(autouse=True)
def _jax_is_the_engine(monkeypatch):
    """A node that only jax can open says nothing of its engine; with more engines installed it has to be named."""
    monkeypatch.setenv("NESTGRAD_BACKEND", "jax")


@pytest.fixture
def xv(x64):
    return jnp.asarray(X), jnp.asarray(V)


@pytest.fixture(params=["FR", "RF", "RR"])
def hvp(request):
    return functools.partial(ng.hvp, nesting=request.param)


def test_captured_arrays(hvp, xv):
    x, v = xv
    scale = {"c": jnp.arange(1.0, 4.0)}

    def g(x):
        return jnp.sum(scale["c"] * x**3)

    eager, compiled = hvp(g), hvp(g, compile=True)
    before = 6 * X * V * np.arange(1.0, 4.0)
    np.testing.assert_allclose((eager(x, v), compiled(x, v)), (before, before))
    scale["c"] = jnp.zeros(3)
    np.testing.assert_allclose((eager(x, v), compiled(x, v)), (0 * X, before))  # read again; frozen

    def of(c, **options):
        return hvp(lambda x: jnp.sum(c * x**3), **options)(x, v)

    c = jnp.ones(3)
    for transform in (jax.jit, lambda g: lambda c: jax.vmap(g)(c[None])[0]):
        np.testing.assert_allclose(transform(of)(c), 6 * X * V)
    for jacobian in (jax.jacfwd, jax.jacrev):
        for compiled in (False, True):
            np.testing.assert_allclose(
                jacobian(functools.partial(of, compile=compiled))(c), np.diag(6 * X * V), atol=1e-15
            )


@functools.partial(jax.tree_util.register_dataclass, data_fields=["w", "b"], meta_fields=["name"])
@dataclasses.dataclass
class Parameters:
    w: typing.Any
    b: typing.Any
    name: str = "parameters"


class Pair(typing.NamedTuple):
    w: typing.Any
    b: typing.Any


@pytest.mark.parametrize(
    "make", [Parameters, Pair, lambda w, b: {"w": w, "b": b, "none": None}, lambda w, b: [w, (b,)]]
)
def test_pytrees(hvp, xv, make):
    x, v = xv

    def g(p):
        w, b = (
            jax.tree_util.tree_leaves(p)
            if isinstance(p, list)
            else (p["w"], p["b"])
            if isinstance(p, dict)
            else (p.w, p.b)
        )
        return jnp.sum(w**3) * b**2

    point, direction = make(x, jnp.asarray(2.0)), make(v, jnp.asarray(1.0))
    for op in (hvp(g), hvp(g, compile=True), jax.jit(hvp(g))):
        result = op(point, direction)
        assert type(result) is type(point)
        w, b = sorted(jax.tree_util.tree_leaves(result), key=np.ndim)[::-1]
        np.testing.assert_allclose(w, 6 * X * V * 4 + 3 * X**2 * 4)
        np.testing.assert_allclose(b, np.sum(3 * X**2 * V) * 4 + 2 * np.sum(X**3))


def test_a_leaf_that_is_no_float_is_named(xv):
    with pytest.raises(ng.NotDifferentiableError, match=r"x\['n'\] has dtype int64"):
        ng.gradient(lambda p: jnp.sum(p["w"]))({"w": xv[0], "n": jnp.asarray(1)})
    with pytest.raises(ng.StructureMismatchError, match="other"):
        ng.hvp(lambda p: jnp.sum(p.w))(Parameters(*xv), Parameters(*xv, name="other"))


def test_other_arguments_may_be_anything(hvp, xv):
    key = jax.random.key(0)

    def g(x, key, n, flag=None):
        return jnp.sum(x**n * jax.random.normal(key, (3,))) if flag == "yes" else None

    expected = 6 * X * V * np.asarray(jax.random.normal(key, (3,)))
    np.testing.assert_allclose(hvp(g)(*xv, key, 3, flag="yes"), expected)
    np.testing.assert_allclose(jax.jit(lambda x, v: hvp(g)(x, v, key, 3, flag="yes"))(*xv), expected)

    def noise(x, key):
        return jnp.sum(x**3 * jax.random.normal(key, (3,)))

    np.testing.assert_allclose(hvp(noise, compile=True)(*xv, key), expected)


def test_aux(hvp, xv):
    def g(x):
        return (jnp.sum(x**3), {"square": x**2})

    for op in (hvp(g, has_aux=True), hvp(g, has_aux=True, compile=True), jax.jit(hvp(g, has_aux=True))):
        result, aux = op(*xv)
        np.testing.assert_allclose((result, aux["square"]), (6 * X * V, X**2))
    assert hvp(lambda x: (jnp.sum(x), "text"), has_aux=True)(*xv)[1] == "text"


def test_aux_inside_a_trace_may_be_anything(xv):
    def g(x):
        return (jnp.sum(x**3), "text")

    gradient = jax.grad(lambda x: jnp.sum(ng.gradient(g, has_aux=True)(x)[0]))(xv[0])
    np.testing.assert_allclose(gradient, 6 * xv[0])
