"""What must hold without any reference: steadiness, symmetry, linearity, agreement of nestings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nestgrad_conformance.cases.case import Case
from nestgrad_conformance.cases.scenario_case import Vector
from nestgrad_conformance.nestings import order_of
from nestgrad_conformance.truth.truth import Uncertain

Evaluate = Callable[..., Vector]


def broken_law(
    subject: Case, nesting: str, evaluate: Evaluate, directions: list[Vector], found: Vector, rounding: float
) -> str | None:
    """The first law that the operator breaks, with the figures, or None.

    Args:
        subject: the function at its point.
        nesting: its code.
        evaluate: the operator on flat vectors, called once before.
        directions: those of that first call.
        found: its result.
        rounding: how far the result may be from the truth, where that is more than rounding of the result
            itself: a result that is zero but for rounding has no size of its own.
    """
    x, slack = subject.x, subject.precision.slack
    if directions:
        first, *rest = directions
        other = subject.direction(10)
        along_other = evaluate(x, other, *rest)
        both = evaluate(x, first + 2 * other, *rest)
        size = np.abs(found) + 2 * np.abs(along_other)
        gap = _gap(both, found + 2 * along_other, size, 4 * rounding, slack)
        if gap:
            return f"not linear in its first direction: {gap}"
        gap = _asymmetry(evaluate, x, directions, other, found, along_other, rounding, slack)
        if gap:
            return f"not symmetric: {gap}"
    elif _is_stale(subject, evaluate):
        return "a gradient elsewhere is wrong, when asked for after this one"
    gap = _gap(evaluate(x, *directions), found, np.abs(found), rounding, slack)
    if gap:
        return f"another answer at the second call: {gap}"
    return _disagreement(subject, nesting, directions, found, rounding)


def _asymmetry(
    evaluate: Evaluate,
    x: Vector,
    directions: list[Vector],
    other: Vector,
    found: Vector,
    along_other: Vector,
    rounding: float,
    slack: float,
) -> str | None:
    """⟨u, Hv⟩ = ⟨v, Hu⟩ for one direction and a vector; for several, the first two swapped."""
    if len(directions) > 1:
        swapped = evaluate(x, directions[1], directions[0], *directions[2:])
        return _gap(swapped, found, np.abs(found), 2 * rounding, slack)
    if found.shape != x.shape:
        return None
    (v,) = directions
    size = np.abs(other) @ np.abs(found) + np.abs(v) @ np.abs(along_other)
    return _gap(other @ found, v @ along_other, size, rounding * (_sum(other) + _sum(v)), slack)


def _is_stale(subject: Case, evaluate: Evaluate) -> bool:
    """Whether a gradient at another point, asked for after the first, is wrong there."""
    elsewhere = subject.x + 0.01 * subject.direction(11)
    found = evaluate(elsewhere)
    try:
        return not subject.oracle.at(elsewhere).vector().agrees(found, subject.precision)
    except Uncertain:
        return False


def _disagreement(subject: Case, nesting: str, directions: list[Vector], found: Vector, rounding: float) -> str | None:
    """Nestings of one order agree; at order 1 this is the dot-product test of jvp against vjp.

    All nestings of an order are measured along the same directions; one of F alone takes one more.
    """
    order, slack = order_of(nesting), subject.precision.slack
    last = subject.direction(order - 1)
    if "R" in nesting:
        vector, scalar = subject.vectors.setdefault(order, found), subject.scalars.get(order)
        gap = _gap(found, vector, np.abs(found), 2 * rounding, slack)
        if gap is None and scalar is not None:
            gap = _gap(found @ last, scalar, np.abs(found) @ np.abs(last), rounding * (1 + _sum(last)), slack)
    else:
        known = subject.vectors.get(order)
        subject.scalars.setdefault(order, found)
        if known is None:
            return None
        gap = _gap(found, known @ last, np.abs(known) @ np.abs(last), rounding * (1 + _sum(last)), slack)
    return f"disagrees with another nesting of this order: {gap}" if gap else None


def _sum(direction: Vector) -> float:
    return float(np.sum(np.abs(direction)))


def _gap(one: Vector, other: Vector, size: Vector, rounding: float, slack: float) -> str | None:
    """The largest difference, if it is more than rounding at the size of the largest entry."""
    difference = float(np.max(np.abs(one - other), initial=0.0))
    allowed = slack * float(np.max(size, initial=0.0)) + rounding
    return None if difference <= allowed else f"off by {difference:.1e} where {allowed:.1e} is rounding"
