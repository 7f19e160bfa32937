"""The one way from every operator to its backend: guards, errors, and a look at the numbers.

`jvp`, `vjp`, each pullback and each plan of an operator pass here, so that what one of them refuses no other lets by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from ._crossed import crossed
from ._errors import NestgradError
from ._failures import is_users, translated
from ._nesting import Nesting
from ._not_finite import known
from ._offers import Offers
from ._refusal import NotFiniteError
from .typing import Array, Function, Leaves, Tree


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
    except Exception as error:
        tell(error, offers, nesting, undifferentiated)


def tell(error: Exception, offers: Offers, nesting: Nesting, undifferentiated: Callable[[], Any]) -> NoReturn:
    """Raise what the user is told of an exception: itself if it is nestgrad's or the user's, else what it means."""
    try:
        if isinstance(error, (NestgradError, MemoryError)) or is_users(error, undifferentiated):
            raise error
        raised = crossed(error)
        if raised is not None:
            raise raised from error
        raise translated(error, offers, nesting) from error
    finally:
        del error  # its traceback holds this frame: f and its inputs would live until a collection


def check_finite(
    offers: Offers, nesting: Nesting, derivative: Tree, inputs: Leaves, f: Function, undifferentiated: Callable[[], Any]
) -> None:
    """Look at the numbers of what was not compiled. `inputs` are the arrays that the derivative is of, of any shapes.

    Raises:
        NotFiniteError: the derivative is not finite, though the inputs and f's value are.
    """
    if not is_finite(offers, derivative, inputs[0]):
        refuse_infinite(offers, nesting, inputs, (f,), undifferentiated)


def is_finite(offers: Offers, derivative: Tree, like: Array) -> bool:
    """Whether no array can be seen to hold a number that is not finite. What is of the type of `like` is an array."""
    finite = offers.finite
    if finite is None or type(derivative) is type(like):
        return finite is None or finite(derivative)
    return all(map(finite, offers.flatten(derivative)[0]))


def refuse_infinite(
    offers: Offers,
    nesting: Nesting,
    inputs: Leaves,
    functions: Sequence[Function],
    undifferentiated: Callable[[], Any],
) -> None:
    """Raise for a derivative of the user's functions that is not finite, unless the inputs or f's value are not."""
    finite = offers.finite
    if finite is not None and all(map(finite, offers.flatten((*inputs, undifferentiated()))[0])):
        raise NotFiniteError(
            backend=offers.name, nesting=nesting, known=known(offers, functions, inputs, undifferentiated)
        )
