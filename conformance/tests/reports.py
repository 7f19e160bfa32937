"""Reports made by hand, for tests of what reads them."""

from nestgrad_conformance.report.schema import Cell, Environment, Report, Run

NOTHING = {}
"""Narrows the profile: the run is whole."""


def environment(**changes):
    fields = {"python": "3.11", "platform": "linux", "nestgrad": "0", "spec": "1.0", "engines": {"e": "1"}}
    modes = {"forward": True, "reverse": True}
    rest = {"device": "cpu", "x64": True, "modes": modes, "max_order": None, "executions": ["eager"]}
    return Environment(**{**fields, **rest, **changes})


def cell(backend="a", scenario="s", nesting="forward_over_reverse", **changes):
    fields = {
        "id": f"{backend}/{scenario}@1/{nesting}/eager/float64",
        "tier": "programs",
        "features": [],
        "execution": "eager",
        "dtype": "float64",
        "device": "cpu",
        "outcome": "correct",
        "declared": "supported",
        "verdict": "supported",
        "route": "native",
    }
    return Cell(**{"backend": backend, "scenario": scenario, "nesting": nesting, **fields, **changes})


def report(cells, expected=None, raw=False, selection=NOTHING, absent=0, **environments):
    run = Run(
        profile="standard",
        seeds=[0],
        raw=raw,
        expected=len(cells) + absent if expected is None else expected,
        finished=len(cells),
        absent=absent,
        selection=selection,
    )
    found = {one.backend: environment() for one in cells} or {"a": environment()}
    return Report(environments={**found, **environments}, run=run, cells=cells)


REFUSED = {"outcome": "refused", "declared": "limit", "verdict": "refused", "route": None}
NOT_FINITE = {"execution": "compiled", "outcome": "not_finite", "declared": "not_finite", "verdict": "not_finite"}
WRONG = {"outcome": "wrong", "verdict": "silently_wrong"}
ERROR = {"outcome": "error", "verdict": "broken", "route": None}
EMULATED = {"verdict": "emulated", "route": "emulated"}
STALE = {"declared": "limit", "verdict": "undeclared"}
UNCERTAIN = {"outcome": "uncertain", "verdict": "uncertain"}
