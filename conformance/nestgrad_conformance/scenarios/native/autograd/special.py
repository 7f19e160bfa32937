"""Special and elementary functions of autograd, complex numbers inside."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
import autograd.scipy.special as special
from autograd.scipy.special import logsumexp

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted


@row(uniform(0.5, 2.5, 4), "special", "gammaln")
def gamma(x: Any) -> Any:
    """autograd.scipy.special: gammaln, digamma, erf, expit."""
    return np.sum(special.gammaln(x) * special.erf(x) + special.digamma(x) + special.expit(x))


@row(normal(3, 4), "special")
def log_sum_exp(x: Any) -> Any:
    """autograd.scipy.special.logsumexp."""
    return _weighted(logsumexp(x, axis=-1))


@row(uniform(0.2, 0.8, 4))
def elementary(x: Any) -> Any:
    """The elementary functions: exp2, expm1, log1p, arcsinh, arctanh, arccos, tan, log10, reciprocal."""
    names = ("exp2", "expm1", "log1p", "arcsinh", "arctanh", "arccos", "tan", "log10", "reciprocal", "deg2rad")
    return sum(_weighted(getattr(np, name)(x)) for name in names)


@row(uniform(0.2, 0.8, 4))
def pairs(x: Any) -> Any:
    """The functions of two arguments: arctan2, logaddexp, logaddexp2, power, maximum, fmin."""
    names = ("arctan2", "logaddexp", "logaddexp2", "power", "maximum", "fmin")
    return sum(_weighted(getattr(np, name)(x, x[::-1] + 0.1)) for name in names)


@row(normal(4), "hypot", "numpy_hypot")
def hypot(x: Any) -> Any:
    """numpy.hypot."""
    return _weighted(np.hypot(x, x[::-1] ** 2))


@row(uniform(0.2, 0.8, 4))
def sinc_away(x: Any) -> Any:
    """numpy.sinc away from zero."""
    return _weighted(np.sinc(x))


@row(normal(3), "complex")
def complex_inside(x: Any) -> Any:
    """Complex numbers between real ones: exp, abs, angle, conj."""
    z = x + 1j * x**2
    return np.sum(np.abs(z * np.exp(1j * z)) ** 2) + np.sum(np.angle(z + 3)) + np.sum(np.real(np.conj(z) * z**2))


@row(uniform(0.4, 0.6, 4))
def remainders(x: Any) -> Any:
    """numpy.mod, away from its jumps."""
    return _weighted(np.mod(x, 0.7 + x**2))


@row(uniform(0.5, 2.5, 4), "special", "bessel")
def bessel(x: Any) -> Any:
    """The Bessel functions j0, j1, jn, y0, y1 and yn."""
    total = special.j0(x) + special.j1(x) + special.jn(2, x) + special.y0(x) + special.y1(x) + special.yn(2, x)
    return _weighted(total)


@row(uniform(0.5, 2.5, 4), "special", "bessel")
def bessel_modified(x: Any) -> Any:
    """The modified Bessel functions i0, i1, iv and ive."""
    return _weighted(special.i0(x) + special.i1(x) + special.iv(1.5, x) + special.ive(1.5, x))


@row(uniform(0.5, 2.5, 4), "special", "betaln")
def beta_family(x: Any) -> Any:
    """The beta function, its logarithm, and multigammaln."""
    return (
        _weighted(special.beta(x, 1 + x)) + _weighted(special.betaln(x, 2.0)) + np.sum(special.multigammaln(1 + x, 2))
    )


@row(uniform(0.2, 0.8, 4), "special", "betainc")
def betainc(x: Any) -> Any:
    """The regularised incomplete beta function in its bound."""
    return _weighted(special.betainc(1.5, 2.0, x))


@row(uniform(0.5, 2.5, 4), "special", "igamma")
def gammainc(x: Any) -> Any:
    """The incomplete gamma functions in their bound."""
    return _weighted(special.gammainc(1.5, x)) + _weighted(special.gammaincc(2.5, x) ** 2)


@row(uniform(0.5, 2.5, 4), "special", "gamma")
def gamma_function(x: Any) -> Any:
    """The gamma function, its reciprocal, polygamma."""
    return _weighted(special.gamma(x)) + _weighted(special.rgamma(x)) + _weighted(special.polygamma(1, x))


@row(uniform(0.2, 0.8, 4), "special", "erf")
def error_functions(x: Any) -> Any:
    """The error functions and their inverses; logit."""
    names = ("erf", "erfc", "erfinv", "erfcinv", "logit", "expit")
    return sum(_weighted(getattr(special, name)(x)) for name in names)
