"""What functions of several themes use: weights, and layers filled with constants."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np


def _weighted(y: Any) -> Any:
    """A scalar with nonlinear dependence on every entry."""
    ramp = np.sin(np.arange(1.0, 1.0 + y.size)).reshape(y.shape)
    return np.sum(ramp * y * (1 + y))
