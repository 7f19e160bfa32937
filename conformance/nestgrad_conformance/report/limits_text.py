"""The text of a limits file, entry by entry, so that an edit leaves the rest as its author wrote it."""

from __future__ import annotations

import itertools
import json

from nestgrad_conformance.judge.limits import Limit

_ENTRY = "[[limit]]"


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
    fields = {name: getattr(limit, name) for name in ("operation", "feature", "scenario", "nesting", "executions")}
    fields |= {name: getattr(limit, name) for name in ("kind", "reason", "link", "versions")}
    # A JSON string, and a JSON list of strings, is one of TOML too.
    lines = (f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items() if value)
    return "\n".join((_ENTRY, *lines))
