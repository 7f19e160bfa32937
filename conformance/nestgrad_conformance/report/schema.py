"""The report: what was run, where, and every cell. JSON, schema `nestgrad-report/1`."""

from __future__ import annotations

import functools
import json
import os
from collections import Counter
from pathlib import Path
from typing import Literal

import msgspec

import nestgrad as ng
from nestgrad_conformance.judge.measurement import Measurement
from nestgrad_conformance.judge.verdict import Declared, Verdict
from nestgrad_conformance.nestings import order_of

from . import files

SCHEMA: Literal["nestgrad-report/1"] = "nestgrad-report/1"


class ReportError(ValueError):
    """A report that cannot be read, merged or written; the message says which and why."""


class NotWrittenError(ReportError):
    """A file that could be opened before cannot be written; what it held is kept."""


class Environment(msgspec.Struct, kw_only=True):
    """Where a backend was measured.

    Attributes:
        python: the interpreter's version.
        platform: operating system and machine.
        nestgrad: nestgrad's version.
        spec: the version of the backend spec that the backend is written for.
        engines: versions of the engine and of what it computes with, by distribution.
        inner: of a pair, the same of the inner engine.
        device: the device of the arrays.
        x64: whether float64 arrays were float64.
        modes: whether the backend has forward and reverse mode.
        max_order: the longest nesting it runs, or None.
        executions: `eager`, and one for each compiler that it has.
    """

    python: str
    platform: str
    nestgrad: str
    spec: str
    engines: dict[str, str]
    device: str
    x64: bool
    modes: dict[str, bool]
    max_order: int | None
    executions: list[str]
    inner: dict[str, str] = {}

    @property
    def versions(self) -> dict[str, str]:
        """Of all that computes."""
        return {**self.engines, **self.inner}


class Run(msgspec.Struct, kw_only=True):
    """What was asked for and how much of it was done.

    Attributes:
        profile: the profile's name.
        seeds: the seeds of inputs and directions.
        raw: whether it was the raw engine, without nestgrad's repairs and refusals.
        expected: planned cells, the absent ones included.
        finished: cells in this report.
        absent: planned cells that a backend has no execution for.
        shard: the part of the plan that was run, such as `2/4`; null for the whole.
        selection: what narrowed the profile: the values of `tier`, `scenario`, `nesting` and `execution` that were
            given; empty if nothing did, null in a report that does not say.
    """

    profile: str
    seeds: list[int]
    raw: bool
    expected: int
    finished: int
    absent: int
    shard: str | None = None
    selection: dict[str, list[str]] | None = None

    @property
    def whole(self) -> bool:
        """Whether all that the profile has was planned, and is here."""
        return not self.partial and self.shard is None and self.selection == {}

    @property
    def partial(self) -> bool:
        """Whether cells are missing."""
        return self.finished + self.absent < self.expected


class Cell(Measurement):
    """One measurement: backend × scenario × nesting × execution × dtype; what it showed is in the inherited fields.

    Attributes:
        id: `backend/scenario@revision/nesting/execution/dtype`, stable between runs.
        nesting: the long name, or `auto`.
        declared: what the backend said, null for a raw engine.
        verdict: the outcome compared with that; of a raw engine the outcome.
        limit: the kind and reason of the limit that was declared; `link`: its thread or page.
    """

    id: str
    backend: str
    scenario: str
    tier: str
    features: list[str]
    nesting: str
    execution: str
    dtype: str
    device: str | None
    declared: Declared | None
    verdict: Verdict
    limit: str | None = None
    link: str | None = None


def cell_id(*, backend: str, scenario: str, revision: int, nesting: str, execution: str, dtype: str) -> str:
    """A name that stays the same as long as the cell means the same; it is compared, and never taken apart.

    Args:
        backend: its name.
        scenario: the scenario's id.
        revision: the scenario's.
        nesting: a code, or `auto`.
        execution: how it is run.
        dtype: of inputs and directions.

    Example:
        >>> cell_id(backend="jax", scenario="norm", revision=1, nesting="FR", execution="eager", dtype="float64")
        'jax/norm@1/FR/eager/float64'
    """
    return f"{backend}/{scenario}@{revision}/{nesting}/{execution}/{dtype}"


class Report(msgspec.Struct, kw_only=True):
    """A run of the suite; a backend whose workers did not live to tell has no environment."""

    schema: Literal["nestgrad-report/1"] = SCHEMA
    environments: dict[str, Environment]
    run: Run
    cells: list[Cell]


def read(path: str | os.PathLike[str]) -> Report:
    """The report in a file.

    Raises:
        ReportError: no such file, not a report, or one of a schema that this version does not know.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ReportError(f"{path}: cannot be read: {error.strerror}.") from error
    try:
        report = msgspec.json.decode(data, type=Report)
    except msgspec.MsgspecError as error:
        raise ReportError(f"{path}: {_what_is_wrong(data, error)}") from error
    if contradiction := _contradiction(report):
        raise ReportError(f"{path}: is a damaged report: {contradiction}.")
    return report


def json_schema() -> str:
    """The JSON Schema of a report, as docs/nestgrad-report-1.schema.json publishes it."""
    found = msgspec.json.schema(Report)
    found["$defs"]["Report"]["required"].insert(0, "schema")  # it has a default, and is always written
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": SCHEMA, **found}
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def write(report: Report, path: str | os.PathLike[str]) -> Path:
    """Write a report whole or not at all, and say where it went.

    A partial report never takes the place of a full one: it goes beside it, as `NAME.partial.json`,
    and is removed when the run is written in full.

    Raises:
        NotWrittenError: it cannot be written; what was there is kept.
    """
    target = Path(path)
    if report.run.partial and _holds_full_report(target):
        target = beside(target)
    try:
        files.write(target, msgspec.json.format(msgspec.json.encode(report), indent=1))
        if not report.run.partial:
            beside(target).unlink(missing_ok=True)
    except OSError as error:
        raise NotWrittenError(f"{target}: cannot be written: {error.strerror}.") from error
    return target


def beside(target: Path) -> Path:
    """Where a partial report goes that must not take the place of a full one."""
    return target.with_suffix(f".partial{target.suffix}")


def _contradiction(report: Report) -> str | None:
    """What cannot be so in a report that this package wrote."""
    twice = [cell for cell, times in Counter(cell.id for cell in report.cells).items() if times > 1]
    if twice:
        return f"cell {twice[0]} is there twice"
    for cell in report.cells:
        if cell.backend not in report.environments and cell.device is not None:  # a worker has lived to tell
            return f"nothing is said of backend {cell.backend!r}, which cell {cell.id} is of"
        if not _is_nesting(cell.nesting):
            return f"{cell.nesting!r} of cell {cell.id} is no nesting"
    if report.run.finished != len(report.cells):
        return f"it has {len(report.cells)} cells and says {report.run.finished}"
    return None


@functools.cache
def _is_nesting(name: str) -> bool:
    try:
        return order_of(name) > 0
    except ng.InvalidNestingError:
        return False


def _holds_full_report(path: Path) -> bool:
    try:
        return not read(path).run.partial
    except ReportError:
        return False


def _what_is_wrong(data: bytes, error: Exception) -> str:
    try:
        schema = msgspec.json.decode(data)["schema"]
    except (msgspec.MsgspecError, TypeError, KeyError):
        return f"is no nestgrad report: {error}."
    if schema != SCHEMA:
        return f"has schema {schema!r}; this version of nestgrad reads {SCHEMA!r}."
    return f"is a damaged report: {error}."
