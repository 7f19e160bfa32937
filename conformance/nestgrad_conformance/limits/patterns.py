"""Patterns on nestings: the shortest way to say which of the measured nestings a limit holds for."""

from __future__ import annotations

import fnmatch
from collections.abc import Set

_PATTERNS = ("*", "*F*", "*R*", "?*F*", "?*R*", "*F", "*R", "F*", "R*", "??", "???", "?F", "?R", "F?", "R?")
"""From the broadest on: a pattern also speaks of nestings that were not measured."""


def patterns(those: Set[str], not_these: Set[str]) -> tuple[str, ...]:
    """Patterns that match all of those nestings and none of these.

    Example:
        >>> patterns({"F", "FR", "FF"}, {"R", "RR", "RF"})
        ('F*',)
        >>> patterns({"FR", "RF"}, {"RR", "FF"})
        ('FR', 'RF')
    """
    for pattern in _PATTERNS:
        if all(fnmatch.fnmatchcase(nesting, pattern) for nesting in those) and not any(
            fnmatch.fnmatchcase(nesting, pattern) for nesting in not_these
        ):
            return (pattern,)
    return tuple(sorted(those, key=lambda nesting: (len(nesting), nesting)))
