"""Densities and draws of torch."""

from __future__ import annotations

from typing import Any

import torch
from torch import distributions

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _ramp, _weighted


@row(normal(3, 4), "distributions")
def normal_densities(x: Any) -> Any:
    """log_prob of Normal, LogNormal, StudentT, Laplace, Cauchy, Gumbel, HalfNormal in all parameters."""
    place, scale, value = x[0], 1 + x[1] ** 2, x[2]
    names = ("Normal", "Laplace", "Cauchy", "Gumbel")
    total = sum(getattr(distributions, name)(place, scale).log_prob(value) for name in names)
    total = total + distributions.StudentT(3 + scale, place, scale).log_prob(value)
    return torch.sum(total + distributions.LogNormal(place, scale).log_prob(0.5 + value**2))


@row(uniform(0.5, 1.5, 2, 3), "distributions", "tensor_exponent")
def positive_densities(x: Any) -> Any:
    """log_prob of Gamma, Beta, Chi2, Exponential, Weibull, Pareto and Kumaraswamy."""
    shape, value = 0.5 + x[0], 0.3 + x[1] / 3
    total = distributions.Gamma(shape, shape).log_prob(value) + distributions.Beta(shape, 2.0).log_prob(value)
    total = total + distributions.Chi2(shape).log_prob(value) + distributions.Exponential(shape).log_prob(value)
    total = total + distributions.Weibull(shape, 1.5).log_prob(value)
    return torch.sum(total + distributions.Kumaraswamy(shape, 2.0).log_prob(value))


@row(normal(4), "distributions")
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


@row(normal(2, 4), "distributions")
def dirichlet(x: Any) -> Any:
    """Dirichlet.log_prob and entropy, in point and concentration."""
    prior = distributions.Dirichlet(1 + x[1] ** 2)
    return prior.log_prob(torch.softmax(x[0], -1)) + prior.entropy()


@row(normal(3, 3), "distributions", "multivariate_normal")
def multivariate_normal(x: Any) -> Any:
    """MultivariateNormal.log_prob by covariance."""
    covariance = x @ x.mT + torch.eye(3)
    return distributions.MultivariateNormal(x[0], covariance_matrix=covariance).log_prob(_ramp(3))


@row(normal(3, 3), "distributions", "multivariate_normal")
def multivariate_normal_by_scale(x: Any) -> Any:
    """MultivariateNormal.log_prob and entropy by a triangular scale; LowRankMultivariateNormal."""
    scale = torch.tril(x, -1) + torch.diag(1 + torch.diagonal(x) ** 2)
    exact = distributions.MultivariateNormal(x[0], scale_tril=scale)
    low = distributions.LowRankMultivariateNormal(x[0], x[:, :1], 1 + x[1] ** 2)
    return exact.log_prob(_ramp(3)) + exact.entropy() + low.log_prob(_ramp(3))


@row(normal(4), "distributions", executions=("eager",))
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


@row(normal(3, 4), "distributions")
def mixture(x: Any) -> Any:
    """MixtureSameFamily.log_prob, in weights and components."""
    parts = distributions.Normal(x[1], 1 + x[2] ** 2)
    return distributions.MixtureSameFamily(distributions.Categorical(logits=x[0]), parts).log_prob(torch.tensor(0.3))


@row(normal(3, 4), "distributions", "cumulative_prod")
def transformed(x: Any) -> Any:
    """TransformedDistribution by tanh and an affine map, and a stick-breaking transform."""
    chain = [distributions.AffineTransform(x[0], 1 + x[1] ** 2), distributions.TanhTransform()]
    warped = distributions.TransformedDistribution(distributions.Normal(torch.zeros(4), torch.ones(4)), chain)
    stick = distributions.StickBreakingTransform()
    return torch.sum(warped.log_prob(torch.tanh(x[2]) * 0.9)) + _weighted(stick(x[0]))


@row(normal(2, 3), "distributions")
def von_mises(x: Any) -> Any:
    """VonMises.log_prob in place and concentration."""
    return torch.sum(distributions.VonMises(x[0], 1 + x[1] ** 2).log_prob(_ramp(3)))


@row(normal(2, 4), "distributions", "untraceable")
def reparametrised_samples(x: Any) -> Any:
    """Normal.rsample of a generator of known state."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return _weighted(distributions.Normal(x[0], 1 + x[1] ** 2).rsample())


@row(normal(3), "drawn", "untraceable")
def drawn(x: Any) -> Any:
    """torch.normal around a mean that varies; of one seed, so that values are a function of x."""
    draw = torch.normal(x, torch.ones_like(x), generator=torch.Generator().manual_seed(0))
    return torch.sum(draw**2) + torch.sum(x**3)
