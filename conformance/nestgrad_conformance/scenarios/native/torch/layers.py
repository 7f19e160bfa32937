"""What users of torch call: layers, kernels, losses.

The functions of the scenarios in `native`. Each is a smooth function of one float64 tensor x; what a layer
needs besides is taken from x too, or is a constant.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch.nn import functional

_F64 = torch.float64


def _ramp(*shape: int) -> Any:
    """Constants that are all different."""
    return torch.sin(torch.arange(1.0, 1.0 + torch.Size(shape).numel(), dtype=_F64)).reshape(shape)


def _weighted(y: Any) -> Any:
    """A scalar with nonlinear dependence on every entry."""
    return torch.sum(_ramp(*y.shape) * y * (1 + y))


def layer_norm(x: Any) -> Any:
    """functional.layer_norm, its weight a part of x."""
    return _weighted(functional.layer_norm(x[1:], (5,), weight=x[0], eps=1e-3))


_LAYER_NORM = torch.nn.LayerNorm(5, dtype=_F64)


def layer_norm_module(x: Any) -> Any:
    """nn.LayerNorm."""
    return _weighted(_LAYER_NORM(x))


def layer_norm_aten(x: Any) -> Any:
    """The operator below functional.layer_norm."""
    return _weighted(torch.ops.aten.native_layer_norm(x, (5,), None, None, 1e-5)[0])


with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
    _SCRIPTED_LAYER_NORM = torch.jit.script(_LAYER_NORM)


def layer_norm_scripted(x: Any) -> Any:
    """nn.LayerNorm inside torch.jit.script, which is deprecated and much used."""
    return _weighted(_SCRIPTED_LAYER_NORM(x))


def group_norm(x: Any) -> Any:
    """functional.group_norm."""
    return _weighted(functional.group_norm(x, 2))


def instance_norm(x: Any) -> Any:
    """functional.instance_norm."""
    return _weighted(functional.instance_norm(x))


def rms_norm(x: Any) -> Any:
    """functional.rms_norm."""
    return _weighted(functional.rms_norm(x, (5,)))


def batch_norm_train(x: Any) -> Any:
    """functional.batch_norm with the batch's own statistics."""
    return _weighted(functional.batch_norm(x, None, None, training=True))


def batch_norm_eval(x: Any) -> Any:
    """functional.batch_norm with given statistics."""
    return _weighted(functional.batch_norm(x, _ramp(3), 1.5 + _ramp(3), weight=x[0, :]))


def attention(x: Any) -> Any:
    """functional.scaled_dot_product_attention with a kernel of torch's choice."""
    return _weighted(functional.scaled_dot_product_attention(x[None], x[None] ** 2, x[None]))


def attention_math(x: Any) -> Any:
    """The same with a mask, which only the math form takes with a gradient."""
    mask = torch.eye(4, dtype=torch.bool).roll(1, 0) | torch.eye(4, dtype=torch.bool)
    weights = torch.softmax((x @ x.mT).masked_fill(~mask, -torch.inf), -1)
    return _weighted(weights @ x)


def multihead_attention(x: Any) -> Any:
    """functional.multi_head_attention_forward, with weights that are asked for."""
    query = x[:, None]
    out, weights = functional.multi_head_attention_forward(
        query, query, query, 4, 2, _ramp(12, 4), _ramp(12), None, None, False, 0.0, _ramp(4, 4), _ramp(4)
    )
    return _weighted(out) + _weighted(weights)


def conv1d(x: Any) -> Any:
    """functional.conv1d, its kernel a part of x."""
    return _weighted(functional.conv1d(x[None, :2], x[None, :, :3][:, :2], padding=1))


def conv2d(x: Any) -> Any:
    """functional.conv2d, its kernel a part of x."""
    return _weighted(functional.conv2d(x[None, None], x[None, None, :2, :2], stride=2))


def conv_transpose1d(x: Any) -> Any:
    """functional.conv_transpose1d."""
    return _weighted(functional.conv_transpose1d(x[None], _ramp(3, 2, 3)) ** 2)


def max_pool1d(x: Any) -> Any:
    """functional.max_pool1d: no two entries are equal."""
    return _weighted(functional.max_pool1d(x[None], 2))


def max_pool2d(x: Any) -> Any:
    """functional.max_pool2d: no two entries are equal."""
    return _weighted(functional.max_pool2d(x[None], 2))


def avg_pool2d(x: Any) -> Any:
    """functional.avg_pool2d."""
    return _weighted(functional.avg_pool2d(x[None] ** 3, 2))


