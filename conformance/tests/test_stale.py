"""`nestgrad report stale`: which declared faults a raw run shows to be gone."""

import json

import pytest
from click.testing import CliRunner

from nestgrad import Nesting
from nestgrad_conformance.cli import command
from nestgrad_conformance.limits.limit import Limit
from nestgrad_conformance.report.schema import ReportError, write
from nestgrad_conformance.run import stale
from nestgrad_conformance.scenarios import Scenario, normal

from .reports import cell, environment, report


def scenario(name, *features, **fields):
    return Scenario(id=name, function=lambda xp, x: xp.sum(x), inputs=normal(2), features=frozenset(features), **fields)


SCENARIOS = [
    scenario("plain", "det"),
    scenario("batched", "det"),
    scenario("kink", "det", probe=True),
    scenario("inside", "det", setting="somewhere:else", executions=("eager",)),
    scenario("compiled_only", "det", executions=("compiled",)),
    scenario("third", "det", order=3),
    scenario("other", "inv"),
]
BY_ID = {one.id: one for one in SCENARIOS}
DET = Limit(nesting="?F", operation="det", kind="upstream_bug", reason="the rule of det is wrong", seen=("1.0",))
WHOLE = ("plain", "batched", "third")


def right(name, code="RF", execution="eager", **changes):
    nesting, rest = str(Nesting(code)), {"declared": None, "verdict": "correct", **changes}
    features = sorted(BY_ID[name].features)
    rest["id"] = f"autograd/{name}@1/{code}/{execution}/float64"
    return cell("autograd", name, nesting, execution=execution, features=features, **rest)


def wrong(name, code="RF", execution="eager", outcome="wrong"):
    return right(name, code, execution, outcome=outcome, verdict=outcome)


@pytest.fixture
def told(monkeypatch):
    """What a raw run with these cells says of these limits."""

    def told(cells, *limits, version="1.1", **changes):
        monkeypatch.setattr(stale, "written", lambda backend: limits or (DET,))
        engines = {"autograd": version, "numpy": "2"}
        raw = report(cells, raw=True, **{"autograd": environment(engines=engines), **changes})
        (found,) = stale.faults(raw, BY_ID)
        return found

    return told


def counts(found):
    return found.met, found.unknown, len(found.stale)


def test_a_fault_is_gone_if_all_that_it_covers_is_right(told):
    found = told([right(name) for name in WHOLE])
    assert counts(found) == (0, 0, 1)
    assert found.stale[0].limits == (DET,)
    assert found.stale[0].cells == tuple(f"autograd/{name}@1/RF/eager/float64" for name in WHOLE)
    assert "autograd 1.1: of the faults that are declared 0 are there" in stale.text(found)
    assert "stale: ?F det: the rule of det is wrong" in stale.text(found)


@pytest.mark.parametrize("outcome", ["wrong", "silent_zero", "not_finite", "error", "crash", "timeout", "uncertain"])
@pytest.mark.parametrize(
    ("name", "code", "execution"),
    [("plain", "RF", "eager"), ("plain", "FF", "eager"), ("plain", "RF", "compiled"), ("inside", "RF", "eager")],
)
def test_one_cell_that_is_not_right_shows_that_it_is_there(told, name, code, execution, outcome):
    place = (name, code, execution)
    cells = [right(one) for one in WHOLE if (one, "RF", "eager") != place] + [wrong(*place, outcome=outcome)]
    assert counts(told(cells)) == (1, 0, 0)


def test_nothing_is_claimed_of_what_was_not_measured(told):
    assert counts(told([right("other")])) == (0, 1, 0)
    assert counts(told([right(name, "FR") for name in WHOLE])) == (0, 1, 0)


@pytest.mark.parametrize("missing", WHOLE)
def test_nothing_is_claimed_where_a_scenario_was_left_out(told, missing):
    assert counts(told([right(name) for name in WHOLE if name != missing])) == (0, 1, 0)


