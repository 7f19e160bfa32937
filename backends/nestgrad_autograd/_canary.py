"""A function whose rules count their calls: exp, whose derivative is itself, so every order counts."""

from __future__ import annotations

from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.extend import defjvp, defvjp, primitive

from nestgrad.extend import Canary


def make_canary() -> Canary:
    """Σ exp(x), with its forward and its backward rule counted."""

    @primitive
    def counted(x: Any) -> Any:
        return np.exp(x)

    def forward(tangent: Any, ans: Any, x: Any) -> Any:
        canary.forward += 1
        return tangent * counted(x)

    def backward(ans: Any, x: Any) -> Any:
        def pull(cotangent: Any) -> Any:
            canary.backward += 1
            return cotangent * counted(x)

        return pull

    defjvp(counted, forward)
    defvjp(counted, backward)
    canary = Canary(lambda x: anp.sum(counted(x)))
    return canary
