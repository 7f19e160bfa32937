"""The one way from every operator to its backend: guards, errors, and a look at the numbers.

`jvp`, `vjp`, each pullback and each plan of an operator pass here, so that what one of them refuses no other lets by.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._errors import NestgradError
from ._failures import is_users, translated
from ._nesting import Nesting
from ._refusal import NotFiniteError
from ._spec import Backend, provides
from ._trees import flatten
from .typing import Function, Leaves


def run(backend: Any, nesting: Nesting, route: Function, *inputs: Any) -> tuple[Any, ...]:
    """`route(*inputs)`, by the backend's own `run` if it has one: it may look at the program first.

    A route gives the derivative first, a tree of arrays, and behind it whatever else there is.
    """
    result: tuple[Any, ...] = backend.run(nesting, route, *inputs) if provides(backend, "run") else route(*inputs)
    return result


def checked(
    backend: Backend,
    nesting: Nesting,
    inputs: Leaves,
    evaluate: Callable[[], tuple[Any, ...]],
    undifferentiated: Callable[[], Any],
) -> tuple[Any, ...]:
    """`evaluate()`, which is a `run`, compiled or not, on these inputs.

    Args:
        backend: what differentiates.
        nesting: the nesting that is run.
        inputs: the arrays that the derivative is of: primals, directions or cotangents, of any shapes.
        evaluate: gives the derivative first, and behind it whatever else there is.
        undifferentiated: f's value on the same inputs; what it raises is the user's. Called where something failed.

    Raises:
        UnsupportedNestingError: the backend refuses, or recognises what its engine raised.
        NotFiniteError: the derivative is not finite, though the inputs and f's value are.
        EngineError: the engine raised what its backend does not recognise.
    """
    try:
        result, *others = evaluate()
    except (NestgradError, MemoryError):
        raise
    except Exception as error:
        if is_users(error, undifferentiated):
            raise
        raise translated(error, backend, nesting) from error
    if not _all_finite(backend, result) and _all_finite(backend, (*inputs, undifferentiated())):
        raise NotFiniteError(backend=backend.name, nesting=nesting)
    return result, *others


def _all_finite(backend: Any, tree: Any) -> bool:
    return not provides(backend, "finite") or all(map(backend.finite, flatten(backend, tree)[0]))
