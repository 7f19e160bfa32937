"""Why a derivative is not finite: what can be known of it, in sentences for the error."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ._measured import operations_of
from ._offers import Offers
from .typing import Function, Leaves

_HALF = re.compile(r"\b(float16|bfloat16|float8\w*)\b")
_DECOMPOSITIONS = re.compile(r"eig|svd|schur", re.IGNORECASE)
"""Operations whose derivative divides by differences of eigenvalues or singular values, in each engine's spelling."""


def known(
    offers: Offers, functions: Sequence[Function], inputs: Leaves, undifferentiated: Callable[[], Any]
) -> tuple[str, ...]:
    """What is known of why a derivative at these arrays is not finite; nothing where it is the chain rule.

    `undifferentiated` evaluates the user's functions on them.
    """
    said = []
    half = sorted({found[0] for x in inputs if (found := _HALF.search(str(x.dtype)))})
    if half:
        said.append(f"x is {' and '.join(half)}, which ends at large and small numbers soon: use float32.")
    captured = sorted(set(_not_finite(offers, functions)))
    if captured:
        said.append(f"f captures numbers that are not finite: {', '.join(captured)}.")
    operations = operations_of(offers, lambda *_: undifferentiated(), inputs) or ()
    decompositions = sorted(name for name in operations if _DECOMPOSITIONS.search(name))
    if decompositions:
        said.append(
            f"f runs {', '.join(decompositions)}, whose derivative divides by the differences of eigenvalues or "
            "singular values: two that are equal leave none, even where f is smooth in them."
        )
    return tuple(said)


def _not_finite(offers: Offers, functions: Sequence[Function]) -> Iterator[str]:
    """The names of what functions capture, directly or by other functions, that holds such numbers."""
    pending, seen = [*functions], set[int]()
    while pending:
        function = inspect.unwrap(pending.pop())
        if isinstance(function, functools.partial):
            pending += [function.func, *filter(inspect.isroutine, function.args)]
            values = {f"its argument {i}": value for i, value in enumerate(function.args)} | function.keywords
        elif inspect.isfunction(function) or inspect.ismethod(function):
            closure = inspect.getclosurevars(function)
            values = {**closure.globals, **closure.nonlocals}
        else:
            continue
        for name, value in values.items():
            if inspect.isfunction(value) and id(value) not in seen:
                seen.add(id(value))
                pending.append(value)
            elif not callable(value) and not all(map(functools.partial(_is_finite, offers), _leaves(offers, value))):
                yield name


def _leaves(offers: Offers, value: Any) -> Sequence[Any]:
    try:
        return offers.flatten(value)[0]
    except Exception:  # what is no container of the engine's is no data
        return ()


def _is_finite(offers: Offers, leaf: Any) -> bool:
    """Whether a leaf is no floating array, or one of finite numbers alone."""
    if not hasattr(leaf, "dtype") or offers.finite is None:
        return True
    try:
        return offers.finite(offers.backend.asarray(leaf))
    except Exception:  # an array of another engine, or of text
        return True
