"""Gradients of what was gathered come as IndexedSlices; a rule of another operation is not given them."""

import concurrent.futures
import contextlib
import threading

import numpy as np
import pytest

import nestgrad as ng

tf = pytest.importorskip("tensorflow")

F64 = tf.float64
X = np.array([0.5, 1.2, -0.7, 0.3])
V, W = np.array([1.0, -0.5, 0.8, 2.0]), np.array([0.3, 0.9, -1.1, 0.4])
PLACES, SEGMENTS, TWICE = [0, 2, 0, 1], [0, 0, 1, 2], [0, 0, 3]
ALL = ("RR", "FR", "RF", "FF", "RRR", "FRR")


def matrix(places, shape):
    """What a linear operation does that adds up its inputs at these places."""
    found = np.zeros(shape)
    found[places, np.arange(shape[1])] = 1
    return found


SUMS, GATHERED = matrix(PLACES, (3, 4)), matrix(TWICE, (4, 3)).T
ORDERED = matrix(SEGMENTS, (3, 4))


@tf.function
def of_segments(x):
    return tf.tanh(tf.math.segment_sum(x, SEGMENTS))


@tf.custom_gradient
def identity_with_a_rule(x):
    return tf.identity(x), lambda cotangent: cotangent * 1.0


@tf.custom_gradient
def gathered_with_a_rule(x):
    rows = lambda cotangent: tf.IndexedSlices(cotangent, tf.constant(TWICE), tf.constant([4]))  # noqa: E731
    return tf.gather(x, TWICE), rows


# an operation, and the matrix A and whether tanh goes before it: Σ tanh(A x) or Σ tanh(A tanh x)
OPERATIONS = {
    "segment_sum": (lambda x: tf.tanh(tf.math.segment_sum(x, SEGMENTS)), ORDERED, False),
    "segment_mean": (
        lambda x: tf.tanh(tf.math.segment_mean(x, SEGMENTS)),
        ORDERED / ORDERED.sum(1, keepdims=True),
        False,
    ),
    "unsorted_segment_sum": (lambda x: tf.tanh(tf.math.unsorted_segment_sum(x, PLACES, 3)), SUMS, False),
    "unsorted_segment_mean": (
        lambda x: tf.tanh(tf.math.unsorted_segment_mean(x, PLACES, 3)),
        SUMS / SUMS.sum(1, keepdims=True),
        False,
    ),
    "scatter_nd": (lambda x: tf.tanh(tf.scatter_nd([[i] for i in PLACES], x, [3])), SUMS, False),
    "tensor_scatter_nd_add": (
        lambda x: tf.tanh(tf.tensor_scatter_nd_add(tf.zeros(3, x.dtype), [[i] for i in PLACES], x)),
        SUMS,
        False,
    ),
    "gather": (lambda x: tf.tanh(tf.gather(tf.tanh(x), TWICE)), GATHERED, True),
    "gather_nd": (lambda x: tf.tanh(tf.gather_nd(tf.tanh(x), [[i] for i in TWICE])), GATHERED, True),
    "embedding_lookup": (lambda x: tf.tanh(tf.nn.embedding_lookup(tf.tanh(x), TWICE)), GATHERED, True),
    "an inner function": (of_segments, ORDERED, False),
    "a map": (
        lambda x: tf.tanh(tf.map_fn(lambda i: tf.gather(tf.tanh(x), i), tf.constant(TWICE), fn_output_signature=F64)),
        GATHERED,
        True,
    ),
    "after a custom_gradient": (
        lambda x: tf.tanh(tf.gather(identity_with_a_rule(tf.tanh(x)), TWICE)),
        GATHERED,
        True,
    ),
    "of a custom_gradient": (lambda x: tf.tanh(gathered_with_a_rule(tf.tanh(x))), GATHERED, True),
}


def truth(A, has_tanh_before, directions):
    """The derivative of Σ tanh(A u(x)) in some directions, by Cauchy's formula on a circle of complex numbers."""
    before = np.tanh if has_tanh_before else lambda x: x
    radius, count = 0.1, 16
    circle = radius * np.exp(2j * np.pi * np.arange(count) / count)

    def derivative(f, v):
        return lambda x: sum(f(x + z * v) / z for z in circle) / count

    f = lambda x: np.sum(np.tanh(A @ before(x)))  # noqa: E731
    for v in directions:
        f = derivative(f, v)
    return f(X.astype(complex)).real


@pytest.mark.parametrize("nesting", ALL)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_nesting_is_right(name, nesting):
    operation, *by = OPERATIONS[name]
    directions = [tf.constant(v) for v in (V, W)][: len(nesting) - ("R" in nesting)]
    found = ng.derivative(lambda x: tf.reduce_sum(operation(x)), nesting)(tf.constant(X), *directions)
    given = [direction.numpy() for direction in directions]
    expected = [truth(*by, [*given, e]) for e in np.eye(4)] if "R" in nesting else truth(*by, given)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("nesting", ["RR", "FR", "RF"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_in_a_graph(name, nesting):
    operation, *by = OPERATIONS[name]
    f = lambda x: tf.reduce_sum(operation(x))  # noqa: E731
    expected = [truth(*by, [V, e]) for e in np.eye(4)]
    compiled = ng.hvp(f, nesting=nesting, compile=True)(tf.constant(X), tf.constant(V))
    np.testing.assert_allclose(compiled, expected, rtol=1e-9, atol=1e-9)
    traced = tf.function(lambda x, v: ng.hvp(f, nesting=nesting)(x, v))(tf.constant(X), tf.constant(V))
    np.testing.assert_allclose(traced, expected, rtol=1e-9, atol=1e-9)


def test_gradients_of_others_stay_as_they_are():
    """An optimizer of the user's updates gathered rows alone; here in another thread, while a call is at work."""
    table, inside, done = tf.Variable(X), threading.Event(), threading.Event()

    def f(x):
        inside.set()
        assert done.wait(60)
        return tf.reduce_sum(tf.tanh(tf.gather(tf.tanh(x), TWICE)))

    with concurrent.futures.ThreadPoolExecutor() as pool:
        found = pool.submit(ng.jvp, f, (tf.constant(X),), (tf.constant(V),))
        try:
            assert inside.wait(60)
            with tf.GradientTape() as tape:
                value = tf.reduce_sum(tf.tanh(tf.gather(table, TWICE)))
            of_rows = tape.gradient(value, table)
        finally:
            done.set()
        np.testing.assert_allclose(found.result()[1], truth(GATHERED, True, [V]))
    assert isinstance(of_rows, tf.IndexedSlices)


def test_tensorflow_is_as_before_after_an_error():
    from tensorflow.python.framework import ops
    from tensorflow.python.ops import gradients_util

    before = ops._gradient_registry, gradients_util._AggregatedGrads
    for function in (lambda f: ng.hvp(f), lambda f: ng.hvp(f, compile=True), lambda f: ng.hvp(f, nesting="FR")):
        with contextlib.suppress(ng.NestgradError):
            function(lambda x: tf.reduce_sum(tf.gather(tf.math.polygamma(x, 1 + x), TWICE)))(
                tf.constant(X), tf.constant(V)
            )
    assert (ops._gradient_registry, gradients_util._AggregatedGrads) == before
