"""Keras layers and losses, in float64.

Layers are built when this module is imported, which a worker does outside all transforms; their weights
are constants that are all different.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import keras

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _ramp, _weighted


def _built(layer: Any, *shape: Any) -> Any:
    """A layer with weights for inputs of this shape."""
    layer.build(*shape)
    layer.set_weights([0.3 + np.sin(np.arange(1.0, 1.0 + w.size)).reshape(w.shape) / 2 for w in layer.get_weights()])
    return layer


_F64 = {"dtype": "float64"}


_LAYER_NORM = _built(keras.layers.LayerNormalization(**_F64), (None, 5))


_BATCH_NORM = _built(keras.layers.BatchNormalization(**_F64), (None, 3))


_BATCH_NORM_EVAL = _built(keras.layers.BatchNormalization(**_F64), (None, 3))


_GROUP_NORM = _built(keras.layers.GroupNormalization(2, **_F64), (None, 3, 4))


_RMS_NORM = _built(keras.layers.RMSNormalization(**_F64), (None, 5))


_MULTI_HEAD = _built(keras.layers.MultiHeadAttention(2, 2, **_F64), (None, 4, 4), (None, 4, 4), (None, 4, 4))


_DENSE = _built(keras.layers.Dense(4, activation="gelu", **_F64), (None, 3))


_EINSUM_DENSE = _built(keras.layers.EinsumDense("ab,bc->ac", 4, activation="tanh", **_F64), (None, 3))


_EMBEDDING = _built(keras.layers.Embedding(5, 3, **_F64), (None,))


_CONV1D = _built(keras.layers.Conv1D(2, 3, padding="causal", **_F64), (None, 4, 3))


_CONV2D = _built(keras.layers.Conv2D(2, 2, activation="tanh", **_F64), (None, 4, 4, 1))


_SEPARABLE = _built(keras.layers.SeparableConv2D(2, 2, **_F64), (None, 4, 4, 1))


_CONV_TRANSPOSE = _built(keras.layers.Conv2DTranspose(2, 2, strides=2, **_F64), (None, 4, 4, 1))


_RNN_CELL = _built(keras.layers.SimpleRNNCell(3, **_F64), (None, 3))


_GRU_CELL = _built(keras.layers.GRUCell(3, **_F64), (None, 3))


_LSTM_CELL = _built(keras.layers.LSTMCell(3, **_F64), (None, 3))


_LSTM = _built(keras.layers.LSTM(3, **_F64), (None, 4, 3))


_LSTM_UNROLLED = _built(keras.layers.LSTM(3, unroll=True, **_F64), (None, 4, 3))


_MODEL = _built(
    keras.Sequential([keras.layers.Dense(4, activation="tanh", **_F64), keras.layers.Dense(1, **_F64)]), (None, 3)
)


@row(normal(3, 5), "layer_norm", "keras")
def keras_layer_norm(x: Any) -> Any:
    """keras.layers.LayerNormalization."""
    return _weighted(_LAYER_NORM(x))


@row(normal(4, 3), "batch_norm", "keras")
def keras_batch_norm_train(x: Any) -> Any:
    """keras.layers.BatchNormalization with the batch's own statistics; it moves its averages at each call."""
    return _weighted(_BATCH_NORM(x, training=True))


@row(normal(4, 3), "batch_norm", "keras")
def keras_batch_norm_eval(x: Any) -> Any:
    """keras.layers.BatchNormalization with the statistics that it was built with."""
    return _weighted(_BATCH_NORM_EVAL(x**2, training=False))


@row(normal(2, 3, 4), "group_norm", "keras")
def keras_group_norm(x: Any) -> Any:
    """keras.layers.GroupNormalization."""
    return _weighted(_GROUP_NORM(x))


@row(normal(3, 5), "rms_norm", "keras")
def keras_rms_norm(x: Any) -> Any:
    """keras.layers.RMSNormalization."""
    return _weighted(_RMS_NORM(x))


@row(normal(4, 4), "attention", "keras")
def keras_multi_head_attention(x: Any) -> Any:
    """keras.layers.MultiHeadAttention, with weights that are asked for."""
    out, weights = _MULTI_HEAD(x[None], x[None], return_attention_scores=True)
    return _weighted(out) + _weighted(weights)


@row(normal(4, 4), "attention", "keras")
def keras_attention(x: Any) -> Any:
    """keras.layers.Attention and AdditiveAttention without weights of their own."""
    pair = [x[None], x[None] ** 2]
    layers = (keras.layers.Attention(**_F64), keras.layers.AdditiveAttention(use_scale=False, **_F64))
    return tf.add_n([_weighted(layer(pair)) for layer in layers])


@row(normal(4, 3), "keras")
def keras_dense(x: Any) -> Any:
    """keras.layers.Dense with gelu."""
    return _weighted(_DENSE(x))


@row(normal(4, 3), "keras")
def keras_einsum_dense(x: Any) -> Any:
    """keras.layers.EinsumDense."""
    return _weighted(_EINSUM_DENSE(x))


@row(normal(3, 3), "embedding", "keras")
def keras_embedding(x: Any) -> Any:
    """keras.layers.Embedding, its table multiplied by x."""
    return _weighted(_EMBEDDING(tf.constant([0, 2, 2])) * x**3)


