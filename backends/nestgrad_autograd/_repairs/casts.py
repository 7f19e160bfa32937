"""Casts, whose rules autograd lacks or has wrong."""

from __future__ import annotations

from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.numpy import numpy_wrapper

from nestgrad.extend import Function, emulated


def cast_forward(own: None, argnums: Any, tangents: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    """A cast is linear; one to integers is constant almost everywhere."""
    emulated("astype", "autograd has no forward rule for it")
    if not np.issubdtype(ans.dtype, np.inexact):
        return np.zeros(anp.shape(ans))
    return numpy_wrapper._astype(tangents[0], *args[1:], **kwargs)


def cast_reverse(own: Function, argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    """The rule of autograd holds among real dtypes, and among complex ones."""
    if np.issubdtype(ans.dtype, np.inexact):
        pull = own(argnums, ans, args, kwargs)
        return pull if anp.iscomplexobj(args[0]) else lambda cotangent: pull(anp.real(cotangent))
    emulated("astype", "autograd takes a cast to integers for the identity")
    zeros = np.zeros(anp.shape(args[0]), dtype=args[0].dtype)
    return lambda cotangent: (zeros,)
