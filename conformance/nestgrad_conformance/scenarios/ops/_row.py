"""A row of the table: one call of a function of the Array API standard, as a scenario."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nestgrad_conformance.scenarios._scenario import Inputs, Scenario, generator

Call = Callable[..., Any]
"""`call(xp, *arrays)` gives an array, or a tuple of arrays."""

_RNG = generator(0, "ops")
# Python numbers, not an array: a compiler may not trace NumPy's. As many as the largest output has entries.
_WEIGHTS = (_RNG.uniform(0.5, 1.5, 64) * _RNG.choice([-1.0, 1.0], 64)).tolist()


@dataclass(frozen=True, eq=False)
class Named:
    """The call of a function of the standard.

    Attributes:
        function: its name in the namespace.
        then: arguments by position after the arrays.
        keywords: arguments by name.
    """

    function: str
    then: tuple[Any, ...]
    keywords: Mapping[str, Any]

    def __call__(self, xp: Any, *arrays: Any) -> Any:
        """What the function gives for these arrays."""
        return operator.attrgetter(self.function)(xp)(*arrays, *self.then, **self.keywords)


@dataclass(frozen=True, eq=False)
class Row:
    """A call with its outputs made a number: a function of the arrays that are differentiated, as scenarios have it."""

    call: Call

    def __call__(self, xp: Any, x: Any) -> Any:
        """The number, for one array or a tuple of them."""
        return weighted(xp, self.call(xp, *(x if isinstance(x, tuple) else (x,))))


def op(
    name: str,
    inputs: Inputs,
    *features: str,
    then: tuple[Any, ...] = (),
    call: Call | None = None,
    reference: Call | None = None,
    sample: bool = False,
    probe: bool = False,
    **keywords: Any,
) -> Scenario:
    """The scenario `op_{name}` of a function of the standard, its output made a number by `weighted`.

    Args:
        name: the function's name in the namespace, such as `linalg.det`, and after a colon what is special here.
        inputs: of the one array that is differentiated, or of a tuple of them.
        features: tags besides the function's and its extension's name.
        then: arguments by position after the arrays.
        call: how to call it, where `function(*arrays, *then, **keywords)` is not all.
        reference: the same call of NumPy, where NumPy's function takes other arguments.
        sample: one of the few that are measured to order 3, and with slow compilers.
        probe: the function is not smooth at this point.
        keywords: of the function.
    """
    function, _, special = name.partition(":")
    return Scenario(
        id="_".join(filter(None, ("op", *function.split("."), special))),
        function=Row(call or Named(function, then, keywords)),
        reference=None if reference is None else Row(reference),
        inputs=inputs,
        tier="ops",
        features=frozenset((*function.split("."), *features)),
        operation=function,
        order=3 if sample else 2,
        sample=sample,
        probe=probe,
        plain=not special,
    )


def weighted(xp: Any, outputs: Any) -> Any:
    """A number in which every entry of the outputs counts, each by another weight and to the third power.

    So a linear function has a second and a third derivative that are not zero.
    """
    arrays = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
    return sum((_weighted(xp, y) for y in arrays[1:]), _weighted(xp, arrays[0]))


def _weighted(xp: Any, y: Any) -> Any:
    if xp.isdtype(y.dtype, "complex floating"):
        return _weighted(xp, xp.stack([xp.real(y), xp.imag(y)]))
    shape = tuple(y.shape)
    t = y * xp.reshape(xp.asarray(_WEIGHTS[: math.prod(shape)], dtype=y.dtype), shape)
    return xp.sum(t * (1 + t * (0.5 + t / 6)))


def weights(shape: tuple[int, ...]) -> Any:
    """The weights of an output of this shape, as nested lists."""
    return np.reshape(_WEIGHTS[: math.prod(shape)], shape).tolist()


def complex_of(xp: Any, real: Any, imaginary: Any) -> Any:
    """The complex array of two real ones, of their precision."""
    dtype = xp.complex64 if xp.isdtype(real.dtype, xp.float32) else xp.complex128
    return xp.astype(real, dtype) + 1j * xp.astype(imaginary, dtype)
