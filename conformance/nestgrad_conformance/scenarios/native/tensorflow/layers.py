"""What users of TensorFlow call below Keras: normalisation, convolution, pooling, lookups, losses.

The functions of the scenarios in `native`. Each is a smooth function of one float64 tensor x; what an
operation needs besides is taken from x too, or is a constant. What TensorFlow has in float32 alone is
missing: fused batch normalisation, local response normalisation, pooling in three dimensions, resizing that
interpolates. So is CTC, which rounds to float32 inside.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf


def _ramp(*shape: int) -> Any:
    """Constants that are all different."""
    return tf.constant(np.sin(np.arange(1.0, 1.0 + np.prod(shape))).reshape(shape))


def _weighted(y: Any) -> Any:
    """A scalar with nonlinear dependence on every entry."""
    return tf.reduce_sum(_ramp(*y.shape) * y * (1 + y))


def _image(x: Any) -> Any:
    """A matrix as a batch of one image with one channel."""
    return x[None, :, :, None]


def moments(x: Any) -> Any:
    """tf.nn.moments, its variance."""
    return _weighted(tf.nn.moments(x, [-1])[1])


def layer_norm(x: Any) -> Any:
    """Layer normalisation by tf.nn.moments and tf.nn.batch_normalization, its scale a part of x."""
    mean, variance = tf.nn.moments(x[1:], [-1], keepdims=True)
    return _weighted(tf.nn.batch_normalization(x[1:], mean, variance, None, x[0], 1e-3))


def batch_norm_train(x: Any) -> Any:
    """Batch normalisation by tf.nn.moments, with the batch's own statistics."""
    return _weighted(tf.nn.batch_normalization(x, *tf.nn.moments(x, [0]), _ramp(3), 1 + _ramp(3), 1e-3))


def batch_norm_eval(x: Any) -> Any:
    """tf.nn.batch_normalization with given statistics."""
    return _weighted(tf.nn.batch_normalization(x, _ramp(3), 1.5 + _ramp(3), x[0], x[1], 1e-3))


def group_norm(x: Any) -> Any:
    """Group normalisation by reshaping and tf.nn.moments."""
    groups = tf.reshape(x, [2, 2, -1])
    mean, variance = tf.nn.moments(groups, [-1], keepdims=True)
    return _weighted((groups - mean) * tf.math.rsqrt(variance + 1e-3))


def weighted_moments(x: Any) -> Any:
    """tf.nn.weighted_moments, with weights that depend on x."""
    mean, variance = tf.nn.weighted_moments(x, [0], tf.exp(x))
    return _weighted(mean) + _weighted(variance)


def reduce_variance(x: Any) -> Any:
    """tf.math.reduce_variance and reduce_std, which standardise."""
    centred = x - tf.reduce_mean(x, -1, keepdims=True)
    return _weighted(centred / tf.math.reduce_std(x, -1, keepdims=True)) + _weighted(tf.math.reduce_variance(x, 0))


def l2_normalize(x: Any) -> Any:
    """tf.nn.l2_normalize."""
    return _weighted(tf.nn.l2_normalize(x, -1))


def attention(x: Any) -> Any:
    """Dot-product attention with a mask, by hand."""
    mask = tf.constant(np.eye(4) + np.roll(np.eye(4), 1, 0) > 0)
    scores = tf.where(mask, tf.matmul(x, x**2, transpose_b=True), -1e30)
    return _weighted(tf.nn.softmax(scores) @ x)


def softmax(x: Any) -> Any:
    """tf.nn.softmax and tf.nn.log_softmax."""
    return _weighted(tf.nn.softmax(x)) + _weighted(tf.nn.log_softmax(x, 0))


def activations(x: Any) -> Any:
    """Smooth activations."""
    names = ("gelu", "silu", "softplus", "sigmoid", "tanh", "elu", "selu", "leaky_relu")
    return tf.add_n([tf.reduce_sum(getattr(tf.nn, name)(x) ** 2) for name in names])


def softsign(x: Any) -> Any:
    """tf.nn.softsign."""
    return tf.reduce_sum(tf.nn.softsign(x) ** 2)


def relu_squared(x: Any) -> Any:
    """tf.nn.relu and relu6, away from their corners, in a network of two layers."""
    return tf.reduce_sum(tf.nn.relu(x @ _ramp(3, 4)) ** 3) + tf.reduce_sum(tf.nn.relu6(x) ** 2)


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


def gather(x: Any) -> Any:
    """tf.gather along the last axis, one column twice."""
    return _weighted(tf.gather(x, [0, 2, 2], axis=-1) ** 2)


def gather_of_x(x: Any) -> Any:
    """tf.gather of x itself, nothing nonlinear before it: its gradient is IndexedSlices."""
    return tf.reduce_sum(tf.gather(x, [0, 2, 2]) ** 3)


def gather_nd(x: Any) -> Any:
    """tf.gather_nd, one entry twice."""
    return _weighted(tf.gather_nd(x, [[0, 1], [2, 2], [2, 2]]) ** 2)


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


def softmax_cross_entropy(x: Any) -> Any:
    """tf.nn.softmax_cross_entropy_with_logits, its labels constant."""
    labels = tf.nn.softmax(_ramp(*x.shape))
    return tf.reduce_sum(tf.nn.softmax_cross_entropy_with_logits(labels, x) ** 2)


def softmax_cross_entropy_of_labels(x: Any) -> Any:
    """The same with labels that depend on x."""
    return tf.reduce_sum(tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(x**2), x))


def sparse_softmax_cross_entropy(x: Any) -> Any:
    """tf.nn.sparse_softmax_cross_entropy_with_logits."""
    return tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits([0, 3, 1], x) ** 2)


def sigmoid_cross_entropy(x: Any) -> Any:
    """tf.nn.sigmoid_cross_entropy_with_logits and its weighted form."""
    labels = (1 + _ramp(*x.shape)) / 2
    plain = tf.nn.sigmoid_cross_entropy_with_logits(labels, x)
    return tf.reduce_sum(plain**2) + tf.reduce_sum(tf.nn.weighted_cross_entropy_with_logits(labels, x, 2.0) ** 2)


def poisson_loss(x: Any) -> Any:
    """tf.nn.log_poisson_loss."""
    return tf.reduce_sum(tf.nn.log_poisson_loss(1 + _ramp(*x.shape), x) ** 2)


def l2_loss(x: Any) -> Any:
    """tf.nn.l2_loss."""
    return tf.nn.l2_loss(x**2) * tf.nn.l2_loss(x)
