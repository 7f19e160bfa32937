"""Recurrent cells and layers of autograd."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted


@row(normal(3, 3), "recurrent")
def recurrence(x: Any) -> Any:
    """A recurrent net by a Python loop."""
    hidden = x[0]
    for entry in x[1:]:
        hidden = np.tanh(np.dot(hidden, np.reshape(np.sin(np.arange(9.0)), (3, 3))) + entry)
    return _weighted(hidden)
