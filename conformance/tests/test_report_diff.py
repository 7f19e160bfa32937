"""Two reports compared."""

import json

import pytest
from click.testing import CliRunner

from nestgrad_conformance.cli import command
from nestgrad_conformance.report import differ
from nestgrad_conformance.report.schema import ReportError, write

from .reports import EMULATED, ERROR, NOT_FINITE, REFUSED, STALE, UNCERTAIN, WRONG, cell, environment, report


def kinds(old, new):
    found = differ.diff(report([cell(**old)]), report([cell(**new)]))
    return {name for name in ("mended", "broken", "changed", "new", "gone") if getattr(found, name)}


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (REFUSED, {}, "mended"),
        (REFUSED, STALE, "mended"),  # the engine was mended; the limit is now stale
        (ERROR, REFUSED, "mended"),
        (WRONG, REFUSED, "mended"),
        (WRONG, ERROR, "mended"),
        ({}, REFUSED, "broken"),
        ({}, STALE, "broken"),
        (ERROR, WRONG, "broken"),
        (NOT_FINITE, REFUSED, "mended"),
        (ERROR, NOT_FINITE, "broken"),
        (NOT_FINITE, WRONG, "broken"),
        (NOT_FINITE, {**NOT_FINITE, "declared": "limit", "verdict": "broken"}, "broken"),
        ({}, UNCERTAIN, "broken"),
        ({}, EMULATED, "changed"),
        (WRONG, {**WRONG, "outcome": "silent_zero"}, "changed"),
    ],
)
def test_better_and_worse(old, new, kind):
    assert kinds(old, new) == {kind}
    assert kinds(old, old) == set()


def test_cells_are_compared_by_id():
    found = differ.diff(report([cell(scenario="a"), cell(scenario="b")]), report([cell(scenario="b"), cell("z")]))
    assert [change.id.split("/")[1] for change in found.gone] == ["a@1"]
    assert [change.id.split("/")[0] for change in found.new] == ["z"]
    assert found.same == 1


def test_the_text_has_versions_on_top_then_counts_then_cells():
    old = report([cell(**REFUSED), cell(nesting="reverse")], a=environment(engines={"e": "1.0"}))
    new = report([cell(), cell(nesting="reverse", **WRONG)], a=environment(engines={"e": "2.0"}), b=environment())
    lines = differ.text(differ.diff(old, new)).splitlines()
    assert lines[:2] == ["a: e 1.0 → e 2.0", "b: not measured → e 1"]
    assert lines[2] == "1 cell mended, 1 broken, 0 changed, 0 new, 0 gone, 0 the same"
    assert "  a/s@1/forward_over_reverse/eager/float64: refused → supported" in lines
    assert "  a/s@1/reverse/eager/float64: supported → silently wrong (wrong)" in lines


def test_a_raw_report_is_compared_with_raw_ones_alone():
    with pytest.raises(ReportError, match="One report is of raw engines"):
        differ.diff(report([cell()]), report([cell()], raw=True))


@pytest.mark.parametrize(
    ("old", "new", "expected", "status"),
    [({}, {}, None, 0), (REFUSED, {}, None, 0), ({}, WRONG, None, 1), ({}, {}, 2, 1)],
)
def test_the_exit_status_tells_of_regressions_and_of_what_is_unproven(tmp_path, old, new, expected, status):
    files = [str(write(report([cell(**old)]), tmp_path / "old.json"))]
    files.append(str(write(report([cell(**new)], expected=expected), tmp_path / "new.json")))
    done = CliRunner().invoke(command, ["report", "diff", *files])
    assert done.exit_code == status
    assert ("The new report is PARTIAL" in done.output) == (expected is not None)


def test_json(tmp_path):
    files = [str(write(report([cell(**fields)]), tmp_path / name)) for name, fields in (("o", {}), ("n", ERROR))]
    done = CliRunner().invoke(command, ["report", "diff", *files, "--json"])
    found = json.loads(done.output)
    assert found["broken"] == [
        {
            "id": "a/s@1/forward_over_reverse/eager/float64",
            "old_verdict": "supported",
            "old_outcome": "correct",
            "new_verdict": "broken",
            "new_outcome": "error",
        }
    ]
    assert found["engines"] == {"a": [{"e": "1"}, {"e": "1"}]}
