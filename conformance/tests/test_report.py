"""Reports: written whole, read strictly, merged only where they fit."""

import io
import json

import msgspec
import pytest
from rich.console import Console

from nestgrad_conformance.judge.verdict import OUTCOMES, VERDICTS
from nestgrad_conformance.render import html, markdown, terminal
from nestgrad_conformance.report import summary
from nestgrad_conformance.report.merge import merge
from nestgrad_conformance.report.schema import ReportError, read, write

from .reports import NOT_FINITE, REFUSED, cell, environment, report


def test_written_and_read_again(tmp_path):
    whole = report([cell(), cell(nesting="auto", error=1e-12, tolerance=1e-9)])
    file = write(whole, tmp_path / "r.json")
    assert read(file) == whole
    assert json.loads(file.read_text())["schema"] == "nestgrad-report/1"
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


def test_a_partial_report_goes_beside_a_full_one(tmp_path):
    full, partial = report([cell()]), report([cell()], expected=2)
    target = tmp_path / "r.json"
    assert write(partial, target) == target
    assert write(full, target) == target
    assert write(partial, target) == tmp_path / "r.partial.json"
    assert read(target) == full


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no nestgrad report"),
        (b"{}", "no nestgrad report"),
        (b"[1]", "no nestgrad report"),
        (b'{"schema": "nestgrad-report/2"}', "this version of nestgrad reads 'nestgrad-report/1'"),
        (b'{"schema": "nestgrad-report/1", "cells": []}', "damaged report.*environments"),
    ],
)
def test_what_is_no_report_says_so(tmp_path, content, message):
    file = tmp_path / "r.json"
    file.write_bytes(content)
    with pytest.raises(ReportError, match=message):
        read(file)


def test_a_truncated_report_and_a_missing_one(tmp_path):
    file = write(report([cell()]), tmp_path / "r.json")
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(ReportError, match="no nestgrad report"):
        read(file)
    with pytest.raises(ReportError, match=r"missing\.json: cannot be read: No such file"):
        read(tmp_path / "missing.json")


def test_numbers_that_are_not_finite_are_null(tmp_path):
    file = write(report([cell(error=float("nan"))]), tmp_path / "r.json")
    assert json.loads(file.read_text())["cells"][0]["error"] is None


def test_merge_keeps_every_cell():
    merged = merge([report([cell("a")], a=environment()), report([cell("b")], b=environment(x64=False))])
    assert [one.backend for one in merged.cells] == ["a", "b"]
    assert set(merged.environments) == {"a", "b"}
    assert (merged.run.expected, merged.run.finished) == (2, 2)


def test_merge_of_one_backend_in_two_environments():
    with pytest.raises(ReportError, match="'a' was measured in two environments"):
        merge([report([cell()], a=environment()), report([cell(scenario="t")], a=environment(python="3.12"))])


def test_merge_of_contradicting_cells():
    with pytest.raises(ReportError, match="'correct' in one report and 'wrong' in another"):
        merge([report([cell()]), report([cell(outcome="wrong", verdict="silently_wrong")])])


def test_merge_of_different_runs():
    raw = report([cell("b")], b=environment())
    raw.run.raw = True
    with pytest.raises(ReportError, match="differ in raw"):
        merge([report([cell()]), raw])


def test_a_cell_that_is_in_two_reports_counts_once():
    merged = merge([report([cell()]), report([cell()])])
    assert (len(merged.cells), merged.run.finished, merged.run.expected) == (1, 1, 1)


def shard(backend, told, *scenarios):
    found = report([cell(backend, name) for name in scenarios], **{backend: environment()})
    found.run.shard = told
    return found


