"""TensorFlow under the names of the Array API standard 2024.12.

TensorFlow has no namespace of the standard. A name is looked up in the modules beside, then in
`tf.experimental.numpy`, `tf.math` and `tf`, which have most of them with the standard's meaning. Dtypes are
promoted as in NumPy, and Python numbers make 64 bits. TensorFlow's numpy behaviour is global and stays off,
so tensors keep their own operators: `@` takes no vectors, `matmul` does; arrays of integers index by `take`.
docs/tensorflow-namespace.md lists what is missing. To be dropped when array-api-compat has TensorFlow
(data-apis/array-api-compat#441).
"""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

from . import creation, dtypes, elementwise, manipulation, reductions, searching
from . import fft as fft
from . import linalg as linalg
from .linalg import matmul as matmul
from .linalg import matrix_transpose as matrix_transpose
from .linalg import tensordot as tensordot
from .linalg import vecdot as vecdot

__array_api_version__ = "2024.12"

e, inf, nan, newaxis, pi = math.e, math.inf, math.nan, None, math.pi

_HOMES = (creation, dtypes, elementwise, manipulation, reductions, searching, tf.experimental.numpy, tf.math, tf)


def __array_namespace_info__() -> dtypes.Info:  # noqa: N807
    """The standard's inspection functions."""
    return dtypes.Info()


def __getattr__(name: str) -> Any:
    for home in _HOMES:
        if hasattr(home, name):
            return getattr(home, name)
    raise AttributeError(f"TensorFlow's array namespace has no {name!r}.")
