"""A proposed edit of a backend's limits file, for a person to review.

A limit that is met by refusals was seen in the version that was measured. One that is met by right numbers alone
goes, or ends with this version if another one has it; one that is met by right numbers and refusals shrinks to the
nestings and executions that are refused; a refusal that nothing declares becomes a new limit. What is refused
eagerly and not finite where it was compiled is met as well, and the limit says so. A wrong number, an error or a
crash is never proposed: it is a finding.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
from packaging.version import Version

import nestgrad as ng
from nestgrad.extend import Fault
from nestgrad.internal import descriptor, located
from nestgrad_conformance.judge.measurement import Refusal
from nestgrad_conformance.limits.ledger import faults, of_fault
from nestgrad_conformance.limits.limit import Limit, parse
from nestgrad_conformance.limits.patterns import patterns
from nestgrad_conformance.limits.text import entries, entry, remeasured
from nestgrad_conformance.nestings import AUTO, code_of
from nestgrad_conformance.versions import UNKNOWN, version_of

from .schema import Cell, Report

_DEFAULT = "limits.toml"


@dataclass(frozen=True)
class Proposal:
    """An edit of one limits file.

    Attributes:
        diff: a unified diff; empty if there is nothing to change.
        notes: what no edit can say, a line each.
    """

    diff: str
    notes: list[str] = field(default_factory=list)


def propose(report: Report, backend: str) -> Proposal:
    """What the cells of a backend say about its limits file."""
    described = descriptor(backend)
    module = next(info.module for info in ng.backends() if info.name == backend)
    file = located(module, described.limits or _DEFAULT)
    old = file.read_text(encoding="utf-8") if file.is_file() else ""
    version = version_of(described.engine, report.environments[backend].engines)
    cells = [cell for cell in report.cells if cell.backend == backend and cell.nesting != AUTO]
    new, notes = edited(old, cells, version)
    diff = difflib.unified_diff(old.splitlines(True), new.splitlines(True), str(file), str(file))
    return Proposal("".join(diff), notes + of_the_ledger(faults(module, described.faults), cells, version))


def of_the_ledger(known: Iterable[Fault], cells: Iterable[Cell], version: str) -> list[str]:
    """A line for each fault that is declared and was met by right numbers: a ledger is edited by hand."""
    right = [cell for cell in cells if cell.verdict == "undeclared"]
    met = {
        fault: dict.fromkeys(
            f"{cell.scenario} {code_of(cell.nesting)}"
            for cell in right
            for limit in of_fault(fault, fault.id)
            if limit.covers(code_of(cell.nesting), cell.scenario, cell.features, version, cell.execution)
        )
        for fault in known
        if fault.does == "refuses"
    }
    told = "The fault {!r} of the ledger is not in {}: {}."
    return [told.format(fault.id, version, ", ".join(places)) for fault, places in met.items() if places]


def edited(text: str, cells: Sequence[Cell], version: str) -> tuple[str, list[str]]:
    """The text of a limits file as the cells would have it, and what cannot be said there."""
    limits, (head, written) = parse(text, "the limits file"), entries(text)
    if len(limits) != len(written):
        return text, ["The limits file is not a list of [[limit]] entries: edit it by hand."]
    notes: list[str] = []
    met: dict[int, list[Cell]] = defaultdict(list)
    for cell in cells:
        known = (code_of(cell.nesting), cell.scenario, cell.features, version, cell.execution)
        if (found := next((i for i, one in enumerate(limits) if one.covers(*known)), None)) is not None:
            met[found].append(cell)
    kept = [
        _kept(one, limit, met[i], version, notes) for i, (one, limit) in enumerate(zip(written, limits, strict=True))
    ]
    rest = "".join((head, *kept)).strip("\n")
    return "\n\n".join(part for part in (rest, *_added(cells, version, notes)) if part) + "\n", notes


def _kept(written: str, limit: Limit, cells: Sequence[Cell], version: str, notes: list[str]) -> str:
    """What is left of an entry."""
    met = [cell for cell in cells if _is_met(cell)]
    if not any(cell.verdict == "undeclared" for cell in cells):
        return _seen(written, limit, met, version) if met else written
    right = {_place(cell) for cell in cells if cell.outcome == "correct"}
    if both := right & {_place(cell) for cell in met}:
        where = ", ".join(f"{nesting} {execution}" for nesting, execution in sorted(both))
        notes.append(f"Refused in one scenario and right in another ({where}), a matter of features: {limit.reason}")
        return _seen(written, limit, met, version)
    narrower = msgspec.structs.replace(limit, compiled=None, seen=_versions({version}), since=None, mended_in=None)
    new = (f"{entry(one)}\n\n" for one in _spread(narrower, met, cells))
    return "".join((_ended(written, limit, version, notes), *new))


def _seen(written: str, limit: Limit, met: Iterable[Cell], version: str) -> str:
    """An entry that was met in a version of the engine, by these cells."""
    new = _as_compiled(msgspec.structs.replace(limit, seen=_versions({*limit.seen, version})), met)
    return written if new == limit else remeasured(written, new)


def _ended(written: str, limit: Limit, version: str, notes: list[str]) -> str:
    """An entry that was not met in a version: what is left of it are the versions that have it."""
    older = _versions(one for one in limit.seen if Version(one) < Version(version))
    newer = _versions(one for one in limit.seen if Version(one) > Version(version))
    if older and newer:
        notes.append(f"Right in {version}, though older and newer versions have it: {limit.reason}")
        return written
    if older:
        return remeasured(written, msgspec.structs.replace(limit, seen=older, mended_in=version))
    return remeasured(written, msgspec.structs.replace(limit, seen=newer, since=newer[0])) if newer else ""


def _versions(found: Iterable[str]) -> tuple[str, ...]:
    """Versions that were measured, from the oldest on."""
    return tuple(sorted({*found} - {UNKNOWN}, key=Version))


def _added(cells: Sequence[Cell], version: str, notes: list[str]) -> list[str]:
    """New entries for the refusals that nothing declares."""
    groups: dict[Limit, list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.outcome != "refused" or cell.declared != "supported":
            continue
        if cell.refusal is None:
            notes.append(f"The report is older than this nestgrad, and does not say why this is refused: {cell.id}")
        elif (limit := _limit_of(cell, cell.refusal, cells)) is not None:
            groups[msgspec.structs.replace(limit, seen=_versions({version}))].append(cell)
        else:
            notes.append(f"No feature tells this refusal from what is right: {cell.id}")
    added = []
    for limit, refused in groups.items():
        named = [cell for cell in cells if _names(limit) <= set(cell.features)]
        met = [*refused, *(cell for cell in named if _is_unseen(cell))]
        added += [entry(one) for one in _spread(limit, met, named)]
    return added


def _limit_of(cell: Cell, refusal: Refusal, cells: Iterable[Cell]) -> Limit | None:
    """A limit that speaks of a refusal and of nothing that is right; its nesting is still open."""
    operation, reason = refusal.operation, refusal.reason
    features = [feature for feature in cell.features if feature != operation]
    choices: list[tuple[str | None, str | None]] = [(None, feature) for feature in features]
    if operation in cell.features:
        choices = [(operation, None), *choices, *((operation, feature) for feature in features)]
    right = [set(one.features) for one in cells if one.outcome == "correct" and _place(one) == _place(cell)]
    for one, other in choices:
        limit = Limit(nesting="", kind="not_yet", reason=" ".join(reason.split()), operation=one, feature=other)
        if not any(_names(limit) <= tags for tags in right):
            return limit
    return None


def _spread(limit: Limit, met: Sequence[Cell], cells: Iterable[Cell]) -> list[Limit]:
    """The limit for the nestings and executions in which it is met, of all in which it was measured."""
    cells = list(cells)
    executions: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for execution in sorted({cell.execution for cell in cells}):
        those = {code_of(cell.nesting) for cell in met if cell.execution == execution}
        others = {code_of(cell.nesting) for cell in cells if cell.execution == execution and not _is_met(cell)}
        executions[patterns(those, others) if those else ()].append(execution)
    everywhere = len(executions) == 1 and not limit.executions
    return [
        _as_compiled(
            msgspec.structs.replace(limit, nesting=nesting, executions=() if everywhere else tuple(names)),
            (cell for cell in met if cell.execution in names),
        )
        for found, names in executions.items()
        for nesting in found
    ]


def _is_met(cell: Cell) -> bool:
    """Whether it is as a limit may declare."""
    return cell.outcome == "refused" or _is_unseen(cell)


def _is_unseen(cell: Cell) -> bool:
    """Whether nobody has looked at a result that is not finite, since it was compiled."""
    return cell.outcome == "not_finite" and cell.execution != "eager"


def _as_compiled(limit: Limit, met: Iterable[Cell]) -> Limit:
    """The limit, which says what it is met by in a compiled program."""
    return msgspec.structs.replace(limit, compiled="not_finite") if any(map(_is_unseen, met)) else limit


def _names(limit: Limit) -> set[str]:
    return {name for name in (limit.operation, limit.feature) if name is not None}


def _place(cell: Cell) -> tuple[str, str]:
    return code_of(cell.nesting), cell.execution
