"""What was raised where an engine's program calls another engine: of it the program hands on no more than the text."""

from __future__ import annotations

import contextlib
import copy
from collections import deque

from ._errors import NestgradError

_raised: deque[NestgradError] = deque(maxlen=16)  # without tracebacks, which would hold f and its inputs


def remember(error: NestgradError) -> None:
    """Keep what is about to leave for an engine's program, in any of its threads."""
    with contextlib.suppress(TypeError):  # one that cannot be copied
        _raised.append(copy.copy(error))


def crossed(error: Exception) -> NestgradError | None:
    """The error whose text an engine's exception holds, as it was raised; None if there is none.

    An exception of f's own may quote one, so whose it is has to be known before.

    Example:
        >>> from nestgrad import PrecisionLossError
        >>> remember(PrecisionLossError("float64 would be lost"))
        >>> crossed(RuntimeError("INTERNAL: callback failed: float64 would be lost"))
        PrecisionLossError('float64 would be lost')
        >>> crossed(RuntimeError("INTERNAL: of another kind"))
    """
    text = str(error)
    found = next((one for one in reversed(_raised) if str(one) in text), None)
    return None if found is None else copy.copy(found)