def interpolate(x: Any) -> Any:
    """functional.interpolate, bilinear."""
    return _weighted(functional.interpolate(x[None, None], scale_factor=2, mode="bilinear") ** 2)


def embedding(x: Any) -> Any:
    """functional.embedding, one row twice."""
    return _weighted(functional.embedding(torch.tensor([0, 2, 2, 4]), x) ** 2)


def embedding_bag(x: Any) -> Any:
    """functional.embedding_bag."""
    return _weighted(functional.embedding_bag(torch.tensor([[0, 2], [2, 4]]), x, mode="sum") ** 2)


def rnn_cell(x: Any) -> Any:
    """Two steps of nn.RNNCell's function."""
    hidden = x[0]
    for entry in x[1:]:
        hidden = torch.rnn_tanh_cell(entry[None], hidden[None], _ramp(3, 3), _ramp(3, 3), _ramp(3), _ramp(3))[0]
    return _weighted(hidden)


def gru_cell(x: Any) -> Any:
    """Two steps of nn.GRUCell's function."""
    hidden = x[0]
    for entry in x[1:]:
        hidden = torch.gru_cell(entry[None], hidden[None], _ramp(9, 3), _ramp(9, 3), _ramp(9), _ramp(9))[0]
    return _weighted(hidden)


def lstm_cell(x: Any) -> Any:
    """One step of nn.LSTMCell's function."""
    hidden, cell = torch.lstm_cell(x[:1], (x[1:2], x[2:]), _ramp(12, 3), _ramp(12, 3), _ramp(12), _ramp(12))
    return _weighted(hidden) + _weighted(cell)


def dropout_fixed_mask(x: Any) -> Any:
    """functional.dropout with a generator of known state."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return _weighted(functional.dropout(x, 0.5))


def softmax(x: Any) -> Any:
    """functional.softmax and functional.log_softmax."""
    return _weighted(functional.softmax(x, -1)) + _weighted(functional.log_softmax(x, 0))


def activations(x: Any) -> Any:
    """Smooth activations."""
    names = ("gelu", "silu", "softplus", "mish", "sigmoid", "tanhshrink", "logsigmoid", "selu", "elu")
    return sum(torch.sum(getattr(functional, name)(x) ** 2) for name in names)


def glu(x: Any) -> Any:
    """functional.glu."""
    return _weighted(functional.glu(x))


def cross_entropy(x: Any) -> Any:
    """functional.cross_entropy against classes, with smoothing."""
    return functional.cross_entropy(x, torch.tensor([0, 3, 1]), label_smoothing=0.1)


def mse_loss(x: Any) -> Any:
    """functional.mse_loss against a constant."""
    return functional.mse_loss(x**2, _ramp(*x.shape))


def huber_loss(x: Any) -> Any:
    """functional.huber_loss, away from its corner."""
    return functional.huber_loss(x**2, _ramp(*x.shape), delta=0.7)


def smooth_l1_loss(x: Any) -> Any:
    """functional.smooth_l1_loss, away from its corner."""
    return functional.smooth_l1_loss(x**2, _ramp(*x.shape), beta=0.7)


def soft_margin_loss(x: Any) -> Any:
    """functional.soft_margin_loss."""
    return functional.soft_margin_loss(x, torch.sign(_ramp(*x.shape)))


def bce_with_logits(x: Any) -> Any:
    """functional.binary_cross_entropy_with_logits."""
    return functional.binary_cross_entropy_with_logits(x**2, (1 + _ramp(*x.shape)) / 2)


def kl_div(x: Any) -> Any:
    """functional.kl_div of two softmaxes."""
    return functional.kl_div(functional.log_softmax(x, -1), functional.softmax(x**2, -1), reduction="batchmean")


def ctc_loss(x: Any) -> Any:
    """functional.ctc_loss."""
    probabilities = functional.log_softmax(x, -1)
    return functional.ctc_loss(probabilities[:, None], torch.tensor([[1, 2]]), torch.tensor([5]), torch.tensor([2]))


def cosine_similarity(x: Any) -> Any:
    """functional.cosine_similarity."""
    return torch.sum(functional.cosine_similarity(x[1:], x[:1] ** 2) ** 2)


def cosine_embedding_loss(x: Any) -> Any:
    """functional.cosine_embedding_loss."""
    return functional.cosine_embedding_loss(x[:2], x[1:] ** 2, torch.ones(2)) ** 2


def cdist(x: Any) -> Any:
    """torch.cdist."""
    return _weighted(torch.cdist(x, x[:2] + 3))
