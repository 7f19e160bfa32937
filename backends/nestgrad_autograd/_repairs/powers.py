"""Powers and casts, whose rules autograd has wrong or lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.numpy import numpy_wrapper
from autograd.numpy.numpy_vjps import unbroadcast
from autograd.tracer import getval, isbox

from nestgrad.extend import emulated

Rule = Callable[..., Any]


def power_reverse(own: Rule, argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    """The rule of autograd in the base, y·x^(y-1), takes 1 for the exponent where y is 0: wrong when that varies."""
    pull = own(argnums, ans, args, kwargs)
    if 0 not in argnums or not _varies_at_zero(args[1]):
        return pull
    emulated("power", "autograd's rule in the base has the wrong exponent where the exponent is 0")
    meta, slope = anp.metadata(args[0]), _slope(*args)

    def corrected(cotangent: Any) -> tuple[Any, ...]:
        pulled = list(pull(cotangent))
        pulled[argnums.index(0)] = unbroadcast(cotangent * slope, meta)
        return tuple(pulled)

    return corrected


def power_forward(own: Rule, argnums: Any, tangents: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    """The same for tangents."""
    if 0 not in argnums or not _varies_at_zero(args[1]):
        return own(argnums, tangents, ans, args, kwargs)
    emulated("power", "autograd's rule in the base has the wrong exponent where the exponent is 0")
    found = tangents[argnums.index(0)] * _slope(*args)
    return found + own((1,), [tangents[argnums.index(1)]], ans, args, kwargs) if 1 in argnums else found


def _varies_at_zero(exponent: Any) -> bool:
    return isbox(exponent) and not np.all(getval(exponent))


def _slope(base: Any, exponent: Any) -> Any:
    at_zero = (getval(base) == 0) & (getval(exponent) == 0)
    return exponent * base ** anp.where(at_zero, 1.0, exponent - 1)


def cast_forward(own: None, argnums: Any, tangents: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    """A cast is linear; one to integers is constant almost everywhere."""
    emulated("astype", "autograd has no forward rule for it")
    if not np.issubdtype(ans.dtype, np.inexact):
        return np.zeros(anp.shape(ans))
    return numpy_wrapper._astype(tangents[0], *args[1:], **kwargs)


def cast_reverse(own: Rule, argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    """The rule of autograd holds among real dtypes, and among complex ones."""
    if np.issubdtype(ans.dtype, np.inexact):
        pull = own(argnums, ans, args, kwargs)
        return pull if anp.iscomplexobj(args[0]) else lambda cotangent: pull(anp.real(cotangent))
    emulated("astype", "autograd takes a cast to integers for the identity")
    zeros = np.zeros(anp.shape(args[0]), dtype=args[0].dtype)
    return lambda cotangent: (zeros,)
