"""Losses and distances of TensorFlow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _ramp


@row(normal(3, 5), "loss", "softmax_cross_entropy", order=3)
def softmax_cross_entropy(x: Any) -> Any:
    """tf.nn.softmax_cross_entropy_with_logits, its labels constant."""
    labels = tf.nn.softmax(_ramp(*x.shape))
    return tf.reduce_sum(tf.nn.softmax_cross_entropy_with_logits(labels, x) ** 2)


@row(normal(3, 5), "loss", "softmax_cross_entropy")
def softmax_cross_entropy_of_labels(x: Any) -> Any:
    """The same with labels that depend on x."""
    return tf.reduce_sum(tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(x**2), x))


@row(normal(3, 5), "loss", "sparse_softmax_cross_entropy", order=3)
def sparse_softmax_cross_entropy(x: Any) -> Any:
    """tf.nn.sparse_softmax_cross_entropy_with_logits."""
    return tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits([0, 3, 1], x) ** 2)


@row(normal(4), "loss")
def sigmoid_cross_entropy(x: Any) -> Any:
    """tf.nn.sigmoid_cross_entropy_with_logits and its weighted form."""
    labels = (1 + _ramp(*x.shape)) / 2
    plain = tf.nn.sigmoid_cross_entropy_with_logits(labels, x)
    return tf.reduce_sum(plain**2) + tf.reduce_sum(tf.nn.weighted_cross_entropy_with_logits(labels, x, 2.0) ** 2)


@row(normal(4), "loss")
def poisson_loss(x: Any) -> Any:
    """tf.nn.log_poisson_loss."""
    return tf.reduce_sum(tf.nn.log_poisson_loss(1 + _ramp(*x.shape), x) ** 2)


@row(normal(4), "loss", "l2_loss")
def l2_loss(x: Any) -> Any:
    """tf.nn.l2_loss."""
    return tf.nn.l2_loss(x**2) * tf.nn.l2_loss(x)
