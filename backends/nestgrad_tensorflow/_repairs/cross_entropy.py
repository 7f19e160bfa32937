"""The softmax cross-entropy with labels that vary, or are no probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from nestgrad_tensorflow._guard.call import Call, value_of
from nestgrad_tensorflow._levels import may_vary


def needs_its_definition(call: Call) -> bool:
    """Whether the labels of a cross-entropy are differentiated, or are known to be no probabilities."""
    labels = value_of(call.inputs[1])
    return may_vary(call.inputs[1]) or (labels is not None and not np.allclose(np.sum(labels, axis=-1), 1))


def softmax_cross_entropy(call: Call) -> list[Any]:
    """The loss by its definition, and its derivative in the logits."""
    logits, labels = call.inputs
    logarithms = tf.nn.log_softmax(logits)
    # what is impossible counts nothing where its label is 0
    terms = tf.where((labels == 0) & tf.math.is_inf(logarithms), tf.zeros_like(logarithms), logarithms)
    return [-tf.reduce_sum(labels * terms, axis=-1), tf.exp(logarithms) - labels]
