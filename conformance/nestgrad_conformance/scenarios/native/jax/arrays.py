"""jax.numpy and lax on arrays: indices, windows, orders, transforms, points where a formula is not finite.

The functions of the scenarios in `native`, of one array x each.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.scipy import fft, integrate, signal

from .normalisation import _ramp, _weighted


def fft_2d(x: Any) -> Any:
    """jnp.fft.fft2, ifft2 and fftshift."""
    spectrum = jnp.fft.fftshift(jnp.fft.fft2(x))
    return _weighted(jnp.abs(spectrum) ** 2) + _weighted(jnp.real(jnp.fft.ifft2(spectrum * spectrum)))


def inverse_real_fft(x: Any) -> Any:
    """jnp.fft.irfft, hfft and ihfft of complex numbers from x."""
    half = x[0] + 1j * x[1]
    return _weighted(jnp.fft.irfft(half)) + _weighted(jnp.fft.hfft(half)) + _weighted(jnp.abs(jnp.fft.ihfft(x[0])) ** 2)


def cosine_transform(x: Any) -> Any:
    """jax.scipy.fft.dct and idct."""
    return _weighted(fft.dct(x, norm="ortho") ** 2) + _weighted(fft.idct(x))


def short_time_fourier(x: Any) -> Any:
    """jax.scipy.signal.stft, and istft of what it gives."""
    _, _, spectrum = signal.stft(x, nperseg=4)
    return _weighted(jnp.abs(spectrum) ** 2) + _weighted(jnp.real(signal.istft(spectrum**2, nperseg=4)[1]))


def periodogram(x: Any) -> Any:
    """jax.scipy.signal.welch and detrend."""
    return _weighted(signal.welch(x, nperseg=4)[1]) + _weighted(signal.detrend(x))


def convolutions(x: Any) -> Any:
    """jnp.convolve, correlate, signal.fftconvolve and convolve2d."""
    vectors = jnp.convolve(x[0], x[1]), jnp.correlate(x[0], x[1], "full"), signal.fftconvolve(x[0], x[1])
    return sum(map(_weighted, vectors)) + _weighted(signal.convolve2d(x, x[:2, :2], "same"))


def interp(x: Any) -> Any:
    """jnp.interp in points, nodes and values."""
    nodes = jnp.cumsum(1 + jax.nn.sigmoid(x))
    return _weighted(jnp.interp(nodes[0] + 0.3 + jax.nn.sigmoid(x), nodes, x**2))


def unwrap(x: Any) -> Any:
    """jnp.unwrap."""
    return _weighted(jnp.unwrap(9 * x))


def trapezoid(x: Any) -> Any:
    """integrate.trapezoid over uneven nodes, and jnp.gradient."""
    return integrate.trapezoid(x**2, jnp.cumsum(1 + x**2)) + _weighted(jnp.gradient(x**2)) + _weighted(jnp.diff(x, n=2))


def polynomials(x: Any) -> Any:
    """jnp.polyval, polymul, polyfit and vander."""
    fitted = jnp.polyfit(_ramp(5), x[:5] ** 2, 2)
    return (
        jnp.polyval(x, x[0]) + _weighted(jnp.polymul(x[:3], x[3:])) + _weighted(fitted) + _weighted(jnp.vander(x[:3]))
    )


def polynomial_roots(x: Any) -> Any:
    """jnp.roots of a cubic, by a sum that is real."""
    roots = jnp.roots(jnp.concatenate([jnp.ones(1), x]), strip_zeros=False)
    return jnp.real(jnp.sum(jnp.exp(roots)))


def quantiles(x: Any) -> Any:
    """jnp.quantile, percentile, median and nanmedian: no two entries are equal."""
    return (
        jnp.sum(jnp.quantile(x, jnp.array([0.3, 0.8]), axis=0) ** 2) + jnp.percentile(x, 42.0) ** 2 + jnp.nanmedian(x)
    )


def covariances(x: Any) -> Any:
    """jnp.cov, jnp.average and jnp.ptp."""
    return _weighted(jnp.cov(x)) + jnp.average(x[0], weights=1 + x[1] ** 2) ** 2 + jnp.ptp(x) ** 2


def nan_reductions(x: Any) -> Any:
    """jnp.nansum, nanmean, nanvar and nanprod past an entry that is nan."""
    holed = jnp.where(jnp.arange(x.size) == 2, jnp.nan, x)
    return jnp.nansum(holed**2) + jnp.nanmean(holed) ** 2 + jnp.nanvar(holed) + jnp.nanprod(holed)


def log_sums(x: Any) -> Any:
    """jnp.logaddexp, logaddexp2, hypot and arctan2."""
    y = jnp.roll(x, 1)
    pairs = (jnp.logaddexp, jnp.logaddexp2, jnp.hypot, jnp.arctan2)
    return sum(_weighted(function(x, y)) for function in pairs)


def logaddexp_of_equals(x: Any) -> Any:
    """jnp.logaddexp of equal arguments: x + log 2, and smooth."""
    return _weighted(jnp.logaddexp(x, x)) + _weighted(jnp.logaddexp(x, x + 1e-9))


def elementary(x: Any) -> Any:
    """cbrt, exp2, expm1, log1p, float_power, the inverse functions and ldexp."""
    names = ("cbrt", "exp2", "expm1", "log1p", "arcsinh", "arctanh", "arccos", "tan", "log10")
    return sum(_weighted(getattr(jnp, name)(x)) for name in names) + _weighted(jnp.float_power(x, 1.5))


def powers(x: Any) -> Any:
    """jnp.power in base and exponent, and by a negative integer."""
    return _weighted(jnp.power(x, x)) + _weighted(x**-3) + _weighted(lax.integer_pow(x, 5))


def power_at_zero(x: Any) -> Any:
    """Powers at zero: the square's second derivative is 2, the cube's 0."""
    return jnp.sum(x**2 + jnp.power(x, 3.0) * x) + jnp.sum(jnp.power(x, 2.0) * x) + jnp.sum(lax.integer_pow(x, 3))


def product_with_a_zero(x: Any) -> Any:
    """jnp.prod and jnp.cumprod past an entry that is zero."""
    return jnp.prod(x) + _weighted(jnp.cumprod(x)) + jnp.sum(x**3)


def norm_at_zero(x: Any) -> Any:
    """The square of jnp.linalg.norm at zero: the truth is 2x."""
    return jnp.linalg.norm(x[0]) ** 2 + jnp.sum(x**3)


def guarded_root(x: Any) -> Any:
    """A square root guarded by jnp.where on both sides, as the documentation advises."""
    allowed = x > 0
    return jnp.sum(jnp.where(allowed, jnp.sqrt(jnp.where(allowed, x, 1.0)), x**2))


def half_guarded_root(x: Any) -> Any:
    """A square root guarded by jnp.where on the outside alone: the truth is finite."""
    return jnp.sum(jnp.where(x > 0, jnp.sqrt(x), x**2))


def sorted_by_keys(x: Any) -> Any:
    """lax.sort of two operands, argsort, partition and take_along_axis."""
    keys, values = lax.sort((x[0], x[1] ** 2), num_keys=1)
    ordered = jnp.take_along_axis(x, jnp.argsort(x, axis=1), axis=1)
    return _weighted(keys * values) + _weighted(ordered**2) + _weighted(jnp.partition(x[0], 2)[:2])


def cumulative_extrema(x: Any) -> Any:
    """lax.cummax, cummin, and jnp.max over axes: no two entries are equal."""
    return _weighted(lax.cummax(x)) + _weighted(lax.cummin(x, reverse=True)) + _weighted(jnp.max(x**3, axis=1))


def maximum_of_ties(x: Any) -> Any:
    """jnp.max of equal entries: a probe of ties that are broken evenly gives x itself."""
    return jnp.max(jnp.stack([x, x]), axis=0) @ x + jnp.sum(x**3)


def nonzero_entries(x: Any) -> Any:
    """jnp.nonzero with a size, jnp.compress and jnp.extract."""
    (places,) = jnp.nonzero(x > -99, size=3)
    return _weighted(x[places] ** 2) + _weighted(jnp.compress(jnp.array([True, False, True]), x, size=2))


def selections(x: Any) -> Any:
    """jnp.select, piecewise, clip and lax.select_n."""
    chosen = jnp.select([x > 0.5, x < -0.5], [jnp.sin(x), x**3], x**2)
    pieces = jnp.piecewise(x, [x < 0], [lambda y: y**3, jnp.sin])
    return (
        _weighted(chosen) + _weighted(pieces) + _weighted(jnp.clip(x, -9, 9)) + _weighted(lax.select_n(x > 0, x, x**2))
    )


def slices(x: Any) -> Any:
    """lax.dynamic_slice, dynamic_update_slice and jnp.roll."""
    piece = lax.dynamic_slice(x, (1, 0), (2, 3))
    return _weighted(lax.dynamic_update_slice(x, piece**2, (0, 0)) * jnp.roll(x, 1, axis=0))


def paddings(x: Any) -> Any:
    """jnp.pad by reflection, wrap, edge and mean; lax.pad with a negative width."""
    modes = ("reflect", "wrap", "edge", "mean", "linear_ramp", "symmetric")
    return sum(_weighted(jnp.pad(x, 2, mode=mode)) for mode in modes) + _weighted(
        lax.pad(x, 0.5, [(-1, 1, 1), (0, 0, 0)])
    )


def scatter_extrema(x: Any) -> Any:
    """Updates at indices by maximum and minimum: all entries differ."""
    index = jnp.array([0, 2, 3])
    return _weighted(x.at[index].max(x[:3] ** 2 - 1)) + _weighted(x.at[index].min(x[1:4] ** 2 - 1))


def scatter_products(x: Any) -> Any:
    """An update at indices by product, one index twice."""
    return _weighted(x.at[jnp.array([0, 2, 2])].multiply(x[:3] ** 2))


def scatter_applied(x: Any) -> Any:
    """An update at indices by a function."""
    return _weighted(x.at[jnp.array([0, 2])].apply(jnp.sin))


def scatter_quotients(x: Any) -> Any:
    """Updates at indices by division and by powers, each index once, which is said."""
    return _weighted(x.at[jnp.array([0, 2])].divide(1 + x[:2] ** 2, unique_indices=True).at[1].power(3))


def gather_by_mask(x: Any) -> Any:
    """A mask in place of an index, and indices from the end with repeats in two axes."""
    masked = x.at[np.array([True, False, True, False])].set(0.5)
    return _weighted(masked) + _weighted(x[jnp.array([-1, 0, 0])[:, None], jnp.array([0, 2])] ** 2)


def segment_extrema(x: Any) -> Any:
    """jax.ops.segment_max and segment_min: all entries differ."""
    segments = jnp.array([0, 1, 0, 1, 2])
    return _weighted(jax.ops.segment_max(x, segments, 3)) + _weighted(jax.ops.segment_min(x**3, segments, 3))


def complex_inside(x: Any) -> Any:
    """Complex numbers between real ones."""
    z = lax.complex(x, x**2)
    return (
        jnp.sum(jnp.abs(z * jnp.exp(1j * z)) ** 2) + jnp.sum(jnp.angle(z + 3)) + jnp.sum(jnp.real(jnp.log(z + 3) ** z))
    )


def tensor_products(x: Any) -> Any:
    """jnp.einsum with a repeated operand, tensordot, outer, cross and inner."""
    return (
        _weighted(jnp.einsum("ij,kj,ik->i", x, x**2, x))
        + _weighted(jnp.tensordot(x, x, 1))
        + _weighted(jnp.cross(x[0], x[1] ** 2))
        + _weighted(jnp.outer(x[0], x[1]))
    )


def remainders(x: Any) -> Any:
    """jnp.mod, fmod and modf, away from their jumps."""
    return _weighted(jnp.mod(x, 0.7 + x**2)) + _weighted(jnp.fmod(x, 9.0)) + _weighted(jnp.modf(x)[0])
