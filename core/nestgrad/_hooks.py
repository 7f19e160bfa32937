"""The hooks a plug-in may implement. Every one is documented here; a test fails where one is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pluggy

from ._descriptor import PROJECT, Descriptor

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


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
