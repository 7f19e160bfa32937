"""What a call of the TensorFlow backend costs beside the same nesting by hand, counted and not timed."""

import collections
import contextlib

import numpy as np
import pytest

import nestgrad as ng
from nestgrad.extend import Fault

tf = pytest.importorskip("tensorflow")
context = pytest.importorskip("tensorflow.python.eager.context")
record = pytest.importorskip("tensorflow.python.eager.record")
watch = pytest.importorskip("nestgrad_tensorflow._guard.watch")
xp = pytest.importorskip("nestgrad_tensorflow._namespace")

X = tf.constant(np.linspace(0.5, 1.5, 10))
V = tf.constant(np.linspace(-1.0, 2.0, 10))


def rosenbrock(x):
    return tf.reduce_sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def by_hand(f):
    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = f(x)
        return tape.gradient(value, x)

    return gradient


def hvp_by_hand(f):
    def product(x, v):
        with tf.GradientTape() as tape:
            tape.watch(x)
            gradient = by_hand(f)(x)
        return tape.gradient(gradient, x, output_gradients=v)

    return product


@contextlib.contextmanager
def counted():
    operations = collections.Counter()

    def see(name, inputs, attrs, outputs, op_name=None, graph=None):
        operations[name.decode() if isinstance(name, bytes) else name] += 1

    context.context().add_op_callback(see)
    try:
        yield operations
    finally:
        context.context().remove_op_callback(see)


def difference(ours, hand, *arguments):
    """The operations that ours runs beyond those by hand, from the second call on."""
    np.testing.assert_allclose(ours(*arguments), hand(*arguments), rtol=1e-12)
    with counted() as run:
        ours(*arguments)
    with counted() as needed:
        hand(*arguments)
    assert needed
    run.subtract(needed)
    return {name: count for name, count in run.items() if count}


def test_an_hvp_runs_the_operations_of_two_tapes():
    # an identity of x for each level
    assert difference(ng.hvp(rosenbrock, "RR"), hvp_by_hand(rosenbrock), X, V) == {"Identity": 2}


def test_a_gradient_runs_the_operations_of_one_tape():
    assert difference(ng.gradient(rosenbrock), by_hand(rosenbrock), X) == {"Identity": 1}


def test_what_nobody_differentiates_is_not_watched(monkeypatch):
    seen, see = [], watch._seen
    monkeypatch.setattr(watch, "_seen", lambda name, *rest, **named: seen.append(name) or see(name, *rest, **named))
    with counted() as run:
        rosenbrock(X)
    forward = sum(run.values())
    ng.gradient(rosenbrock)(X)
    assert len(seen) == forward + 1  # the identity of x
    seen.clear()
    ng.hvp(rosenbrock, "RR")(X, V)
    with counted() as run:
        by_hand(rosenbrock)(X)
    assert len(seen) == sum(run.values()) + 2
    seen.clear()
    with tf.GradientTape() as tape:
        tape.watch(X)
        gradient = ng.gradient(rosenbrock)(X)
    assert len(seen) == sum(run.values()) + 1
    np.testing.assert_allclose(tape.gradient(gradient, X), hvp_by_hand(rosenbrock)(X, tf.ones_like(X)), rtol=1e-12)


@pytest.mark.parametrize("in_graph", [False, True])
@pytest.mark.parametrize("name", ["ones_like", "zeros_like", "empty_like"])
def test_a_constant_like_an_array_is_on_no_tape(name, in_graph):
    recorded = []

    def check(x):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            recorded.append(record.should_record_backprop([getattr(xp, name)(x)]))
            recorded.append(record.should_record_backprop([tf.identity(x)]))
        return x

    (tf.function(check, autograph=False) if in_graph else check)(X)
    assert recorded == [False, True]


@tf.function(autograph=False)
def inner(x):
    return tf.reduce_sum(x**3)


@pytest.mark.parametrize("nesting", ["RR", "FF"])
@pytest.mark.parametrize("f", [rosenbrock, inner])
def test_what_is_wrong_under_a_nesting_is_looked_up_once(monkeypatch, f, nesting):
    operator = ng.derivative(f, nesting)
    directions = [V] * ng.Nesting(nesting).directions
    first = operator(X, *directions)
    monkeypatch.setattr(Fault, "covers", lambda *args, **kwargs: pytest.fail("a pattern was looked at again"))
    np.testing.assert_array_equal(operator(X, *directions), first)