@pytest.mark.parametrize(
    ("shards", "together"),
    [
        ([("a", "1/2", "s"), ("a", "2/2", "t")], None),
        ([("a", "1/3", "s"), ("a", "3/3", "t")], "1/3+3/3"),
        ([("a", "1/2", "s"), ("b", "1/2", "s")], "1/2"),
        ([("a", "1/2", "s"), ("b", "2/2", "t")], "a:1/2+b:2/2"),
        ([("a", "1/2", "s"), ("b", "2/2", "t"), ("a", "2/2", "t")], "b:2/2"),
        ([("a", "1/2", "s"), ("b", "2/2", "t"), ("a", "2/2", "t"), ("b", "1/2", "s")], None),
        ([("a", None, "s"), ("b", "2/2", "t")], "b:2/2"),
        ([("a", None, "s"), ("a", "2/2", "t")], None),
        ([("a", "1/2", "s"), ("a", "2/3", "t")], "1/2+2/3"),
    ],
)
def test_merged_shards_are_the_whole_if_each_backend_has_all_of_its_own(shards, together):
    parts = [shard(*each) for each in shards]
    assert merge(parts).run.shard == together
    by_steps = parts[0]
    for part in parts[1:]:
        by_steps = merge([by_steps, part])
    assert by_steps.run.shard == together


def test_merge_says_what_narrowed_any_of_the_runs():
    narrowed = [{"tier": ["ops"]}, {"tier": ["native"], "nesting": ["R"]}, {}]
    runs = [report([cell(scenario=str(number))], selection=one) for number, one in enumerate(narrowed)]
    merged = merge(runs)
    assert merged.run.selection == {"tier": ["native", "ops"], "nesting": ["R"]}
    assert "Selected by --tier native --tier ops --nesting R." in summary.verdict_line(merged)
    assert merge([*runs, report([cell()], selection=None)]).run.selection is None


def test_a_report_of_an_older_nestgrad_is_read_and_does_not_say_what_narrowed_it(tmp_path):
    data = msgspec.to_builtins(report([cell()]))
    del data["run"]["selection"]
    (tmp_path / "r.json").write_text(json.dumps(data))
    assert read(tmp_path / "r.json").run.selection is None


@pytest.mark.parametrize("changes", [{}, {"absent": 3}, {"raw": True}, {"selection": {"execution": ["xla"]}}])
def test_a_report_without_a_cell_is_a_failure_and_says_so(changes):
    empty = report([], **changes)
    assert summary.fails(empty)
    assert f"No cell was measured: {empty.run.expected} were planned" in summary.verdict_line(empty)
    assert "silently wrong" not in summary.verdict_line(empty)


@pytest.mark.parametrize("raw", [True, False])
def test_a_backend_whose_workers_never_started_is_a_failure_and_its_report_is_read(tmp_path, raw):
    dead = {"outcome": "error", "exception": "startup", "device": None, "route": None}
    right, broken = ("correct", "error") if raw else ("supported", "broken")
    found = report([cell("a", verdict=right), cell("b", verdict=broken, **dead)], raw=raw)
    del found.environments["b"]
    assert read(write(found, tmp_path / "r.json")) == found
    assert summary.fails(found)
    assert "b was not measured: no worker of it has started." in summary.verdict_line(found)
    assert "b was not measured" in markdown.render(found)
    assert "b was not measured" in html.render(found)


def test_a_whole_report_without_a_level_is_a_failure_and_says_so():
    refused = {"outcome": "refused", "declared": "limit", "verdict": "refused", "route": None}
    cells = [cell(nesting=name, **refused) for name in ("forward", "reverse")]
    assert summary.fails(report(cells))
    assert "a conforms at no level on 1 scenarios of profile standard" in summary.verdict_line(report(cells))
    for changes in ({"raw": True}, {"selection": {"scenario": ["s"]}}):
        assert not summary.fails(report(cells, **changes))
    assert summary.problems(report(cells)) == []


def test_one_backend_without_a_level_is_enough():
    refused = {"outcome": "refused", "declared": "limit", "verdict": "refused", "route": None}
    both = report([cell(nesting="reverse"), cell("b", nesting="reverse", **refused)])
    (said,) = summary.shortcomings(both)
    assert said.startswith("b conforms at no level on 1 scenarios of profile standard; not higher: no scenario has")


