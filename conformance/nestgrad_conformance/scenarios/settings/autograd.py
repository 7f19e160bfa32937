"""What users of autograd put around an operator."""

from __future__ import annotations

from functools import partial
from typing import Any

from autograd import grad as _grad

from .users import by_gradient, by_gradient_in_direction


def _gradient(f: Any, leaves: Any) -> Any:
    return _grad(lambda row: f(*(row[i] for i in range(len(leaves)))))(tuple(leaves))


grad = partial(by_gradient, gradient=_gradient)
grad_in_direction = partial(by_gradient_in_direction, gradient=_gradient)
