"""What the functions of the user API are called with, for those who made a mistake or ask for help."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable
from typing import Any

from ._errors import closest


def documentation(name: str) -> str:
    """The docstring of the function of this name."""
    return inspect.cleandoc(_function(name).__doc__ or "")


def unknown_keyword(name: str, word: str, options: Iterable[str]) -> TypeError:
    """What to raise where the function of this name is given a keyword that neither it takes nor all operators."""
    parameters = inspect.signature(_function(name)).parameters.values()
    known = [*(one.name for one in parameters if one.kind is not one.VAR_KEYWORD and one.name not in "fg"), *options]
    close = closest(word, known)
    meant = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
    return TypeError(f"{name} takes no keyword {word!r}.{meant} It takes {', '.join(known)}.")


def _function(name: str) -> Any:
    """The public function: it makes operators of its own name, whose module cannot import it."""
    return getattr(sys.modules[__package__], name)