def test_the_mark_of_several_cells_is_the_worst():
    judged, raw = summary.marks(report([])), summary.marks(report([], raw=True))
    assert summary.mark(["supported", "silently_wrong", "refused"], judged) == "✗"
    assert summary.mark(["supported", "refused"], judged) == "–"
    assert summary.mark([], judged) == " "
    assert summary.mark(["refused", "not_finite"], judged) == "∞"
    assert summary.mark(["undeclared", "not_finite"], judged) == "u"
    assert summary.mark(["error", "not_finite", "uncertain"], raw) == "n"


def test_every_verdict_has_a_mark():
    assert set(summary.MARKS) == set(VERDICTS)
    assert set(summary.RAW_MARKS) == set(OUTCOMES)


def test_gaps_are_told_once_with_their_link():
    refused = {"outcome": "refused", "declared": "limit", "verdict": "refused", "route": None}
    limit = {"limit": "never: it cannot", "link": "https://example.org/1"}
    cells = [cell(nesting=name, **refused, **limit) for name in ("forward", "forward_over_forward")]
    (gap,) = summary.gaps(report(cells), "refused")
    assert (gap.nestings, gap.scenarios) == (("F", "FF"), ("s",))
    assert "| a | F FF | s | [never: it cannot](https://example.org/1) |" in markdown.render(report(cells))


def test_what_is_not_finite_as_declared_is_no_finding_and_is_told_with_its_reason():
    limit = {"limit": "never: zero times infinity", "link": "https://example.org/1"}
    whole = report([cell(), cell(**REFUSED), cell(scenario="t", **NOT_FINITE, **limit)])
    assert summary.problems(whole) == []
    assert "1 not finite" in summary.verdict_line(whole)
    assert "No number is silently wrong." in summary.verdict_line(whole)
    refused, not_finite = markdown.render(whole).split("## Not finite where it was compiled, as declared")
    assert "| a | FR | t | [never: zero times infinity](https://example.org/1) |" in not_finite
    assert "zero times infinity" not in refused
    shown = Console(width=200, record=True, file=io.StringIO())
    terminal.show(whole, shown)
    assert "Not finite where it was compiled, as declared:\n  a FR in t\n    never: zero" in shown.export_text()


def test_what_is_not_finite_and_not_declared_is_a_finding_that_is_not_silent():
    bad = cell(**{**NOT_FINITE, "declared": "limit", "verdict": "broken"})
    assert summary.problems(report([bad])) == [bad]
    assert "No number is silently wrong." in summary.verdict_line(report([bad]))
    raw = cell(**{**NOT_FINITE, "declared": None})
    assert summary.problems(report([raw], raw=True)) == [raw]


def test_a_silently_wrong_cell_is_a_finding_and_is_told():
    bad = cell(outcome="wrong", verdict="silently_wrong", message="off | by two\nmore")
    whole = report([cell(nesting="auto"), bad])
    assert summary.problems(whole) == [bad]
    assert "1 silently wrong" in summary.verdict_line(whole)
    assert "off \\| by two" in markdown.render(whole)


def test_counts_are_told_by_tier():
    cells = [cell(nesting="auto"), cell(nesting="forward"), cell(scenario="t", tier="native", nesting="forward")]
    text = markdown.render_counts(
        report([*cells, cell(scenario="u", tier="native", outcome="wrong", verdict="broken")])
    )
    programs, native = text.split("## programs")[1].split("## native")
    assert "| a | eager | `F` | 1 |" in programs
    assert "| a | eager | `auto` | 1 |" in programs
    assert "| a | eager | `F` | 1 | 0 |" in native


def test_the_verdict_line_says_what_is_missing():
    line = summary.verdict_line(report([cell()], expected=3))
    assert "PARTIAL: 2 of 3 cells are missing" in line
    assert "No number is silently wrong" in line


def test_the_fields_of_a_cell_are_those_of_the_schema():
    assert list(msgspec.to_builtins(cell())) == [
        *("id", "backend", "scenario", "tier", "features", "nesting", "execution", "dtype", "device"),
        *("declared", "verdict", "limit", "link"),
        *("outcome", "route", "repairs", "error", "tolerance", "oracle", "seconds", "f_calls"),
        *("exception", "message", "refusal"),
    ]
