"""NumPy by itself, as an engine: its arrays, and no derivatives."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from nestgrad.extend import NotDifferentiableError, plain_numpy


class Plain:
    """What `numeric` differentiates over where no other engine's arrays are given."""

    name = "numpy"
    xp: ModuleType = np

    def asarray(self, value: Any, like: Any = None) -> Any:
        """See `nestgrad.extend.Backend.asarray`. Always exact: these are NumPy arrays."""
        if isinstance(value, (np.ndarray, np.generic)):
            return np.asarray(plain_numpy(value))
        if isinstance(value, (int, float, complex)):
            return np.asarray(value, dtype=getattr(like, "dtype", None))
        raise NotDifferentiableError(f"{type(value).__module__}.{type(value).__name__} is no array for NumPy.")

    def to_numpy(self, array: Any) -> Any:
        """See `nestgrad.extend.Backend.to_numpy`."""
        return np.asarray(array)
