"""What TensorFlow says when it cannot differentiate, read as a refusal."""

from __future__ import annotations

import re

from nestgrad.extend import Nesting, Refusal

_NO_GRADIENT = re.compile(r"(?:No gradient defined for operation|gradient registry has no entry for:?) '?(\w+)")


def recognised(exception: Exception, word: Nesting) -> Refusal | None:
    """The refusal that an exception of TensorFlow means, or None."""
    if found := _NO_GRADIENT.search(str(exception)):
        return Refusal(found[1], "TensorFlow does not implement this derivative.")
    return None
