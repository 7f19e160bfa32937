"""Special functions and distributions of torch. The functions of the scenarios in `native`, of one tensor x each."""

from __future__ import annotations

from typing import Any

import torch
from torch import distributions, special

from .layers import _ramp, _weighted


def bessel(x: Any) -> Any:
    """The modified Bessel functions that have derivatives: i0, i0e, i1 and i1e."""
    return sum(_weighted(getattr(special, name)(x)) for name in ("i0", "i0e", "i1", "i1e"))


def bessel_j0(x: Any) -> Any:
    """torch.special.bessel_j0 and bessel_j1, which have no derivative."""
    return _weighted(special.bessel_j0(x)) + _weighted(special.bessel_j1(x))


def modified_bessel(x: Any) -> Any:
    """torch.special.modified_bessel_k0, which has no derivative."""
    return _weighted(special.modified_bessel_k0(x))


def gammainc(x: Any) -> Any:
    """torch.special.gammainc and gammaincc in their bound."""
    shape = torch.full_like(x.detach(), 1.5)
    return _weighted(special.gammainc(shape, x)) + _weighted(special.gammaincc(shape, x) ** 2)


def gammainc_in_shape(x: Any) -> Any:
    """torch.special.gammainc in its shape, which has no derivative."""
    return _weighted(special.gammainc(x, torch.ones_like(x.detach())))


def zeta(x: Any) -> Any:
    """torch.special.zeta in its argument."""
    return _weighted(special.zeta(torch.full_like(x.detach(), 3.0), x))


def polygamma_of_order(x: Any) -> Any:
    """torch.special.digamma, polygamma of order 2 and mvlgamma."""
    return _weighted(special.digamma(x)) + _weighted(special.polygamma(2, x)) + _weighted(torch.mvlgamma(1 + x, 2))


def error_inverses(x: Any) -> Any:
    """torch.special.erfinv, ndtri, logit and log_ndtr."""
    return sum(_weighted(getattr(special, name)(x)) for name in ("erfinv", "ndtri", "logit", "log_ndtr"))


def entropies(x: Any) -> Any:
    """torch.special.entr, xlogy and xlog1py."""
    return _weighted(special.entr(x)) + _weighted(special.xlogy(x, 1 + x**2)) + _weighted(special.xlog1py(x, x))


def entropies_at_zero(x: Any) -> Any:
    """The product xlogy where the first argument is zero: linear there."""
    return torch.sum(special.xlogy(x, torch.tensor(1.5)) ** 2 + x**3)


def sinc_at_zero(x: Any) -> Any:
    """torch.sinc, at zero too."""
    return _weighted(torch.sinc(x - x[0]))


def orthogonal_polynomials(x: Any) -> Any:
    """torch.special.chebyshev_polynomial_t, which has no derivative."""
    return _weighted(special.chebyshev_polynomial_t(x, torch.tensor(3.0)))


def elementary(x: Any) -> Any:
    """asinh, atanh, acos, expm1, log1p, exp2, rsqrt, atan2, hypot, logaddexp and logaddexp2."""
    names = ("asinh", "atanh", "acos", "expm1", "log1p", "exp2", "rsqrt", "tan", "log10", "deg2rad")
    pairs = ("atan2", "hypot", "logaddexp", "logaddexp2", "pow", "float_power")
    return sum(_weighted(getattr(torch, name)(x)) for name in names) + sum(
        _weighted(getattr(torch, name)(x, torch.roll(x, 1, 0))) for name in pairs
    )


def remainders(x: Any) -> Any:
    """torch.remainder, fmod and frac, away from their jumps."""
    return _weighted(torch.remainder(x, 0.7 + x**2)) + _weighted(torch.fmod(x, 9.0)) + _weighted(torch.frac(x))


def power_at_zero(x: Any) -> Any:
    """Powers at zero: the square's second derivative is 2, the cube's 0."""
    return torch.sum(x**2) + torch.sum(torch.pow(x, 3.0) * x) + torch.sum(torch.pow(x, torch.tensor(2.0)) * x)


def norm_at_zero(x: Any) -> Any:
    """The square of torch.linalg.norm at zero: the truth is 2x."""
    return torch.linalg.norm(x[0]) ** 2 + torch.sum(x**3)


def normal_densities(x: Any) -> Any:
    """log_prob of Normal, LogNormal, StudentT, Laplace, Cauchy, Gumbel, HalfNormal in all parameters."""
    place, scale, value = x[0], 1 + x[1] ** 2, x[2]
    names = ("Normal", "Laplace", "Cauchy", "Gumbel")
    total = sum(getattr(distributions, name)(place, scale).log_prob(value) for name in names)
    total = total + distributions.StudentT(3 + scale, place, scale).log_prob(value)
    return torch.sum(total + distributions.LogNormal(place, scale).log_prob(0.5 + value**2))


