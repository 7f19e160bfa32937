"""Powers, whose rule in the base autograd has wrong where the exponent is 0."""

from __future__ import annotations

from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.numpy.numpy_vjps import unbroadcast
from autograd.tracer import getval, isbox

from nestgrad.extend import Function, emulated


def power_reverse(own: Function, argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    """The rule of autograd in the base, y·x^(y-1), takes 1 for the exponent where y is 0: wrong when that varies."""
    pull = own(argnums, ans, args, kwargs)
    if 0 not in argnums or not _varies_at_zero(args[1]):
        return pull
    emulated("power", "autograd's rule in the base has the wrong exponent where the exponent is 0")
    meta, derivative = anp.metadata(args[0]), _derivative_in_base(*args)

    def corrected(cotangent: Any) -> tuple[Any, ...]:
        pulled = list(pull(cotangent))
        pulled[argnums.index(0)] = unbroadcast(cotangent * derivative, meta)
        return tuple(pulled)

    return corrected


def power_forward(own: Function, argnums: Any, tangents: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    """The same for tangents."""
    if 0 not in argnums or not _varies_at_zero(args[1]):
        return own(argnums, tangents, ans, args, kwargs)
    emulated("power", "autograd's rule in the base has the wrong exponent where the exponent is 0")
    found = tangents[argnums.index(0)] * _derivative_in_base(*args)
    return found + own((1,), [tangents[argnums.index(1)]], ans, args, kwargs) if 1 in argnums else found


def _varies_at_zero(exponent: Any) -> bool:
    return isbox(exponent) and not np.all(getval(exponent))


def _derivative_in_base(base: Any, exponent: Any) -> Any:
    at_zero = (getval(base) == 0) & (getval(exponent) == 0)
    return exponent * base ** anp.where(at_zero, 1.0, exponent - 1)
