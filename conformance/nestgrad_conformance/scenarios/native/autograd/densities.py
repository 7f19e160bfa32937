"""Densities and draws of autograd."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import autograd.scipy.stats as stats

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted


@row(normal(4), "stats", "logpdf")
def normal_density(x: Any) -> Any:
    """autograd.scipy.stats: norm, t and beta."""
    return np.sum(stats.norm.logpdf(x, 0.5, 1 + x**2)) + np.sum(stats.t.logpdf(x, 4.0, 0.3, 1.2))


@row(normal(3, 3), "stats", "logpdf")
def multivariate_normal(x: Any) -> Any:
    """autograd.scipy.stats.multivariate_normal, in mean and covariance."""
    covariance = x @ x.T + 4 * np.eye(3)
    return stats.multivariate_normal.logpdf(np.array([0.3, -0.2, 0.5]), x[0], covariance)


@row(normal(4), "stats", "logpdf")
def normal_family(x: Any) -> Any:
    """stats.norm: pdf, cdf, logcdf, sf and logsf."""
    names = ("pdf", "cdf", "logcdf", "sf", "logsf")
    return sum(_weighted(getattr(stats.norm, name)(x, 0.5, 1.2)) for name in names)


@row(normal(3, 3), "stats", "logpdf")
def student(x: Any) -> Any:
    """stats.t: pdf, logpdf, cdf and logcdf in value, place and scale."""
    total = stats.t.logpdf(x[0], 4.0, x[1], 1 + x[2] ** 2) + stats.t.pdf(x[0], 4.0, x[1], 1.5)
    return np.sum(total + stats.t.cdf(x[0], 4.0) + stats.t.logcdf(x[0], 4.0))


@row(uniform(0.5, 2.5, 3), "stats", "logpdf")
def student_in_freedom(x: Any) -> Any:
    """stats.t.logpdf in its degrees of freedom."""
    return np.sum(stats.t.logpdf(0.7, 2 + x))


@row(uniform(0.2, 0.8, 4), "stats", "logpdf")
def beta_density(x: Any) -> Any:
    """stats.beta: pdf, logpdf and cdf in value and parameters."""
    total = stats.beta.logpdf(x, 1 + x, 2.0 + x) + stats.beta.pdf(x, 1.5, 2.5)
    return np.sum(total + stats.beta.cdf(x, 1.5, 2.5))


@row(uniform(0.5, 2.5, 4), "stats", "logpdf")
def gamma_density(x: Any) -> Any:
    """stats.gamma and stats.chi2: logpdf, pdf and cdf."""
    total = stats.gamma.logpdf(x, 1 + x) + stats.gamma.cdf(x, 1.5) + stats.chi2.logpdf(x, 3.0) + stats.chi2.cdf(x, 3.0)
    return np.sum(total + stats.gamma.pdf(x, 1.5))


@row(uniform(0.5, 2.5, 4), "stats", "logpdf")
def poisson_density(x: Any) -> Any:
    """stats.poisson: logpmf, pmf and cdf in the rate."""
    count = np.arange(4.0)
    return np.sum(stats.poisson.logpmf(count, x) + stats.poisson.pmf(count, x) + stats.poisson.cdf(count, x))


@row(normal(3), "stats", "logpdf")
def dirichlet_density(x: Any) -> Any:
    """stats.dirichlet.logpdf in its concentration."""
    return stats.dirichlet.logpdf(np.array([0.2, 0.3, 0.5]), 1 + x**2)


@row(normal(3, 3), "stats", "logpdf")
def multivariate_normal_entropy(x: Any) -> Any:
    """stats.multivariate_normal: entropy and pdf in mean and covariance."""
    covariance = x @ x.T + 4 * np.eye(3)
    density = stats.multivariate_normal.pdf(np.array([0.3, -0.2, 0.5]), x[0], covariance)
    return stats.multivariate_normal.entropy(x[0], covariance) + density
