"""Custom rules, checkpoints and callbacks of autograd."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
from autograd import checkpoint as checkpointed
from autograd.builtins import tuple as traced_tuple
from autograd.extend import defjvp, defvjp, defvjp_argnums, notrace_primitive, primitive
from autograd.misc.fixed_points import fixed_point as solved
from autograd.scipy.integrate import odeint as integrate

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted


@primitive
def _sine(x: Any) -> Any:
    return np.sin(x)


defvjp(_sine, lambda ans, x: lambda g: g * np.cos(x))


defjvp(_sine, lambda g, ans, x: g * np.cos(x))


@primitive
def _cosine(x: Any) -> Any:
    return np.cos(x)


defvjp(_cosine, lambda ans, x: lambda g: -g * np.sin(x))


@row(normal(3), "custom_rule", order=3)
def primitive_both(x: Any) -> Any:
    """A primitive with a rule for each mode."""
    return np.sum(_sine(x) ** 2)


@row(normal(3), "custom_rule", "custom_reverse")
def primitive_reverse(x: Any) -> Any:
    """A primitive with a reverse rule alone."""
    return np.sum(_cosine(x) ** 2)


@row(normal(4), "checkpoint")
def checkpoint(x: Any) -> Any:
    """autograd.checkpoint."""
    return np.sum(checkpointed(lambda y: np.sin(y) * y)(x) ** 2)


@primitive
def _root(x: Any) -> Any:
    return np.sqrt(x)


defvjp(_root, lambda ans, x: lambda g: g / (2 * ans))


defjvp(_root, lambda g, ans, x: g / (2 * ans))


@row(uniform(0.5, 1.5, 3), "custom_rule")
def primitive_saved_output(x: Any) -> Any:
    """A primitive whose rules use its output: differentiated again through what is saved."""
    return np.sum(_root(x) ** 3)


@primitive
def _scaled(x: Any, y: Any, factor: float = 1.0) -> Any:
    return factor * x * y


defvjp(_scaled, None, lambda ans, x, y, factor=1.0: lambda g: g * factor * x, argnums=(0, 1))


defjvp(_scaled, None, lambda g, ans, x, y, factor=1.0: g * factor * x)


@row(normal(3), "custom_rule")
def primitive_constant_argument(x: Any) -> Any:
    """A primitive with a keyword and an argument that is declared constant by None, and is one."""
    return np.sum(_scaled(np.arange(3.0), x, factor=2.0) ** 2)


@primitive
def _linear(x: Any) -> Any:
    return 3.0 * x


defvjp(_linear, lambda ans, x: lambda g: 3.0 * g)


defjvp(_linear, "same")


@row(normal(3), "custom_rule")
def primitive_linear(x: Any) -> Any:
    """A linear primitive, its forward rule 'same'."""
    return np.sum(_linear(x) ** 3)


@primitive
def _many(*parts: Any) -> Any:
    return sum(part**2 for part in parts)


defvjp_argnums(_many, lambda argnums, ans, args, kwargs: lambda g: tuple(2 * g * args[i] for i in argnums))


@row(normal(3), "custom_rule", "custom_reverse")
def primitive_many_arguments(x: Any) -> Any:
    """A primitive of any number of arguments, with defvjp_argnums alone."""
    return np.sum(_many(x, np.sin(x), x**3))


_rounded = notrace_primitive(np.round)


@row(normal(3), "custom_rule")
def untraced(x: Any) -> Any:
    """A notrace_primitive, constant around the inputs."""
    return np.sum(np.sin(x) * (_rounded(x / 99) + 1))


@row(normal(3), "fixed_point")
def fixed_point(x: Any) -> Any:
    """misc.fixed_points.fixed_point, differentiated implicitly."""

    def distance(a: Any, b: Any) -> Any:
        return np.max(np.abs(a - b))

    root = solved(lambda a: lambda y: np.cos(y) / 2 + a / 4, x, np.zeros(3), distance, 1e-14)
    return _weighted(root)


@row(normal(2), "odeint")
def odeint(x: Any) -> Any:
    """integrate.odeint in the initial state and an argument, exact to the solver's tolerance."""
    times = np.linspace(0.0, 0.1, 3)
    return _weighted(
        integrate(lambda y, t, rate: -rate * y, x, times, traced_tuple((x**2,)), rtol=1e-12, atol=1e-12)[-1]
    )
