"""The one way from every operator to its backend: guards, errors, and a look at the numbers.

`jvp`, `vjp`, each pullback and each plan of an operator pass here, so that what one of them refuses no other lets by.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._errors import NestgradError
from ._failures import is_users, translated
from ._nesting import Nesting
from ._offers import Offers
from ._refusal import NotFiniteError
from .typing import Function, Leaves, Tree


def checked(
    offers: Offers,
    nesting: Nesting,
    undifferentiated: Callable[[], Any],
    evaluate: Function,
    /,
    *arguments: Any,
    **kwargs: Any,
) -> Any:
    """`evaluate(*arguments, **kwargs)`, which gives a derivative.

    Args:
        offers: what differentiates.
        nesting: the nesting that is run.
        undifferentiated: f's value on the same inputs; what it raises is the user's. Called where something failed.
        evaluate: the backend's `run` of a route, or a program that was compiled from one.
        *arguments: arrays, of any shapes, and what f is given besides.
        **kwargs: what f is given besides.

    Raises:
        UnsupportedNestingError: the backend refuses, or recognises what its engine raised.
        EngineError: the engine raised what its backend does not recognise.
    """
    try:
        return evaluate(*arguments, **kwargs)
    except (NestgradError, MemoryError):
        raise
    except Exception as error:
        if is_users(error, undifferentiated):
            raise
        raise translated(error, offers, nesting) from error


def check_finite(
    offers: Offers, nesting: Nesting, derivative: Tree, inputs: Leaves, undifferentiated: Callable[[], Any]
) -> None:
    """Look at the numbers of what was not compiled. `inputs` are the arrays that the derivative is of, of any shapes.

    Raises:
        NotFiniteError: the derivative is not finite, though the inputs and f's value are.
    """
    if offers.finite is None or all(map(offers.finite, offers.flatten(derivative)[0])):
        return
    if all(map(offers.finite, offers.flatten((*inputs, undifferentiated()))[0])):
        raise NotFiniteError(backend=offers.name, nesting=nesting)
