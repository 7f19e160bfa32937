"""Functions that differentiate inside: of whom an engine must not confuse the variables."""

from __future__ import annotations

from typing import Any

import numpy as np

from nestgrad_conformance.scenarios._scenario import collect, normal

from ._program import program


@program(normal(3), "nested", nested=True, reference=lambda np, x: np.sum(x**2 * np.exp(x)))
def confusion_distinct(xp: Any, x: Any, inner: Any) -> Any:
    """Perturbation confusion: d/dy(x·y·eʸ…) inside, at a point that is not x."""
    slope = inner(lambda y: xp.sum(x * xp.exp(x) * y), "R")(xp.asarray(np.ones(3)))
    return xp.sum(x * slope)


@program(normal(3), "nested", "aliased", nested=True, reference=lambda np, x: np.sum(2 * x**3), sample=True)
def confusion_aliased(xp: Any, x: Any, inner: Any) -> Any:
    """The inner variable is the outer one: x · d/dy(x·y²) at y = x."""
    return xp.sum(x * inner(lambda y: xp.sum(x * y**2), "R")(x))


@program(
    normal(3), "nested", "nested_forward", "aliased", nested=True, reference=lambda np, x: np.sum(x) * np.sum(2 * x**2)
)
def confusion_forward(xp: Any, x: Any, inner: Any) -> Any:
    """The same by forward mode inside: Σx · d/dα Σx(x+α)² at α = 0."""
    return xp.sum(x) * inner(lambda y: xp.sum(x * y**2), "F")(x, xp.ones_like(x))


@program(normal(3), "nested", "nested_deep", "aliased", nested=True, reference=lambda np, x: np.sum(2 * x**3))
def confusion_three_deep(xp: Any, x: Any, inner: Any) -> Any:
    """Three variables, all one: x · d/dy(y · d/dz(xyz) at z = y) at y = x."""

    def middle(y: Any) -> Any:
        return xp.sum(y * inner(lambda z: xp.sum(x * y * z), "R")(y))

    return xp.sum(x * inner(middle, "R")(x))


@program(
    normal(3),
    "nested",
    "nested_forward",
    "nested_deep",
    "aliased",
    nested=True,
    reference=lambda np, x: np.sum(4 * x**3),
)
def confusion_reverse_over_forward(xp: Any, x: Any, inner: Any) -> Any:
    """Forward mode inside reverse mode inside: x · d/dy(∂ₐ Σxy(y+a)²) at y = x."""

    def middle(y: Any) -> Any:
        return inner(lambda z: xp.sum(x * y * z**2), "F")(y, xp.ones_like(x))

    return xp.sum(x * inner(middle, "R")(x))


@program(
    normal(3),
    "nested",
    "nested_forward",
    "nested_deep",
    "aliased",
    nested=True,
    reference=lambda np, x: np.sum(6 * x**4),
)
def confusion_forward_over_reverse(xp: Any, x: Any, inner: Any) -> Any:
    """Reverse mode inside forward mode inside: along x, of y · d/dz(xyz²) at z = y, at y = x."""

    def middle(y: Any) -> Any:
        return xp.sum(y * inner(lambda z: xp.sum(x * y * z**2), "R")(y))

    return inner(middle, "F")(x, x)


@program(normal(3), "nested", "nested_deep", "aliased", nested=True, reference=lambda np, x: np.sum(6 * x**4), order=2)
def confusion_four_deep(xp: Any, x: Any, inner: Any) -> Any:
    """Four variables, all one, each multiplied into the derivative of the next."""

    def third(z: Any, y: Any) -> Any:
        return xp.sum(z * inner(lambda w: xp.sum(x * y * z * w), "R")(z))

    def second(y: Any) -> Any:
        return xp.sum(y * inner(lambda z: third(z, y), "R")(y))

    return xp.sum(x * inner(second, "R")(x))


@program(normal(3), "nested", nested=True, reference=lambda np, x: np.sum(x**2 * np.cos(x**2)))
def confusion_at_a_square(xp: Any, x: Any, inner: Any) -> Any:
    """The inner variable is made of the outer one: x · d/dy(x sin y) at y = x²."""
    return xp.sum(x * inner(lambda y: xp.sum(x * xp.sin(y)), "R")(x**2))


@program(normal(3), "nested", "nested_deep", "aliased", nested=True, reference=lambda np, x: np.sum(6 * x**4))
def confusion_hessian_inside(xp: Any, x: Any, inner: Any) -> Any:
    """A Hessian inside, along the outer variable itself: x · ∇²(Σxy³)x at y = x."""
    return xp.sum(x * inner(lambda y: xp.sum(x * y**3), "RR")(x, x))


SCENARIOS = collect(dict(globals()))
