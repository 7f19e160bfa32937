"""What is left out since it is broken, named once in a process: by a warning, at the line of the user's call."""

from __future__ import annotations

import sys
import warnings

from ._descriptor import PROJECT
from ._errors import PluginWarning

_OURS = (f"{PROJECT}.", f"{PROJECT}_", "pluggy.")  # pluggy stands between core and the conformance suite
_named: list[str] = []


def leave_out(what: str, why: str) -> None:
    """Warn that `what` is left out, unless that was said before; `why` is told in whole sentences."""
    if what not in _named:
        warnings.warn(PluginWarning(" ".join(f"{what} is left out. {why}".split())), stacklevel=users_level())
        _named.append(what)  # now: where the warning is an error, it is one at every call


def left_out() -> tuple[str, ...]:
    """All that this process has left out so far."""
    return tuple(_named)


def users_level() -> int:
    """The stack level, as the caller of this function counts it, of the first caller that is not nestgrad's."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(_OURS):
        frame, level = frame.f_back, level + 1
    return level
