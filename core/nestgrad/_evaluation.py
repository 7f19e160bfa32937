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
    offers: Offers, nesting: Nesting, evaluate: Function, inputs: Leaves, undifferentiated: Callable[[], Any]
) -> Any:
    """`evaluate(*inputs)`, which gives a derivative.

    Args:
        offers: what differentiates.
        nesting: the nesting that is run.
        evaluate: the backend's `run` of a route, or a program that was compiled from one.
        inputs: the arrays that the derivative is of: primals, directions or cotangents, of any shapes.
        undifferentiated: f's value on the same inputs; what it raises is the user's. Called where something failed.

    Raises:
        UnsupportedNestingError: the backend refuses, or recognises what its engine raised.
        EngineError: the engine raised what its backend does not recognise.
    """
    try:
        return evaluate(*inputs)
    except (NestgradError, MemoryError):
        raise
    except Exception as error:
        if is_users(error, undifferentiated):
            raise
        raise translated(error, offers, nesting) from error


def check_finite(
    offers: Offers, nesting: Nesting, derivative: Tree, inputs: Leaves, undifferentiated: Callable[[], Any]
) -> None:
    """Look at the numbers of what was not compiled; arguments are those of `checked`.

    Raises:
        NotFiniteError: the derivative is not finite, though the inputs and f's value are.
    """
    if not _all_finite(offers, derivative) and _all_finite(offers, (*inputs, undifferentiated())):
        raise NotFiniteError(backend=offers.name, nesting=nesting)


def _all_finite(offers: Offers, tree: Tree) -> bool:
    return offers.finite is None or all(map(offers.finite, offers.flatten(tree)[0]))
