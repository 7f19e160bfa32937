"""Layers of TensorFlow: attention, convolution, pooling, lookups, images."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from ._common import _ramp, _weighted


def _image(x: Any) -> Any:
    """A matrix as a batch of one image with one channel."""
    return x[None, :, :, None]


def attention(x: Any) -> Any:
    """Dot-product attention with a mask, by hand."""
    mask = tf.constant(np.eye(4) + np.roll(np.eye(4), 1, 0) > 0)
    scores = tf.where(mask, tf.matmul(x, x**2, transpose_b=True), -1e30)
    return _weighted(tf.nn.softmax(scores) @ x)


def bias_add(x: Any) -> Any:
    """tf.nn.bias_add, the bias a part of x."""
    return _weighted(tf.nn.bias_add(x**2, x[0]))


def conv1d(x: Any) -> Any:
    """tf.nn.conv1d, its kernel a part of x."""
    return _weighted(tf.nn.conv1d(x[None], x[:2, :, None], stride=1, padding="SAME"))


def conv2d(x: Any) -> Any:
    """tf.nn.conv2d with a stride, its kernel a part of x."""
    return _weighted(tf.nn.conv2d(_image(x), x[:2, :2, None, None], strides=2, padding="VALID"))


def conv3d(x: Any) -> Any:
    """tf.nn.conv3d."""
    volume = tf.reshape(x, [1, 2, 3, 3, 1])
    return _weighted(tf.nn.conv3d(volume, _ramp(2, 2, 2, 1, 2), [1] * 5, "VALID") ** 2)


def conv2d_transpose(x: Any) -> Any:
    """tf.nn.conv2d_transpose, its kernel a part of x."""
    return _weighted(tf.nn.conv2d_transpose(_image(x), x[:2, :2, None, None], (1, 8, 8, 1), 2))


def depthwise_conv2d(x: Any) -> Any:
    """tf.nn.depthwise_conv2d, its kernel a part of x."""
    channels = tf.stack([x, x**2], -1)[None]
    return _weighted(tf.nn.depthwise_conv2d(channels, channels[0, :2, :2, :, None], [1] * 4, "VALID"))


def max_pool(x: Any) -> Any:
    """tf.nn.max_pool2d: no two entries are equal."""
    return _weighted(tf.nn.max_pool2d(_image(x), 2, 2, "VALID"))


def max_pool_with_argmax(x: Any) -> Any:
    """tf.nn.max_pool_with_argmax: no two entries are equal."""
    return _weighted(tf.nn.max_pool_with_argmax(_image(x), 2, 2, "VALID")[0])


def avg_pool(x: Any) -> Any:
    """tf.nn.avg_pool2d."""
    return _weighted(tf.nn.avg_pool2d(_image(x) ** 3, 2, 2, "VALID"))


def dilation2d(x: Any) -> Any:
    """tf.nn.dilation2d, morphology: no two sums are equal."""
    found = tf.nn.dilation2d(_image(x), x[:2, :2, None], [1] * 4, "VALID", "NHWC", [1] * 4)
    return _weighted(found)


def embedding_lookup(x: Any) -> Any:
    """tf.nn.embedding_lookup, one row twice."""
    return _weighted(tf.nn.embedding_lookup(x, tf.constant([0, 2, 2, 4])) ** 2)


def embedding_lookup_sparse(x: Any) -> Any:
    """tf.nn.embedding_lookup_sparse, by means."""
    ids = tf.sparse.from_dense(tf.constant([[1, 3], [2, 4]]))
    found = tf.nn.embedding_lookup_sparse(x, ids, None, combiner="mean")
    return _weighted(tf.ensure_shape(found, [2, 3]) ** 2)


def dropout(x: Any) -> Any:
    """tf.nn.experimental.stateless_dropout with a fixed seed."""
    return _weighted(tf.nn.experimental.stateless_dropout(x, 0.5, seed=(1, 2), rng_alg="philox"))


def resize_nearest(x: Any) -> Any:
    """tf.image.resize by the nearest neighbour."""
    return _weighted(tf.image.resize(_image(x), (6, 6), "nearest") ** 2)


def sobel_edges(x: Any) -> Any:
    """tf.image.sobel_edges, with reflected borders."""
    return _weighted(tf.image.sobel_edges(_image(x)) ** 2)


def rgb_to_hsv(x: Any) -> Any:
    """tf.image.rgb_to_hsv: no two channels are equal."""
    return _weighted(tf.image.rgb_to_hsv(x))


def depth_to_space(x: Any) -> Any:
    """tf.nn.depth_to_space and space_to_depth."""
    return _weighted(tf.nn.depth_to_space(tf.nn.space_to_depth(_image(x**2), 4), 2))


def pad_reflect(x: Any) -> Any:
    """tf.pad, reflecting and symmetric."""
    return _weighted(tf.pad(x, [[1, 1], [1, 0]], "REFLECT")) + _weighted(tf.pad(x, [[1, 1], [1, 0]], "SYMMETRIC") ** 2)


def hsv_to_rgb(x: Any) -> Any:
    """tf.image.hsv_to_rgb away from the edges of the colour circle's sectors."""
    return _weighted(tf.image.hsv_to_rgb(x)) + tf.reduce_sum(x**2)
