"""TensorFlow on arrays: indices, scatters, orders, running sums."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted


@row(normal(2, 3), "gather", order=3)
def gather(x: Any) -> Any:
    """tf.gather along the last axis, one column twice."""
    return _weighted(tf.gather(x, [0, 2, 2], axis=-1) ** 2)


@row(normal(3), "gather")
def gather_of_x(x: Any) -> Any:
    """tf.gather of x itself, nothing nonlinear before it: its gradient is IndexedSlices."""
    return tf.reduce_sum(tf.gather(x, [0, 2, 2]) ** 3)


@row(normal(3, 3), "gather_nd")
def gather_nd(x: Any) -> Any:
    """tf.gather_nd, one entry twice."""
    return _weighted(tf.gather_nd(x, [[0, 1], [2, 2], [2, 2]]) ** 2)


@row(normal(3, 2), "gather", "indexed_slices", order=3)
def message_passing(x: Any) -> Any:
    """Two rounds of a graph network: what comes along each edge is added up at its end, and goes through tanh."""
    starts, ends = [0, 1, 2, 1], [1, 2, 0, 0]
    for _ in range(2):
        messages = tf.gather(x, starts) * tf.tanh(tf.gather(x, ends))
        x = tf.tanh(tf.math.unsorted_segment_sum(messages, ends, 3))
    return _weighted(x)


@row(normal(5), "segment_sum", "indexed_slices")
def tanh_of_segments(x: Any) -> Any:
    """Tanh of tf.math.segment_sum and segment_mean."""
    segments = [0, 0, 1, 1, 2]
    return _segments(tf.tanh(tf.math.segment_sum(x, segments))) * _segments(tf.tanh(tf.math.segment_mean(x, segments)))


@row(normal(5), "scatter", "indexed_slices")
def tanh_of_scattered(x: Any) -> Any:
    """Tanh of tf.scatter_nd and tensor_scatter_nd_add, one place twice."""
    places = [[1], [3], [1]]
    return _weighted(tf.tanh(tf.scatter_nd(places, x[2:], [4]))) * _weighted(
        tf.tanh(tf.tensor_scatter_nd_add(x, places, x[:3]))
    )


@row(normal(3, 2), "gather", "indexed_slices")
def embedding_of_tanh(x: Any) -> Any:
    """tf.nn.embedding_lookup of rows that are computed from x."""
    return _weighted(tf.nn.embedding_lookup(tf.tanh(tf.sigmoid(x)), [0, 2, 2]))


@row(normal(5), "segment_sum")
def segment_sum(x: Any) -> Any:
    """tf.math.segment_sum and unsorted_segment_sum."""
    sums = tf.math.segment_sum(x**2, [0, 0, 1, 1, 2])
    return _segments(sums) + _segments(tf.math.unsorted_segment_sum(x**3, [2, 0, 1, 0, 2], 3))


@row(normal(5), "segment_mean")
def segment_mean(x: Any) -> Any:
    """tf.math.segment_mean, segment_max and unsorted_segment_sqrt_n."""
    segments = [0, 0, 1, 1, 2]
    means = _segments(tf.math.segment_mean(x**2, segments)) + _segments(tf.math.segment_max(x, segments))
    return means + _segments(tf.math.unsorted_segment_sqrt_n(x**3, segments, 3))


def _segments(y: Any) -> Any:
    return _weighted(tf.ensure_shape(y, [3]))


@row(normal(5), "segment_prod")
def segment_prod(x: Any) -> Any:
    """tf.math.unsorted_segment_prod."""
    return _weighted(tf.math.unsorted_segment_prod(x, [0, 1, 0, 1, 0], 2))


@row(normal(5), "scatter")
def scatter_update(x: Any) -> Any:
    """tf.tensor_scatter_nd_update."""
    return _weighted(tf.tensor_scatter_nd_update(x**2, [[1], [3]], tf.sin(x[:2])))


@row(normal(5), "scatter")
def scatter_add(x: Any) -> Any:
    """tf.tensor_scatter_nd_add and scatter_nd, one place twice."""
    places = [[1], [3], [1]]
    return _weighted(tf.tensor_scatter_nd_add(x, places, x[:3] ** 2)) + _weighted(tf.scatter_nd(places, x[2:], [4]))


@row(normal(5), "scatter", "scatter_max")
def scatter_max(x: Any) -> Any:
    """tf.tensor_scatter_nd_max: no two entries are equal."""
    return _weighted(tf.tensor_scatter_nd_max(x, [[1], [3]], x[:2] ** 2))


@row(normal(5), "dynamic_partition")
def dynamic_partition(x: Any) -> Any:
    """tf.dynamic_partition and tf.dynamic_stitch."""
    parts = tf.dynamic_partition(x**2, [0, 1, 0, 1, 0], 2)
    stitched = tf.dynamic_stitch([[0, 2, 4], [1, 3]], [tf.sin(parts[0]), parts[1] ** 2])
    return tf.reduce_sum(stitched**2)


@row(normal(5), "boolean_mask")
def boolean_mask(x: Any) -> Any:
    """tf.boolean_mask."""
    return tf.reduce_sum(tf.boolean_mask(x, [True, False, True, True, False]) ** 3)


@row(normal(5), "ragged")
def ragged(x: Any) -> Any:
    """Rows of different lengths, reduced."""
    rows = tf.RaggedTensor.from_row_splits(x**2, [0, 2, 2, 5], validate=False)
    return _segments(tf.reduce_sum(rows, 1))


@row(normal(4), "cumulative_sum", "cumulative_prod", order=3)
def cumulative(x: Any) -> Any:
    """tf.cumsum, reversed and exclusive, and tf.math.cumprod."""
    return _weighted(tf.cumsum(x**2, exclusive=True, reverse=True)) + _weighted(tf.math.cumprod(x))


@row(normal(4), "cumulative_logsumexp")
def cumulative_logsumexp(x: Any) -> Any:
    """tf.math.cumulative_logsumexp."""
    return _weighted(tf.math.cumulative_logsumexp(x))


@row(normal(3, 4), "prod", order=3)
def reduce_prod(x: Any) -> Any:
    """tf.reduce_prod along an axis, no entry zero."""
    return _weighted(tf.reduce_prod(x, -1))


@row(normal(2, 3), "euclidean_norm")
def euclidean_norm_without_weight(x: Any) -> Any:
    """tf.math.reduce_euclidean_norm of rows of which one has no weight."""
    return tf.reduce_sum(tf.constant([1.0, 0.0], tf.float64) * tf.math.reduce_euclidean_norm(x, -1))


@row(uniform(0.5, 1.5, 2, 2), "complex", "complex_segment_prod")
def complex_segments(x: Any) -> Any:
    """tf.math.segment_prod of complex numbers."""
    return tf.reduce_sum(tf.math.real(tf.math.segment_prod(tf.complex(x, x**2 / 3), tf.constant([0, 0]))) ** 2)


@row(uniform(0.2, 0.4, 3), "declared_constant")
def range_of_floats(x: Any) -> Any:
    """tf.range from a point that varies."""
    return tf.reduce_sum(tf.range(x[0], x[0] + 2.5) ** 3) + tf.reduce_sum(x**2)


@row(normal(3, 4), "max", order=3)
def reduce_max(x: Any) -> Any:
    """tf.reduce_max and reduce_min: no two entries are equal."""
    return _weighted(tf.reduce_max(x, -1) ** 2) * tf.reduce_min(x)


@row(normal(3, 4), "clip_by_norm")
def clip_by_norm(x: Any) -> Any:
    """tf.clip_by_norm and clip_by_global_norm, both clipping."""
    (clipped,), norm = tf.clip_by_global_norm([x], 0.5)
    return _weighted(tf.clip_by_norm(x, 0.7)) + _weighted(clipped) * norm


@row(normal(5), "sort")
def sort(x: Any) -> Any:
    """tf.sort: no two entries are equal."""
    return _weighted(tf.sort(x, direction="DESCENDING"))


@row(normal(5), "top_k")
def top_k(x: Any) -> Any:
    """tf.math.top_k: no two entries are equal."""
    return _weighted(tf.math.top_k(x, 3).values)


@row(normal(3), "sparse", "sparse_add")
def sparse_sum(x: Any) -> Any:
    """tf.sparse.add of two sparse vectors."""
    places = tf.constant([[0], [1], [2]], tf.int64)
    total = tf.sparse.add(tf.SparseTensor(places, x, [3]), tf.SparseTensor(places, x * x, [3]))
    return tf.reduce_sum(total.values**2) + tf.reduce_sum(x**3)


@row(normal(3), "sparse", "declared_constant")
def sparse_concat(x: Any) -> Any:
    """tf.sparse.concat of two sparse vectors."""
    places = tf.constant([[0], [1], [2]], tf.int64)
    joined = tf.sparse.concat(0, [tf.SparseTensor(places, x, [3]), tf.SparseTensor(places, x * x, [3])])
    return tf.reduce_sum(joined.values**3) + tf.reduce_sum(x**2)
