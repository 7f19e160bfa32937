"""A foreign function inside of autograd's own transforms."""

from __future__ import annotations

from typing import Any

import autograd
import autograd.numpy as anp


def jacobian(x: Any, f: Any) -> Any:
    """Its Jacobian times x, squared and added."""
    return anp.sum((autograd.jacobian(f)(x) @ x) ** 2)
