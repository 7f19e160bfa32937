"""autograd.scipy and autograd's linear algebra. The functions of the scenarios in `native`, of one array x each."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import autograd.scipy.linalg as linalg
import autograd.scipy.special as special
import autograd.scipy.stats as stats
from autograd.builtins import tuple as traced_tuple
from autograd.scipy.integrate import odeint as integrate
from autograd.scipy.signal import convolve

from .special import _weighted


def bessel(x: Any) -> Any:
    """The Bessel functions j0, j1, jn, y0, y1 and yn."""
    total = special.j0(x) + special.j1(x) + special.jn(2, x) + special.y0(x) + special.y1(x) + special.yn(2, x)
    return _weighted(total)


def bessel_modified(x: Any) -> Any:
    """The modified Bessel functions i0, i1, iv and ive."""
    return _weighted(special.i0(x) + special.i1(x) + special.iv(1.5, x) + special.ive(1.5, x))


def beta_family(x: Any) -> Any:
    """The beta function, its logarithm, and multigammaln."""
    return (
        _weighted(special.beta(x, 1 + x)) + _weighted(special.betaln(x, 2.0)) + np.sum(special.multigammaln(1 + x, 2))
    )


def betainc(x: Any) -> Any:
    """The regularised incomplete beta function in its bound."""
    return _weighted(special.betainc(1.5, 2.0, x))


def gammainc(x: Any) -> Any:
    """The incomplete gamma functions in their bound."""
    return _weighted(special.gammainc(1.5, x)) + _weighted(special.gammaincc(2.5, x) ** 2)


def gamma_function(x: Any) -> Any:
    """The gamma function, its reciprocal, polygamma."""
    return _weighted(special.gamma(x)) + _weighted(special.rgamma(x)) + _weighted(special.polygamma(1, x))


def error_functions(x: Any) -> Any:
    """The error functions and their inverses; logit."""
    names = ("erf", "erfc", "erfinv", "erfcinv", "logit", "expit")
    return sum(_weighted(getattr(special, name)(x)) for name in names)


def normal_family(x: Any) -> Any:
    """stats.norm: pdf, cdf, logcdf, sf and logsf."""
    names = ("pdf", "cdf", "logcdf", "sf", "logsf")
    return sum(_weighted(getattr(stats.norm, name)(x, 0.5, 1.2)) for name in names)


def student(x: Any) -> Any:
    """stats.t: pdf, logpdf, cdf and logcdf in value, place and scale."""
    total = stats.t.logpdf(x[0], 4.0, x[1], 1 + x[2] ** 2) + stats.t.pdf(x[0], 4.0, x[1], 1.5)
    return np.sum(total + stats.t.cdf(x[0], 4.0) + stats.t.logcdf(x[0], 4.0))


def student_in_freedom(x: Any) -> Any:
    """stats.t.logpdf in its degrees of freedom."""
    return np.sum(stats.t.logpdf(0.7, 2 + x))


def beta_density(x: Any) -> Any:
    """stats.beta: pdf, logpdf and cdf in value and parameters."""
    total = stats.beta.logpdf(x, 1 + x, 2.0 + x) + stats.beta.pdf(x, 1.5, 2.5)
    return np.sum(total + stats.beta.cdf(x, 1.5, 2.5))


def gamma_density(x: Any) -> Any:
    """stats.gamma and stats.chi2: logpdf, pdf and cdf."""
    total = stats.gamma.logpdf(x, 1 + x) + stats.gamma.cdf(x, 1.5) + stats.chi2.logpdf(x, 3.0) + stats.chi2.cdf(x, 3.0)
    return np.sum(total + stats.gamma.pdf(x, 1.5))


def poisson_density(x: Any) -> Any:
    """stats.poisson: logpmf, pmf and cdf in the rate."""
    count = np.arange(4.0)
    return np.sum(stats.poisson.logpmf(count, x) + stats.poisson.pmf(count, x) + stats.poisson.cdf(count, x))


def dirichlet_density(x: Any) -> Any:
    """stats.dirichlet.logpdf in its concentration."""
    return stats.dirichlet.logpdf(np.array([0.2, 0.3, 0.5]), 1 + x**2)


def multivariate_normal_entropy(x: Any) -> Any:
    """stats.multivariate_normal: entropy and pdf in mean and covariance."""
    covariance = x @ x.T + 4 * np.eye(3)
    density = stats.multivariate_normal.pdf(np.array([0.3, -0.2, 0.5]), x[0], covariance)
    return stats.multivariate_normal.entropy(x[0], covariance) + density


def convolution_of_channels(x: Any) -> Any:
    """signal.convolve over axes, channels summed, as in a layer."""
    images, kernels = np.reshape(x[:2] ** 2, (1, 2, 4)), np.reshape(x[2:, :2], (2, 1, 2))
    return _weighted(convolve(images, kernels, axes=([2], [2]), dot_axes=([1], [0]), mode="valid"))


def odeint(x: Any) -> Any:
    """integrate.odeint in the initial state and an argument, exact to the solver's tolerance."""
    times = np.linspace(0.0, 0.1, 3)
    return _weighted(
        integrate(lambda y, t, rate: -rate * y, x, times, traced_tuple((x**2,)), rtol=1e-12, atol=1e-12)[-1]
    )


def solve(x: Any) -> Any:
    """numpy.linalg.solve with several right sides."""
    return _weighted(np.linalg.solve(x, x**2))


def slogdet(x: Any) -> Any:
    """numpy.linalg.slogdet and det."""
    return np.linalg.slogdet(x)[1] + np.linalg.det(x) ** 2


def det_of_a_singular_matrix(x: Any) -> Any:
    """numpy.linalg.det where a column is zero: the truth is finite."""
    return np.linalg.det(x) + np.sum(x**3)


def inverse(x: Any) -> Any:
    """numpy.linalg.inv."""
    return _weighted(np.linalg.inv(x))


def pseudo_inverse(x: Any) -> Any:
    """numpy.linalg.pinv."""
    return _weighted(np.linalg.pinv(x))


def cholesky(x: Any) -> Any:
    """numpy.linalg.cholesky."""
    return _weighted(np.linalg.cholesky(x @ x.T + np.eye(3)))


def eig(x: Any) -> Any:
    """numpy.linalg.eig of a general matrix, eigenvalues by a sum that is real."""
    values, _ = np.linalg.eig(x)
    return np.real(np.sum(values**2 * np.exp(values)))


def singular_vectors(x: Any) -> Any:
    """numpy.linalg.svd with vectors, squared: the singular values differ."""
    left, values, right = np.linalg.svd(x, full_matrices=False)
    return _weighted(left**2) + _weighted(values) + _weighted(right**2)


def sqrtm(x: Any) -> Any:
    """scipy.linalg.sqrtm."""
    return _weighted(linalg.sqrtm(x @ x.T + np.eye(3)))


def solve_triangular(x: Any) -> Any:
    """scipy.linalg.solve_triangular, transposed."""
    return _weighted(linalg.solve_triangular(x, x**2, lower=True, trans="T"))


def solve_banded(x: Any) -> Any:
    """scipy.linalg.solve_banded of three diagonals."""
    return _weighted(linalg.solve_banded((1, 1), np.vstack([x[0], 4 + x[1] ** 2, x[2]]), x[3] ** 2))


def sylvester(x: Any) -> Any:
    """scipy.linalg.solve_sylvester."""
    return _weighted(linalg.solve_sylvester(x, np.eye(3), x**2))
