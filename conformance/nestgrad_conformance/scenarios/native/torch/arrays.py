"""torch on arrays: indices, scatters, orders, running sums."""

from __future__ import annotations

from typing import Any

import torch

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _ramp, _weighted


@row(normal(4))
def index_put(x: Any) -> Any:
    """index_put, gather and scatter."""
    index = torch.tensor([0, 2, 2])
    put = torch.index_put(x**2, (index,), x[:3] ** 3, accumulate=True)
    return _weighted(put) + _weighted(torch.gather(x, 0, index) ** 2) + _weighted(x.scatter(0, index[:2], x[:2] ** 2))


@row(normal(3, 4))
def statistics(x: Any) -> Any:
    """std, var, logsumexp and norm."""
    return _weighted(torch.std(x, -1)) + _weighted(torch.var(x, 0)) + torch.logsumexp(x, (0, 1)) + torch.norm(x) ** 3


@row(normal(7))
def order_statistics(x: Any) -> Any:
    """sort, topk, median and quantile: no two entries are equal."""
    parts = (torch.sort(x).values, torch.topk(x, 2).values, torch.median(x), torch.quantile(x, 0.3))
    return sum(_weighted(part**2) for part in parts)


@row(normal(4), "cumulative_sum", "logcumsumexp", "cumulative_prod", order=3)
def cumulative(x: Any) -> Any:
    """cumsum, cumprod, logcumsumexp and cummax."""
    parts = (torch.cumsum(x, 0), torch.cumprod(x, 0), torch.logcumsumexp(x, 0), torch.cummax(x, 0).values)
    return sum(_weighted(part) for part in parts)


@row(uniform(0.5, 1.5, 5), "scatter_reduce", "untraceable")
def scatter_products(x: Any) -> Any:
    """scatter_reduce by products."""
    index = torch.tensor([0, 1, 0, 1, 2])
    return _weighted(torch.scatter_reduce(x[:3], 0, index, x, "prod"))


@row(normal(5))
def scatter_sums(x: Any) -> Any:
    """index_add and scatter_add."""
    index = torch.tensor([0, 1, 0, 1, 2])
    return _weighted(torch.index_add(x[:3], 0, index, x**2)) + _weighted(x[:3].scatter_add(0, index, x))


_INDEX = torch.tensor([0, 1, 0, 1, 2])


@row(uniform(0.5, 1.5, 5), "index_reduce")
def scatter_means(x: Any) -> Any:
    """scatter_reduce by means and index_reduce by means."""
    return _weighted(torch.scatter_reduce(x[:3], 0, _INDEX, x, "mean")) + _weighted(
        torch.index_reduce(x[:3], 0, _INDEX, x**2, "mean")
    )


@row(normal(5), "scatter_extrema")
def scatter_extrema(x: Any) -> Any:
    """scatter_reduce by maximum and minimum: all entries differ."""
    return _weighted(torch.scatter_reduce(x[:3], 0, _INDEX, x, "amax", include_self=False)) + _weighted(
        torch.scatter_reduce(x[:3] ** 3, 0, _INDEX, x**3, "amin", include_self=False)
    )


@row(uniform(0.5, 1.5, 5), "index_reduce", "index_reduce_products")
def index_reduce_products(x: Any) -> Any:
    """index_reduce by products."""
    return _weighted(torch.index_reduce(x[:3], 0, _INDEX, x, "prod"))


@row(normal(5))
def index_operations(x: Any) -> Any:
    """index_select, index_copy, index_fill, take, take_along_dim and put."""
    places = torch.tensor([0, 2])
    total = _weighted(torch.index_select(x, 0, places) ** 2) + _weighted(x.index_copy(0, places, x[:2] ** 2))
    total = total + _weighted(x.index_fill(0, places, 0.5)) + _weighted(torch.take(x, places) ** 2)
    return total + _weighted(x.put(places, x[:2] ** 3, accumulate=True)) + _weighted(torch.take_along_dim(x, _INDEX, 0))


@row(normal(5), "masked_select", "untraceable")
def masked_operations(x: Any) -> Any:
    """masked_select, masked_fill, masked_scatter, where and clamp."""
    mask = torch.tensor([True, False, True, True, False])
    total = _weighted(torch.masked_select(x, mask) ** 2) + _weighted(x.masked_fill(mask, 0.5))
    return total + _weighted(x.masked_scatter(mask, x**2)) + _weighted(torch.where(x > 0, x**3, torch.sin(x)))


