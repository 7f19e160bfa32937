"""Which backend f is written for, where nothing in a call says it: f is asked, and what it returns decides."""

from __future__ import annotations

import copy
import dis
import inspect
import traceback
from collections.abc import Iterator, Sequence
from typing import Any

import optree

from ._claims import claimant, claims, is_neutral, leaves_of, only, owner
from ._errors import BackendNotFoundError, NestgradError, in_a_line
from ._foreign import Foreign
from ._numpy import is_numpy, plain_numpy
from ._registry import backends, embedded, get_backend, has_arrays
from ._spec import Backend
from .typing import Function


def of_outcome(
    f: Function, args: tuple[Any, ...], kwargs: dict[str, Any], has_aux: bool, argnums: Sequence[int] | None = None
) -> Backend:
    """The backend of what f returns for copies of arguments that are of no engine; the default if that is of none.

    `argnums` says which of them are differentiated; all are by default. In their place f is given arrays, as a backend
    would. Where one could not be differentiated f is not asked: that will be the error.

    Raises:
        BackendNotFoundError: f does not take NumPy arrays and numbers, or what it is given cannot be copied.
    """
    if isinstance(f, Foreign):
        return f.backend
    places = (
        range(len(args)) if argnums is None else [range(len(args))[i] for i in argnums if -len(args) <= i < len(args)]
    )
    x: Any = [args[i] for i in places]
    held: Any = args, kwargs
    leaves = optree.tree_leaves(x)
    if any(is_neutral(leaf) and not _is_real(leaf) for leaf in leaves) or not leaves:
        return get_backend(embedded())
    if any(isinstance(leaf, Iterator) for leaf in optree.tree_leaves(held)):
        raise BackendNotFoundError(
            "Nothing in the call is an array of an engine, and f cannot be asked: an iterator is among its arguments, "
            f"which an evaluation would use up. {_ways_out()}"
        )
    given = [optree.tree_map(_array, arg) if i in places else _copied(arg) for i, arg in enumerate(args)]
    try:
        output = f(*given, **_copied(kwargs))
    except Exception as error:
        if not _rejects(error) or not _takes(f, args, kwargs):
            raise
        if not all(map(is_neutral, leaves)):  # nobody knows what x is, and that will be the error
            return get_backend(embedded())
        what = "of NumPy" if any(map(is_numpy, leaves)) else "made of numbers of Python"
        raise BackendNotFoundError(
            f"Nothing in the call is an array of an engine: x is {what}. f raises {in_a_line(error)}. If it is written "
            f"for an engine that does not take such arguments: {_ways_out()}"
        ) from error
    value = output[0] if has_aux and isinstance(output, tuple) and output else output
    return get_backend(only(claims(leaves_of([("what f returns", value)]))) or embedded())


def _ways_out() -> str:
    names = " or ".join(repr(info.name) for info in backends() if has_arrays(info.name))
    return f"pass arrays of the engine that f is written for, or name the backend: backend= takes {names}."


def _is_real(leaf: Any) -> bool:
    """Whether a number, or an array of NumPy's, can be differentiated."""
    return leaf.dtype.kind in "fc" if is_numpy(leaf) else type(leaf) in (float, complex)


def _array(leaf: Any) -> Any:
    """What f gets in the place of a number or of an array of NumPy's: an array of its own."""
    if type(leaf) in (float, complex):
        import numpy as np  # as in `_numpy`

        return np.asarray(leaf)
    return plain_numpy(leaf).copy() if is_numpy(leaf) else _copy(leaf)


def _copied(tree: Any) -> Any:
    """A tree whose leaves f may change: arrays, random generators, objects of the user's."""
    return optree.tree_map(_copy, tree)


def _copy(leaf: Any) -> Any:
    try:
        return copy.deepcopy(leaf)
    except Exception:  # what cannot be copied, such as a lock
        return leaf


def _rejects(error: Exception) -> bool:
    """Whether an exception may be how an engine, or a method that NumPy has not, says no: the user's own are raised."""
    if type(error) in (TypeError, AttributeError, RuntimeError):
        return not _is_raised_by_the_user(error)
    return not isinstance(error, NestgradError) and claimant(type(error)) is not None


def _is_raised_by_the_user(error: Exception) -> bool:
    """Whether a `raise` in code of no engine has raised it, and not a call into one or a failed operation."""
    last = [*traceback.walk_tb(error.__traceback__)][-1][0]
    by_raise = dis.opname[last.f_code.co_code[last.f_lasti]] == "RAISE_VARARGS"
    return by_raise and owner([str(last.f_globals.get("__name__"))]) is None


def _takes(f: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether f takes so many arguments of these names: what it raises is not about that."""
    try:
        inspect.signature(f).bind(*args, **kwargs)
    except TypeError:
        return False
    except ValueError:  # it has no signature, being written in C
        return True
    return True
