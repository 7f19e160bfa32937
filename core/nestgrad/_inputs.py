"""Checks at the door: what may be differentiated, which direction fits which primal, what f may return."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ._claims import is_neutral
from ._errors import NonScalarOutputError, NotDifferentiableError, PrecisionLossError, StructureMismatchError
from ._offers import Offers
from ._spec import Backend
from ._trees import paths
from .typing import Array, Leaves

REAL = ("real floating",)
REAL_OR_COMPLEX = ("real floating", "complex floating")


def _is_dtype_uncached(xp: Any, dtype: Any, kinds: tuple[str, ...]) -> bool:
    """Whether a dtype is of these kinds. Inside f, where a compiler may be tracing, no cache is in its way."""
    try:
        return bool(xp.isdtype(dtype, kinds))
    except TypeError:  # a dtype from outside the standard, such as NumPy's strings
        return False


_is_dtype = functools.lru_cache(maxsize=256)(_is_dtype_uncached)


def open_primal(offers: Offers, name: str, tree: Any, kinds: tuple[str, ...] = REAL) -> tuple[Leaves, Any]:
    """The leaves of a differentiated argument as arrays of the engine, and their structure.

    Raises:
        NotDifferentiableError: a leaf is not an array of one of these kinds; its path is named.
        PrecisionLossError: the engine would store a leaf with fewer bits.
    """
    backend = offers.backend
    leaves, structure = offers.flatten(tree)
    if not leaves:
        raise NotDifferentiableError(f"{name} holds no array, so there is nothing to differentiate.")
    opened = []
    for position, leaf in enumerate(leaves):
        if not is_differentiable(backend, leaf, kinds):
            raise _not_differentiable(backend, leaf, paths(name, tree, len(leaves))[position], kinds)
        try:
            opened.append(backend.asarray(leaf))
        except NotDifferentiableError as error:  # an array of another engine
            path = paths(name, tree, len(leaves))[position]
            raise NotDifferentiableError(f"{path}: {error}{_by_value(backend, leaf, path)}") from error
    return tuple(opened), structure


def open_direction(offers: Offers, name: str, tree: Any, primal: Leaves, structure: Any) -> Leaves:
    """The leaves of a direction as arrays of the engine, each checked against its primal.

    Raises:
        StructureMismatchError: structure, shape, dtype or device differ; the path is named.
    """
    backend = offers.backend
    leaves, found = offers.flatten(tree)
    if found != structure:
        raise StructureMismatchError(f"{name} must have the structure of its primal, {structure}; it has {found}.")
    opened = []
    for position, (leaf, x) in enumerate(zip(leaves, primal, strict=True)):
        try:
            array = backend.asarray(leaf, x) if _can_fit(backend, leaf, x) else leaf
            difference = _difference(offers, array, x)
        except NotDifferentiableError as error:  # an array of another engine
            difference = str(error).rstrip(".")
        if difference:
            path = paths(name, tree, len(leaves))[position]
            raise StructureMismatchError(f"{path} must match its primal: {difference}.")
        opened.append(array)
    return tuple(opened)


def check_scalar(backend: Backend, value: Any, name: str = "The function") -> None:
    """Raise unless `value`, which the function of this name returned, is one real floating number of shape `()`."""
    shape = () if type(value) is float else getattr(value, "shape", None)
    if shape is None:
        raise NonScalarOutputError(
            f"{name} must return one real floating number of shape (); it returned a {type(value).__name__}."
        )
    if tuple(shape) != ():
        hint = "Take its only entry: value[0]." if tuple(shape) == (1,) else "Reduce it, for example with sum."
        raise NonScalarOutputError(f"{name} must return shape (); it returned shape {tuple(shape)}. {hint}")
    if type(value) is not float and not _is_dtype_uncached(backend.xp, value.dtype, REAL):
        raise NotDifferentiableError(f"{name} must return a real floating number; it returned dtype {value.dtype}.")


def check_outputs(backend: Backend, leaves: list[Any], kinds: tuple[str, ...] = REAL_OR_COMPLEX) -> list[Array]:
    """What a function returned, as floating arrays of the engine; constants may be NumPy's or Python's.

    Raises:
        NotDifferentiableError: a leaf is no array of one of these kinds.
    """
    for leaf in leaves:
        if not is_differentiable(backend, leaf, kinds, _is_dtype_uncached):
            raise NotDifferentiableError(
                f"The function must return {' or '.join(kinds)} arrays; its output {_what(leaf)}. "
                "Return what is not differentiated as aux, with has_aux=True."
            )
    return [backend.asarray(leaf) if is_neutral(leaf) else leaf for leaf in leaves]


def split_aux(output: Any, has_aux: bool) -> tuple[Any, ...]:
    """`(value,)`, or `(value, aux)` if the function returns aux.

    Raises:
        NonScalarOutputError: it should return a pair, and does not.
    """
    if not has_aux:
        return (output,)
    if not isinstance(output, tuple) or len(output) != 2:
        what = f"a tuple of {len(output)}" if isinstance(output, tuple) else f"a {type(output).__name__}"
        raise NonScalarOutputError(f"With has_aux=True the function must return (value, aux); it returned {what}.")
    return output


def is_differentiable(
    backend: Backend, leaf: Any, kinds: tuple[str, ...], is_of: Callable[..., bool] = _is_dtype
) -> bool:
    """Whether a leaf is an array of one of these kinds, of the engine's or NumPy's, or a number."""
    if is_neutral(leaf):
        import numpy as np  # as in `_numpy`

        number = type(leaf) is float or (type(leaf) is complex and len(kinds) > 1)
        return number or (isinstance(leaf, (np.ndarray, np.generic)) and is_of(np, leaf.dtype, kinds))
    return hasattr(leaf, "shape") and hasattr(leaf, "dtype") and is_of(backend.xp, leaf.dtype, kinds)


def _can_fit(backend: Backend, leaf: Any, x: Array) -> bool:
    """Whether a leaf may become an array like x: a number always, an array of the same dtype."""
    if hasattr(leaf, "dtype"):
        return bool(leaf.dtype == x.dtype) or _dtype_name(leaf.dtype) == _dtype_name(x.dtype)
    numbers = (int, float) if _is_dtype(backend.xp, x.dtype, REAL) else (int, float, complex)
    return isinstance(leaf, numbers) and not isinstance(leaf, bool)


def _difference(offers: Offers, leaf: Any, x: Array) -> str | None:
    """What tells a direction's leaf from its primal, or None if it fits."""
    if not hasattr(leaf, "shape") or not hasattr(leaf, "dtype"):
        return f"it is a {type(leaf).__name__}, not an array"
    if tuple(leaf.shape) != tuple(x.shape):
        return f"its shape is {tuple(leaf.shape)}, the primal's {tuple(x.shape)}"
    if leaf.dtype != x.dtype:
        return f"its dtype is {_dtype_name(leaf.dtype)}, the primal's {_dtype_name(x.dtype)}"
    devices = offers.device(leaf), offers.device(x)
    if None not in devices and devices[0] != devices[1]:
        return f"its device is {devices[0]}, the primal's {devices[1]}"
    return None


def _dtype_name(dtype: Any) -> str:
    """`float64`, however an engine spells it."""
    return str(getattr(dtype, "name", dtype)).rpartition(".")[2]


def _not_differentiable(backend: Backend, leaf: Any, path: str, kinds: tuple[str, ...]) -> NotDifferentiableError:
    return NotDifferentiableError(
        f"{path} {_what(leaf)}; {backend.name} differentiates {' and '.join(kinds)} arrays here. "
        "Convert it, or pass it through *args, which are not differentiated."
    )


def _by_value(backend: Backend, leaf: Any, path: str) -> str:
    """What to do with what holds an array of the engine, such as a variable of Keras's."""
    try:
        backend.asarray(leaf.value)
    except (AttributeError, NotDifferentiableError, PrecisionLossError):
        return ""
    return f" It holds one: pass {path}.value."


def _what(leaf: Any) -> str:
    if hasattr(leaf, "dtype"):
        return f"has dtype {leaf.dtype}"
    return f"is a {type(leaf).__module__}.{type(leaf).__name__}"
