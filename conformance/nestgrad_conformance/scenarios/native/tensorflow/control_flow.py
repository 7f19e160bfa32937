"""What users of TensorFlow write around its operations: control flow, custom rules, scatters, Python inside.

The functions of the scenarios in `native`, of one float64 tensor x each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from .layers import _ramp, _weighted


def while_loop(x: Any) -> Any:
    """A recurrence by tf.while_loop."""
    _, last = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * tf.cos(y) + x), (0, x), maximum_iterations=3)
    return tf.reduce_sum(last)


def while_loop_by_value(x: Any) -> Any:
    """tf.while_loop, which ends by a value."""
    (last,) = tf.while_loop(lambda y: tf.reduce_sum(y**2) < 20, lambda y: (y * (1.5 + tf.cos(x) ** 2),), (x,))
    return tf.reduce_sum(last)


def cond(x: Any) -> Any:
    """tf.cond."""
    return tf.cond(tf.reduce_sum(x) > 0, lambda: tf.reduce_sum(tf.sin(x)), lambda: tf.reduce_sum(x**3))


def switch_case(x: Any) -> Any:
    """tf.switch_case."""
    branches = [lambda: tf.reduce_sum(x**3), lambda: tf.reduce_sum(tf.sin(x) * x)]
    return tf.switch_case(tf.cast(tf.reduce_sum(x) > 0, tf.int32), branches)


def scan(x: Any) -> Any:
    """tf.scan."""
    return _weighted(tf.scan(lambda state, entry: tf.sin(state) + state * entry, x, tf.ones_like(x[0])))


def foldl(x: Any) -> Any:
    """tf.foldl."""
    return _weighted(tf.foldl(lambda state, row: tf.sin(state) * row + state, x))


def map_fn(x: Any) -> Any:
    """tf.map_fn."""
    return tf.reduce_sum(tf.map_fn(lambda row: tf.reduce_sum(tf.sin(row)) * row[0], x) ** 2)


def vectorized_map(x: Any) -> Any:
    """tf.vectorized_map."""
    return tf.reduce_sum(tf.vectorized_map(lambda row: tf.reduce_sum(tf.sin(row)) * row[0], x) ** 2)


@tf.function(autograph=False)
def _cubes(x: Any) -> Any:
    return tf.reduce_sum(x**3)


def function_alone(x: Any) -> Any:
    """An inner tf.function, and nothing else."""
    return _cubes(x)


def function_scaled(x: Any) -> Any:
    """An inner tf.function, scaled."""
    return 2.5 * _cubes(x)


def function_added(x: Any) -> Any:
    """An inner tf.function, added to something."""
    return _cubes(x) + tf.reduce_sum(x**2)


def function_squared(x: Any) -> Any:
    """An inner tf.function in a product with itself."""
    return _cubes(x) ** 2 + _cubes(tf.sin(x)) * tf.reduce_sum(x)


@tf.function(jit_compile=True, autograph=False)
def _compiled(x: Any) -> Any:
    return tf.reduce_sum(x**3)


def function_compiled(x: Any) -> Any:
    """An inner tf.function that XLA compiles."""
    return _compiled(x) + tf.reduce_sum(x**2)


@tf.function
def _autographed(x: Any) -> Any:
    y = x
    while tf.reduce_sum(y**2) < 20:
        y = y * (1.5 + tf.cos(x) ** 2)
    return tf.reduce_sum(y)


def autograph(x: Any) -> Any:
    """An inner tf.function whose Python loop autograph turns into one of TensorFlow's."""
    return _autographed(x) + tf.reduce_sum(x**2)


def tensor_array(x: Any) -> Any:
    """A tf.TensorArray written entry by entry."""
    array = tf.TensorArray(tf.float64, size=4, element_shape=())
    for i in range(4):
        array = array.write(i, tf.sin(x[i]) * x[i - 1])
    return _weighted(array.stack())


@tf.custom_gradient
def _log1pexp(x: Any) -> Any:
    e = tf.exp(x)
    return tf.math.log(1 + e), lambda upstream: upstream * (1 - 1 / (1 + e))


def custom_gradient(x: Any) -> Any:
    """A rule by tf.custom_gradient, as the documentation shows it."""
    return tf.reduce_sum(_log1pexp(x) ** 2)


@tf.custom_gradient
def _cosine(x: Any) -> Any:
    return tf.cos(x), lambda upstream: -upstream * tf.sin(x)


@tf.custom_gradient
def _sine(x: Any) -> Any:
    return tf.sin(x), lambda upstream: upstream * _cosine(x)


def custom_gradient_nested(x: Any) -> Any:
    """A rule by tf.custom_gradient that uses another, for the second order."""
    return tf.reduce_sum(_sine(x) ** 2)


@tf.custom_gradient
def _sine_once(x: Any) -> Any:
    def rule(upstream: Any) -> Any:
        return upstream * tf.raw_ops.PreventGradient(input=tf.cos(x), message="This rule has no derivative.")

    return tf.sin(x), rule


def custom_gradient_once(x: Any) -> Any:
    """A rule by tf.custom_gradient that may be used once, and says so."""
    return tf.reduce_sum(_sine_once(x) ** 2)


def recompute_grad(x: Any) -> Any:
    """tf.recompute_grad, a checkpoint."""
    return tf.reduce_sum(tf.recompute_grad(lambda y: tf.sin(y) * y)(x) ** 2)


def stop_gradient(x: Any) -> Any:
    """A part under tf.stop_gradient: here of constants, so that the values tell the derivative."""
    scale = tf.stop_gradient(tf.exp(_ramp(*x.shape)))
    return tf.reduce_sum(tf.sin(scale * x) * scale)


