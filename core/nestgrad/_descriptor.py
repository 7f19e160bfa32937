"""What a plug-in says of its backend, before the engine is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ._spec import COMPILERS

PROJECT = "nestgrad"
"""The distribution that brings the bundled backends; plug-ins' hooks begin with its name."""

Speed = Literal["fast", "slow", "hours"]


@dataclass(frozen=True)
class Descriptor:
    """What is known of a backend before its engine is imported.

    Attributes:
        name: the backend's name, equal to the name of its entry point.
        engine: the import name of the engine.
        install: the command line that installs the engine.
        arrays: import roots of the engine's array types; `("jax",)` claims `jax.Array`.
        implementation: `"module:Class"`; imported, and called without arguments, on first use.
        limits: a TOML file beside the descriptor's module that declares what the backend refuses.
        faults: a TOML file beside the descriptor's module, the ledger of what the engine gets wrong: see `Fault`.
        measured: a JSON file beside the descriptor's module, which `nestgrad measured` writes: the operations that the
            conformance suite has seen in correct cells.
        embedded: the backend is the one to use when nothing selects another. Heeded in the bundled only.
        speeds: by execution, how long the conformance suite takes in it: `fast`, `slow` (minutes for a tier, so that
            its shorter profiles measure less, and values of f are compiled where `eager` is slow) or `hours`. An
            execution that is not named is fast.
    """

    name: str
    engine: str
    install: str
    arrays: tuple[str, ...]
    implementation: str
    limits: str | None = None
    faults: str | None = None
    measured: str | None = None
    embedded: bool = False
    speeds: Mapping[str, Speed] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        texts = (self.name, self.engine, self.install, self.implementation, *self.arrays)
        if isinstance(self.arrays, str) or not all(
            isinstance(text, str) for text in (*texts, self.limits or "", self.faults or "", self.measured or "")
        ):
            raise TypeError(f"{self!r}: every field is a string, `arrays` a tuple of strings")
        known = isinstance(self.speeds, Mapping) and {"eager", *COMPILERS}.issuperset(self.speeds)
        if not known or not {"fast", "slow", "hours"}.issuperset(self.speeds.values()):
            raise TypeError(f"{self!r}: `speeds` goes from {', '.join(('eager', *COMPILERS))} to fast, slow or hours")

    def speed(self, execution: str) -> Speed:
        """How long the conformance suite takes in an execution."""
        return self.speeds.get(execution, "fast")
