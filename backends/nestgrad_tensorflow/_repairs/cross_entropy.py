"""The softmax cross-entropy with labels that vary, or are no probabilities."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nestgrad_tensorflow._operation import Call


def softmax_cross_entropy(call: Call) -> list[Any]:
    """The loss by its definition, and its derivative in the logits."""
    logits, labels = call.inputs
    logarithms = tf.nn.log_softmax(logits)
    # what is impossible counts nothing where its label is 0
    terms = tf.where((labels == 0) & tf.math.is_inf(logarithms), tf.zeros_like(logarithms), logarithms)
    return [-tf.reduce_sum(labels * terms, axis=-1), tf.exp(logarithms) - labels]