_VARIABLE = tf.Variable(np.sin(np.arange(1.0, 5.0)))


def variable(x: Any) -> Any:
    """A tf.Variable that the function captures."""
    return tf.reduce_sum(tf.sin(_VARIABLE * x) * x * _VARIABLE)


def tape_inside(x: Any) -> Any:
    """A tf.GradientTape inside."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(x**3)
    return tf.reduce_sum(tape.gradient(y, x) * tf.sin(x))


def accumulator_inside(x: Any) -> Any:
    """A tf.autodiff.ForwardAccumulator inside."""
    y = tf.identity(x)
    with tf.autodiff.ForwardAccumulator(y, _ramp(*x.shape)) as accumulator:
        z = tf.reduce_sum(y**3)
    return accumulator.jvp(z) * tf.reduce_sum(x)


def segment_sum(x: Any) -> Any:
    """tf.math.segment_sum and unsorted_segment_sum."""
    sums = tf.math.segment_sum(x**2, [0, 0, 1, 1, 2])
    return _segments(sums) + _segments(tf.math.unsorted_segment_sum(x**3, [2, 0, 1, 0, 2], 3))


def segment_mean(x: Any) -> Any:
    """tf.math.segment_mean, segment_max and unsorted_segment_sqrt_n."""
    segments = [0, 0, 1, 1, 2]
    means = _segments(tf.math.segment_mean(x**2, segments)) + _segments(tf.math.segment_max(x, segments))
    return means + _segments(tf.math.unsorted_segment_sqrt_n(x**3, segments, 3))


def _segments(y: Any) -> Any:
    return _weighted(tf.ensure_shape(y, [3]))


def segment_prod(x: Any) -> Any:
    """tf.math.unsorted_segment_prod."""
    return _weighted(tf.math.unsorted_segment_prod(x, [0, 1, 0, 1, 0], 2))


def segment_prod_with_a_zero(x: Any) -> Any:
    """tf.math.unsorted_segment_prod past an entry that is zero."""
    return _weighted(tf.math.unsorted_segment_prod(x, [0, 1, 0, 1, 0], 2)) + tf.reduce_sum(x**3)


def scatter_update(x: Any) -> Any:
    """tf.tensor_scatter_nd_update."""
    return _weighted(tf.tensor_scatter_nd_update(x**2, [[1], [3]], tf.sin(x[:2])))


def scatter_add(x: Any) -> Any:
    """tf.tensor_scatter_nd_add and scatter_nd, one place twice."""
    places = [[1], [3], [1]]
    return _weighted(tf.tensor_scatter_nd_add(x, places, x[:3] ** 2)) + _weighted(tf.scatter_nd(places, x[2:], [4]))


def scatter_max(x: Any) -> Any:
    """tf.tensor_scatter_nd_max: no two entries are equal."""
    return _weighted(tf.tensor_scatter_nd_max(x, [[1], [3]], x[:2] ** 2))


def dynamic_partition(x: Any) -> Any:
    """tf.dynamic_partition and tf.dynamic_stitch."""
    parts = tf.dynamic_partition(x**2, [0, 1, 0, 1, 0], 2)
    stitched = tf.dynamic_stitch([[0, 2, 4], [1, 3]], [tf.sin(parts[0]), parts[1] ** 2])
    return tf.reduce_sum(stitched**2)


def boolean_mask(x: Any) -> Any:
    """tf.boolean_mask."""
    return tf.reduce_sum(tf.boolean_mask(x, [True, False, True, True, False]) ** 3)


def ragged(x: Any) -> Any:
    """Rows of different lengths, reduced."""
    rows = tf.RaggedTensor.from_row_splits(x**2, [0, 2, 2, 5], validate=False)
    return _segments(tf.reduce_sum(rows, 1))


def sparse_matmul(x: Any) -> Any:
    """tf.sparse.sparse_dense_matmul, both factors of x."""
    sparse = tf.SparseTensor([[0, 1], [1, 3], [2, 0]], x[0, :3], [3, 4])
    return _weighted(tf.sparse.sparse_dense_matmul(sparse, x))


def py_function(x: Any) -> Any:
    """tf.py_function: TensorFlow called from Python called from TensorFlow."""
    return tf.reduce_sum(tf.ensure_shape(tf.py_function(lambda y: tf.sin(y) * y, [x], tf.float64), x.shape) ** 2)


def numpy_function(x: Any) -> Any:
    """tf.numpy_function: NumPy has no derivative."""
    return tf.reduce_sum(tf.ensure_shape(tf.numpy_function(np.sin, [x], tf.float64), x.shape) ** 2)


@tf.custom_gradient
def _numpy_sine(x: Any) -> Any:
    def rule(upstream: Any) -> Any:
        return upstream * tf.ensure_shape(tf.numpy_function(np.cos, [x], tf.float64), x.shape)

    return tf.ensure_shape(tf.numpy_function(np.sin, [x], tf.float64), x.shape), rule


def numpy_function_with_a_rule(x: Any) -> Any:
    """tf.numpy_function with a rule by tf.custom_gradient, itself of NumPy: good for one derivative."""
    return tf.reduce_sum(_numpy_sine(x) ** 2)


def raw_ops(x: Any) -> Any:
    """Operations by their raw names."""
    sine = tf.raw_ops.Sin(x=x)
    return tf.raw_ops.Sum(input=tf.raw_ops.Mul(x=sine, y=tf.raw_ops.Exp(x=x)), axis=[0])
