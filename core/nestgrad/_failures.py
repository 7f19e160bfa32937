"""Whose exception is it? The user's passes unchanged, the engine's is translated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._errors import EngineError, NestgradError
from ._nesting import Nesting
from ._refusal import UnsupportedNestingError
from ._spec import provides


def guarded(backend: Any, word: Nesting, evaluate: Callable[[], Any], undifferentiated: Callable[[], Any]) -> Any:
    """`evaluate()`, with the engine's exceptions translated.

    An exception that f raises undifferentiated on the same inputs is the user's and passes unchanged,
    so f is evaluated once more when something fails. `KeyboardInterrupt` and `SystemExit` pass.

    Raises:
        UnsupportedNestingError: the backend recognises the exception as a refusal.
        EngineError: it does not. `__cause__` is the engine's exception in both cases.
    """
    try:
        return evaluate()
    except NestgradError:
        raise
    except Exception as error:
        if _raises(undifferentiated, type(error)):
            raise
        raise _translated(backend, word, error) from error


def _raises(undifferentiated: Callable[[], Any], kind: type[Exception]) -> bool:
    """Whether f itself raises an exception of this kind; one of another kind is f's as well, and passes."""
    try:
        undifferentiated()
    except kind:
        return True
    return False


def _translated(backend: Any, word: Nesting, error: Exception) -> NestgradError:
    refusal = backend.classify(error, word) if provides(backend, "classify") else None
    if refusal is None:
        return EngineError(
            f"{backend.name} failed on {word.code!r} ({word}) with {type(error).__name__}: {error}. "
            "The function itself evaluates on these inputs, so this comes from differentiating it."
        )
    return UnsupportedNestingError(
        backend=backend.name,
        nesting=word,
        operation=refusal.operation,
        reason=refusal.reason,
        use=None if refusal.use is None else Nesting(refusal.use),
    )
