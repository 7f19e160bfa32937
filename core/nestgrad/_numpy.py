"""NumPy's arrays as an engine can take them.

It is imported where there is a value to look at: a list of the backends does without it.
"""

from __future__ import annotations

from typing import Any

from ._errors import NotDifferentiableError

_NUMBERS = "biufc"  # kinds of dtypes


def is_numpy(value: object) -> bool:
    """Whether a value is an array or a number of NumPy's."""
    import numpy as np

    return isinstance(value, (np.ndarray, np.generic))


def unshared(leaves: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same, NumPy's arrays among them copied: f may write into what it is given."""
    return tuple([leaf.copy() if is_numpy(leaf) else leaf for leaf in leaves])


def holds_numbers(dtype: Any) -> bool:
    """Whether arrays of a dtype hold numbers: NumPy's own, or such as bfloat16, which are of a kind of others."""
    import numpy as np

    return dtype.kind in _NUMBERS or (dtype.kind == "V" and dtype.type is not np.void)


def plain_numpy(value: Any) -> Any:
    """A NumPy array or number without what engines lose or choke on, for `Backend.asarray` to hand to its engine.

    Dtype and values are kept; the byte order becomes the machine's, without a copy where it was. A subclass of
    `numpy.ndarray` becomes one itself.

    Raises:
        NotDifferentiableError: a masked array, whose mask no engine has, or one that holds no numbers.

    Example:
        >>> import numpy as np
        >>> plain_numpy(np.ones(2, ">f8")).dtype.isnative
        True
    """
    import numpy as np

    if isinstance(value, np.ma.MaskedArray):
        raise NotDifferentiableError(
            "A masked array would lose its mask. Pass its data, with the mask as an argument of its own."
        )
    if not holds_numbers(value.dtype):
        raise NotDifferentiableError(f"An array of dtype {value.dtype} holds no numbers.")
    if isinstance(value, np.generic):
        return value
    array = np.asarray(value)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
