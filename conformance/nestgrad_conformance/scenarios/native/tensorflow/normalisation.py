"""Normalisations of TensorFlow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _ramp, _weighted


@row(normal(3, 5), "moments", order=3)
def moments(x: Any) -> Any:
    """tf.nn.moments, its variance."""
    return _weighted(tf.nn.moments(x, [-1])[1])


@row(normal(3, 5), "layer_norm", "moments", order=3)
def layer_norm(x: Any) -> Any:
    """Layer normalisation by tf.nn.moments and tf.nn.batch_normalization, its scale a part of x."""
    mean, variance = tf.nn.moments(x[1:], [-1], keepdims=True)
    return _weighted(tf.nn.batch_normalization(x[1:], mean, variance, None, x[0], 1e-3))


@row(normal(4, 3), "batch_norm", "moments")
def batch_norm_train(x: Any) -> Any:
    """Batch normalisation by tf.nn.moments, with the batch's own statistics."""
    return _weighted(tf.nn.batch_normalization(x, *tf.nn.moments(x, [0]), _ramp(3), 1 + _ramp(3), 1e-3))


@row(uniform(0.5, 1.5, 4, 3), "batch_norm")
def batch_norm_eval(x: Any) -> Any:
    """tf.nn.batch_normalization with given statistics."""
    return _weighted(tf.nn.batch_normalization(x, _ramp(3), 1.5 + _ramp(3), x[0], x[1], 1e-3))


@row(normal(3, 4), "group_norm", "moments")
def group_norm(x: Any) -> Any:
    """Group normalisation by reshaping and tf.nn.moments."""
    groups = tf.reshape(x, [2, 2, -1])
    mean, variance = tf.nn.moments(groups, [-1], keepdims=True)
    return _weighted((groups - mean) * tf.math.rsqrt(variance + 1e-3))


@row(normal(4, 3), "weighted_moments")
def weighted_moments(x: Any) -> Any:
    """tf.nn.weighted_moments, with weights that depend on x."""
    mean, variance = tf.nn.weighted_moments(x, [0], tf.exp(x))
    return _weighted(mean) + _weighted(variance)


@row(normal(3, 4), "reduce_variance", order=3)
def reduce_variance(x: Any) -> Any:
    """tf.math.reduce_variance and reduce_std, which standardise."""
    centred = x - tf.reduce_mean(x, -1, keepdims=True)
    return _weighted(centred / tf.math.reduce_std(x, -1, keepdims=True)) + _weighted(tf.math.reduce_variance(x, 0))


@row(normal(3, 4), "l2_normalize")
def l2_normalize(x: Any) -> Any:
    """tf.nn.l2_normalize."""
    return _weighted(tf.nn.l2_normalize(x, -1))
