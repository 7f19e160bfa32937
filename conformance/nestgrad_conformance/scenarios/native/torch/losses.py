"""Further layers and losses of torch. The functions of the scenarios in `native`, of one float64 tensor x each."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from .layers import _ramp, _weighted
from .normalisation import _filled

_LINEAR = _filled(torch.nn.Linear(3, 3))
_BATCH_NORM_EVAL = torch.nn.BatchNorm1d(3, dtype=torch.float64).eval()
_SPECTRAL_NORM = torch.nn.utils.parametrizations.spectral_norm(_filled(torch.nn.Linear(4, 3))).eval()
_CELLS = {name: _filled(getattr(torch.nn, name)(3, 3)) for name in ("GRUCell", "LSTMCell", "RNNCell")}
_BILINEAR = _filled(torch.nn.Bilinear(3, 2, 2))
_PRELU = torch.nn.PReLU(dtype=torch.float64)


def batch_norm_module_eval(x: Any) -> Any:
    """nn.BatchNorm1d in evaluation."""
    return _weighted(_BATCH_NORM_EVAL(x) ** 2)


def local_response_norm(x: Any) -> Any:
    """functional.local_response_norm."""
    return _weighted(functional.local_response_norm(x, 2))


def spectral_norm(x: Any) -> Any:
    """nn.utils.parametrizations.spectral_norm in evaluation."""
    return _weighted(_SPECTRAL_NORM(x) ** 2)


def gru_cell_module(x: Any) -> Any:
    """nn.GRUCell over a sequence."""
    hidden = x[:1]
    for entry in x[1:]:
        hidden = _CELLS["GRUCell"](entry[None], hidden)
    return _weighted(hidden)


def lstm_cell_module(x: Any) -> Any:
    """nn.LSTMCell over a sequence."""
    state = x[:1], x[1:2]
    for entry in x[2:]:
        state = _CELLS["LSTMCell"](entry[None], state)
    return _weighted(state[0]) + _weighted(state[1])


def rnn_cell_module(x: Any) -> Any:
    """nn.RNNCell over a sequence."""
    hidden = x[:1]
    for entry in x[1:]:
        hidden = _CELLS["RNNCell"](entry[None], hidden)
    return _weighted(hidden)


def bilinear(x: Any) -> Any:
    """nn.Bilinear."""
    return _weighted(_BILINEAR(x, x[:, :2] ** 2))


def functional_call(x: Any) -> Any:
    """torch.func.functional_call with weights that are x."""
    return _weighted(torch.func.functional_call(_LINEAR, {"weight": x, "bias": x[0] ** 2}, (_ramp(2, 3),)) ** 2)


def attention_causal(x: Any) -> Any:
    """functional.scaled_dot_product_attention, causal, four heads."""
    heads = x[None, :, :, None].transpose(1, 2)
    return _weighted(functional.scaled_dot_product_attention(heads, heads**2, heads, is_causal=True))


def attention_by_math_kernel(x: Any) -> Any:
    """The same by the math kernel that the user asks for."""
    with sdpa_kernel(SDPBackend.MATH):
        return _weighted(functional.scaled_dot_product_attention(x[None, None], x[None, None] ** 2, x[None, None]))


def attention_of_a_masked_row(x: Any) -> Any:
    """functional.scaled_dot_product_attention by the math kernel; the second row sees nothing."""
    mask, heads = torch.tensor([[True, True], [False, False]]), x[None, None]
    with sdpa_kernel(SDPBackend.MATH):
        return _weighted(functional.scaled_dot_product_attention(heads, heads**2, heads, attn_mask=mask))


def depthwise_convolution(x: Any) -> Any:
    """functional.conv1d by groups, dilated, its kernel a part of x."""
    return _weighted(functional.conv1d(x[None, :2], x[:2, None, :2], dilation=2, groups=2))


def conv3d(x: Any) -> Any:
    """functional.conv3d, its kernel a part of x."""
    return _weighted(functional.conv3d(x[None, None], x[None, None, :2, :2, :2]))


def conv_transpose2d(x: Any) -> Any:
    """functional.conv_transpose2d, its kernel a part of x."""
    return _weighted(functional.conv_transpose2d(x[None, None], x[None, None, :2, :2] ** 2, stride=2))


def adaptive_pools(x: Any) -> Any:
    """functional.adaptive_avg_pool1d, adaptive_max_pool1d and avg_pool1d."""
    rows = x[None]
    average = functional.adaptive_avg_pool1d(rows**3, 2)
    return (
        _weighted(average)
        + _weighted(functional.adaptive_max_pool1d(rows, 2))
        + _weighted(functional.avg_pool1d(rows**2, 2))
    )


def lp_pool(x: Any) -> Any:
    """functional.lp_pool1d."""
    return _weighted(functional.lp_pool1d(1 + x[None] ** 2, 3, 2))


def max_unpool(x: Any) -> Any:
    """functional.max_unpool1d of max_pool1d with its indices."""
    values, places = functional.max_pool1d(x[None], 2, return_indices=True)
    return _weighted(functional.max_unpool1d(values, places, 2) ** 2)


def interpolations(x: Any) -> Any:
    """functional.interpolate: bicubic, linear, nearest, area."""
    image = x[None, None]
    total = _weighted(functional.interpolate(image, scale_factor=2, mode="bicubic"))
    total = total + _weighted(functional.interpolate(image**2, size=(5, 3), mode="nearest"))
    total = total + _weighted(functional.interpolate(image, size=(2, 2), mode="area") ** 2)
    return total + _weighted(functional.interpolate(x[None], size=7, mode="linear", align_corners=True))


def affine_grid(x: Any) -> Any:
    """functional.affine_grid."""
    return _weighted(functional.affine_grid(x[None], [1, 1, 3, 2], align_corners=False) ** 2)


def pad_modes(x: Any) -> Any:
    """functional.pad by reflection, replication, circular and constant."""
    rows = x[None]
    return sum(_weighted(functional.pad(rows, (1, 2), mode=mode)) for mode in ("reflect", "replicate", "circular"))


def pixel_unshuffle(x: Any) -> Any:
    """functional.pixel_unshuffle and channel_shuffle."""
    columns = functional.pixel_unshuffle(x[None], 2)
    return _weighted(functional.channel_shuffle(columns, 2) ** 2)


def embedding_bag_of_means(x: Any) -> Any:
    """functional.embedding_bag by means, with offsets."""
    bags = functional.embedding_bag(torch.tensor([0, 2, 2, 4]), x, torch.tensor([0, 2]), mode="mean")
    return _weighted(bags**2)


def cornered_activations(x: Any) -> Any:
    """Activations with corners, away from them."""
    names = ("relu", "relu6", "leaky_relu", "hardtanh", "hardsigmoid", "hardswish", "hardshrink", "softshrink")
    return sum(_weighted(getattr(functional, name)(x) ** 3) for name in names)


def smooth_activations(x: Any) -> Any:
    """celu, softsign, softmin, gelu by tanh, softplus with a threshold, prelu."""
    total = _weighted(functional.celu(x)) + _weighted(functional.softsign(x)) + _weighted(functional.softmin(x, 0))
    total = total + _weighted(functional.gelu(x, approximate="tanh")) + _weighted(functional.softplus(x, 2.0, 9.0))
    return total + _weighted(_PRELU(x) ** 2) + _weighted(functional.threshold(x, -9.0, 0.0))


def gumbel_softmax(x: Any) -> Any:
    """functional.gumbel_softmax with a generator of known state."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return _weighted(functional.gumbel_softmax(x, tau=0.7))


