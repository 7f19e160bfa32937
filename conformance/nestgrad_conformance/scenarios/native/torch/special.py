"""Special and elementary functions of torch, complex numbers inside."""

from __future__ import annotations

from typing import Any

import torch
from torch import special

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _ramp, _weighted


@row(uniform(0.5, 1.5, 3), "sinc")
def special_functions(x: Any) -> Any:
    """torch.special: those with derivatives."""
    names = ("digamma", "erf", "erfc", "erfcx", "expit", "gammaln", "i0", "i0e", "i1", "log_ndtr", "ndtr", "sinc")
    return sum(torch.sum(getattr(torch.special, name)(x)) for name in names) + torch.sum(torch.special.xlogy(x, x))


@row(uniform(0.5, 1.5, 3))
def zeta_and_polygamma(x: Any) -> Any:
    """torch.polygamma."""
    return torch.sum(torch.polygamma(1, x)) + torch.sum(torch.special.multigammaln(x + 1, 2))


@row(normal(3))
def complex_inside(x: Any) -> Any:
    """Complex numbers between real ones."""
    z = torch.complex(x, x**2)
    return torch.sum((z * torch.exp(1j * z)).abs() ** 2) + torch.sum(torch.angle(z + 3))


@row(normal(4), "special", "bessel")
def bessel(x: Any) -> Any:
    """The modified Bessel functions that have derivatives: i0, i0e, i1 and i1e."""
    return sum(_weighted(getattr(special, name)(x)) for name in ("i0", "i0e", "i1", "i1e"))


@row(normal(4), "special", "bessel_j", "without_derivative")
def bessel_j0(x: Any) -> Any:
    """torch.special.bessel_j0 and bessel_j1, which have no derivative."""
    return _weighted(special.bessel_j0(x)) + _weighted(special.bessel_j1(x))


@row(uniform(0.5, 2.5, 4), "special", "bessel_k", "without_derivative")
def modified_bessel(x: Any) -> Any:
    """torch.special.modified_bessel_k0, which has no derivative."""
    return _weighted(special.modified_bessel_k0(x))


@row(uniform(0.5, 2.5, 4), "special", "igamma")
def gammainc(x: Any) -> Any:
    """torch.special.gammainc and gammaincc in their bound."""
    shape = torch.full_like(x.detach(), 1.5)
    return _weighted(special.gammainc(shape, x)) + _weighted(special.gammaincc(shape, x) ** 2)


@row(uniform(0.5, 2.5, 4), "special", "gammainc_shape")
def gammainc_in_shape(x: Any) -> Any:
    """torch.special.gammainc in its shape, which has no derivative."""
    return _weighted(special.gammainc(x, torch.ones_like(x.detach())))


@row(uniform(0.5, 2.5, 4), "special", "zeta")
def zeta(x: Any) -> Any:
    """torch.special.zeta in its argument."""
    return _weighted(special.zeta(torch.full_like(x.detach(), 3.0), x))


@row(uniform(0.5, 2.5, 4), "special")
def polygamma_of_order(x: Any) -> Any:
    """torch.special.digamma, polygamma of order 2 and mvlgamma."""
    return _weighted(special.digamma(x)) + _weighted(special.polygamma(2, x)) + _weighted(torch.mvlgamma(1 + x, 2))


@row(uniform(0.2, 0.8, 4), "special")
def error_inverses(x: Any) -> Any:
    """torch.special.erfinv, ndtri, logit and log_ndtr."""
    return sum(_weighted(getattr(special, name)(x)) for name in ("erfinv", "ndtri", "logit", "log_ndtr"))


@row(uniform(0.5, 1.5, 4), "special")
def entropies(x: Any) -> Any:
    """torch.special.entr, xlogy and xlog1py."""
    return _weighted(special.entr(x)) + _weighted(special.xlogy(x, 1 + x**2)) + _weighted(special.xlog1py(x, x))


@row(normal(4), "special", "chebyshev", "without_derivative")
def orthogonal_polynomials(x: Any) -> Any:
    """torch.special.chebyshev_polynomial_t, which has no derivative."""
    return _weighted(special.chebyshev_polynomial_t(x, torch.tensor(3.0)))


@row(uniform(0.2, 0.8, 4), "tensor_exponent", "logaddexp")
def elementary(x: Any) -> Any:
    """asinh, atanh, acos, expm1, log1p, exp2, rsqrt, atan2, hypot, logaddexp and logaddexp2."""
    names = ("asinh", "atanh", "acos", "expm1", "log1p", "exp2", "rsqrt", "tan", "log10", "deg2rad")
    pairs = ("atan2", "hypot", "logaddexp", "logaddexp2", "pow", "float_power")
    return sum(_weighted(getattr(torch, name)(x)) for name in names) + sum(
        _weighted(getattr(torch, name)(x, torch.roll(x, 1, 0))) for name in pairs
    )


@row(uniform(0.4, 0.6, 4))
def remainders(x: Any) -> Any:
    """torch.remainder, fmod and frac, away from their jumps."""
    return _weighted(torch.remainder(x, 0.7 + x**2)) + _weighted(torch.fmod(x, 9.0)) + _weighted(torch.frac(x))


@row(normal(4, 2), "complex")
def complex_views(x: Any) -> Any:
    """view_as_complex, view_as_real, polar, angle, sgn and abs."""
    z = torch.view_as_complex(x)
    total = torch.sum((z**2).abs()) + torch.sum(torch.angle(z + 9) ** 2) + torch.sum(torch.sgn(z).real)
    return total + _weighted(torch.view_as_real(torch.polar(1 + x[:, 0] ** 2, x[:, 1])))


@row(normal(3), "ldexp_negative")
def ldexp_down(x: Any) -> Any:
    """torch.ldexp by powers of two of which some are negative."""
    return _weighted(torch.ldexp(x, torch.tensor([-1, 2, -3])))


@row(uniform(0.5, 1.5, 4), "mixed_power", "tensor_exponent")
def complex_powers(x: Any) -> Any:
    """Powers of which one part is complex, and the other real or complex, tensor or number."""
    z, w = torch.complex(x[:2], x[2:]), torch.complex(_ramp(2), _ramp(2) ** 2)
    powers = (
        x[:2] ** w,
        z ** x[2:],
        x[:2] ** z,
        z ** z.conj(),
        x[:2] ** (1.3 + 0.4j),
        (1.3 + 0.4j) ** x[:2],
        w**z,
        2.5**z,
    )
    return sum(_weighted(torch.view_as_real(power)) for power in powers)


@row(uniform(0.5, 1.5, 4), "listed_power", "tensor_exponent")
def powers_of_lists(x: Any) -> Any:
    """torch._foreach_pow by lists of exponents, by numbers, and of a number."""
    parts = [x[:2], x[2:]]
    powers = (
        torch._foreach_pow(parts, parts[::-1]),
        torch._foreach_pow(parts, 2.5),
        torch._foreach_pow(parts, [1.5, -1.0]),
        torch._foreach_pow(2.5, parts),
    )
    return sum(_weighted(power) for several in powers for power in several)
