"""Indices, scatters, orders, statistics, transforms, complex and sparse numbers in torch.

The functions of the scenarios in `native`, of one float64 tensor x each.
"""

from __future__ import annotations

from typing import Any

import torch

from .layers import _ramp, _weighted

_INDEX = torch.tensor([0, 1, 0, 1, 2])


def scatter_means(x: Any) -> Any:
    """scatter_reduce by means and index_reduce by means."""
    return _weighted(torch.scatter_reduce(x[:3], 0, _INDEX, x, "mean")) + _weighted(
        torch.index_reduce(x[:3], 0, _INDEX, x**2, "mean")
    )


def scatter_extrema(x: Any) -> Any:
    """scatter_reduce by maximum and minimum: all entries differ."""
    return _weighted(torch.scatter_reduce(x[:3], 0, _INDEX, x, "amax", include_self=False)) + _weighted(
        torch.scatter_reduce(x[:3] ** 3, 0, _INDEX, x**3, "amin", include_self=False)
    )


def index_reduce_products(x: Any) -> Any:
    """index_reduce by products."""
    return _weighted(torch.index_reduce(x[:3], 0, _INDEX, x, "prod"))


def index_operations(x: Any) -> Any:
    """index_select, index_copy, index_fill, take, take_along_dim and put."""
    places = torch.tensor([0, 2])
    total = _weighted(torch.index_select(x, 0, places) ** 2) + _weighted(x.index_copy(0, places, x[:2] ** 2))
    total = total + _weighted(x.index_fill(0, places, 0.5)) + _weighted(torch.take(x, places) ** 2)
    return total + _weighted(x.put(places, x[:2] ** 3, accumulate=True)) + _weighted(torch.take_along_dim(x, _INDEX, 0))


def masked_operations(x: Any) -> Any:
    """masked_select, masked_fill, masked_scatter, where and clamp."""
    mask = torch.tensor([True, False, True, True, False])
    total = _weighted(torch.masked_select(x, mask) ** 2) + _weighted(x.masked_fill(mask, 0.5))
    return total + _weighted(x.masked_scatter(mask, x**2)) + _weighted(torch.where(x > 0, x**3, torch.sin(x)))


def half_guarded_root(x: Any) -> Any:
    """A square root guarded by torch.where on the outside alone: the truth is finite."""
    return torch.sum(torch.where(x > 0, torch.sqrt(x), x**2))


def segment_reduce(x: Any) -> Any:
    """torch.segment_reduce by sums."""
    return _weighted(torch.segment_reduce(x**2, "sum", lengths=torch.tensor([2, 3])))


def renorm(x: Any) -> Any:
    """torch.renorm, its bound exceeded."""
    return _weighted(torch.renorm(x, 2, 0, 0.1))


def cumulative_extrema(x: Any) -> Any:
    """cummax, cummin, aminmax, kthvalue and mode: all entries differ."""
    parts = torch.cummax(x, 0).values, torch.cummin(x, 0).values, torch.kthvalue(x, 2).values
    return sum(_weighted(part**2) for part in parts) + torch.aminmax(x).max ** 3


def extremum_of_ties(x: Any) -> Any:
    """The amax of equal entries, which shares the cotangent: max(x, x) is x."""
    return torch.sum(torch.amax(torch.stack([x, x]), 0) * x) + torch.sum(torch.maximum(x, x) ** 2)


def trapezoid(x: Any) -> Any:
    """torch.trapezoid over uneven nodes, cumulative_trapezoid, diff and gradient."""
    nodes = torch.cumsum(1 + x**2, 0)
    total = torch.trapezoid(x**2, nodes) + _weighted(torch.cumulative_trapezoid(x, nodes))
    return total + _weighted(torch.diff(x, n=2)) + _weighted(torch.gradient(x**2)[0])


def covariances(x: Any) -> Any:
    """torch.cov, corrcoef, var_mean and nansum."""
    return _weighted(torch.cov(x)) + _weighted(torch.corrcoef(x)) + sum(map(_weighted, torch.var_mean(x, 0)))


