"""Which nesting a call runs: the one that is named, or the first of the backend's preferred that it has."""

from __future__ import annotations

from ._errors import InvalidNestingError
from ._nesting import Mode, Nesting
from ._refusal import UnsupportedNestingError
from ._spec import Backend, provides

_METHOD = {Mode.FORWARD: "jvp", Mode.REVERSE: "vjp"}
_DEFAULT_PREFERENCE = ("FR", "RR", "RF")


def require(backend: Backend, nesting: Nesting) -> Nesting:
    """The nesting itself, if the backend has its modes and reaches its order.

    Raises:
        UnsupportedNestingError: it lacks a mode, or the nesting is longer than its `max_order`.
    """
    missing = [mode for mode in dict.fromkeys(nesting) if not provides(backend, _METHOD[mode])]
    if missing:
        other = Nesting("F" if missing[0] is Mode.REVERSE else "R" * nesting.order)
        reason = f"it has no {missing[0].value} mode (no {_METHOD[missing[0]]})."
        reachable = other if other.order == nesting.order and provides(backend, _METHOD[other.inner]) else None
        raise UnsupportedNestingError(
            backend=backend.name, nesting=nesting, operation=None, reason=reason, use=reachable
        )
    limit = getattr(backend, "max_order", None)
    if limit is not None and nesting.order > limit:
        reason = f"its longest nesting has order {limit}."
        raise UnsupportedNestingError(backend=backend.name, nesting=nesting, operation=None, reason=reason)
    return nesting


def chosen_for_hvp(backend: Backend, nesting: str | Nesting) -> Nesting:
    """The nesting of a Hessian-vector product on a backend; `"auto"` is the first of its preferred that it has.

    Raises:
        InvalidNestingError: not a nesting of order 2 with an R.
        UnsupportedNestingError: the backend lacks the modes.
    """
    if nesting != "auto":
        return require(backend, hvp_nesting(nesting))
    preferred = [Nesting(code) for code in getattr(backend, "preferred", _DEFAULT_PREFERENCE)]
    for candidate in preferred:
        if all(provides(backend, _METHOD[mode]) for mode in candidate):
            return require(backend, candidate)
    return require(backend, preferred[0])


def hvp_nesting(spelling: str | Nesting) -> Nesting:
    """The nesting, if it is one of a Hessian-vector product; raises `InvalidNestingError` otherwise."""
    nesting = Nesting(spelling)
    if nesting.order != 2 or Mode.REVERSE not in nesting:
        raise InvalidNestingError(
            f"A Hessian-vector product is one of 'FR', 'RF', 'RR' or 'auto'; {nesting.code!r} is not. "
            "D²f[v1, v2] by two forward passes is forward_over_forward; any other nesting is derivative."
        )
    return nesting
