"""Special functions and densities of jax.scipy. The functions of the scenarios in `native`, of one array x each."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy import special, stats

from .normalisation import _ramp, _weighted


def bessel_jn(x: Any) -> Any:
    """Bessel functions of the first kind."""
    return _weighted(special.bessel_jn(x, v=3))


def bessel_modified(x: Any) -> Any:
    """i0, i1 and their scaled forms; jnp.i0."""
    return sum(_weighted(function(x)) for function in (special.i0, special.i1, special.i0e, special.i1e, jnp.i0))


def expi(x: Any) -> Any:
    """The exponential integral Ei."""
    return _weighted(special.expi(x))


def expn(x: Any) -> Any:
    """The exponential integral of order 2."""
    return _weighted(special.expn(2, x))


def sine_integrals(x: Any) -> Any:
    """The functions sici and fresnel."""
    return sum(_weighted(part) for part in (*special.sici(x), *special.fresnel(x)))


def betainc(x: Any) -> Any:
    """The function betainc in its bound."""
    return _weighted(special.betainc(1.5, 2.0, x))


def betainc_in_all(x: Any) -> Any:
    """The function betainc in its bound and both parameters."""
    return _weighted(special.betainc(1 + x, 2 - x, x))


def gammainc(x: Any) -> Any:
    """The functions gammainc and gammaincc in their bound."""
    return _weighted(special.gammainc(1.5, x)) + _weighted(special.gammaincc(2.5, x) ** 2)


def gammainc_in_both(x: Any) -> Any:
    """The function gammainc in bound and parameter."""
    return _weighted(special.gammainc(x, 1 + x**2))


def polygamma(x: Any) -> Any:
    """digamma, polygamma and zeta in their argument."""
    return _weighted(special.digamma(x)) + _weighted(special.polygamma(1, x)) + _weighted(special.zeta(3.0, x))


def zeta_in_both(x: Any) -> Any:
    """The function zeta in exponent and argument."""
    return _weighted(special.zeta(2 + x, x))


def gamma_family(x: Any) -> Any:
    """gamma, loggamma, factorial, poch, comb and multigammaln."""
    names = ("gamma", "loggamma", "factorial")
    others = special.poch(x, 1.5), special.multigammaln(1 + x, 2), special.beta(x, 2.0), special.comb(4.0, x)
    return sum(_weighted(getattr(special, name)(x)) for name in names) + sum(map(_weighted, others))


def error_functions(x: Any) -> Any:
    """erf, erfc, erfcx, erfinv and dawsn."""
    names = ("erf", "erfc", "erfcx", "erfinv", "dawsn")
    return sum(_weighted(getattr(special, name)(x)) for name in names)


def faddeeva(x: Any) -> Any:
    """The function wofz of a complex argument."""
    return _weighted(jnp.abs(special.wofz(x + 0.5j)) ** 2)


def owens_t(x: Any) -> Any:
    """owens_t in both arguments."""
    return _weighted(special.owens_t(x, 1 - x**2 / 4))


def normal_quantiles(x: Any) -> Any:
    """ndtr, log_ndtr and ndtri."""
    return _weighted(special.ndtr(x)) + _weighted(special.log_ndtr(x)) + _weighted(special.ndtri(x))


def entropies(x: Any) -> Any:
    """entr, rel_entr, kl_div, xlogy and xlog1py."""
    pairs = ("rel_entr", "kl_div", "xlogy", "xlog1py")
    return _weighted(special.entr(x)) + sum(_weighted(getattr(special, name)(x, 1 + x**2)) for name in pairs)


def entropies_at_zero(x: Any) -> Any:
    """The functions xlogy and xlog1py where the first argument is zero: the terms are linear there."""
    return jnp.sum(special.xlogy(x, 1.5) ** 2 + special.xlog1py(x, 0.5) * x + x**3)


def hyp1f1(x: Any) -> Any:
    """The confluent hypergeometric function in its last argument."""
    return _weighted(special.hyp1f1(0.5, 1.5, x))


def hyp1f1_in_parameters(x: Any) -> Any:
    """hyp1f1 in its parameters."""
    return _weighted(special.hyp1f1(x, 1.5 + x, 0.5))


def spence(x: Any) -> Any:
    """The dilogarithm."""
    return _weighted(special.spence(x))


def logits(x: Any) -> Any:
    """logit, expit, boxcox and boxcox1p."""
    return (
        _weighted(special.logit(x))
        + _weighted(special.expit(x))
        + _weighted(special.boxcox(x, 1.5))
        + _weighted(special.boxcox1p(x, x))
    )


def spherical_harmonics(x: Any) -> Any:
    """sph_harm_y in both angles."""
    values = special.sph_harm_y(jnp.array([2, 3, 3]), jnp.array([1, -1, 2]), x, x**2, n_max=3)
    return _weighted(jnp.real(values)) + _weighted(jnp.imag(values))


def sinc(x: Any) -> Any:
    """jnp.sinc, at zero too."""
    return _weighted(jnp.sinc(x - x[0]))


def location_scale_densities(x: Any) -> Any:
    """The logpdf of norm, logistic, cauchy, t and truncnorm in value, place and scale."""
    place, scale = x[0], 1 + x[1] ** 2
    names = ("norm", "logistic", "cauchy")
    total = sum(getattr(stats, name).logpdf(x[2], place, scale) for name in names)
    return jnp.sum(
        total + stats.t.logpdf(x[2], 4 + scale, place, scale) + stats.truncnorm.logpdf(x[2], -9.0, 9.0, place, scale)
    )


def gumbel_density(x: Any) -> Any:
    """The logpdf of gumbel_r and gumbel_l in place and scale."""
    return sum(getattr(stats, name).logpdf(0.3, x[0], 1 + x[1] ** 2) for name in ("gumbel_r", "gumbel_l"))


def gennorm_density(x: Any) -> Any:
    """stats.gennorm.logpdf in value and shape."""
    return jnp.sum(stats.gennorm.logpdf(x, 2.0 + x))


def positive_densities(x: Any) -> Any:
    """The logpdf of gamma, chi2, expon, pareto and beta in value and shape."""
    shape = 1.5 + x[1]
    names = ("gamma", "chi2", "pareto")
    total = sum(getattr(stats, name).logpdf(1.2 + x[0], shape) for name in names)
    return jnp.sum(total + stats.expon.logpdf(x[0], 0.0, shape) + stats.beta.logpdf(x[0] / 3, shape, 2.0))


def circular_densities(x: Any) -> Any:
    """The logpdf of vonmises and wrapcauchy."""
    return jnp.sum(stats.vonmises.logpdf(x, 1 + x**2)) + jnp.sum(stats.wrapcauchy.logpdf(1 + x, 0.4))


def discrete_densities(x: Any) -> Any:
    """The logpmf of poisson, bernoulli, binom, nbinom, geom and betabinom in their parameters."""
    count = jnp.arange(1.0, 5.0)
    rate = jax.nn.sigmoid(x)
    total = stats.poisson.logpmf(count, 1 + x**2) + stats.bernoulli.logpmf(jnp.array([0, 1, 1, 0]), rate)
    total += (
        stats.binom.logpmf(count, 6.0, rate) + stats.nbinom.logpmf(count, 3.0, rate) + stats.geom.logpmf(count, rate)
    )
    return jnp.sum(total + stats.betabinom.logpmf(count, 6.0, 1 + x**2, 2.0))


def cumulative_distributions(x: Any) -> Any:
    """The cdf of norm, gamma, beta, t, poisson and truncnorm."""
    total = stats.norm.logcdf(x) + stats.gamma.cdf(x, 1.5) + stats.beta.cdf(x, 1.5, 2.5) + stats.logistic.sf(x)
    return _weighted(total) + _weighted(stats.poisson.cdf(3.0, 1 + x)) + _weighted(stats.truncnorm.cdf(x, -1.0, 2.0))


def dirichlet_density(x: Any) -> Any:
    """dirichlet.logpdf in point and concentration."""
    return stats.dirichlet.logpdf(jax.nn.softmax(x[0]), 1 + x[1] ** 2)


def multivariate_normal_density(x: Any) -> Any:
    """multivariate_normal.logpdf in mean and covariance."""
    return stats.multivariate_normal.logpdf(_ramp(3), x[0], x @ x.T + jnp.eye(3))


def multinomial_density(x: Any) -> Any:
    """multinomial.logpmf in its probabilities."""
    return stats.multinomial.logpmf(jnp.array([1, 2, 0, 1]), 4, jax.nn.softmax(x)) ** 2


def kernel_density(x: Any) -> Any:
    """stats.gaussian_kde in data and point."""
    return stats.gaussian_kde(x).logpdf(jnp.stack([x[0] ** 2, x[1]])).sum()


def reparametrised_samples(x: Any) -> Any:
    """Samples of jax.random whose parameters are a part of x."""
    key = jax.random.key(0)
    noise = jax.random.normal(key, x.shape) * jnp.exp(x) + x
    return _weighted(noise) + _weighted(jax.random.multivariate_normal(key, x, jnp.diag(1 + x**2)))


def truncated_samples(x: Any) -> Any:
    """Samples of jax.random.truncated_normal in their bounds."""
    return _weighted(jax.random.truncated_normal(jax.random.key(0), -1 - x**2, 2.0, x.shape))


def bessel_at_zero(x: Any) -> Any:
    """jax.scipy.special.i0, i1, i0e times exp|x|, and jnp.i0, at zero too."""
    scaled = special.i0e(x) * jnp.exp(jnp.abs(x))
    return _weighted(special.i0(x)) + _weighted(special.i1(x)) + _weighted(jnp.i0(x) * scaled)


def ldexp_at_zero(x: Any) -> Any:
    """jnp.ldexp, at zero too."""
    return _weighted(jnp.ldexp(x, jnp.arange(-1, 4)))


def beta_of_equals(x: Any) -> Any:
    """jax.scipy.special.betaln, of equal arguments where x is zero."""
    return _weighted(special.betaln(2 + jnp.tanh(x), 2 - jnp.tanh(x)))


def logsumexp_zero_weight(x: Any) -> Any:
    """jax.scipy.special.logsumexp with weights, of which one is zero: where it varies, and in a mask."""
    weights = jnp.concatenate([jnp.array([20.0]), x])
    mask = jnp.array([0.0, 1.0, 2.0, 0.0, 1.0])
    return special.logsumexp(_ramp(6) * weights / 100, b=weights) + special.logsumexp(x**2, b=mask)


def boxcox(x: Any) -> Any:
    """The transforms boxcox and boxcox1p in both arguments, at an exponent that is zero too."""
    return _weighted(special.boxcox(2 + jnp.tanh(x), x)) + _weighted(special.boxcox1p(2 + jnp.tanh(x), x))


def fresnel(x: Any) -> Any:
    """The integrals of fresnel, at 1 too."""
    return sum(_weighted(part) for part in special.fresnel(1 + x))


def spence_at_one(x: Any) -> Any:
    """The dilogarithm, at 1 too."""
    return _weighted(special.spence(1 + jnp.tanh(x) / 2))


def order_of_expn(x: Any) -> Any:
    """The exponential integrals expn in their order."""
    return _weighted(special.expn(x, 1.5))


def slope_of_hypot(x: Any) -> Any:
    """jax.grad inside, of jnp.hypot, of equal arguments where x is zero."""
    return _weighted(jax.grad(lambda x: jnp.sum(jnp.hypot(2 + jnp.tanh(x), 2 - jnp.tanh(x))))(x))
