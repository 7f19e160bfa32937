"""How a script spells an engine's own transforms: what its raw measurement runs, for a function of one array."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files

import msgspec


class Engine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The spelling of one engine: an entry of `engines.toml`.

    Attributes:
        imports: lines that every script needs.
        array: the function that makes a NumPy array one of the engine's.
        single: the same, of float32.
        part: entries `start` to `stop` of the flat x in a shape.
        transforms: the definitions of `F(f, v)`, the derivative of f along v as a function of x, and of
            `R(f, v)`, the gradient of the inner product of f and v; without v, of f.
        namespace: the line that imports the standard's names as `xp`, for functions that are written in them.
        alike: names of the standard by the pattern that makes the engine's name of each.
        names: the engine's spelling of others, for float64.
        plain: a result that NumPy takes.
        executions: what each execution makes of the function `nested`.
        settings: the lines that define `nested` in a setting, by its `"module:name"`, for a vector of order 2: from
            the nesting without its outermost letter, `{inner}`, or from all of it, `{nested}`.
    """

    imports: tuple[str, ...]
    array: str
    single: str
    part: str
    transforms: Mapping[str, str]
    namespace: str
    alike: Mapping[str, tuple[str, ...]] = {}
    names: Mapping[str, str] = {}
    plain: str = "{0}"
    executions: Mapping[str, str] = msgspec.field(default_factory=lambda: {"eager": "nested"})
    settings: Mapping[str, str] = {}

    @property
    def spelling(self) -> Mapping[str, str] | None:
        """The engine's names of the standard's; None where the namespace has them all as they are."""
        alike = {name: pattern.format(name) for pattern, names in self.alike.items() for name in names}
        return {**alike, **self.names} or None


ENGINES: Mapping[str, Engine] = msgspec.convert(
    tomllib.loads((files(__package__) / "engines.toml").read_text(encoding="utf-8")), dict[str, Engine]
)
"""By the backend's name."""
