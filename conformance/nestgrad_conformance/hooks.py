"""nestgrad's own plug-in of the group `nestgrad.plugins`: importable without the libraries of the suite."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from nestgrad import ExtraNotInstalledError
from nestgrad.extend import Backend, hookimpl
from nestgrad.internal import INSTALL

if TYPE_CHECKING:
    from .diagnose.diagnosis import Diagnosis

LIBRARIES = {"msgspec", "rich"}


@hookimpl
def nestgrad_diagnose(
    f: Any,
    x: Any,
    args: tuple[Any, ...],
    backend: str | Backend | None,
    nestings: Iterable[str | Any] | None,
    executions: Iterable[str],
) -> Diagnosis:
    """Diagnose by the suite's own judge."""
    try:
        from .diagnose.diagnosis import diagnose
    except ModuleNotFoundError as error:
        library = str(error.name).partition(".")[0]
        if library not in LIBRARIES:
            raise
        raise ExtraNotInstalledError(f"diagnose needs {library!r}, which is not installed: {INSTALL}") from error
    return diagnose(f, x, args, backend, nestings, executions)
