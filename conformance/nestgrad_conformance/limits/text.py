"""The text of a limits file, entry by entry, so that an edit leaves the rest as its author wrote it."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable

from nestgrad_conformance.limits.limit import Limit

_ENTRY = "[[limit]]"
_MEASURED = ("compiled", "seen", "since", "mended_in")


def entries(text: str) -> tuple[str, list[str]]:
    """What comes before the first entry, and each entry with the comment that stands right above it."""
    lines = text.splitlines(keepends=True)
    starts = []
    for number, line in enumerate(lines):
        if line.strip() == _ENTRY:
            while number and lines[number - 1].startswith("#"):
                number -= 1
            starts.append(number)
    cuts = [*starts, len(lines)]
    found = ["".join(lines[start:end]) for start, end in itertools.pairwise(cuts)]
    return "".join(lines[: cuts[0]]), found


def entry(limit: Limit) -> str:
    """A limit as TOML."""
    said = ("operation", "feature", "unless", "scenario", "nesting", "executions", "kind", "reason", "link")
    return "\n".join((_ENTRY, *_lines(limit, said), *_lines(limit, _MEASURED)))


def remeasured(written: str, limit: Limit) -> str:
    """An entry's text with what was measured of this limit; all else is as its author wrote it."""
    for name in _MEASURED:
        written = re.sub(rf"^{name}[ \t]*=(?:[ \t]*\[[^\]]*\]|.*).*\n?", "", written, flags=re.MULTILINE)
    keys = re.search(rf"^{re.escape(_ENTRY)}\n(?:.+\n?)*", written, re.MULTILINE)
    end = keys.end() if keys else len(written)
    lines = "\n".join((written[:end].rstrip("\n"), *_lines(limit, _MEASURED)))
    return f"{lines}\n{written[end:]}"


def _lines(limit: Limit, names: Iterable[str]) -> list[str]:
    """A line for each of these fields that says something."""
    fields = {name: getattr(limit, name) for name in names}
    # A JSON string, and a JSON list of strings, is one of TOML too.
    return [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items() if value]
