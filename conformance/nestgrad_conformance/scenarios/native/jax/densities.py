"""Densities and draws of jax."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy import stats

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _ramp, _weighted


@row(normal(3, 4), "stats")
def location_scale_densities(x: Any) -> Any:
    """The logpdf of norm, logistic, cauchy, t and truncnorm in value, place and scale."""
    place, scale = x[0], 1 + x[1] ** 2
    names = ("norm", "logistic", "cauchy")
    total = sum(getattr(stats, name).logpdf(x[2], place, scale) for name in names)
    return jnp.sum(
        total + stats.t.logpdf(x[2], 4 + scale, place, scale) + stats.truncnorm.logpdf(x[2], -9.0, 9.0, place, scale)
    )


@row(normal(2), "stats", "gumbel")
def gumbel_density(x: Any) -> Any:
    """The logpdf of gumbel_r and gumbel_l in place and scale."""
    return sum(getattr(stats, name).logpdf(0.3, x[0], 1 + x[1] ** 2) for name in ("gumbel_r", "gumbel_l"))


@row(uniform(0.5, 1.5, 4), "stats")
def gennorm_density(x: Any) -> Any:
    """stats.gennorm.logpdf in value and shape."""
    return jnp.sum(stats.gennorm.logpdf(x, 2.0 + x))


@row(uniform(0.5, 1.5, 2, 3), "stats")
def positive_densities(x: Any) -> Any:
    """The logpdf of gamma, chi2, expon, pareto and beta in value and shape."""
    shape = 1.5 + x[1]
    names = ("gamma", "chi2", "pareto")
    total = sum(getattr(stats, name).logpdf(1.2 + x[0], shape) for name in names)
    return jnp.sum(total + stats.expon.logpdf(x[0], 0.0, shape) + stats.beta.logpdf(x[0] / 3, shape, 2.0))


@row(uniform(0.5, 1.5, 4), "stats")
def circular_densities(x: Any) -> Any:
    """The logpdf of vonmises and wrapcauchy."""
    return jnp.sum(stats.vonmises.logpdf(x, 1 + x**2)) + jnp.sum(stats.wrapcauchy.logpdf(1 + x, 0.4))


@row(normal(4), "stats")
def discrete_densities(x: Any) -> Any:
    """The logpmf of poisson, bernoulli, binom, nbinom, geom and betabinom in their parameters."""
    count = jnp.arange(1.0, 5.0)
    rate = jax.nn.sigmoid(x)
    total = stats.poisson.logpmf(count, 1 + x**2) + stats.bernoulli.logpmf(jnp.array([0, 1, 1, 0]), rate)
    total += (
        stats.binom.logpmf(count, 6.0, rate) + stats.nbinom.logpmf(count, 3.0, rate) + stats.geom.logpmf(count, rate)
    )
    return jnp.sum(total + stats.betabinom.logpmf(count, 6.0, 1 + x**2, 2.0))


@row(uniform(0.2, 0.8, 3), "stats")
def cumulative_distributions(x: Any) -> Any:
    """The cdf of norm, gamma, beta, t, poisson and truncnorm."""
    total = stats.norm.logcdf(x) + stats.gamma.cdf(x, 1.5) + stats.beta.cdf(x, 1.5, 2.5) + stats.logistic.sf(x)
    return _weighted(total) + _weighted(stats.poisson.cdf(3.0, 1 + x)) + _weighted(stats.truncnorm.cdf(x, -1.0, 2.0))


@row(normal(2, 3), "stats")
def dirichlet_density(x: Any) -> Any:
    """dirichlet.logpdf in point and concentration."""
    return stats.dirichlet.logpdf(jax.nn.softmax(x[0]), 1 + x[1] ** 2)


@row(normal(3, 3), "stats")
def multivariate_normal_density(x: Any) -> Any:
    """multivariate_normal.logpdf in mean and covariance."""
    return stats.multivariate_normal.logpdf(_ramp(3), x[0], x @ x.T + jnp.eye(3))


@row(normal(4), "stats")
def multinomial_density(x: Any) -> Any:
    """multinomial.logpmf in its probabilities."""
    return stats.multinomial.logpmf(jnp.array([1, 2, 0, 1]), 4, jax.nn.softmax(x)) ** 2


@row(normal(5), "stats")
def kernel_density(x: Any) -> Any:
    """stats.gaussian_kde in data and point."""
    return stats.gaussian_kde(x).logpdf(jnp.stack([x[0] ** 2, x[1]])).sum()


@row(normal(3), "random")
def reparametrised_samples(x: Any) -> Any:
    """Samples of jax.random whose parameters are a part of x."""
    key = jax.random.key(0)
    noise = jax.random.normal(key, x.shape) * jnp.exp(x) + x
    return _weighted(noise) + _weighted(jax.random.multivariate_normal(key, x, jnp.diag(1 + x**2)))


@row(uniform(0.2, 0.8, 3), "random")
def truncated_samples(x: Any) -> Any:
    """Samples of jax.random.truncated_normal in their bounds."""
    return _weighted(jax.random.truncated_normal(jax.random.key(0), -1 - x**2, 2.0, x.shape))
