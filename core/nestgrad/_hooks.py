"""The hooks a plug-in may implement. Every one is documented here; a test fails where one is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pluggy

from ._spec import COMPILERS

PROJECT = "nestgrad"
BACKENDS = "nestgrad.backends"
"""The entry-point group of backends: one entry, one backend, named as its descriptor names it."""
PLUGINS = "nestgrad.plugins"
"""The entry-point group of everything else a plug-in can add, scenario packs and report formats."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


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
    embedded: bool = False
    speeds: Mapping[str, Speed] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        texts = (self.name, self.engine, self.install, self.implementation, *self.arrays)
        if isinstance(self.arrays, str) or not all(
            isinstance(text, str) for text in (*texts, self.limits or "", self.faults or "")
        ):
            raise TypeError(f"{self!r}: every field is a string, `arrays` a tuple of strings")
        known = isinstance(self.speeds, Mapping) and {"eager", *COMPILERS}.issuperset(self.speeds)
        if not known or not {"fast", "slow", "hours"}.issuperset(self.speeds.values()):
            raise TypeError(f"{self!r}: `speeds` goes from {', '.join(('eager', *COMPILERS))} to fast, slow or hours")

    def speed(self, execution: str) -> Speed:
        """How long the conformance suite takes in an execution."""
        return self.speeds.get(execution, "fast")


class BackendHooks:
    """Hooks of the group `nestgrad.backends`."""

    @hookspec(firstresult=True)
    def nestgrad_backend(self) -> Descriptor:  # type: ignore[empty-body]
        """Describe the backend of this module, without importing its engine.

        Returns one `Descriptor`. Called once when the backend is first asked for by name or by the
        type of an array; listing the backends does not call it.
        """


class PluginHooks:
    """Hooks of the group `nestgrad.plugins`."""

    @hookspec
    def nestgrad_scenarios(self) -> Iterable[Any]:  # type: ignore[empty-body]
        """Scenarios to add to the conformance suite: an iterable of `nestgrad_conformance.scenarios.Scenario`.

        Called by the suite alone. The module must be importable without any engine. An id that is there already
        leaves the plug-in out.
        """

    @hookspec
    def nestgrad_report_formats(self) -> Mapping[str, Callable[[Any], str]]:  # type: ignore[empty-body]
        """Report formats to add: by name, functions from a `nestgrad_conformance.report.schema.Report` to text.

        `nestgrad report NAME FILES` renders reports by the function of that name. Called when a format is
        asked for that nestgrad does not have itself. A name that is there already leaves the plug-in out.
        """

    @hookspec(firstresult=True)
    def nestgrad_diagnose(
        self,
        f: Any,
        x: Any,
        args: tuple[Any, ...],
        backend: str | Any | None,
        nestings: Iterable[str | Any] | None,
        executions: Iterable[str],
    ) -> Any:
        """Measure the nestings of a user's function: what `nestgrad.diagnose` calls, with the same arguments.

        Returns a `nestgrad.Diagnosis`. The conformance suite implements it; core has no judge of its own.
        The module must be importable without the libraries of the suite.
        """
