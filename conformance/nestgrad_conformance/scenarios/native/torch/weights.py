"""Layers of torch as functions of their weights, what they are applied to being a constant.

A rule may be right in the input of a layer and wrong in its weights. One line is one layer: the number of its weights,
the module, and the shape of its input.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn.utils import parametrizations

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _F64, _ramp, _weighted

_Applied = Callable[[Any, Any], Any]


def _in_weights(module: nn.Module, *shape: int, applied: _Applied = lambda layer, x: layer(x)) -> Callable[[Any], Any]:
    """What a module gives of a constant of this shape, as a function of all its parameters in one vector."""
    module = module.to(_F64)
    names, parameters = zip(*module.named_parameters(), strict=True)
    sizes, shapes = [parameter.numel() for parameter in parameters], [parameter.shape for parameter in parameters]
    given = _ramp(*shape)
    for buffer in module.buffers():  # what is drawn when a layer is made
        if buffer.is_floating_point():
            buffer.copy_(torch.exp(_ramp(*buffer.shape)) / 2)

    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = module

        def forward(self, x: Any) -> Any:
            return applied(self.layer, x)

    whole = Whole()

    def of_weights(x: Any) -> Any:
        parts = [part.reshape(like) for part, like in zip((x / 2).split(sizes), shapes, strict=True)]
        weights = {f"layer.{name}": part for name, part in zip(names, parts, strict=True)}
        return _weighted(torch.func.functional_call(whole, weights, (given,)))

    return of_weights


def _first(layer: Any, x: Any) -> Any:
    return layer(x)[0]


def _looked_up(layer: Any, x: Any) -> Any:
    return layer(torch.tensor([[0, 2], [2, 1]])) ** 2


def _attended(layer: Any, x: Any) -> Any:
    return layer(x, x.cos(), x.sin(), need_weights=False)[0]


def _decoded(layer: Any, x: Any) -> Any:
    return layer(x, x.cos())


def _old_weight_norm(module: nn.Module) -> nn.Module:
    with warnings.catch_warnings(action="ignore", category=FutureWarning):
        return nn.utils.weight_norm(module)


linear_weights = row(normal(8))(_in_weights(nn.Linear(3, 2), 4, 3))
bilinear_weights = row(normal(14))(_in_weights(nn.Bilinear(3, 2, 2), 4, 3, applied=lambda layer, x: layer(x, x[:, :2])))
prelu_weights = row(normal(3))(_in_weights(nn.PReLU(3), 4, 3))
embedding_weights = row(normal(8), "embedding")(_in_weights(nn.Embedding(4, 2), 1, applied=_looked_up))
embedding_bag_weights = row(normal(8), "embedding_bag")(_in_weights(nn.EmbeddingBag(4, 2), 1, applied=_looked_up))
conv1d_weights = row(normal(15), "convolution")(_in_weights(nn.Conv1d(2, 3, 2), 1, 2, 4))
conv2d_weights = row(normal(10), "convolution")(_in_weights(nn.Conv2d(2, 2, 2, groups=2), 1, 2, 3, 3))
conv3d_weights = row(normal(18), "convolution")(_in_weights(nn.Conv3d(1, 2, 2), 1, 1, 2, 3, 3))
conv_transpose1d_weights = row(normal(10), "convolution")(_in_weights(nn.ConvTranspose1d(2, 2, 2), 1, 2, 3))
conv_transpose2d_weights = row(normal(10), "convolution")(_in_weights(nn.ConvTranspose2d(1, 2, 2), 1, 1, 2, 2))
rnn_weights = row(normal(12), "recurrent", "untraceable")(_in_weights(nn.RNN(2, 2), 3, 1, 2, applied=_first))
lstm_weights = row(normal(48), "recurrent", "untraceable")(_in_weights(nn.LSTM(2, 2), 3, 1, 2, applied=_first))
gru_weights = row(normal(36), "recurrent", "untraceable")(_in_weights(nn.GRU(2, 2), 3, 1, 2, applied=_first))
rnn_cell_weights = row(normal(12), "recurrent")(_in_weights(nn.RNNCell(2, 2), 3, 2))
lstm_cell_weights = row(normal(48), "recurrent")(_in_weights(nn.LSTMCell(2, 2), 3, 2, applied=_first))
gru_cell_weights = row(normal(36), "recurrent")(_in_weights(nn.GRUCell(2, 2), 3, 2))
batch_norm_weights = row(normal(6), "batch_norm")(_in_weights(nn.BatchNorm1d(3, track_running_stats=False), 4, 3))
batch_norm_eval_weights = row(normal(6))(_in_weights(nn.BatchNorm1d(3).eval(), 4, 3))
instance_norm_weights = row(normal(4), "batch_norm")(_in_weights(nn.InstanceNorm1d(2, affine=True), 2, 2, 4))
layer_norm_weights = row(normal(6), "layer_norm", "fused")(_in_weights(nn.LayerNorm(3), 4, 3))
group_norm_weights = row(normal(8), "group_norm", "constant_input")(_in_weights(nn.GroupNorm(2, 4), 2, 4, 3))
rms_norm_weights = row(normal(3), "rms_norm")(_in_weights(nn.RMSNorm(3), 4, 3))
attention_weights = row(normal(80), "attention", "flash_attention")(
    _in_weights(nn.MultiheadAttention(4, 2, batch_first=True), 1, 3, 4, applied=_attended)
)
transformer_encoder_layer_weights = row(normal(44), "layer_norm", "fused", "attention", "flash_attention")(
    _in_weights(nn.TransformerEncoderLayer(2, 1, 2, dropout=0.0, activation="gelu"), 3, 1, 2)
)
transformer_decoder_layer_weights = row(normal(72), "layer_norm", "fused", "attention", "flash_attention")(
    _in_weights(nn.TransformerDecoderLayer(2, 1, 2, dropout=0.0, activation="gelu"), 3, 1, 2, applied=_decoded)
)
weight_norm_weights = row(normal(10), "weight_norm")(_in_weights(parametrizations.weight_norm(nn.Linear(3, 2)), 4, 3))
weight_norm_conv_weights = row(normal(17), "weight_norm")(
    _in_weights(parametrizations.weight_norm(nn.Conv1d(2, 3, 2), dim=1), 1, 2, 4)
)
weight_norm_of_all_weights = row(normal(9), "weight_norm")(
    _in_weights(parametrizations.weight_norm(nn.Linear(3, 2), dim=None), 4, 3)
)
old_weight_norm_weights = row(normal(10), "weight_norm", "untraceable")(
    _in_weights(_old_weight_norm(nn.Linear(3, 2)), 4, 3)
)
spectral_norm_weights = row(normal(8))(_in_weights(parametrizations.spectral_norm(nn.Linear(3, 2)).eval(), 4, 3))
orthogonal_weights = row(normal(12))(
    _in_weights(parametrizations.orthogonal(nn.Linear(3, 3), orthogonal_map="matrix_exp"), 4, 3)
)
cayley_weights = row(normal(12), "solve")(
    _in_weights(parametrizations.orthogonal(nn.Linear(3, 3), orthogonal_map="cayley"), 4, 3)
)
householder_weights = row(normal(12), "householder_product")(
    _in_weights(parametrizations.orthogonal(nn.Linear(3, 3), orthogonal_map="householder"), 4, 3)
)
