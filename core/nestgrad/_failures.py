"""Whose exception is it? The user's passes unchanged, the engine's is translated."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, TypeAlias

from ._errors import EngineError, NestgradError
from ._nesting import Nesting
from ._offers import Offers
from ._refusal import RefusedOperation, UnsupportedNestingError

Refused: TypeAlias = UnsupportedNestingError | EngineError
"""What a user is told where an engine has failed."""


def of_the_user(error: Exception) -> Exception:
    """An exception that f has raised where a backend evaluates it by itself, at another point than x.

    So marked it reaches the user as it is, though f raises nothing at x.
    """
    with contextlib.suppress(AttributeError, TypeError):  # one with slots of its own
        error.nestgrad_is_users = True  # type: ignore[attr-defined]
    return error


def is_users(error: Exception, undifferentiated: Callable[[], Any]) -> bool:
    """Whether f raises an exception of this kind by itself, without differentiation, on the same inputs.

    f is evaluated for it once more. An exception of another kind is f's as well, and passes from here.
    """
    if getattr(error, "nestgrad_is_users", False):
        return True
    try:
        undifferentiated()
    except NestgradError:
        raise
    except Exception as own:
        if type(own) is not type(error):
            raise
        return True
    return False


def recognised(error: Exception, offers: Offers, nesting: Nesting) -> UnsupportedNestingError | None:
    """What an exception of the engine means, if its backend recognises it."""
    refusal = error.refusal(nesting) if isinstance(error, RefusedOperation) else offers.classify(error, nesting)
    if refusal is None:
        return None
    return UnsupportedNestingError(
        backend=offers.name,
        nesting=nesting,
        operation=refusal.operation,
        reason=refusal.reason,
        use=None if refusal.use is None else Nesting(refusal.use),
        instead=refusal.instead,
    )


def translated(error: Exception, offers: Offers, nesting: Nesting) -> Refused:
    """The engine's exception as ours: `UnsupportedNestingError` if its backend recognises it, else `EngineError`.

    To be raised from the engine's, which so becomes `__cause__`.
    """
    return recognised(error, offers, nesting) or EngineError(
        f"{offers.name} failed on {nesting.code!r} ({nesting}) with {type(error).__name__}: {error}. "
        "The function itself evaluates on these inputs: what fails is to differentiate or to compile it."
    )
