"""Arrays from one engine to another, by way of NumPy: always copies, and dtypes are kept.

No engine may see what another writes, and what an engine holds it may write: so nothing is shared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._errors import NotDifferentiableError, in_a_line
from ._numpy import holds_numbers
from ._offers import Offers
from .typing import Array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Host = NDArray[Any]


def to_engine(offers: Offers, array: Any) -> Array:
    """The engine's own copy of an array that NumPy can read, of any shape.

    Raises:
        PrecisionLossError: the engine would keep fewer bits.
    """
    import numpy as np  # as in `_numpy`

    values = np.asarray(array)
    found = offers.backend.asarray(values)
    return values.copy() if _is_numpys(found) else found  # `asarray` copies for every other engine


def to_host(offers: Offers, array: Array, what: str) -> Host:
    """A copy of an engine's array in NumPy; what it is, for messages.

    Raises:
        NotDifferentiableError: it has no values, as where the engine traces or differentiates what f has captured, or
            none of a dtype that NumPy has.
    """
    import numpy as np  # as in `_numpy`

    try:
        found = offers.backend.to_numpy(array)
    except Exception as error:
        raise NotDifferentiableError(
            f"{what} has no values to take to another engine: {in_a_line(error)}. {_WAY_OUT}"
        ) from error
    if not hasattr(found, "dtype") or not holds_numbers(found.dtype):
        raise NotDifferentiableError(f"{what} is a {type(array).__name__}, which has no values as yet. {_WAY_OUT}")
    return np.array(found)


_WAY_OUT = (
    "If f captures an array that is being differentiated or traced, make it an argument of f; "
    "if NumPy lacks its dtype, cast it inside f."
)


def takes_numpy(offers: Offers) -> bool:
    """Whether NumPy's arrays are the engine's own."""
    import numpy as np  # as in `_numpy`

    return _is_numpys(offers.backend.asarray(np.zeros((), np.float32)))


def _is_numpys(array: Any) -> bool:
    import numpy as np  # as in `_numpy`

    return isinstance(array, (np.ndarray, np.generic))