@row(normal(5), "segment_reduce")
def segment_reduce(x: Any) -> Any:
    """torch.segment_reduce by sums."""
    return _weighted(torch.segment_reduce(x**2, "sum", lengths=torch.tensor([2, 3])))


@row(normal(5))
def cumulative_extrema(x: Any) -> Any:
    """cummax, cummin, aminmax, kthvalue and mode: all entries differ."""
    parts = torch.cummax(x, 0).values, torch.cummin(x, 0).values, torch.kthvalue(x, 2).values
    return sum(_weighted(part**2) for part in parts) + torch.aminmax(x).max ** 3


@row(normal(5))
def trapezoid(x: Any) -> Any:
    """torch.trapezoid over uneven nodes, cumulative_trapezoid, diff and gradient."""
    nodes = torch.cumsum(1 + x**2, 0)
    total = torch.trapezoid(x**2, nodes) + _weighted(torch.cumulative_trapezoid(x, nodes))
    return total + _weighted(torch.diff(x, n=2)) + _weighted(torch.gradient(x**2)[0])


@row(normal(3, 5), "untraceable")
def covariances(x: Any) -> Any:
    """torch.cov, corrcoef, var_mean and nansum."""
    return _weighted(torch.cov(x)) + _weighted(torch.corrcoef(x)) + sum(map(_weighted, torch.var_mean(x, 0)))


@row(normal(3, 3), "sparse", "untraceable")
def sparse_product(x: Any) -> Any:
    """torch.sparse.mm of a sparse COO matrix of constants."""
    matrix = torch.sparse_coo_tensor(torch.tensor([[0, 1, 2], [1, 2, 0]]), _ramp(3), (3, 3))
    return _weighted(torch.sparse.mm(matrix, x) ** 2)


@row(normal(3, 3), "sparse", "sparse_values", "untraceable")
def sparse_values(x: Any) -> Any:
    """A sparse COO matrix whose values are a part of x, made dense."""
    matrix = torch.sparse_coo_tensor(torch.tensor([[0, 1, 2], [1, 2, 0]]), x[0], (3, 3))
    return _weighted(matrix.to_dense() @ x)


@row(normal(5))
def searched_and_sorted(x: Any) -> Any:
    """torch.argsort, msort, and searchsorted as a constant."""
    order = torch.argsort(x)
    places = torch.searchsorted(torch.tensor([-9.0, 9.0]), x.detach())
    return _weighted(x[order] ** 2) + _weighted(torch.msort(x)) + _weighted(x * places)


@row(normal(5), "unique")
def unique(x: Any) -> Any:
    """torch.unique: all entries differ, so it sorts."""
    return _weighted(torch.unique(x))


@row(uniform(0.5, 1.5, 3), "number_argument")
def number_arguments(x: Any) -> Any:
    """A parameter that torch takes for a number: alpha of add and of elu."""
    return _weighted(torch.add(x, x**2, alpha=x[0])) + _weighted(torch.nn.functional.elu(-x, x[0]))


@row(uniform(0.5, 1.5, 2), "linspace")
def linspace(x: Any) -> Any:
    """torch.linspace and logspace between tensors."""
    return _weighted(torch.linspace(x[0], x[1], 4)) + _weighted(torch.logspace(x[1], x[0], 3)) + torch.sum(x**2)


@row(uniform(0.5, 1.5, 2), "copied_list")
def tensor_of_a_list(x: Any) -> Any:
    """torch.tensor of entries of another: a copy, as its documentation says."""
    return _weighted(torch.tensor([x[0], x[1] ** 2])) + torch.sum(x**2)


@row(normal(5), "as_strided_scatter")
def as_strided_scatter(x: Any) -> Any:
    """Values written over a part of a tensor, by strides."""
    return torch.sum(torch.as_strided_scatter(x**2, x[:2] ** 3, (2,), (2,), 1) ** 2)


@row(normal(4), "written_constants", sample=True)
def written_constants(x: Any) -> Any:
    """Indexed writes into constants, as in message passing."""
    base, places = torch.zeros(6, dtype=torch.float64), torch.tensor([0, 2, 2, 5])
    assigned = torch.ones(6, dtype=torch.float64)
    assigned[places[2:] - 1] = x[:2] * x[2:]
    return sum(
        _weighted(y)
        for y in (
            base.index_add(0, places, x * x),
            base.index_copy(0, places[2:], x[2:]),
            base.index_put((places,), torch.sin(x), accumulate=True),
            base.put(places[2:], x[:2]),
            assigned,
        )
    )
