"""jax on arrays: indices, scatters, orders, running sums."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.scipy import integrate, signal

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _ramp, _weighted


@row(normal(4), "scatter")
def scatter(x: Any) -> Any:
    """Updates at indices: set, add and multiply, one index twice."""
    index = jnp.array([0, 2, 2])
    return _weighted(x.at[1].set(x[0] ** 2).at[index].add(x[:3] ** 3).at[3].multiply(x[1]))


@row(normal(5), "segment")
def segment_sum(x: Any) -> Any:
    """jax.ops.segment_sum and segment_max."""
    segments = jnp.array([0, 1, 0, 1, 2])
    return _weighted(jax.ops.segment_sum(x, segments, 3)) + _weighted(jax.ops.segment_max(x, segments, 3))


@row(normal(5), "segment_prod")
def segment_prod(x: Any) -> Any:
    """jax.ops.segment_prod."""
    return _weighted(jax.ops.segment_prod(x, jnp.array([0, 1, 0, 1, 2]), 3))


@row(normal(5), "sort")
def sort(x: Any) -> Any:
    """jnp.sort and lax.top_k: no two entries are equal."""
    return _weighted(jnp.sort(x)) + _weighted(lax.top_k(x, 2)[0] ** 2)


@row(normal(4), "cumulative_prod")
def cumulative(x: Any) -> Any:
    """jnp.cumsum, cumprod and lax.cumlogsumexp."""
    return _weighted(jnp.cumsum(x)) + _weighted(jnp.cumprod(x)) + _weighted(lax.cumlogsumexp(x))


@row(normal(4), "unique")
def unique(x: Any) -> Any:
    """jnp.unique of a static size: all entries differ, so it sorts."""
    return _weighted(jnp.unique(x, size=x.shape[0]))


@row(normal(4), "taken_out", executions=("eager",))
def unique_of_unknown_size(x: Any) -> Any:
    """jnp.unique whose result has the size that it has."""
    return _weighted(jnp.unique(x)) + jnp.sum(x**2)


@row(normal(3), "taken_out", executions=("eager",))
def arange_of_variables(x: Any) -> Any:
    """jnp.arange and jnp.r_ between bounds that vary."""
    return jnp.sum(jnp.arange(x[0], x[0] + 3) ** 2) + jnp.sum(jnp.r_[x[1] : x[1] + 2] ** 2)


@row(normal(3, 4), "convolution")
def convolutions(x: Any) -> Any:
    """jnp.convolve, correlate, signal.fftconvolve and convolve2d."""
    vectors = jnp.convolve(x[0], x[1]), jnp.correlate(x[0], x[1], "full"), signal.fftconvolve(x[0], x[1])
    return sum(map(_weighted, vectors)) + _weighted(signal.convolve2d(x, x[:2, :2], "same"))


@row(normal(4))
def interp(x: Any) -> Any:
    """jnp.interp in points, nodes and values."""
    nodes = jnp.cumsum(1 + jax.nn.sigmoid(x))
    return _weighted(jnp.interp(nodes[0] + 0.3 + jax.nn.sigmoid(x), nodes, x**2))


@row(normal(5))
def unwrap(x: Any) -> Any:
    """jnp.unwrap."""
    return _weighted(jnp.unwrap(9 * x))


@row(normal(5))
def trapezoid(x: Any) -> Any:
    """integrate.trapezoid over uneven nodes, and jnp.gradient."""
    return integrate.trapezoid(x**2, jnp.cumsum(1 + x**2)) + _weighted(jnp.gradient(x**2)) + _weighted(jnp.diff(x, n=2))


@row(normal(6))
def polynomials(x: Any) -> Any:
    """jnp.polyval, polymul, polyfit and vander."""
    fitted = jnp.polyfit(_ramp(5), x[:5] ** 2, 2)
    return (
        jnp.polyval(x, x[0]) + _weighted(jnp.polymul(x[:3], x[3:])) + _weighted(fitted) + _weighted(jnp.vander(x[:3]))
    )


@row(normal(3), "linalg", "eigvals")
def polynomial_roots(x: Any) -> Any:
    """jnp.roots of a cubic, by a sum that is real."""
    roots = jnp.roots(jnp.concatenate([jnp.ones(1), x]), strip_zeros=False)
    return jnp.real(jnp.sum(jnp.exp(roots)))


@row(normal(4, 5))
def quantiles(x: Any) -> Any:
    """jnp.quantile, percentile, median and nanmedian: no two entries are equal."""
    return (
        jnp.sum(jnp.quantile(x, jnp.array([0.3, 0.8]), axis=0) ** 2) + jnp.percentile(x, 42.0) ** 2 + jnp.nanmedian(x)
    )


@row(normal(3, 5), "moments")
def covariances(x: Any) -> Any:
    """jnp.cov, jnp.average and jnp.ptp."""
    return _weighted(jnp.cov(x)) + jnp.average(x[0], weights=1 + x[1] ** 2) ** 2 + jnp.ptp(x) ** 2


@row(normal(5))
def nan_reductions(x: Any) -> Any:
    """jnp.nansum, nanmean, nanvar and nanprod past an entry that is nan."""
    holed = jnp.where(jnp.arange(x.size) == 2, jnp.nan, x)
    return jnp.nansum(holed**2) + jnp.nanmean(holed) ** 2 + jnp.nanvar(holed) + jnp.nanprod(holed)


@row(normal(3, 4), "sort")
def sorted_by_keys(x: Any) -> Any:
    """lax.sort of two operands, argsort, partition and take_along_axis."""
    keys, values = lax.sort((x[0], x[1] ** 2), num_keys=1)
    ordered = jnp.take_along_axis(x, jnp.argsort(x, axis=1), axis=1)
    return _weighted(keys * values) + _weighted(ordered**2) + _weighted(jnp.partition(x[0], 2)[:2])


@row(normal(3, 4))
def cumulative_extrema(x: Any) -> Any:
    """lax.cummax, cummin, and jnp.max over axes: no two entries are equal."""
    return _weighted(lax.cummax(x)) + _weighted(lax.cummin(x, reverse=True)) + _weighted(jnp.max(x**3, axis=1))


@row(normal(4))
def nonzero_entries(x: Any) -> Any:
    """jnp.nonzero with a size, jnp.compress and jnp.extract."""
    (places,) = jnp.nonzero(x > -99, size=3)
    return _weighted(x[places] ** 2) + _weighted(jnp.compress(jnp.array([True, False, True]), x, size=2))


@row(normal(4), "where")
def selections(x: Any) -> Any:
    """jnp.select, piecewise, clip and lax.select_n."""
    chosen = jnp.select([x > 0.5, x < -0.5], [jnp.sin(x), x**3], x**2)
    pieces = jnp.piecewise(x, [x < 0], [lambda y: y**3, jnp.sin])
    return (
        _weighted(chosen) + _weighted(pieces) + _weighted(jnp.clip(x, -9, 9)) + _weighted(lax.select_n(x > 0, x, x**2))
    )


@row(normal(3, 4))
def slices(x: Any) -> Any:
    """lax.dynamic_slice, dynamic_update_slice and jnp.roll."""
    piece = lax.dynamic_slice(x, (1, 0), (2, 3))
    return _weighted(lax.dynamic_update_slice(x, piece**2, (0, 0)) * jnp.roll(x, 1, axis=0))


@row(normal(3, 4), "pad")
def paddings(x: Any) -> Any:
    """jnp.pad by reflection, wrap, edge and mean; lax.pad with a negative width."""
    modes = ("reflect", "wrap", "edge", "mean", "linear_ramp", "symmetric")
    return sum(_weighted(jnp.pad(x, 2, mode=mode)) for mode in modes) + _weighted(
        lax.pad(x, 0.5, [(-1, 1, 1), (0, 0, 0)])
    )


@row(normal(4), "scatter", "scatter_extrema")
def scatter_extrema(x: Any) -> Any:
    """Updates at indices by maximum and minimum: all entries differ."""
    index = jnp.array([0, 2, 3])
    return _weighted(x.at[index].max(x[:3] ** 2 - 1)) + _weighted(x.at[index].min(x[1:4] ** 2 - 1))


@row(normal(4), "scatter", "scatter_prod")
def scatter_products(x: Any) -> Any:
    """An update at indices by product, one index twice."""
    return _weighted(x.at[jnp.array([0, 2, 2])].multiply(x[:3] ** 2))


@row(normal(4), "scatter", "scatter_apply")
def scatter_applied(x: Any) -> Any:
    """An update at indices by a function."""
    return _weighted(x.at[jnp.array([0, 2])].apply(jnp.sin))


@row(normal(4), "scatter")
def scatter_quotients(x: Any) -> Any:
    """Updates at indices by division and by powers, each index once, which is said."""
    return _weighted(x.at[jnp.array([0, 2])].divide(1 + x[:2] ** 2, unique_indices=True).at[1].power(3))


@row(normal(4, 3))
def gather_by_mask(x: Any) -> Any:
    """A mask in place of an index, and indices from the end with repeats in two axes."""
    masked = x.at[np.array([True, False, True, False])].set(0.5)
    return _weighted(masked) + _weighted(x[jnp.array([-1, 0, 0])[:, None], jnp.array([0, 2])] ** 2)


@row(normal(5), "segment")
def segment_extrema(x: Any) -> Any:
    """jax.ops.segment_max and segment_min: all entries differ."""
    segments = jnp.array([0, 1, 0, 1, 2])
    return _weighted(jax.ops.segment_max(x, segments, 3)) + _weighted(jax.ops.segment_min(x**3, segments, 3))


@row(normal(3, 3))
def tensor_products(x: Any) -> Any:
    """jnp.einsum with a repeated operand, tensordot, outer, cross and inner."""
    return (
        _weighted(jnp.einsum("ij,kj,ik->i", x, x**2, x))
        + _weighted(jnp.tensordot(x, x, 1))
        + _weighted(jnp.cross(x[0], x[1] ** 2))
        + _weighted(jnp.outer(x[0], x[1]))
    )
