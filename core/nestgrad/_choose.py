"""Which nesting a call runs: the one that is named, or the first of the backend's preferred that it has."""

from __future__ import annotations

from typing import Any

from ._errors import InvalidNestingError
from ._nesting import Mode, Nesting
from ._refusal import UnsupportedNestingError
from ._spec import provides

_METHOD = {Mode.FORWARD: "jvp", Mode.REVERSE: "vjp"}
_DEFAULT_PREFERENCE = ("FR", "RR", "RF")


def require(backend: Any, word: Nesting) -> Nesting:
    """The word itself, if the backend has its modes and reaches its order.

    Raises:
        UnsupportedNestingError: it lacks a mode, or the word is longer than its `max_order`.
    """
    missing = [mode for mode in dict.fromkeys(word) if not provides(backend, _METHOD[mode])]
    if missing:
        other = Nesting("F" if missing[0] is Mode.REVERSE else "R" * word.order)
        reason = f"it has no {missing[0].value} mode (no {_METHOD[missing[0]]})."
        reachable = other if other.order == word.order and provides(backend, _METHOD[other.inner]) else None
        raise UnsupportedNestingError(backend=backend.name, nesting=word, operation=None, reason=reason, use=reachable)
    limit = getattr(backend, "max_order", None)
    if limit is not None and word.order > limit:
        reason = f"its longest nesting has order {limit}."
        raise UnsupportedNestingError(backend=backend.name, nesting=word, operation=None, reason=reason)
    return word


def hvp_word(backend: Any, nesting: str | Nesting) -> Nesting:
    """The nesting of a Hessian-vector product; `"auto"` is the first of the backend's preferred that it has.

    Raises:
        InvalidNestingError: not a word of order 2 with an R.
        UnsupportedNestingError: the backend lacks the modes.
    """
    if nesting != "auto":
        return require(backend, hvp_nesting(nesting))
    preferred = [Nesting(code) for code in getattr(backend, "preferred", _DEFAULT_PREFERENCE)]
    for word in preferred:
        if all(provides(backend, _METHOD[mode]) for mode in word):
            return require(backend, word)
    return require(backend, preferred[0])


def hvp_nesting(nesting: str | Nesting) -> Nesting:
    """The word, if it names a Hessian-vector product; raises `InvalidNestingError` otherwise."""
    word = Nesting(nesting)
    if word.order != 2 or Mode.REVERSE not in word:
        raise InvalidNestingError(
            f"A Hessian-vector product is one of 'FR', 'RF', 'RR' or 'auto'; {word.code!r} is not. "
            "D²f[v1, v2] by two forward passes is forward_over_forward; any other word is derivative."
        )
    return word
