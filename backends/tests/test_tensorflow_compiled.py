"""Programs of tf.function are looked up where they depend on dtypes and shapes alone; else tf.function is asked."""

import inspect

import numpy as np
import pytest

import nestgrad as ng

tf = pytest.importorskip("tensorflow")
compiled = pytest.importorskip("nestgrad_tensorflow._compiled")

X = tf.constant([0.5, 0.7, 1.1], tf.float64)
V = tf.constant([1.0, -2.0, 0.3], tf.float64)


@pytest.fixture(params=[{}, {"jit_compile": True}], ids=["graph", "xla"])
def traced(request):
    """A compiled function of x and y, and how often it was traced."""
    traces = []

    def f(x, y, **kwargs):
        traces.append((x, y))
        return tf.reduce_sum(x**2 * y) * kwargs.get("scale", 1.0)

    return compiled.compiled(f, **request.param), traces


@pytest.fixture
def without_dispatch(monkeypatch):
    """Fails a test that asks tf.function from here on."""

    def forbid():
        monkeypatch.setattr(type(tf.function(abs)), "__call__", lambda *args, **kwargs: pytest.fail("it was asked"))

    return forbid


def test_a_program_is_traced_once_and_run_without_tf_function(traced, without_dispatch):
    f, traces = traced
    calls = [(X, V), (X[:2], V[:2]), (tf.cast(X, tf.float32), tf.cast(V, tf.float32)), (X[0], V)]
    for x, y in calls:
        f(x, y)
    without_dispatch()
    for x, y in calls:
        found = f(x, y)
        assert found.dtype == x.dtype
        np.testing.assert_allclose(found, np.sum(x.numpy() ** 2 * y.numpy()), rtol=1e-6)
    assert len(traces) == len(calls)


def test_an_operator_runs_its_program(without_dispatch):
    operator = ng.hvp(lambda x: tf.reduce_sum(x**3), compile=True)
    for _ in range(2):
        operator(X, V)
    without_dispatch()
    np.testing.assert_allclose(operator(V, X), 6 * V * X, rtol=1e-12)


def test_what_are_no_tensors_alone_tf_function_is_asked_for(traced):
    f, traces = traced
    expected = np.sum(X.numpy() ** 2)
    f(X, V)
    assert float(f(X, 2.0)) == pytest.approx(2 * expected)
    assert float(f(X, 3.0)) == pytest.approx(3 * expected)
    assert float(f(X, tf.ones_like(X), scale=5.0)) == pytest.approx(5 * expected)
    variable = tf.Variable(X)
    for factor in (1.0, 2.0):
        variable.assign(factor * X)
        assert float(f(variable, tf.ones_like(X))) == pytest.approx(factor**2 * expected)
    assert len(traces) == 5


def test_a_tape_sees_a_program(traced):
    f, _ = traced
    for _ in range(2):
        with tf.GradientTape() as tape:
            tape.watch(X)
            value = f(X, V)
        np.testing.assert_allclose(tape.gradient(value, X), 2 * X * V, rtol=1e-12)


def test_in_a_graph_it_is_a_call(traced):
    f, _ = traced
    f(X, V)
    found = tf.function(lambda x: 2.0 * f(x, V), autograph=False)(X)
    np.testing.assert_allclose(found, 2 * np.sum(X.numpy() ** 2 * V.numpy()), rtol=1e-12)


def test_functions_that_are_to_run_eagerly_do(traced):
    f, traces = traced
    f(X, V), f(X, V)
    tf.config.run_functions_eagerly(True)
    try:
        f(X, V), f(X, V)
    finally:
        tf.config.run_functions_eagerly(False)
    assert [tf.is_symbolic_tensor(x) for x, _ in traces] == [True, False, False]


def test_a_strategy_is_tf_functions_matter(traced, without_dispatch):
    f, _ = traced
    f(X, V), f(X, V)
    with tf.distribute.OneDeviceStrategy("CPU:0").scope():
        assert float(f(X, V)) == pytest.approx(float(f(X, V)))
        without_dispatch()
        with pytest.raises(pytest.fail.Exception):
            f(X, V)


def test_programs_are_bounded(monkeypatch):
    monkeypatch.setattr(compiled, "_MAX_KEPT", 2)
    f = compiled.compiled(tf.reduce_sum)
    for _ in range(2):
        for n in range(1, 5):
            assert float(f(tf.ones(n))) == n
    assert len(inspect.getclosurevars(f).nonlocals["programs"]) == 2
