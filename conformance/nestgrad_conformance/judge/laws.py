"""What must hold without any reference: steadiness, symmetry, linearity, agreement of words."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .subject import Subject, Vector, order_of
from .truth import SLACK

Evaluate = Callable[..., Vector]


def broken_law(subject: Subject, word: str, evaluate: Evaluate, directions: list[Vector], found: Vector) -> str | None:
    """The first law that the operator breaks, with the figures, or None.

    Args:
        subject: the function at its point.
        word: the nesting.
        evaluate: the operator on flat vectors, called once before.
        directions: those of that first call.
        found: its result.
    """
    x = subject.x
    if directions:
        first, *rest = directions
        other = subject.direction(10)
        along_other = evaluate(x, other, *rest)
        both = evaluate(x, first + 2 * other, *rest)
        gap = _gap(both, found + 2 * along_other, np.abs(found) + 2 * np.abs(along_other))
        if gap:
            return f"not linear in its first direction: {gap}"
        gap = _asymmetry(evaluate, x, directions, other, found, along_other)
        if gap:
            return f"not symmetric: {gap}"
    else:
        evaluate(subject.x + 0.01 * subject.direction(11))  # elsewhere in between: a stale result would show
    gap = _gap(evaluate(x, *directions), found, np.abs(found))
    if gap:
        return f"another answer at the second call: {gap}"
    return _disagreement(subject, word, directions, found)


def _asymmetry(
    evaluate: Evaluate, x: Vector, directions: list[Vector], other: Vector, found: Vector, along_other: Vector
) -> str | None:
    """⟨u, Hv⟩ = ⟨v, Hu⟩ for one direction and a vector; for several, the first two swapped."""
    if len(directions) > 1:
        return _gap(evaluate(x, directions[1], directions[0], *directions[2:]), found, np.abs(found))
    if found.shape != x.shape:
        return None
    (v,) = directions
    size = np.abs(other) @ np.abs(found) + np.abs(v) @ np.abs(along_other)
    return _gap(other @ found, v @ along_other, size)


def _disagreement(subject: Subject, word: str, directions: list[Vector], found: Vector) -> str | None:
    """Words of one order agree; at order 1 this is the dot-product test of jvp against vjp."""
    order = order_of(word)
    known = subject.agreed.get(order)
    if "F" in word and "R" not in word:
        if known is None:
            return None
        last = directions[-1]
        gap = _gap(found, known @ last, np.abs(known) @ np.abs(last))
    else:
        gap = _gap(found, subject.agreed.setdefault(order, found), np.abs(found))
    return f"disagrees with another word of this order: {gap}" if gap else None


def _gap(one: Vector, other: Vector, size: Vector) -> str | None:
    """The largest difference, if it is more than rounding at the size of the largest entry."""
    difference = float(np.max(np.abs(one - other), initial=0.0))
    allowed = SLACK * float(np.max(size, initial=0.0))
    return None if difference <= allowed else f"off by {difference:.1e} where {allowed:.1e} is rounding"
