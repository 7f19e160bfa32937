"""What users of torch call besides: modules with weights, compiled layers, decompositions, special functions.

The functions of the scenarios in `native`, of one float64 tensor x each.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from .layers import _F64, _ramp, _weighted


def _filled(module: Any) -> Any:
    """A module whose parameters are known constants in float64."""
    module = module.to(_F64)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(_ramp(*parameter.shape) / 2)
    return module


_LSTM = _filled(torch.nn.LSTM(3, 2))
_GRU = _filled(torch.nn.GRU(3, 2))
_ENCODER = _filled(torch.nn.TransformerEncoderLayer(4, 2, 5, dropout=0.0, batch_first=True))
_WEIGHT_NORM = torch.nn.utils.parametrizations.weight_norm(_filled(torch.nn.Linear(4, 3)))
_BATCH_NORM = torch.nn.BatchNorm1d(3, dtype=_F64)
_COMPILED = torch.compile(lambda x: torch.tanh(x) * x, backend="aot_eager")


def lstm(x: Any) -> Any:
    """nn.LSTM."""
    return _weighted(_LSTM(x)[0])


def gru(x: Any) -> Any:
    """nn.GRU."""
    return _weighted(_GRU(x)[0])


def transformer_encoder_layer(x: Any) -> Any:
    """nn.TransformerEncoderLayer in training, without dropout."""
    return _weighted(_ENCODER(x[None]))


def weight_norm(x: Any) -> Any:
    """nn.utils.parametrizations.weight_norm."""
    return _weighted(_WEIGHT_NORM(x) ** 2)


def batch_norm_module(x: Any) -> Any:
    """nn.BatchNorm1d in training: its running statistics move with every evaluation."""
    return _weighted(_BATCH_NORM(x))


def compiled_inside(x: Any) -> Any:
    """A function compiled by torch.compile, as a part."""
    return _weighted(_COMPILED(x))


def index_put(x: Any) -> Any:
    """index_put, gather and scatter."""
    index = torch.tensor([0, 2, 2])
    put = torch.index_put(x**2, (index,), x[:3] ** 3, accumulate=True)
    return _weighted(put) + _weighted(torch.gather(x, 0, index) ** 2) + _weighted(x.scatter(0, index[:2], x[:2] ** 2))


def special_functions(x: Any) -> Any:
    """torch.special: those with derivatives."""
    names = ("digamma", "erf", "erfc", "erfcx", "expit", "gammaln", "i0", "i0e", "i1", "log_ndtr", "ndtr", "sinc")
    return sum(torch.sum(getattr(torch.special, name)(x)) for name in names) + torch.sum(torch.special.xlogy(x, x))


def zeta_and_polygamma(x: Any) -> Any:
    """torch.polygamma."""
    return torch.sum(torch.polygamma(1, x)) + torch.sum(torch.special.multigammaln(x + 1, 2))


def norms(x: Any) -> Any:
    """torch.linalg.norm of vectors and matrices."""
    vectors = sum(torch.sum(torch.linalg.vector_norm(x, order, -1)) for order in (1, 2, 3))
    return vectors + torch.linalg.matrix_norm(x) + torch.linalg.norm(x) ** 3


def spectral_norms(x: Any) -> Any:
    """torch.linalg.matrix_norm by singular values."""
    return torch.linalg.matrix_norm(x, 2) + torch.linalg.matrix_norm(x, "nuc") + torch.linalg.cond(x)


def pseudo_inverse(x: Any) -> Any:
    """torch.linalg.pinv."""
    return _weighted(torch.linalg.pinv(x))


def least_squares(x: Any) -> Any:
    """torch.linalg.lstsq of a tall matrix."""
    return _weighted(torch.linalg.lstsq(x, x[:, :1] ** 2).solution)


def normalize(x: Any) -> Any:
    """functional.normalize."""
    return _weighted(functional.normalize(x, dim=-1))


def pairwise_distance(x: Any) -> Any:
    """functional.pairwise_distance."""
    return torch.sum(functional.pairwise_distance(x[:2], x[1:] ** 2) ** 2)


def grid_sample(x: Any) -> Any:
    """functional.grid_sample, in image and grid, away from the lines between pixels."""
    grid = torch.tanh(x[None, :, :2].reshape(1, 4, 1, 2)) * 0.2 + 0.1
    return _weighted(functional.grid_sample(x[None, None], grid, align_corners=True) ** 2)


def unfold_and_fold(x: Any) -> Any:
    """functional.unfold and functional.fold."""
    columns = functional.unfold(x[None, None], 2) ** 2
    return _weighted(functional.fold(columns, (4, 4), 2) * x)


def pixel_shuffle(x: Any) -> Any:
    """functional.pixel_shuffle."""
    return _weighted(functional.pixel_shuffle(x, 2) ** 2)


def triplet_margin_loss(x: Any) -> Any:
    """functional.triplet_margin_loss, its margin exceeded."""
    return functional.triplet_margin_loss(x[0], x[1], x[2], margin=9.0)


def multilabel_soft_margin_loss(x: Any) -> Any:
    """functional.multilabel_soft_margin_loss."""
    return functional.multilabel_soft_margin_loss(x, (1 + torch.sign(_ramp(*x.shape))) / 2)


def gaussian_nll_loss(x: Any) -> Any:
    """functional.gaussian_nll_loss."""
    return functional.gaussian_nll_loss(x[0], x[1] ** 2, 0.5 + x[2] ** 2)


def poisson_nll_loss(x: Any) -> Any:
    """functional.poisson_nll_loss."""
    return functional.poisson_nll_loss(x, _ramp(*x.shape) ** 2)


def statistics(x: Any) -> Any:
    """std, var, logsumexp and norm."""
    return _weighted(torch.std(x, -1)) + _weighted(torch.var(x, 0)) + torch.logsumexp(x, (0, 1)) + torch.norm(x) ** 3


def order_statistics(x: Any) -> Any:
    """sort, topk, median and quantile: no two entries are equal."""
    parts = (torch.sort(x).values, torch.topk(x, 2).values, torch.median(x), torch.quantile(x, 0.3))
    return sum(_weighted(part**2) for part in parts)


def complex_inside(x: Any) -> Any:
    """Complex numbers between real ones."""
    z = torch.complex(x, x**2)
    return torch.sum((z * torch.exp(1j * z)).abs() ** 2) + torch.sum(torch.angle(z + 3))
