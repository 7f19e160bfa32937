"""Patterns on words: the shortest way to say which of the measured nestings a limit holds for."""

from __future__ import annotations

import fnmatch
from collections.abc import Set

_PATTERNS = ("*", "*F*", "*R*", "?*F*", "?*R*", "*F", "*R", "F*", "R*", "??", "???", "?F", "?R", "F?", "R?")
"""From the broadest on: a pattern also speaks of words that were not measured."""


def patterns(those: Set[str], not_these: Set[str]) -> tuple[str, ...]:
    """Patterns that match all of those words and none of these.

    Example:
        >>> patterns({"F", "FR", "FF"}, {"R", "RR", "RF"})
        ('F*',)
        >>> patterns({"FR", "RF"}, {"RR", "FF"})
        ('FR', 'RF')
    """
    for pattern in _PATTERNS:
        if all(fnmatch.fnmatchcase(word, pattern) for word in those) and not any(
            fnmatch.fnmatchcase(word, pattern) for word in not_these
        ):
            return (pattern,)
    return tuple(sorted(those, key=lambda word: (len(word), word)))
