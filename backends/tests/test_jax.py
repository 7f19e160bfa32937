import functools
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import nestgrad as ng

jax = pytest.importorskip("jax")
jnp = jax.numpy

pytestmark = pytest.mark.usefixtures("x64")

X = np.array([0.3, -0.7, 1.1])
V = np.array([1.0, 2.0, -1.0])
NESTINGS = ("FR", "RF", "RR")


def f(x):
    return jnp.sum(jnp.sin(x) * x**2)


def product(x, v):
    return (2 * np.sin(x) + 4 * x * np.cos(x) - x**2 * np.sin(x)) * v


def gradient_of_product(x, v):
    """The derivative of `product` in x, summed against ones."""
    return (6 * np.cos(x) - 6 * x * np.sin(x) - x**2 * np.cos(x)) * v


@pytest.fixture
def xv(x64):
    return jnp.asarray(X), jnp.asarray(V)


@pytest.fixture(params=NESTINGS)
def hvp(request):
    return functools.partial(ng.hvp, nesting=request.param)


def test_nestings(law, nestings):
    law(f, X, [*nestings(1, 2), "RRR", "FRF"], backend="jax", values=lambda x: np.sum(np.sin(x) * x**2))


def test_inside_jit(hvp, xv):
    np.testing.assert_allclose(jax.jit(hvp(f))(*xv), product(X, V))


def test_inside_vmap(hvp, xv):
    x, v = xv
    many, eye = jnp.stack([x, v]), jnp.eye(3)
    np.testing.assert_allclose(jax.vmap(hvp(f), (0, None))(many, v), product(np.stack([X, V]), V))
    np.testing.assert_allclose(jax.vmap(hvp(f), (None, 0))(x, eye), np.diag(product(X, 1)), atol=1e-15)
    np.testing.assert_allclose(jax.vmap(hvp(f))(many, many[::-1]), product(np.stack([X, V]), np.stack([V, X])))


def test_inside_grad_and_jacfwd(hvp, xv):
    x, v = xv
    np.testing.assert_allclose(jax.grad(lambda x: jnp.sum(hvp(f)(x, v)))(x), gradient_of_product(X, V))
    np.testing.assert_allclose(jax.jacfwd(lambda x: hvp(f)(x, v))(x), np.diag(gradient_of_product(X, V)), atol=1e-15)
    np.testing.assert_allclose(jax.jacrev(lambda v: hvp(f)(x, v))(v), np.diag(product(X, 1)), atol=1e-15)
    np.testing.assert_allclose(jax.linearize(lambda x: hvp(f)(x, v), x)[1](v), gradient_of_product(X, V) * V)


def test_inside_control_flow(hvp, xv):
    x, v = xv

    def step(x):
        return x - 0.1 * hvp(f)(x, v)

    expected = functools.reduce(lambda x, _: x - 0.1 * product(x, V), range(3), X)
    np.testing.assert_allclose(jax.lax.scan(lambda x, _: (step(x), None), x, None, length=3)[0], expected)
    np.testing.assert_allclose(jax.lax.fori_loop(0, 3, lambda _, x: step(x), x), expected)
    np.testing.assert_allclose(jax.lax.cond(x[0] > 0, step, lambda x: x, x), X - 0.1 * product(X, V))
    np.testing.assert_allclose(jax.checkpoint(step)(x), X - 0.1 * product(X, V))


def test_inside_shard_map(xv):
    mesh = jax.make_mesh((1,), ("i",), axis_types=(jax.sharding.AxisType.Auto,))
    shard = functools.partial(jax.shard_map, mesh=mesh, in_specs=jax.P("i"), out_specs=jax.P("i"))
    np.testing.assert_allclose(jax.jit(shard(ng.hvp(f)))(*xv), product(X, V))
    np.testing.assert_allclose(shard(ng.hvp(f, "RR"))(*xv), product(X, V))


def test_compiled(hvp, xv):
    x, v = xv
    op = hvp(f, compile=True)
    np.testing.assert_allclose(op(x, v), product(X, V))
    np.testing.assert_allclose(jax.jit(op)(x, v), product(X, V))
    np.testing.assert_allclose(jax.vmap(op, (None, 0))(x, jnp.eye(3)), np.diag(product(X, 1)), atol=1e-15)
    np.testing.assert_allclose(jax.grad(lambda x: jnp.sum(op(x, v)))(x), gradient_of_product(X, V))


