"""Which nestings a call may run: the one that is named, or those of the backend's preferred that it has."""

from __future__ import annotations

from ._errors import InvalidNestingError
from ._nesting import Mode, Nesting
from ._offers import MODES, Offers
from ._refusal import UnsupportedNestingError
from ._spec import provides


def require(offers: Offers, nesting: Nesting) -> Nesting:
    """The nesting itself, if the backend has its modes and reaches its order.

    Raises:
        UnsupportedNestingError: it lacks a mode, or the nesting is longer than its `max_order`.
    """
    missing = [mode for mode in dict.fromkeys(nesting) if mode not in offers.modes]
    if missing:
        other = Nesting("F" if missing[0] is Mode.REVERSE else "R" * nesting.order)
        reason = f"it has no {missing[0].value} mode (no {MODES[missing[0]]})."
        reachable = other if other.order == nesting.order and other.inner in offers.modes else None
        raise UnsupportedNestingError(
            backend=offers.name,
            nesting=nesting,
            operation=None,
            reason=reason,
            use=reachable,
            instead=_over_another(offers, nesting),
        )
    if offers.max_order is not None and nesting.order > offers.max_order:
        reason = f"its longest nesting has order {offers.max_order}."
        raise UnsupportedNestingError(
            backend=offers.name, nesting=nesting, operation=None, reason=reason, instead=_over_another(offers, nesting)
        )
    return nesting


def _over_another(offers: Offers, nesting: Nesting) -> str | None:
    """What to do with a backend that takes functions of any engine: the inner letters are that engine's."""
    if nesting.order == 1 or not provides(offers.backend, "over"):
        return None
    given = f"backend={offers.name!r}"
    return f"Give it a derivative by another backend: jvp(gradient(f), (x,), (v,), {given}) is ∇²f(x)v."


def candidates(offers: Offers, nesting: str | Nesting) -> tuple[Nesting, ...]:
    """The nestings of a Hessian-vector product to try on a backend, best first.

    For `"auto"` they are those of the backend's preferred that it has, and `OVER_A_BASIS` behind them.

    Raises:
        InvalidNestingError: not a nesting of order 2 with an R.
        UnsupportedNestingError: the backend lacks the modes.
    """
    if nesting != "auto":
        return (require(offers, hvp_nesting(nesting)),)
    if not offers.candidates:
        return (require(offers, offers.preferred[0]),)
    require(offers, offers.candidates[0])
    return offers.candidates


def hvp_nesting(spelling: str | Nesting) -> Nesting:
    """The nesting, if it is one of a Hessian-vector product; raises `InvalidNestingError` otherwise."""
    nesting = Nesting(spelling)
    if nesting.order != 2 or Mode.REVERSE not in nesting:
        raise InvalidNestingError(
            f"A Hessian-vector product is one of 'FR', 'RF', 'RR' or 'auto'; {nesting.code!r} is not. "
            "D²f[v1, v2] by two forward passes is forward_over_forward; any other nesting is derivative."
        )
    return nesting