def binary_cross_entropy(x: Any) -> Any:
    """functional.binary_cross_entropy of probabilities."""
    return functional.binary_cross_entropy(torch.sigmoid(x), (1 + _ramp(*x.shape)) / 2)


def nll_loss(x: Any) -> Any:
    """functional.nll_loss with weights of the classes and a class that is ignored."""
    weights = torch.tensor([1.0, 2.0, 0.5, 1.5])
    return functional.nll_loss(functional.log_softmax(x, -1), torch.tensor([0, 3, 1]), weights, ignore_index=3) ** 2


def cross_entropy_of_probabilities(x: Any) -> Any:
    """functional.cross_entropy against probabilities that are a part of x."""
    return functional.cross_entropy(x, torch.softmax(x**2, -1))


def margin_losses(x: Any) -> Any:
    """margin_ranking_loss, hinge_embedding_loss and multi_margin_loss, their margins exceeded."""
    signs = torch.tensor([1.0, -1.0, 1.0, -1.0])
    total = functional.margin_ranking_loss(x[0], x[1] ** 2, signs, margin=30.0)
    total = total + functional.hinge_embedding_loss(x[0] ** 3, signs, margin=30.0)
    return total + functional.multi_margin_loss(x, torch.tensor([0, 3, 1]), p=2, margin=30.0)


def l1_loss(x: Any) -> Any:
    """functional.l1_loss, away from its corner."""
    return functional.l1_loss(x**3, torch.full_like(x.detach(), 9.0))


def triplet_margin_with_distance(x: Any) -> Any:
    """functional.triplet_margin_with_distance_loss, its margin exceeded."""
    distance = functional.pairwise_distance
    return functional.triplet_margin_with_distance_loss(x[:1], x[1:2], x[2:], distance_function=distance, margin=9.0)


def pdist(x: Any) -> Any:
    """functional.pdist."""
    return _weighted(functional.pdist(x))