def test_traces_do_not_grow_with_calls(hvp, xv):
    x, v = xv
    traces = []

    def counted(x, scale, power=2):
        traces.append(x)
        return jnp.sum(x**3) * scale**power

    op = hvp(counted, compile=True)
    for i in range(5):
        np.testing.assert_allclose(op(x + i, v, 2.0 + i, power=3), 6 * (X + i) * V * (2.0 + i) ** 3)
    assert len(traces) == 1
    op(x[:2], v[:2], 2.0, power=3)
    assert len(traces) == 2


def test_inside_a_trace_f_is_traced_once(xv):
    traces = []
    jax.jit(ng.hvp(lambda x: (traces.append(x), f(x))[1]))(*xv)
    assert len(traces) == 1


# Python that looks at values

BRANCHES = {
    "if": lambda x: jnp.sum(x**3) if x[0] > 0 else jnp.sum(x),
    "float": lambda x: jnp.sum(x**3) * float(jnp.sum(x > -9) == 3),
    "int": lambda x: jnp.sum(x**3) * (1 + int(jnp.argmin(x)) - 1),
    "range": lambda x: sum(x[i] ** 3 for i in range(int(x[2]) + 2)),
    "mask": lambda x: jnp.sum(x[x > -9] ** 3),
    "nonzero": lambda x: jnp.sum(x[jnp.nonzero(x > -9)] ** 3),
}


@pytest.mark.parametrize("g", BRANCHES.values(), ids=BRANCHES)
def test_f_may_look_at_values_eagerly(hvp, xv, g):
    np.testing.assert_allclose(hvp(g)(*xv), 6 * X * V)


@pytest.mark.parametrize("g", BRANCHES.values(), ids=BRANCHES)
def test_f_may_look_at_values_inside_the_users_eager_grad(hvp, xv, g):
    x, v = xv
    np.testing.assert_allclose(hvp(g)(x, v), 6 * X * V)
    np.testing.assert_allclose(jax.grad(lambda x: jnp.sum(hvp(g)(x, v)))(x), 6 * V)
    np.testing.assert_allclose(jax.grad(lambda t: jnp.sum(hvp(g)(x, t * v)))(1.0), np.sum(6 * X * V))


def test_nested_operators_of_such_an_f_run_it_a_bounded_number_of_times(xv):
    runs = []

    def nested(x, depth):
        if depth:
            return jnp.sum(ng.gradient(nested)(x, depth - 1))
        runs.append(x)
        return BRANCHES["if"](x)

    jax.grad(nested)(xv[0], 4)
    assert len(runs) <= 10


def test_under_jit_it_is_the_users_error(xv):
    with pytest.raises(jax.errors.TracerBoolConversionError):
        jax.jit(ng.hvp(BRANCHES["if"]))(*xv)


# What must not happen


def test_no_tracer_leaks(hvp, xv):
    x, v = xv
    with jax.checking_leaks():
        for op in (hvp(f, compile=True), jax.jit(hvp(f))):
            np.testing.assert_allclose(op(x, v), product(X, V))
        jax.grad(lambda x: jnp.sum(hvp(lambda x: jnp.sum(x**3))(x, v)))(x)


def test_the_configuration_stays_as_it_is(hvp, xv):
    before = dict(jax.config.values)
    for op in (hvp(f), hvp(f, compile=True), jax.jit(hvp(f))):
        op(*xv)
    ng.get_backend("jax").canary()
    assert dict(jax.config.values) == before


def test_disabled_jit_and_debugging(hvp, xv):
    with jax.disable_jit():
        np.testing.assert_allclose(hvp(f, compile=True)(*xv), product(X, V))
    with jax.debug_nans(True):
        np.testing.assert_allclose(hvp(f)(*xv), product(X, V))


def test_threads():
    def run(i):
        with jax.enable_x64(True):
            power, nesting = 2 + i % 4, NESTINGS[i % 3]

            def g(x):
                return jnp.sum(x**power)

            op = ng.hvp(g, nesting, compile=i % 2 == 1)
            return all(
                np.allclose(op(jnp.asarray(X + j), jnp.asarray(V)), power * (power - 1) * (X + j) ** (power - 2) * V)
                for j in range(5)
            )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(run, range(24)))


def test_a_worker_keeps_compiled_programs_where_it_is_told(tmp_path):
    code = (
        "import nestgrad as ng, jax.numpy as jnp; backend = ng.get_backend('jax'); backend.prepare_worker();"
        "print(backend.compile(lambda x: jnp.sum(x**3))(jnp.ones(2)))"
    )
    for folder in (None, tmp_path):
        environment = {**os.environ, "NESTGRAD_CACHE": str(folder or "")}
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)
        assert any(tmp_path.rglob("*-cache")) == (folder is not None)
