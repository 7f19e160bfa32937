"""The tables of engines' own calls, written from the rows above their functions: `python docs/update.py` does it.

A table is data, which no engine is imported for; the functions are in modules that import theirs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from nestgrad_conformance.scenarios import _scenario
from nestgrad_conformance.scenarios._text import rows

from . import _entry

FOLDER = Path(__file__).parent
ENGINES = sorted(path.parent.name for path in FOLDER.glob("*/table.py"))
_HEAD = '''"""What users of {engine} call. Data only, written by docs/update.py from the rows above the functions."""

from __future__ import annotations

from functools import partial
'''


def table(engine: str) -> str:
    """The text of an engine's table."""
    modules = {path.stem: [*_rows(path)] for path in sorted((FOLDER / engine).glob("[!_]*.py")) if path.stem != "table"}
    themes = {theme: found for theme, found in modules.items() if found}
    names = {name for found in themes.values() for _, call in found for name in _names(call)}
    lines = [f"_{theme} = partial(native, {engine!r}, {theme!r})" for theme in themes]
    entries = [f"    _{theme}({_arguments(name, call)})," for theme, found in themes.items() for name, call in found]
    given = ", ".join(sorted(names & vars(_scenario).keys()))
    ours = ", ".join(sorted({"native"} | (names - vars(_scenario).keys())))
    imports = [f"from {_scenario.__name__} import {given}", f"from {_entry.__name__} import {ours}"]
    return "\n".join((_HEAD.format(engine=engine), *imports, "", *lines, "", "SCENARIOS = (", *entries, ")", ""))


def is_written(engine: str) -> bool:
    """Whether the table of an engine is what its rows say."""
    written = (FOLDER / engine / "table.py").read_text(encoding="utf-8")
    return ast.dump(ast.parse(written)) == ast.dump(ast.parse(table(engine)))


def write() -> list[Path]:
    """Write the tables that are not what their rows say; gives their files, which are still to be laid out."""
    stale = {FOLDER / engine / "table.py": table(engine) for engine in ENGINES if not is_written(engine)}
    for path, text in stale.items():
        path.write_text(text, encoding="utf-8")
    return [*stale]


def _rows(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """The functions of a module that have a row, and their rows."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        yield from rows(node)


def _arguments(name: str, call: ast.Call) -> str:
    return ", ".join((repr(name), *map(ast.unparse, (*call.args, *call.keywords))))


def _names(call: ast.Call) -> set[str]:
    return {node.id for node in ast.walk(call) if isinstance(node, ast.Name)} - {"row"}
