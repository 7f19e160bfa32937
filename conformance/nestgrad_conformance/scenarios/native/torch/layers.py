"""Layers of torch: convolution, pooling, lookups, images."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _filled, _ramp, _weighted


@row(normal(4, 6), "convolution", order=3)
def conv1d(x: Any) -> Any:
    """functional.conv1d, its kernel a part of x."""
    return _weighted(functional.conv1d(x[None, :2], x[None, :, :3][:, :2], padding=1))


@row(normal(4, 6), "convolution")
def conv2d(x: Any) -> Any:
    """functional.conv2d, its kernel a part of x."""
    return _weighted(functional.conv2d(x[None, None], x[None, None, :2, :2], stride=2))


@row(normal(3, 5), "convolution")
def conv_transpose1d(x: Any) -> Any:
    """functional.conv_transpose1d."""
    return _weighted(functional.conv_transpose1d(x[None], _ramp(3, 2, 3)) ** 2)


@row(normal(2, 6), "max_pool")
def max_pool1d(x: Any) -> Any:
    """functional.max_pool1d: no two entries are equal."""
    return _weighted(functional.max_pool1d(x[None], 2))


@row(normal(2, 4, 4), "max_pool", order=3)
def max_pool2d(x: Any) -> Any:
    """functional.max_pool2d: no two entries are equal."""
    return _weighted(functional.max_pool2d(x[None], 2))


@row(normal(2, 4, 4))
def avg_pool2d(x: Any) -> Any:
    """functional.avg_pool2d."""
    return _weighted(functional.avg_pool2d(x[None] ** 3, 2))


@row(normal(3, 3))
def interpolate(x: Any) -> Any:
    """functional.interpolate, bilinear."""
    return _weighted(functional.interpolate(x[None, None], scale_factor=2, mode="bilinear") ** 2)


@row(normal(5, 3), "embedding", order=3)
def embedding(x: Any) -> Any:
    """functional.embedding, one row twice."""
    return _weighted(functional.embedding(torch.tensor([0, 2, 2, 4]), x) ** 2)


@row(normal(5, 3), "embedding_bag")
def embedding_bag(x: Any) -> Any:
    """functional.embedding_bag."""
    return _weighted(functional.embedding_bag(torch.tensor([[0, 2], [2, 4]]), x, mode="sum") ** 2)


@row(normal(4, 3), "dropout", "untraceable")
def dropout_fixed_mask(x: Any) -> Any:
    """functional.dropout with a generator of known state."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return _weighted(functional.dropout(x, 0.5))


@row(normal(4, 4), "grid_sample")
def grid_sample(x: Any) -> Any:
    """functional.grid_sample, in image and grid, away from the lines between pixels."""
    grid = torch.tanh(x[None, :, :2].reshape(1, 4, 1, 2)) * 0.2 + 0.1
    return _weighted(functional.grid_sample(x[None, None], grid, align_corners=True) ** 2)


@row(normal(4, 4))
def unfold_and_fold(x: Any) -> Any:
    """functional.unfold and functional.fold."""
    columns = functional.unfold(x[None, None], 2) ** 2
    return _weighted(functional.fold(columns, (4, 4), 2) * x)


@row(normal(4, 2, 2))
def pixel_shuffle(x: Any) -> Any:
    """functional.pixel_shuffle."""
    return _weighted(functional.pixel_shuffle(x, 2) ** 2)


_LINEAR = _filled(torch.nn.Linear(3, 3))


_BILINEAR = _filled(torch.nn.Bilinear(3, 2, 2))


@row(normal(4, 3))
def bilinear(x: Any) -> Any:
    """nn.Bilinear."""
    return _weighted(_BILINEAR(x, x[:, :2] ** 2))


@row(normal(3, 3))
def functional_call(x: Any) -> Any:
    """torch.func.functional_call with weights that are x."""
    return _weighted(torch.func.functional_call(_LINEAR, {"weight": x, "bias": x[0] ** 2}, (_ramp(2, 3),)) ** 2)


@row(normal(3, 6), "convolution")
def depthwise_convolution(x: Any) -> Any:
    """functional.conv1d by groups, dilated, its kernel a part of x."""
    return _weighted(functional.conv1d(x[None, :2], x[:2, None, :2], dilation=2, groups=2))


@row(normal(3, 3, 3), "convolution")
def conv3d(x: Any) -> Any:
    """functional.conv3d, its kernel a part of x."""
    return _weighted(functional.conv3d(x[None, None], x[None, None, :2, :2, :2]))


@row(normal(3, 3), "convolution")
def conv_transpose2d(x: Any) -> Any:
    """functional.conv_transpose2d, its kernel a part of x."""
    return _weighted(functional.conv_transpose2d(x[None, None], x[None, None, :2, :2] ** 2, stride=2))


@row(normal(2, 6), "max_pool")
def adaptive_pools(x: Any) -> Any:
    """functional.adaptive_avg_pool1d, adaptive_max_pool1d and avg_pool1d."""
    rows = x[None]
    average = functional.adaptive_avg_pool1d(rows**3, 2)
    return (
        _weighted(average)
        + _weighted(functional.adaptive_max_pool1d(rows, 2))
        + _weighted(functional.avg_pool1d(rows**2, 2))
    )


@row(normal(2, 6))
def lp_pool(x: Any) -> Any:
    """functional.lp_pool1d."""
    return _weighted(functional.lp_pool1d(1 + x[None] ** 2, 3, 2))


@row(normal(2, 6), "max_pool")
def max_unpool(x: Any) -> Any:
    """functional.max_unpool1d of max_pool1d with its indices."""
    values, places = functional.max_pool1d(x[None], 2, return_indices=True)
    return _weighted(functional.max_unpool1d(values, places, 2) ** 2)


@row(normal(4, 4))
def interpolations(x: Any) -> Any:
    """functional.interpolate: bicubic, linear, nearest, area."""
    image = x[None, None]
    total = _weighted(functional.interpolate(image, scale_factor=2, mode="bicubic"))
    total = total + _weighted(functional.interpolate(image**2, size=(5, 3), mode="nearest"))
    total = total + _weighted(functional.interpolate(image, size=(2, 2), mode="area") ** 2)
    return total + _weighted(functional.interpolate(x[None], size=7, mode="linear", align_corners=True))


@row(normal(2, 3))
def affine_grid(x: Any) -> Any:
    """functional.affine_grid."""
    return _weighted(functional.affine_grid(x[None], [1, 1, 3, 2], align_corners=False) ** 2)


@row(normal(2, 5))
def pad_modes(x: Any) -> Any:
    """functional.pad by reflection, replication, circular and constant."""
    rows = x[None]
    return sum(_weighted(functional.pad(rows, (1, 2), mode=mode)) for mode in ("reflect", "replicate", "circular"))


@row(normal(1, 4, 4))
def pixel_unshuffle(x: Any) -> Any:
    """functional.pixel_unshuffle and channel_shuffle."""
    columns = functional.pixel_unshuffle(x[None], 2)
    return _weighted(functional.channel_shuffle(columns, 2) ** 2)


@row(normal(5, 3), "embedding_bag")
def embedding_bag_of_means(x: Any) -> Any:
    """functional.embedding_bag by means, with offsets."""
    bags = functional.embedding_bag(torch.tensor([0, 2, 2, 4]), x, torch.tensor([0, 2]), mode="mean")
    return _weighted(bags**2)