def test_a_nesting_that_is_whole_is_enough(told):
    found = told([right(name) for name in WHOLE] + [right("plain", "FF")])
    assert [one.split("/")[2] for one in found.stale[0].cells] == ["RF", "RF", "RF"]


@pytest.mark.parametrize(
    "cells",
    [
        [right(name, execution="compiled") for name in (*WHOLE, "compiled_only")],
        [right("inside")],
        [right("kink", outcome="probe", verdict="probe")],
    ],
    ids=["compiled", "setting", "probe"],
)
def test_right_numbers_that_show_nothing(told, cells):
    assert counts(told(cells)) == (0, 1, 0)


def test_a_probe_does_not_stand_in_the_way(told):
    cells = [right(name) for name in WHOLE] + [right("kink", outcome="probe", verdict="probe")]
    assert counts(told(cells)) == (0, 0, 1)


def test_entries_with_one_reason_are_one_fault(told):
    also = Limit(nesting="F?", operation="inv", kind="upstream_bug", reason=DET.reason)
    cells = [right(name) for name in WHOLE]
    assert counts(told([*cells, wrong("other", "FR")], DET, also)) == (1, 0, 0)
    assert counts(told(cells, DET, also)) == (0, 1, 0)  # of one of them nothing was measured
    assert counts(told([*cells, right("other", "FR")], DET, also)) == (0, 0, 1)


def test_an_entry_that_no_right_number_could_tell_of_does_not_stand_in_the_way(told):
    also = Limit(nesting="??", operation="inv", kind="upstream_bug", reason=DET.reason, executions=("compiled",))
    cells = [right(name) for name in WHOLE] + [right("other", "FR", "compiled")]
    assert counts(told(cells, DET, also)) == (0, 0, 1)


@pytest.mark.parametrize("kind", ["never", "not_yet"])
def test_what_is_no_fault_is_left_out(told, kind):
    limit = Limit(nesting="?F", operation="det", kind=kind, reason="no rule")
    assert counts(told([right(name) for name in WHOLE], limit)) == (0, 0, 0)


def test_a_fault_of_other_versions_is_no_concern(told):
    mended = Limit(nesting="?F", operation="det", kind="upstream_bug", reason="wrong", seen=("1.0",), mended_in="1.1")
    assert counts(told([right(name) for name in WHOLE], mended)) == (0, 0, 0)


def test_a_report_that_is_not_raw_is_refused():
    with pytest.raises(ReportError, match="--raw"):
        stale.faults(report([cell("autograd")]), BY_ID)


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """A raw run of one scenario, in which autograd is wrong, and its file."""
    file = tmp_path_factory.mktemp("stale") / "r.json"
    options = ["--raw", "--execution", "eager", "--scenario", "product_with_a_zero", "--report", str(file)]
    CliRunner().invoke(command, ["conformance", "autograd", *options])
    return file


def run(*arguments):
    return CliRunner().invoke(command, ["report", "stale", *map(str, arguments)])


def test_the_command(raw, monkeypatch):
    assert run(raw).exit_code == 0
    assert "autograd" in run(raw).output
    gone = Limit(nesting="F", feature="prod_zero", kind="upstream_bug", reason="never so")
    monkeypatch.setattr(stale, "written", lambda backend: (gone,))
    monkeypatch.setattr(stale._Run, "shows", lambda run, limits: ("autograd/x@1/F/eager/float64",))
    done = run(raw)
    assert done.exit_code == 1
    assert "stale: F prod_zero: never so" in done.output
    (found,) = json.loads(run(raw, "--json").output)
    assert (found["backend"], found["met"], len(found["stale"])) == ("autograd", 0, 1)


def test_the_command_on_what_is_not_raw_or_partial(raw, tmp_path):
    done = run(write(report([cell("autograd")]), tmp_path / "not_raw.json"))
    assert done.exit_code == 2
    assert "--raw" in done.output
    done = run(write(report([wrong("plain")], expected=2, raw=True), tmp_path / "partial.json"))
    assert done.exit_code == 1
    assert "PARTIAL" in done.output
