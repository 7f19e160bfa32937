"""Cells of an operator that is called in a setting: as far as it is the setting that is wrong, it is written out."""

from __future__ import annotations

from collections.abc import Mapping

from nestgrad_conformance.judge.verdict import WRONG
from nestgrad_conformance.report.schema import Report, ReportError
from nestgrad_conformance.scenarios import Scenario

from .engines import Engine
from .place import Place

CROSSING = "nestgrad_conformance.scenarios.settings.threads:crossing"
_MEETING = """\
entered, both, left, found = threading.Event(), threading.Barrier(2), threading.Event(), []
def meeting(x):  # f, which the other thread enters first, then this one, and which the other leaves first
    entered.set(); both.wait(9); threading.current_thread() is other or left.wait(9); return {f}(x)"""
_BESIDE = """\
def work(): found.append({number}); left.set()
other = threading.Thread(target=work); other.start(); entered.wait(); work(); other.join()
found = max(found, key=lambda one: abs(one - expected).max())  # of the two threads' numbers the one further off"""


def by_itself(place: Place, engine: Engine, scenarios: Mapping[str, Scenario], report: Report | None) -> Scenario:
    """The function of a cell, without its setting.

    Raises:
        ReportError: there is no script of the setting, and it is not known that the function is wrong without it.
    """
    scenario = place.scenario
    if scenario.setting is None:
        return scenario
    base = scenarios.get(scenario.base or "")
    if base is None:
        raise ReportError(f"{place.id}: it is not known which scenario's function this is without the setting.")
    if scenario.setting == CROSSING or turned(engine, scenario.setting, place.nesting, "", "") is not None:
        return base
    alone = Place(place.backend, base, place.nesting, "eager").id
    if report is not None and any(one.id == alone and one.outcome in WRONG for one in report.cells):
        return base
    raise ReportError(
        f"{place.id}: a script shows the engine's own derivative, and this cell is an operator called in a setting. "
        f"If the function is wrong by itself, {alone} shows it."
    )


def turned(engine: Engine, setting: str | None, nesting: str, inner: str, nested: str) -> list[str] | None:
    """The lines that define `nested` in a setting, from the nesting without its outermost letter, and from all of it.

    None, where it is defined as it is without a setting.
    """
    if setting is None or setting not in engine.settings or len(nesting) != 2 or "R" not in nesting:
        return None
    return engine.settings[setting].format(inner=inner, nested=nested).splitlines()


def meeting(f: str) -> list[str]:
    """The lines that make a function in which two threads meet, from the one of this name."""
    return _MEETING.format(f=f).splitlines()


def beside(number: str) -> list[str]:
    """The lines that evaluate a number in this thread and in another one."""
    return _BESIDE.format(number=number).splitlines()
