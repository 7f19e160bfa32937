"""Declared against measured: the verdict of a cell, and what makes a run fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

Outcome = Literal[
    "correct", "wrong", "silent_zero", "not_finite", "refused", "error", "crash", "timeout", "uncertain", "probe"
]
Declared = Literal["supported", "limit", "not_finite"]
Route = Literal["native", "emulated", "substituted"]
Judged = Literal[
    "supported", "emulated", "refused", "not_finite", "undeclared", "silently_wrong", "uncertain", "broken", "probe"
]
Verdict = Judged | Outcome  # a raw engine declares nothing: there the outcome is the verdict

OUTCOMES: tuple[Outcome, ...] = Outcome.__args__  # type: ignore[attr-defined]
VERDICTS: tuple[Judged, ...] = Judged.__args__  # type: ignore[attr-defined]
SILENT: tuple[Outcome, ...] = ("wrong", "silent_zero")
WRONG: tuple[Outcome, ...] = (*SILENT, "not_finite")
FAILING: tuple[Judged, ...] = ("undeclared", "silently_wrong", "broken")
FAILING_RAW: tuple[Outcome, ...] = (*WRONG, "crash")
UNCERTAIN_SHARE = 0.02
"""The share of a tier's cells that may be uncertain; above it they are a finding."""

_AS_DECLARED: dict[Declared, tuple[Outcome, ...]] = {"limit": ("refused",), "not_finite": ("refused", "not_finite")}


class Finding(Protocol):
    """What failing is decided by."""

    tier: str
    declared: Declared | None
    verdict: Verdict


def verdict(declared: Declared | None, outcome: Outcome, route: Route | None) -> Verdict:
    """The verdict of one cell; of a raw engine, which declares nothing, the outcome.

    A wrong number is silently wrong whatever was declared: a limit promises a refusal, or a result that is no number.

    Example:
        >>> verdict("limit", "correct", "native")
        'undeclared'
    """
    if declared is None or outcome == "probe":
        return outcome
    if outcome in SILENT:
        return "silently_wrong"
    if outcome == "uncertain":
        return "uncertain"
    if declared == "supported":
        right = {"native": "supported", "emulated": "emulated"} if outcome == "correct" else {}
        return right.get(route, "broken")  # type: ignore[return-value, arg-type]
    if outcome == "correct":
        return "undeclared"
    return outcome if outcome in _AS_DECLARED[declared] else "broken"


def fails(cell: Finding) -> bool:
    """Whether one cell makes a run fail. A raw engine declares nothing: there it is the outcome that does."""
    return cell.verdict in (FAILING if cell.declared is not None else FAILING_RAW)


def findings(cells: Sequence[Finding]) -> list[Finding]:
    """The cells that make a run fail: none when declared equals measured and no number is wrong."""
    return [cell for cell in cells if fails(cell)] + _too_uncertain(cells)


def _too_uncertain(cells: Iterable[Finding]) -> list[Finding]:
    cells = list(cells)
    size = Counter(cell.tier for cell in cells)
    uncertain = [cell for cell in cells if cell.verdict == "uncertain"]
    count = Counter(cell.tier for cell in uncertain)
    return [cell for cell in uncertain if count[cell.tier] > UNCERTAIN_SHARE * size[cell.tier]]
