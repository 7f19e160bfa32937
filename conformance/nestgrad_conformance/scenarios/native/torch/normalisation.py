"""Normalisations of torch."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch.nn import functional

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _F64, _filled, _ramp, _weighted


@row(normal(3, 5), "layer_norm", "fused", order=3)
def layer_norm(x: Any) -> Any:
    """functional.layer_norm, its weight a part of x."""
    return _weighted(functional.layer_norm(x[1:], (5,), weight=x[0], eps=1e-3))


_LAYER_NORM = torch.nn.LayerNorm(5, dtype=_F64)


@row(normal(3, 5), "layer_norm", "fused", "parameters", revision=2)
def layer_norm_module(x: Any) -> Any:
    """nn.LayerNorm."""
    return _weighted(_LAYER_NORM(x))


@row(normal(3, 5), "layer_norm", "fused", "below_python")
def layer_norm_aten(x: Any) -> Any:
    """The operator below functional.layer_norm."""
    return _weighted(torch.ops.aten.native_layer_norm(x, (5,), None, None, 1e-5)[0])


with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
    _SCRIPTED_LAYER_NORM = torch.jit.script(_LAYER_NORM)


@row(normal(3, 5), "layer_norm", "fused", "scripted", "below_python", "untraceable", revision=2)
def layer_norm_scripted(x: Any) -> Any:
    """nn.LayerNorm inside torch.jit.script, which is deprecated and much used."""
    return _weighted(_SCRIPTED_LAYER_NORM(x))


@row(normal(2, 4, 3), "group_norm", order=3)
def group_norm(x: Any) -> Any:
    """functional.group_norm."""
    return _weighted(functional.group_norm(x, 2))


@row(normal(2, 2, 4), "batch_norm")
def instance_norm(x: Any) -> Any:
    """functional.instance_norm."""
    return _weighted(functional.instance_norm(x))


@row(normal(3, 5), "rms_norm", order=3)
def rms_norm(x: Any) -> Any:
    """functional.rms_norm."""
    return _weighted(functional.rms_norm(x, (5,)))


@row(normal(4, 3), "batch_norm", order=3)
def batch_norm_train(x: Any) -> Any:
    """functional.batch_norm with the batch's own statistics."""
    return _weighted(functional.batch_norm(x, None, None, training=True))


@row(normal(4, 3))
def batch_norm_eval(x: Any) -> Any:
    """functional.batch_norm with given statistics."""
    return _weighted(functional.batch_norm(x, _ramp(3), 1.5 + _ramp(3), weight=x[0, :]))


_WEIGHT_NORM = torch.nn.utils.parametrizations.weight_norm(_filled(torch.nn.Linear(4, 3)))


_BATCH_NORM = torch.nn.BatchNorm1d(3, dtype=_F64)


@row(normal(2, 4))
def weight_norm(x: Any) -> Any:
    """nn.utils.parametrizations.weight_norm."""
    return _weighted(_WEIGHT_NORM(x) ** 2)


@row(normal(3, 4), "weight_norm")
def weight_norm_in_its_weights(x: Any) -> Any:
    """What nn.utils.parametrizations.weight_norm computes, in the direction of the weights and in their length."""
    return _weighted(torch._weight_norm(x[1:], 1.5 + x[0, :2, None] ** 2, 0))


@row(normal(4, 3), "batch_norm", "mutates_captured")
def batch_norm_module(x: Any) -> Any:
    """nn.BatchNorm1d in training: its running statistics move with every evaluation."""
    return _weighted(_BATCH_NORM(x))


@row(normal(3, 4))
def normalize(x: Any) -> Any:
    """functional.normalize."""
    return _weighted(functional.normalize(x, dim=-1))


_BATCH_NORM_EVAL = torch.nn.BatchNorm1d(3, dtype=torch.float64).eval()


_SPECTRAL_NORM = torch.nn.utils.parametrizations.spectral_norm(_filled(torch.nn.Linear(4, 3))).eval()


@row(normal(4, 3), "parameters", "batch_norm_eval")
def batch_norm_module_eval(x: Any) -> Any:
    """nn.BatchNorm1d in evaluation."""
    return _weighted(_BATCH_NORM_EVAL(x) ** 2)


@row(normal(2, 4, 3))
def local_response_norm(x: Any) -> Any:
    """functional.local_response_norm."""
    return _weighted(functional.local_response_norm(x, 2))


@row(normal(2, 4))
def spectral_norm(x: Any) -> Any:
    """nn.utils.parametrizations.spectral_norm in evaluation."""
    return _weighted(_SPECTRAL_NORM(x) ** 2)


@row(normal(3, 4))
def renorm(x: Any) -> Any:
    """torch.renorm, its bound exceeded."""
    return _weighted(torch.renorm(x, 2, 0, 0.1))


@row(normal(3), "running_statistics")
def running_statistics(x: Any) -> Any:
    """The running mean and variance of a batch norm in evaluation."""
    return torch.sum(functional.batch_norm(_ramp(4, 3), x, torch.exp(x)) ** 2) + torch.sum(x**3)


@row(normal(3, 5), "returned_statistics")
def returned_statistics(x: Any) -> Any:
    """The mean and the deviation that native_layer_norm returns."""
    y, mean, deviation = torch.native_layer_norm(x, x.shape[-1:], None, None, 1e-5)
    return _weighted(y) + torch.sum(mean**2) + torch.sum(deviation)
