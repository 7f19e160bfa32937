import itertools
from dataclasses import dataclass

import pytest

from nestgrad_conformance.judge.verdict import (
    FAILING,
    FAILING_RAW,
    OUTCOMES,
    UNCERTAIN_SHARE,
    VERDICTS,
    fails,
    findings,
    verdict,
)

ROUTES = ("native", "emulated", "substituted", None)
DECLARED = ("supported", "limit", "not_finite")
LIMITS = ("limit", "not_finite")
SILENT = ("wrong", "silent_zero")
BREAKDOWNS = ("error", "crash", "timeout")


@dataclass
class Cell:
    verdict: str
    tier: str = "programs"
    declared: str | None = "supported"


# The table of the design, row by row: declared, outcomes, routes, verdict, fails.
TABLE = [
    (["supported"], ["correct"], ["native"], "supported", False),
    (["supported"], ["correct"], ["emulated"], "emulated", False),
    (LIMITS, ["refused"], ROUTES, "refused", False),
    (LIMITS, ["correct"], ROUTES, "undeclared", True),
    (DECLARED, SILENT, ROUTES, "silently_wrong", True),
    (["not_finite"], ["not_finite"], ROUTES, "not_finite", False),
    (["supported", "limit"], ["not_finite"], ROUTES, "broken", True),
    (DECLARED, ["uncertain"], ROUTES, "uncertain", False),
    (DECLARED, ["probe"], ROUTES, "probe", False),
    # otherwise
    (["supported"], ["refused"], ROUTES, "broken", True),
    (["supported"], ["correct"], ["substituted", None], "broken", True),
    (DECLARED, BREAKDOWNS, ROUTES, "broken", True),
]


@pytest.mark.parametrize(("declared", "outcomes", "routes", "expected", "fail"), TABLE)
def test_a_row_of_the_table(declared, outcomes, routes, expected, fail):
    for case in itertools.product(declared, outcomes, routes):
        assert verdict(*case) == expected, case
    assert (expected in FAILING) == fail


def test_the_rows_cover_every_case_once():
    cases = [case for row in TABLE for case in itertools.product(*row[:3])]
    assert len(cases) == len(set(cases)) == len(DECLARED) * len(OUTCOMES) * len(ROUTES)


def test_the_rows_have_every_verdict():
    assert {row[3] for row in TABLE} == set(VERDICTS)
    assert set(FAILING) == {row[3] for row in TABLE if row[4]}


def test_a_run_without_cells_finds_nothing():
    assert findings([]) == []


def test_what_fails_is_found_in_order():
    cells = [Cell(name) for name in VERDICTS if name != "uncertain"]
    assert [cell.verdict for cell in findings(cells)] == [name for name in VERDICTS if name in FAILING]


@pytest.mark.parametrize("name", ["supported", "emulated", "refused", "not_finite"])
def test_what_is_as_declared_is_no_finding(name):
    assert findings([Cell(name)] * 10) == []


@pytest.mark.parametrize("name", FAILING)
def test_one_failing_cell_among_many_is_a_finding(name):
    assert findings([Cell("supported")] * 10_000 + [Cell(name)]) == [Cell(name)]


@pytest.mark.parametrize(("size", "uncertain", "found"), [(100, 2, 0), (100, 3, 3), (50, 1, 0), (49, 1, 1), (1, 1, 1)])
def test_two_percent_of_a_tier_may_be_uncertain(size, uncertain, found):
    assert UNCERTAIN_SHARE == 0.02
    cells = [Cell("uncertain")] * uncertain + [Cell("supported")] * (size - uncertain)
    assert len(findings(cells)) == found


def test_tiers_are_counted_apart():
    many_certain = [Cell("supported", "ops")] * 1000
    assert findings([*many_certain, *[Cell("uncertain", "ops")] * 20]) == []
    one_tier, other = Cell("uncertain", "ops"), Cell("uncertain", "native")
    found = findings([*many_certain, one_tier, *[Cell("refused", "native")] * 9, other])
    assert [cell.tier for cell in found] == ["native"]


def test_uncertain_cells_are_found_beside_failing_ones():
    assert [cell.verdict for cell in findings([Cell("uncertain"), Cell("broken")])] == ["broken", "uncertain"]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_raw_engine_declares_nothing_and_its_outcome_is_the_verdict(outcome):
    assert verdict(None, outcome, "native") == outcome
    assert (
        fails(Cell(outcome, declared=None)) == (outcome in (*SILENT, "not_finite", "crash")) == (outcome in FAILING_RAW)
    )
