"""Special and elementary functions of jax, complex numbers inside."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax
from jax.scipy import special

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import row, zero_inside

from ._common import _weighted


@row(uniform(0.5, 2.5, 4), "special", "bessel")
def bessel_jn(x: Any) -> Any:
    """Bessel functions of the first kind."""
    return _weighted(special.bessel_jn(x, v=3))


@row(normal(4), "special", "bessel")
def bessel_modified(x: Any) -> Any:
    """i0, i1 and their scaled forms; jnp.i0."""
    return sum(_weighted(function(x)) for function in (special.i0, special.i1, special.i0e, special.i1e, jnp.i0))


@row(uniform(0.5, 2.5, 4), "special")
def expi(x: Any) -> Any:
    """The exponential integral Ei."""
    return _weighted(special.expi(x))


@row(uniform(0.5, 2.5, 4), "special", "expn")
def expn(x: Any) -> Any:
    """The exponential integral of order 2."""
    return _weighted(special.expn(2, x))


@row(uniform(0.5, 2.5, 4), "special")
def sine_integrals(x: Any) -> Any:
    """The functions sici and fresnel."""
    return sum(_weighted(part) for part in (*special.sici(x), *special.fresnel(x)))


@row(uniform(0.2, 0.8, 4), "special", "betainc")
def betainc(x: Any) -> Any:
    """The function betainc in its bound."""
    return _weighted(special.betainc(1.5, 2.0, x))


@row(uniform(0.2, 0.8, 4), "special", "betainc", "betainc_parameters")
def betainc_in_all(x: Any) -> Any:
    """The function betainc in its bound and both parameters."""
    return _weighted(special.betainc(1 + x, 2 - x, x))


@row(uniform(0.5, 2.5, 4), "special", "igamma")
def gammainc(x: Any) -> Any:
    """The functions gammainc and gammaincc in their bound."""
    return _weighted(special.gammainc(1.5, x)) + _weighted(special.gammaincc(2.5, x) ** 2)


@row(uniform(0.5, 2.5, 4), "special", "igamma", "igamma_grad_a")
def gammainc_in_both(x: Any) -> Any:
    """The function gammainc in bound and parameter."""
    return _weighted(special.gammainc(x, 1 + x**2))


@row(uniform(0.5, 2.5, 4), "special")
def polygamma(x: Any) -> Any:
    """digamma, polygamma and zeta in their argument."""
    return _weighted(special.digamma(x)) + _weighted(special.polygamma(1, x)) + _weighted(special.zeta(3.0, x))


@row(uniform(0.5, 2.5, 4), "special", "zeta")
def zeta_in_both(x: Any) -> Any:
    """The function zeta in exponent and argument."""
    return _weighted(special.zeta(2 + x, x))


@row(uniform(0.5, 2.5, 4), "special")
def gamma_family(x: Any) -> Any:
    """gamma, loggamma, factorial, poch, comb and multigammaln."""
    names = ("gamma", "loggamma", "factorial")
    others = special.poch(x, 1.5), special.multigammaln(1 + x, 2), special.beta(x, 2.0), special.comb(4.0, x)
    return sum(_weighted(getattr(special, name)(x)) for name in names) + sum(map(_weighted, others))


@row(uniform(0.1, 0.8, 4), "special")
def error_functions(x: Any) -> Any:
    """erf, erfc, erfcx, erfinv and dawsn."""
    names = ("erf", "erfc", "erfcx", "erfinv", "dawsn")
    return sum(_weighted(getattr(special, name)(x)) for name in names)


@row(normal(4), "special", "complex")
def faddeeva(x: Any) -> Any:
    """The function wofz of a complex argument."""
    return _weighted(jnp.abs(special.wofz(x + 0.5j)) ** 2)


@row(normal(4), "special")
def owens_t(x: Any) -> Any:
    """owens_t in both arguments."""
    return _weighted(special.owens_t(x, 1 - x**2 / 4))


@row(uniform(0.2, 0.8, 4), "special")
def normal_quantiles(x: Any) -> Any:
    """ndtr, log_ndtr and ndtri."""
    return _weighted(special.ndtr(x)) + _weighted(special.log_ndtr(x)) + _weighted(special.ndtri(x))


@row(uniform(0.5, 1.5, 4), "special")
def entropies(x: Any) -> Any:
    """entr, rel_entr, kl_div, xlogy and xlog1py."""
    pairs = ("rel_entr", "kl_div", "xlogy", "xlog1py")
    return _weighted(special.entr(x)) + sum(_weighted(getattr(special, name)(x, 1 + x**2)) for name in pairs)


@row(uniform(0.2, 0.8, 4), "special", "hypergeometric")
def hyp1f1(x: Any) -> Any:
    """The confluent hypergeometric function in its last argument."""
    return _weighted(special.hyp1f1(0.5, 1.5, x))


@row(uniform(0.5, 1.5, 3), "special", "hyp1f1")
def hyp1f1_in_parameters(x: Any) -> Any:
    """hyp1f1 in its parameters."""
    return _weighted(special.hyp1f1(x, 1.5 + x, 0.5))


@row(uniform(0.5, 2.5, 4), "special", "spence")
def spence(x: Any) -> Any:
    """The dilogarithm."""
    return _weighted(special.spence(x))


@row(uniform(0.2, 0.8, 4), "special")
def logits(x: Any) -> Any:
    """logit, expit, boxcox and boxcox1p."""
    return (
        _weighted(special.logit(x))
        + _weighted(special.expit(x))
        + _weighted(special.boxcox(x, 1.5))
        + _weighted(special.boxcox1p(x, x))
    )


@row(uniform(0.3, 1.2, 3), "special", "sph_harm_y")
def spherical_harmonics(x: Any) -> Any:
    """sph_harm_y in both angles."""
    values = special.sph_harm_y(jnp.array([2, 3, 3]), jnp.array([1, -1, 2]), x, x**2, n_max=3)
    return _weighted(jnp.real(values)) + _weighted(jnp.imag(values))


@row(zero_inside, "special", "boxcox")
def boxcox(x: Any) -> Any:
    """The transforms boxcox and boxcox1p in both arguments, at an exponent that is zero too."""
    return _weighted(special.boxcox(2 + jnp.tanh(x), x)) + _weighted(special.boxcox1p(2 + jnp.tanh(x), x))


@row(zero_inside, "special", "fresnel", order=3)
def fresnel(x: Any) -> Any:
    """The integrals of fresnel, at 1 too."""
    return sum(_weighted(part) for part in special.fresnel(1 + x))


@row(uniform(1.5, 2.5, 4), "special", "expn_order")
def order_of_expn(x: Any) -> Any:
    """The exponential integrals expn in their order."""
    return _weighted(special.expn(x, 1.5))


@row(normal(4))
def log_sums(x: Any) -> Any:
    """jnp.logaddexp, logaddexp2, hypot and arctan2."""
    y = jnp.roll(x, 1)
    pairs = (jnp.logaddexp, jnp.logaddexp2, jnp.hypot, jnp.arctan2)
    return sum(_weighted(function(x, y)) for function in pairs)


@row(uniform(0.2, 0.8, 4))
def elementary(x: Any) -> Any:
    """cbrt, exp2, expm1, log1p, float_power, the inverse functions and ldexp."""
    names = ("cbrt", "exp2", "expm1", "log1p", "arcsinh", "arctanh", "arccos", "tan", "log10")
    return sum(_weighted(getattr(jnp, name)(x)) for name in names) + _weighted(jnp.float_power(x, 1.5))


@row(uniform(0.5, 1.5, 4))
def powers(x: Any) -> Any:
    """jnp.power in base and exponent, and by a negative integer."""
    return _weighted(jnp.power(x, x)) + _weighted(x**-3) + _weighted(lax.integer_pow(x, 5))


@row(normal(3), "complex")
def complex_inside(x: Any) -> Any:
    """Complex numbers between real ones."""
    z = lax.complex(x, x**2)
    return (
        jnp.sum(jnp.abs(z * jnp.exp(1j * z)) ** 2) + jnp.sum(jnp.angle(z + 3)) + jnp.sum(jnp.real(jnp.log(z + 3) ** z))
    )


@row(uniform(0.4, 0.6, 4))
def remainders(x: Any) -> Any:
    """jnp.mod, fmod and modf, away from their jumps."""
    return _weighted(jnp.mod(x, 0.7 + x**2)) + _weighted(jnp.fmod(x, 9.0)) + _weighted(jnp.modf(x)[0])
