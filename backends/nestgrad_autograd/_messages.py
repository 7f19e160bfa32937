"""What a missing rule means, and what autograd says of one, read as a refusal."""

from __future__ import annotations

import re

from nestgrad.extend import Mode, Nesting, Refusal, throughout

from ._errors import MissingRule


def refusal_of(exception: Exception, nesting: Nesting) -> Refusal | None:
    """The refusal that an exception of autograd or of our nodes means, or None."""
    if isinstance(exception, MissingRule):
        reason = f"no {exception.mode}-mode rule: {exception.why}."
        instead = "Pass full_matrices=False." if "full_matrices=True" in exception.why else None
        return Refusal(exception.operation, reason, throughout(Mode.REVERSE, nesting), instead)
    if isinstance(exception, NotImplementedError):  # of raw autograd inside our trace
        found = re.search(r"(?:Gradient|VJP|JVP) of (\w+)", str(exception))
        return Refusal(found[1] if found else None, f"autograd says: {str(exception).rstrip('.')}.")
    return None