def positive_densities(x: Any) -> Any:
    """log_prob of Gamma, Beta, Chi2, Exponential, Weibull, Pareto and Kumaraswamy."""
    shape, value = 0.5 + x[0], 0.3 + x[1] / 3
    total = distributions.Gamma(shape, shape).log_prob(value) + distributions.Beta(shape, 2.0).log_prob(value)
    total = total + distributions.Chi2(shape).log_prob(value) + distributions.Exponential(shape).log_prob(value)
    total = total + distributions.Weibull(shape, 1.5).log_prob(value)
    return torch.sum(total + distributions.Kumaraswamy(shape, 2.0).log_prob(value))


def discrete_densities(x: Any) -> Any:
    """log_prob of Bernoulli, Binomial, Poisson, NegativeBinomial, Geometric and Categorical in their parameters."""
    count = torch.arange(4.0)
    total = distributions.Bernoulli(logits=x).log_prob(torch.tensor([0.0, 1.0, 1.0, 0.0]))
    total = (
        total + distributions.Binomial(5, logits=x).log_prob(count) + distributions.Poisson(1 + x**2).log_prob(count)
    )
    total = total + distributions.NegativeBinomial(3.0, logits=x).log_prob(count)
    total = total + distributions.Geometric(logits=x).log_prob(count)
    return torch.sum(total + distributions.Categorical(logits=x).log_prob(torch.tensor(2)))


def dirichlet(x: Any) -> Any:
    """Dirichlet.log_prob and entropy, in point and concentration."""
    prior = distributions.Dirichlet(1 + x[1] ** 2)
    return prior.log_prob(torch.softmax(x[0], -1)) + prior.entropy()


def multivariate_normal(x: Any) -> Any:
    """MultivariateNormal.log_prob by covariance."""
    covariance = x @ x.mT + torch.eye(3)
    return distributions.MultivariateNormal(x[0], covariance_matrix=covariance).log_prob(_ramp(3))


def multivariate_normal_by_scale(x: Any) -> Any:
    """MultivariateNormal.log_prob and entropy by a triangular scale; LowRankMultivariateNormal."""
    scale = torch.tril(x, -1) + torch.diag(1 + torch.diagonal(x) ** 2)
    exact = distributions.MultivariateNormal(x[0], scale_tril=scale)
    low = distributions.LowRankMultivariateNormal(x[0], x[:, :1], 1 + x[1] ** 2)
    return exact.log_prob(_ramp(3)) + exact.entropy() + low.log_prob(_ramp(3))


def divergences(x: Any) -> Any:
    """kl_divergence of normals, gammas, Dirichlets and categoricals."""
    positive = 0.5 + x**2
    pairs = (
        (distributions.Normal(x, positive), distributions.Normal(0.0, 1.0)),
        (distributions.Gamma(positive, 1.5), distributions.Gamma(2.0, positive)),
    )
    total = sum(torch.sum(distributions.kl_divergence(p, q)) for p, q in pairs)
    other = distributions.Dirichlet(torch.ones(4))
    return total + distributions.kl_divergence(distributions.Dirichlet(positive), other)


def mixture(x: Any) -> Any:
    """MixtureSameFamily.log_prob, in weights and components."""
    parts = distributions.Normal(x[1], 1 + x[2] ** 2)
    return distributions.MixtureSameFamily(distributions.Categorical(logits=x[0]), parts).log_prob(torch.tensor(0.3))


def transformed(x: Any) -> Any:
    """TransformedDistribution by tanh and an affine map, and a stick-breaking transform."""
    chain = [distributions.AffineTransform(x[0], 1 + x[1] ** 2), distributions.TanhTransform()]
    warped = distributions.TransformedDistribution(distributions.Normal(torch.zeros(4), torch.ones(4)), chain)
    stick = distributions.StickBreakingTransform()
    return torch.sum(warped.log_prob(torch.tanh(x[2]) * 0.9)) + _weighted(stick(x[0]))


def von_mises(x: Any) -> Any:
    """VonMises.log_prob in place and concentration."""
    return torch.sum(distributions.VonMises(x[0], 1 + x[1] ** 2).log_prob(_ramp(3)))


def reparametrised_samples(x: Any) -> Any:
    """Normal.rsample of a generator of known state."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return _weighted(distributions.Normal(x[0], 1 + x[1] ** 2).rsample())


def float_power_zero_exponent(x: Any) -> Any:
    """torch.float_power where an exponent that varies is 0."""
    return _weighted(torch.float_power(1.5 + x, x))