def std_at_zero(x: Any) -> Any:
    """The square of torch.std of equal entries: the variance, and smooth."""
    return torch.std(x[0]) ** 2 + torch.sum(x**3)


def einsum(x: Any) -> Any:
    """torch.einsum with a repeated operand, tensordot, kron, cross, baddbmm and addmm."""
    total = _weighted(torch.einsum("ij,kj,ik->i", x, x**2, x)) + _weighted(torch.tensordot(x, x, 1))
    total = total + _weighted(torch.kron(x, x[:1])) + _weighted(torch.linalg.cross(x[0], x[1] ** 2))
    return total + _weighted(torch.addmm(x, x, x, beta=0.5)) + _weighted(torch.baddbmm(x[None], x[None], x[None]))


def short_time_fourier(x: Any) -> Any:
    """torch.stft and istft of what it gives."""
    window = torch.hann_window(4)
    spectrum = torch.stft(x, 4, window=window, return_complex=True)
    return _weighted(spectrum.abs() ** 2) + _weighted(torch.istft(spectrum**2, 4, window=window))


def fft_family(x: Any) -> Any:
    """torch.fft: fft2, ifft2, fftshift, irfft, hfft and ihfft."""
    spectrum = torch.fft.fftshift(torch.fft.fft2(x))
    half = torch.complex(x[0], x[1])
    total = _weighted(spectrum.abs() ** 2) + _weighted(torch.fft.ifft2(spectrum * spectrum).real)
    return (
        total
        + _weighted(torch.fft.irfft(half))
        + _weighted(torch.fft.hfft(half))
        + _weighted(torch.fft.ihfft(x[0]).abs())
    )


def complex_views(x: Any) -> Any:
    """view_as_complex, view_as_real, polar, angle, sgn and abs."""
    z = torch.view_as_complex(x)
    total = torch.sum((z**2).abs()) + torch.sum(torch.angle(z + 9) ** 2) + torch.sum(torch.sgn(z).real)
    return total + _weighted(torch.view_as_real(torch.polar(1 + x[:, 0] ** 2, x[:, 1])))


def sparse_product(x: Any) -> Any:
    """torch.sparse.mm of a sparse COO matrix of constants."""
    matrix = torch.sparse_coo_tensor(torch.tensor([[0, 1, 2], [1, 2, 0]]), _ramp(3), (3, 3))
    return _weighted(torch.sparse.mm(matrix, x) ** 2)


def sparse_values(x: Any) -> Any:
    """A sparse COO matrix whose values are a part of x, made dense."""
    matrix = torch.sparse_coo_tensor(torch.tensor([[0, 1, 2], [1, 2, 0]]), x[0], (3, 3))
    return _weighted(matrix.to_dense() @ x)


def searched_and_sorted(x: Any) -> Any:
    """torch.argsort, msort, and searchsorted as a constant."""
    order = torch.argsort(x)
    places = torch.searchsorted(torch.tensor([-9.0, 9.0]), x.detach())
    return _weighted(x[order] ** 2) + _weighted(torch.msort(x)) + _weighted(x * places)


def unique(x: Any) -> Any:
    """torch.unique: all entries differ, so it sorts."""
    return _weighted(torch.unique(x))


def number_arguments(x: Any) -> Any:
    """A parameter that torch takes for a number: alpha of add and of elu."""
    return _weighted(torch.add(x, x**2, alpha=x[0])) + _weighted(torch.nn.functional.elu(-x, x[0]))


def linspace(x: Any) -> Any:
    """torch.linspace and logspace between tensors."""
    return _weighted(torch.linspace(x[0], x[1], 4)) + _weighted(torch.logspace(x[1], x[0], 3)) + torch.sum(x**2)


def tensor_of_a_list(x: Any) -> Any:
    """torch.tensor of entries of another: a copy, as its documentation says."""
    return _weighted(torch.tensor([x[0], x[1] ** 2])) + torch.sum(x**2)


def ldexp_down(x: Any) -> Any:
    """torch.ldexp by powers of two of which some are negative."""
    return _weighted(torch.ldexp(x, torch.tensor([-1, 2, -3])))
