"""The arguments of an operation as autograd's rule for it reads them right, or a refusal where it cannot.

autograd's rules are written for some spellings of a call and are silently wrong for others: they take
an axis counted from the end for one counted from the start, and swallow keywords they do not know in
`**kwargs`. Measured with autograd 1.8 and 1.9.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from autograd.tracer import getval, isbox, trace_primitives_map

from nestgrad_autograd._errors import RefusedError

Arguments = tuple[Any, dict[str, Any]]
_OF_AN_ORDER = frozenset(("jv", "jn", "yn", "iv", "ive", "polygamma"))  # by name, since SciPy need not be there
Reading = Callable[[Any, dict[str, Any]], Arguments]


def readable(fun: Any, args: Any, kwargs: dict[str, Any], argnums: Any) -> Arguments:
    """The same call of `fun`, whose arguments at these places vary, in a spelling that autograd's rules have right."""
    if kwargs and any(map(isbox, kwargs.values())):
        raise RefusedError("autograd takes no notice of a traced array in a keyword argument")
    if 0 in argnums and getattr(fun, "__name__", "") in _OF_AN_ORDER:
        raise RefusedError("autograd takes the order, its first argument, for a constant")
    reading = _READINGS.get(fun)
    return (args, kwargs) if reading is None else reading(args, kwargs)


def _named(names: tuple[str, ...], args: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments after the first by name, without those that are left to their defaults."""
    named = {**dict(zip(names, args[1:], strict=False)), **kwargs}
    return {name: value for name, value in named.items() if value is not None and value is not np._NoValue}


def _positive(axis: Any, ndim: int) -> Any:
    """Axes counted from the start."""
    if axis is None:
        return None
    return tuple(int(a) % ndim for a in axis) if np.ndim(axis) else int(axis) % ndim


def _reduction(*names: str, known: tuple[str, ...] = ()) -> Reading:
    """Autograd's rules of reductions take the keywords of NumPy for others by position, and ignore the rest."""
    accepted = {"axis", "dtype", "keepdims", *known}

    def reading(args: Any, kwargs: dict[str, Any]) -> Arguments:
        if not kwargs and len(args) == 1:
            return args, kwargs
        named = _named(names, args, kwargs)
        if "axis" in named:
            named["axis"] = _positive(named["axis"], np.ndim(getval(args[0])))
        if "correction" in named:  # since NumPy 2: the name of ddof in the Array API standard
            named["ddof"] = named.pop("correction")
        if named.get("where") is True:
            del named["where"]
        if ignored := sorted(named.keys() - accepted):
            raise RefusedError(f"autograd's rule ignores {', '.join(ignored)}")
        return args[:1], named

    return reading


def _axis(name: str, place: int) -> Reading:
    """The argument `name`, also given by position, counts axes from the start."""

    def reading(args: Any, kwargs: dict[str, Any]) -> Arguments:
        ndim = np.ndim(getval(args[0]))
        if name in kwargs:
            return args, {**kwargs, name: _positive(kwargs[name], ndim)}
        return (*args[:place], *(_positive(axis, ndim) for axis in args[place : place + 1]), *args[place + 1 :]), kwargs

    return reading


def _tile(args: Any, kwargs: dict[str, Any]) -> Arguments:
    # NumPy counts the repetitions from the last axis, autograd from the first
    x, reps = args[0], _named(("reps",), args, kwargs)["reps"]
    reps = (reps,) if np.ndim(reps) == 0 else tuple(reps)
    return (x, (1,) * (np.ndim(getval(x)) - len(reps)) + reps), {}


def _roll(args: Any, kwargs: dict[str, Any]) -> Arguments:
    # autograd's rule negates the shift, which a tuple cannot
    named = _named(("shift", "axis"), args, kwargs)
    return (args[0], np.asarray(named["shift"])), {"axis": named.get("axis")}


def _norm(args: Any, kwargs: dict[str, Any]) -> Arguments:
    named = _named(("ord", "axis", "keepdims"), args, kwargs)
    if named.pop("keepdims", False):
        raise RefusedError("autograd's rule ignores keepdims")
    if named.get("ord") == np.inf:
        raise RefusedError("autograd's rule holds for finite orders alone")
    named["axis"] = _positive(named.get("axis"), np.ndim(getval(args[0])))
    if not np.all(np.linalg.norm(getval(args[0]), **named)):
        raise RefusedError("autograd's rule divides by the norm, and it is zero")
    return args[:1], named


def _deviation(args: Any, kwargs: dict[str, Any]) -> Arguments:
    args, named = _MOMENT(args, kwargs)
    if not np.all(np.std(getval(args[0]), **named)):
        raise RefusedError("autograd's rule divides by the deviation, and it is zero")
    return args, named


def _in_memory(*names: str) -> Reading:
    """Autograd's rules know the orders C and F."""

    def reading(args: Any, kwargs: dict[str, Any]) -> Arguments:
        if _named(names, args, kwargs).get("order", "C") not in ("C", "F"):
            raise RefusedError("autograd has no rule for an order that depends on the layout in memory")
        return args, kwargs

    return reading


def _real_fft(args: Any, kwargs: dict[str, Any]) -> Arguments:
    # autograd's rule scales by 1/n for norm=None alone, of which "backward" is another name
    norm = kwargs.get("norm", args[3] if len(args) > 3 else None)
    if norm == "forward":
        raise RefusedError("autograd's rule has the wrong scale for norm='forward'")
    return args[:3], {**kwargs, "norm": None if norm == "backward" else norm}


def _kron(args: Any, kwargs: dict[str, Any]) -> Arguments:
    if any(np.ndim(getval(x)) > 2 for x in args):
        raise RefusedError("autograd's rule holds for matrices, not for more axes")
    return args, kwargs


def _sinc(args: Any, kwargs: dict[str, Any]) -> Arguments:
    if np.any(getval(args[0]) == 0):
        raise RefusedError("autograd's rule divides by the argument, and it is zero")
    return args, kwargs


_EXTREMUM = _reduction("axis", "out", "keepdims", "initial", "where")
_MOMENT = _reduction("axis", "dtype", "out", "ddof", "keepdims", known=("ddof",))
_READINGS: dict[Any, Reading] = {
    trace_primitives_map[function]: reading
    for reading, functions in {
        _reduction("axis", "dtype", "out", "keepdims", "initial", "where"): (np.sum,),
        _reduction("axis", "dtype", "out", "keepdims", "initial", "where", known=("initial",)): (np.prod,),
        _reduction("axis", "dtype", "out", "keepdims"): (np.mean,),
        _EXTREMUM: (np.max, np.min, np.amax, np.amin),
        _MOMENT: (np.var,),
        _deviation: (np.std,),
        _axis("axes", 1): (np.transpose,),
        _axis("axis", 2): (np.repeat,),
        _tile: (np.tile,),
        _roll: (np.roll,),
        _norm: (np.linalg.norm,),
        _in_memory("shape", "order"): (np.reshape,),
        _in_memory("order"): (np.ravel,),
        _real_fft: (np.fft.rfft, np.fft.irfft, np.fft.rfft2, np.fft.irfft2, np.fft.rfftn, np.fft.irfftn),
        _kron: (np.kron,),
        _sinc: (np.sinc,),
    }.items()
    for function in functions
}
