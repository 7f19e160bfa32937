"""Control flow in autograd."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
from autograd import grad

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row


@row(normal(3), "nested")
def gradient_descent(x: Any) -> Any:
    """Steps of gradient descent inside, as in meta-learning."""
    weights = x
    for _ in range(3):
        weights = weights - 0.1 * grad(lambda w: np.sum((w - np.sin(x)) ** 4))(weights)
    return np.sum(weights**2)
