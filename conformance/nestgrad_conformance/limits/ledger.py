"""Limits that follow from a backend's ledger of faults: what is wrong in the engine is told there, and once."""

from __future__ import annotations

import msgspec

from nestgrad.extend import Fault, FaultError, read_faults
from nestgrad.internal import url

from .limit import Compiled, Limit, LimitsError, beside, check


class Shown(msgspec.Struct, forbid_unknown_fields=True):
    """A way in which scenarios show a fault; see `nestgrad.extend.Fault.shown_by`."""

    features: tuple[str, ...] = ()
    scenario: str | None = None
    unless: str | None = None
    nestings: tuple[str, ...] = ()
    executions: tuple[str, ...] = ()
    compiled: Compiled | None = None
    refused: bool | None = None


def faults(module: str, name: str | None) -> tuple[Fault, ...]:
    """The faults in the ledger beside the descriptor in `module`; no engine is imported.

    Raises:
        LimitsError: it cannot be read.
    """
    if name is None:
        return ()
    try:
        return tuple(read_faults(beside(module, name, "ledger of faults")).values())
    except FaultError as error:
        raise LimitsError(f"{module}/{name}: {error}") from error


def of_faults(module: str, name: str | None) -> tuple[Limit, ...]:
    """The limits of all faults; what is repaired is none, but where the repair does not reach.

    Raises:
        LimitsError: the ledger cannot be read, or says what no limit may.
    """
    where = f"{module}/{name}"
    return tuple(limit for fault in faults(module, name) for limit in of_fault(fault, where))


def of_fault(fault: Fault, where: str) -> list[Limit]:
    """The limits of one fault, of those ways to show it that are refused.

    Raises:
        LimitsError: it says what no limit may.
    """
    refuses = fault.does == "refuses"
    ways = (way for way in shown_by(fault, where) if (refuses if way.refused is None else way.refused))
    return [limit for way in ways for limit in as_limits(fault, way, where)]


def as_limits(fault: Fault, way: Shown, where: str) -> list[Limit]:
    """One way to show a fault in the form of limits: one for each pattern of nestings.

    Raises:
        LimitsError: it says what no limit may.
    """
    operation, feature = (*way.features, None, None)[:2]
    limits = [
        Limit(
            nesting=pattern,
            kind=fault.kind,
            reason=fault.reason,
            operation=operation,
            feature=feature,
            unless=way.unless,
            scenario=way.scenario,
            link=url(fault.links[0]) if fault.links else None,
            executions=way.executions,
            compiled=way.compiled,
            seen=fault.seen,
            mended_in=fault.mended_in,
        )
        for pattern in way.nestings or fault.nestings
    ]
    for limit in limits:
        check(limit, f"{where}: fault {fault.id!r}")
    return limits


def shown_by(fault: Fault, where: str) -> list[Shown]:
    """How scenarios show a fault.

    Raises:
        LimitsError: it is malformed, or names more than two features.
    """
    try:
        shown = msgspec.convert(list(fault.shown_by), list[Shown])
    except msgspec.ValidationError as error:
        raise LimitsError(f"{where}: fault {fault.id!r}: shown_by: {error}") from error
    if any(len(one.features) > 2 for one in shown):
        raise LimitsError(f"{where}: fault {fault.id!r}: shown_by names two features at most.")
    return shown
