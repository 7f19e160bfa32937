"""Losses and distances of TensorFlow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ._common import _ramp


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
