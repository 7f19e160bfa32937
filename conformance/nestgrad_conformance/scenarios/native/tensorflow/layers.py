"""Layers of TensorFlow: attention, convolution, pooling, lookups, images."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import _colours, row

from ._common import _ramp, _weighted


def _image(x: Any) -> Any:
    """A matrix as a batch of one image with one channel."""
    return x[None, :, :, None]


@row(normal(4, 4), "attention", order=3)
def attention(x: Any) -> Any:
    """Dot-product attention with a mask, by hand."""
    mask = tf.constant(np.eye(4) + np.roll(np.eye(4), 1, 0) > 0)
    scores = tf.where(mask, tf.matmul(x, x**2, transpose_b=True), -1e30)
    return _weighted(tf.nn.softmax(scores) @ x)


@row(normal(4, 3), "bias_add")
def bias_add(x: Any) -> Any:
    """tf.nn.bias_add, the bias a part of x."""
    return _weighted(tf.nn.bias_add(x**2, x[0]))


@row(normal(4, 6), "convolution", order=3)
def conv1d(x: Any) -> Any:
    """tf.nn.conv1d, its kernel a part of x."""
    return _weighted(tf.nn.conv1d(x[None], x[:2, :, None], stride=1, padding="SAME"))


@row(normal(4, 4), "convolution", order=3)
def conv2d(x: Any) -> Any:
    """tf.nn.conv2d with a stride, its kernel a part of x."""
    return _weighted(tf.nn.conv2d(_image(x), x[:2, :2, None, None], strides=2, padding="VALID"))


@row(normal(3, 6), "convolution", "conv3d")
def conv3d(x: Any) -> Any:
    """tf.nn.conv3d."""
    volume = tf.reshape(x, [1, 2, 3, 3, 1])
    return _weighted(tf.nn.conv3d(volume, _ramp(2, 2, 2, 1, 2), [1] * 5, "VALID") ** 2)


@row(normal(4, 4), "convolution")
def conv2d_transpose(x: Any) -> Any:
    """tf.nn.conv2d_transpose, its kernel a part of x."""
    return _weighted(tf.nn.conv2d_transpose(_image(x), x[:2, :2, None, None], (1, 8, 8, 1), 2))


@row(normal(4, 4), "convolution", "depthwise_conv2d")
def depthwise_conv2d(x: Any) -> Any:
    """tf.nn.depthwise_conv2d, its kernel a part of x."""
    channels = tf.stack([x, x**2], -1)[None]
    return _weighted(tf.nn.depthwise_conv2d(channels, channels[0, :2, :2, :, None], [1] * 4, "VALID"))


@row(normal(4, 4), "max_pool", order=3)
def max_pool(x: Any) -> Any:
    """tf.nn.max_pool2d: no two entries are equal."""
    return _weighted(tf.nn.max_pool2d(_image(x), 2, 2, "VALID"))


@row(normal(4, 4), "max_pool", "max_pool_with_argmax")
def max_pool_with_argmax(x: Any) -> Any:
    """tf.nn.max_pool_with_argmax: no two entries are equal."""
    return _weighted(tf.nn.max_pool_with_argmax(_image(x), 2, 2, "VALID")[0])


@row(normal(4, 4), "avg_pool")
def avg_pool(x: Any) -> Any:
    """tf.nn.avg_pool2d."""
    return _weighted(tf.nn.avg_pool2d(_image(x) ** 3, 2, 2, "VALID"))


@row(normal(4, 4), "dilation2d")
def dilation2d(x: Any) -> Any:
    """tf.nn.dilation2d, morphology: no two sums are equal."""
    found = tf.nn.dilation2d(_image(x), x[:2, :2, None], [1] * 4, "VALID", "NHWC", [1] * 4)
    return _weighted(found)


@row(normal(5, 3), "embedding", order=3)
def embedding_lookup(x: Any) -> Any:
    """tf.nn.embedding_lookup, one row twice."""
    return _weighted(tf.nn.embedding_lookup(x, tf.constant([0, 2, 2, 4])) ** 2)


@row(normal(5, 3), "embedding", "embedding_lookup_sparse")
def embedding_lookup_sparse(x: Any) -> Any:
    """tf.nn.embedding_lookup_sparse, by means."""
    ids = tf.sparse.from_dense(tf.constant([[1, 3], [2, 4]]))
    found = tf.nn.embedding_lookup_sparse(x, ids, None, combiner="mean")
    return _weighted(tf.ensure_shape(found, [2, 3]) ** 2)


@row(normal(4, 3), "dropout", revision=2)
def dropout(x: Any) -> Any:
    """tf.nn.experimental.stateless_dropout with a fixed seed."""
    return _weighted(tf.nn.experimental.stateless_dropout(x, 0.5, seed=(1, 2), rng_alg="philox"))


@row(normal(3, 3), "resize_nearest")
def resize_nearest(x: Any) -> Any:
    """tf.image.resize by the nearest neighbour."""
    return _weighted(tf.image.resize(_image(x), (6, 6), "nearest") ** 2)


@row(normal(3, 3), "sobel_edges")
def sobel_edges(x: Any) -> Any:
    """tf.image.sobel_edges, with reflected borders."""
    return _weighted(tf.image.sobel_edges(_image(x)) ** 2)


@row(_colours, "rgb_to_hsv")
def rgb_to_hsv(x: Any) -> Any:
    """tf.image.rgb_to_hsv: no two channels are equal."""
    return _weighted(tf.image.rgb_to_hsv(x))


@row(normal(4, 4), "depth_to_space")
def depth_to_space(x: Any) -> Any:
    """tf.nn.depth_to_space and space_to_depth."""
    return _weighted(tf.nn.depth_to_space(tf.nn.space_to_depth(_image(x**2), 4), 2))


@row(normal(3, 3), "pad")
def pad_reflect(x: Any) -> Any:
    """tf.pad, reflecting and symmetric."""
    return _weighted(tf.pad(x, [[1, 1], [1, 0]], "REFLECT")) + _weighted(tf.pad(x, [[1, 1], [1, 0]], "SYMMETRIC") ** 2)


@row(uniform(0.2, 0.3, 2, 3), "declared_constant")
def hsv_to_rgb(x: Any) -> Any:
    """tf.image.hsv_to_rgb away from the edges of the colour circle's sectors."""
    return _weighted(tf.image.hsv_to_rgb(x)) + tf.reduce_sum(x**2)
