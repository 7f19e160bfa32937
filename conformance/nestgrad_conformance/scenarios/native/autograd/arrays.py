"""autograd.numpy on arrays: calculus, orders, windows, points where a formula is not finite.

The functions of the scenarios in `native`, of one array x each.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np

from .special import _weighted


def elementary(x: Any) -> Any:
    """The elementary functions: exp2, expm1, log1p, arcsinh, arctanh, arccos, tan, log10, reciprocal."""
    names = ("exp2", "expm1", "log1p", "arcsinh", "arctanh", "arccos", "tan", "log10", "reciprocal", "deg2rad")
    return sum(_weighted(getattr(np, name)(x)) for name in names)


def pairs(x: Any) -> Any:
    """The functions of two arguments: arctan2, logaddexp, logaddexp2, power, maximum, fmin."""
    names = ("arctan2", "logaddexp", "logaddexp2", "power", "maximum", "fmin")
    return sum(_weighted(getattr(np, name)(x, x[::-1] + 0.1)) for name in names)


def hypot(x: Any) -> Any:
    """numpy.hypot."""
    return _weighted(np.hypot(x, x[::-1] ** 2))


def power_at_zero(x: Any) -> Any:
    """Powers at zero: the square's second derivative is 2, the cube's 0."""
    return np.sum(x**2) + np.sum(x**3.0 * x) + np.sum(np.power(x, 2.0) * x)


def norm_at_zero(x: Any) -> Any:
    """The square of numpy.linalg.norm at zero: the truth is 2x."""
    return np.linalg.norm(x[0]) ** 2 + np.sum(x**3)


def norm_of_a_square(x: Any) -> Any:
    """numpy.linalg.norm of vectors and matrices, in several orders."""
    norm = np.linalg.norm
    return norm(x) ** 3 + _weighted(norm(x, axis=1)) + np.sum(norm(x, ord=3, axis=0)) + norm(x, ord="fro")


def nuclear_norm(x: Any) -> Any:
    """numpy.linalg.norm by singular values."""
    return np.linalg.norm(x, ord="nuc") ** 2


def half_guarded_root(x: Any) -> Any:
    """A square root guarded by numpy.where on the outside alone: the truth is finite."""
    return np.sum(np.where(x > 0, np.sqrt(x), x**2))


def selections(x: Any) -> Any:
    """numpy.select, clip, nan_to_num, abs and sign."""
    chosen = np.select([x > 0.5, x < -0.5], [np.sin(x), x**3])
    return _weighted(chosen) + _weighted(np.clip(x, -9, 9)) + _weighted(np.nan_to_num(x) ** 2) + _weighted(np.abs(x))


def extrema(x: Any) -> Any:
    """numpy.max, min along axes and sort of a vector: no two entries are equal."""
    return _weighted(np.max(x**3, axis=1)) + _weighted(np.min(x, axis=0)) + _weighted(np.sort(x[0]) ** 2)


def maximum_of_ties(x: Any) -> Any:
    """numpy.max of equal entries, which shares the cotangent: max(x, x) is x."""
    return np.sum(np.max(np.stack([x, x]), axis=0) * x) + np.sum(np.maximum(x, x) ** 2)


def cumulative(x: Any) -> Any:
    """numpy.cumsum, diff and gradient."""
    return _weighted(np.cumsum(x, axis=0)) + _weighted(np.diff(x, n=2, axis=0)) + _weighted(np.gradient(x[:, 0] ** 2))


def rearranged(x: Any) -> Any:
    """Shapes: roll, rot90, flipud, moveaxis, tile, repeat, hsplit, kron, pad, concatenate."""
    parts = np.roll(x, 1, axis=0), np.rot90(x), np.flipud(x), np.tile(x, (1, 2)), np.repeat(x, 2, axis=1)
    others = np.hsplit(x, 2)[1], np.kron(x, x[:1]), np.pad(x, 1, "constant"), np.concatenate([x, x**2], axis=1)
    return sum(_weighted(part**2) for part in parts + others)


def triangles(x: Any) -> Any:
    """numpy.tril, triu, diag, diagonal, trace and outer."""
    total = _weighted(np.tril(x) ** 2) + _weighted(np.triu(x, 1)) + _weighted(np.diag(x[0]) @ x) + np.trace(x) ** 2
    return total + _weighted(np.diagonal(x) ** 2) + _weighted(np.outer(x[0], x[1]))


def products(x: Any) -> Any:
    """numpy.tensordot, inner, cross, dot and matmul with a batch."""
    total = _weighted(np.tensordot(x, x, 1)) + _weighted(np.inner(x, x**2)) + _weighted(np.cross(x[0], x[1] ** 2))
    return total + _weighted(np.matmul(np.stack([x, x.T]), x)) + np.dot(x[0], x[1]) ** 2


def product_with_a_zero(x: Any) -> Any:
    """numpy.prod past an entry that is zero."""
    return np.prod(x) + np.sum(x**3)


def std_at_zero(x: Any) -> Any:
    """The square of numpy.std of equal entries: the variance, and smooth."""
    return np.std(x[0]) ** 2 + np.sum(x**3)


def sinc(x: Any) -> Any:
    """numpy.sinc, at zero too."""
    return _weighted(np.sinc(x - x[0]))


def sinc_away(x: Any) -> Any:
    """numpy.sinc away from zero."""
    return _weighted(np.sinc(x))


def real_fourier(x: Any) -> Any:
    """numpy.fft.rfft and irfft."""
    return _weighted(np.abs(np.fft.rfft(x)) ** 2) + _weighted(np.fft.irfft(np.fft.rfft(x) ** 2))


def fourier_2d(x: Any) -> Any:
    """numpy.fft.fft2, ifft2 and fftshift."""
    spectrum = np.fft.fftshift(np.fft.fft2(x))
    return _weighted(np.abs(spectrum) ** 2) + _weighted(np.real(np.fft.ifft2(spectrum * spectrum)))


def complex_inside(x: Any) -> Any:
    """Complex numbers between real ones: exp, abs, angle, conj."""
    z = x + 1j * x**2
    return np.sum(np.abs(z * np.exp(1j * z)) ** 2) + np.sum(np.angle(z + 3)) + np.sum(np.real(np.conj(z) * z**2))


def remainders(x: Any) -> Any:
    """numpy.mod, away from its jumps."""
    return _weighted(np.mod(x, 0.7 + x**2))


def tiled(x: Any) -> Any:
    """numpy.tile with fewer repetitions than axes."""
    return _weighted(np.tile(x, (2,)))


def largest_as_a_norm(x: Any) -> Any:
    """numpy.linalg.norm of infinite order."""
    return np.linalg.norm(x, np.inf) ** 3 + np.sum(x**3)


def kronecker(x: Any) -> Any:
    """numpy.kron of arrays with three axes."""
    return _weighted(np.kron(x, x**2))


def sorted_rows(x: Any) -> Any:
    """numpy.sort along the last axis of a matrix."""
    return _weighted(np.sort(x, axis=1))


def negative_axes(x: Any) -> Any:
    """Axes from the end: numpy.transpose, repeat and linalg.norm."""
    moved, repeated = np.transpose(x, (-1, 0, 1)), np.repeat(x, 2, axis=-1)
    return _weighted(moved) + _weighted(repeated) + np.sum(np.linalg.norm(x, axis=(0, -1)) ** 3)


def filled_like(x: Any) -> Any:
    """numpy.full_like with a value that varies."""
    return _weighted(np.full_like(x, x[0] ** 2)) + np.sum(x)


def cholesky_of_one_triangle(x: Any) -> Any:
    """numpy.linalg.cholesky of a matrix of which it reads the lower triangle alone."""
    return _weighted(np.linalg.cholesky(x))


def eigenvectors_at_rest(x: Any) -> Any:
    """A distance between the eigenvectors of two matrices: where they are equal its gradient is zero."""
    return np.sum((np.linalg.eigh(x[0])[1] - np.linalg.eigh(x[1])[1]) ** 2) + np.sum(x**3)
