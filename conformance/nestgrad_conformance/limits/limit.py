"""What a backend declares that it refuses: a file beside the backend, read by the judge alone."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec
from packaging.version import InvalidVersion, Version

from nestgrad.extend import COMPILERS
from nestgrad.internal import did_you_mean, in_a_line, located

Kind = Literal["never", "not_yet", "upstream_bug"]
Compiled = Literal["not_finite"]


class LimitsError(ValueError):
    """A limits file that cannot be read; the message names file and entry."""


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One declared limit.

    It holds for every version of the engine but those from the one on that was measured without it: that the next
    one will be without it is nothing that can be written.

    Attributes:
        nesting: a pattern on the nesting's code, as fnmatch reads it: `*F*`, `R?`.
        operation: the operation that is refused; matches a scenario's feature of that name.
        feature: the same for a feature that is no operation.
        unless: a feature that lifts the limit.
        scenario: one scenario alone; allowed for an `upstream_bug` with a link.
        executions: those that it holds for; all if empty.
        compiled: `not_finite` if there, in an execution that is not eager, the result is not finite instead of refused:
            nobody looks at what was compiled.
        kind: `never` (the engine cannot), `not_yet` (it could), `upstream_bug` (it is wrong there).
        reason: why, in one sentence.
        link: a thread or page.
        seen: versions of the engine that it was met in: a run of the suite was refused something that it covers.
        since: the first of these, where an older version was measured without it: it holds from there on.
        mended_in: the version that was measured without it: it holds for older ones alone.
    """

    nesting: str
    kind: Kind
    reason: str
    operation: str | None = None
    feature: str | None = None
    unless: str | None = None
    scenario: str | None = None
    link: str | None = None
    executions: tuple[str, ...] = ()
    compiled: Compiled | None = None
    seen: tuple[str, ...] = ()
    since: str | None = None
    mended_in: str | None = None

    def covers(
        self, nesting: str, scenario: str, features: Iterable[str], version: str, execution: str = "eager"
    ) -> bool:
        """Whether this limit speaks of a nesting of a scenario, in this execution and version of the engine."""
        return (
            fnmatch.fnmatchcase(nesting, self.nesting)
            and self.speaks_of(scenario, features)
            and (not self.executions or execution in self.executions)
            and self.holds_in(version)
        )

    def declares(self, execution: str) -> Literal["limit", "not_finite"]:
        """What it promises in an execution: a refusal, or a refusal or a result that is not finite."""
        return "limit" if self.compiled is None or execution == "eager" else self.compiled

    def holds_in(self, version: str) -> bool:
        """Whether it holds for a version of the engine."""
        return (self.since is None or Version(version) >= Version(self.since)) and (
            self.mended_in is None or Version(version) < Version(self.mended_in)
        )

    def speaks_of(self, scenario: str, features: Iterable[str]) -> bool:
        """Whether this limit speaks of some nesting of a scenario."""
        names, tags = {name for name in (self.operation, self.feature) if name is not None}, set(features)
        return names <= tags and self.unless not in tags and self.scenario in (None, scenario)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    limit: list[Limit] = msgspec.field(default_factory=list)


def read(module: str, name: str | None) -> tuple[Limit, ...]:
    """The limits of the backend whose descriptor is in `module`, from the limits file beside it.

    Raises:
        LimitsError: the file is missing, is not TOML, or an entry is malformed.
    """
    return () if name is None else parse(beside(module, name), f"{module}/{name}")


def beside(module: str, name: str, kind: str = "limits file") -> str:
    """The text of a file beside a backend's descriptor, whose module is not imported.

    Raises:
        LimitsError: it cannot be read.
    """
    try:
        return located(module, name).read_text(encoding="utf-8")
    except Exception as error:  # the package is a third party's, and may be in any form
        raise LimitsError(f"{module}: the {kind} {name!r} cannot be read: {in_a_line(error)}.") from error


def parse(text: str, where: str) -> tuple[Limit, ...]:
    """The limits in a file's text; `where` is how errors call the file.

    Raises:
        LimitsError: it is not TOML, or an entry is malformed.
    """
    try:
        found = msgspec.convert(tomllib.loads(text), _File).limit
    except ValueError as error:
        raise LimitsError(f"{where}: the limits file cannot be read: {error}") from error
    for limit in found:
        check(limit, where)
    return tuple(found)


def implied(modes: Mapping[str, bool], max_order: int | None) -> tuple[Limit, ...]:
    """The limits that follow from what a backend lacks: a letter, or an order."""
    limits = [
        Limit(nesting=f"*{letter}*", kind="never", reason=f"the backend has no {name} mode")
        for letter, name in (("F", "forward"), ("R", "reverse"))
        if not modes[name]
    ]
    if max_order is not None:
        limits.append(
            Limit(nesting="?" * (max_order + 1) + "*", kind="never", reason=f"the longest nesting is {max_order}")
        )
    return tuple(limits)


def check(limit: Limit, where: str) -> None:
    """Hold a limit to what may be written; `where` is how errors call the file.

    Raises:
        LimitsError: it may not.
    """
    if limit.scenario is not None and (limit.kind != "upstream_bug" or not limit.link):
        raise LimitsError(f"{where}: a limit may name a scenario ({limit.scenario}) only as upstream_bug with a link.")
    everything = limit.operation is None and limit.feature is None and limit.scenario is None and not limit.executions
    if everything and limit.kind != "never":
        raise LimitsError(
            f"{where}: {limit.nesting!r} names no operation, feature, scenario or execution; only `never` may."
        )
    if not set(limit.nesting) <= set("FR*?[]!"):
        raise LimitsError(f"{where}: {limit.nesting!r} matches no nesting; patterns are made of F, R, *, ? and [ ].")
    for name in set(limit.executions) - {"eager", *COMPILERS}:
        hint = did_you_mean(name, ("eager", *COMPILERS))
        raise LimitsError(f"{where}: {limit.nesting!r}: {name!r} is no execution. {hint}")
    if limit.compiled and set(limit.executions) == {"eager"}:
        raise LimitsError(
            f"{where}: {limit.nesting!r}: it holds for eager executions alone, and `compiled` is about all others."
        )
    try:
        if wrong := _wrong_versions(limit):
            raise LimitsError(f"{where}: {limit.nesting!r}: {wrong}.")
    except InvalidVersion as error:
        raise LimitsError(f"{where}: {limit.nesting!r}: {error}") from error


def _wrong_versions(limit: Limit) -> str | None:
    """What is wrong with the versions of a limit, which are those of measurements.

    Raises:
        InvalidVersion: one is no version.
    """
    if (limit.since or limit.mended_in) and not limit.seen:
        return "it has a bound, so one version at least that it was met on belongs into `seen`"
    if limit.since is not None and limit.since not in limit.seen:
        return f"`since` is {limit.since}, which is not in `seen`: a bound is a version that was measured"
    outside = [version for version in limit.seen if Version(version) and not limit.holds_in(version)]
    return f"it was `seen` in {', '.join(outside)}, for which its bounds say that it does not hold" if outside else None