@row(normal(4, 3), "convolution", "keras")
def keras_conv1d(x: Any) -> Any:
    """keras.layers.Conv1D, causal."""
    return _weighted(_CONV1D(x[None]) ** 2)


@row(normal(4, 4), "convolution", "depthwise_conv2d", "keras")
def keras_conv2d(x: Any) -> Any:
    """keras.layers.Conv2D and SeparableConv2D."""
    return _weighted(_CONV2D(x[None, :, :, None])) + _weighted(_SEPARABLE(x[None, :, :, None]))


@row(normal(4, 4), "convolution", "keras")
def keras_conv2d_transpose(x: Any) -> Any:
    """keras.layers.Conv2DTranspose."""
    return _weighted(_CONV_TRANSPOSE(x[None, :, :, None]))


@row(normal(4, 4), "max_pool", "keras")
def keras_pooling(x: Any) -> Any:
    """keras.layers.MaxPooling2D, AveragePooling2D and their global forms: no two entries are equal."""
    image = x[None, :, :, None] ** 2
    layers = (
        keras.layers.MaxPooling2D(2, **_F64),
        keras.layers.AveragePooling2D(2, **_F64),
        keras.layers.GlobalMaxPooling2D(**_F64),
        keras.layers.GlobalAveragePooling2D(**_F64),
    )
    return tf.add_n([_weighted(layer(image)) for layer in layers])


@row(normal(3, 3), "recurrent", "keras", order=3)
def keras_rnn_cell(x: Any) -> Any:
    """Two steps of keras.layers.SimpleRNNCell."""
    return _weighted(_steps(_RNN_CELL, x, [x[:1]]))


@row(normal(3, 3), "recurrent", "keras")
def keras_gru_cell(x: Any) -> Any:
    """Two steps of keras.layers.GRUCell."""
    return _weighted(_steps(_GRU_CELL, x, [x[:1]]))


@row(normal(3, 3), "recurrent", "keras")
def keras_lstm_cell(x: Any) -> Any:
    """Two steps of keras.layers.LSTMCell."""
    return _weighted(_steps(_LSTM_CELL, x, [x[:1], x[1:2]]))


def _steps(cell: Any, x: Any, state: Any) -> Any:
    for entry in tf.unstack(x[1:]):
        output, state = cell(entry[None], state)
    return output


@row(normal(4, 3), "recurrent", "control_flow", "keras", "keras_loop")
def keras_lstm(x: Any) -> Any:
    """keras.layers.LSTM over a sequence, which runs in a loop of TensorFlow's."""
    return _weighted(_LSTM(x[None]))


@row(normal(4, 3), "recurrent", "keras")
def keras_lstm_unrolled(x: Any) -> Any:
    """keras.layers.LSTM over a sequence, unrolled."""
    return _weighted(_LSTM_UNROLLED(x[None]))


@row(normal(4, 3), "keras")
def keras_model(x: Any) -> Any:
    """A keras.Sequential, in its inputs."""
    return _weighted(_MODEL(x))


@row(normal(6, 4), "keras")
def keras_model_in_weights(x: Any) -> Any:
    """The same in its weights, by stateless_call."""
    kernel, bias, last, shift = x[:3], x[3], x[4][:, None], x[5, :1]
    outputs, _ = _MODEL.stateless_call([kernel, bias, last, shift], [], _ramp(2, 3))
    return _weighted(outputs)


@row(normal(3, 4), "loss", "keras")
def keras_losses(x: Any) -> Any:
    """Losses of keras.losses that are smooth everywhere."""
    target = _ramp(*x.shape)
    names = ("mse", "cosine_similarity", "logcosh", "poisson")
    smooth = [getattr(keras.losses, name)(target, x**2 + 0.1) for name in names]
    return tf.add_n([tf.reduce_sum(loss**2) for loss in smooth])


@row(normal(3, 5), "loss", "keras")
def keras_cross_entropies(x: Any) -> Any:
    """Cross-entropies of keras.losses from logits, with smoothing, and the divergence of two softmaxes."""
    labels = tf.nn.softmax(_ramp(*x.shape))
    losses = (
        keras.losses.categorical_crossentropy(labels, x, from_logits=True, label_smoothing=0.1),
        keras.losses.sparse_categorical_crossentropy(tf.constant([0, 3, 1]), x, from_logits=True),
        keras.losses.binary_crossentropy(labels, x, from_logits=True),
        keras.losses.kld(labels, tf.nn.softmax(x**2)),
    )
    return tf.add_n([tf.reduce_sum(loss**2) for loss in losses])


@row(normal(3, 5), "loss", "keras")
def keras_cross_entropy_of_probabilities(x: Any) -> Any:
    """keras.losses.categorical_crossentropy of probabilities, which it clips and normalises."""
    labels = tf.nn.softmax(_ramp(*x.shape))
    return tf.reduce_sum(keras.losses.categorical_crossentropy(labels, tf.nn.softmax(x)) ** 2)


@row(uniform(0.1, 0.9, 4), "loss", "keras")
def keras_huber(x: Any) -> Any:
    """keras.losses.Huber, away from its corner."""
    return keras.losses.Huber(delta=0.7, dtype="float64")(_ramp(*x.shape), x**2) ** 2
