"""Files: no run takes the place of what it did not plan, and none is touched before the run."""

import json
import os

import pytest
from click.testing import CliRunner

from nestgrad_conformance.cli import command
from nestgrad_conformance.report import files
from nestgrad_conformance.report.keeping import check_page_file, check_report_file, write_page
from nestgrad_conformance.report.schema import ReportError, read, write

from .reports import cell, report

OLD = [cell(nesting="forward"), cell(nesting="reverse")]
IDS = [one.id for one in OLD]
RUN = report([]).run
PLAN = ["conformance", "autograd", "--scenario", "op_cos", "--nesting", "R", "--execution", "eager"]


def run(*arguments):
    return CliRunner().invoke(command, list(map(str, arguments)))


def said(done):
    return " ".join(done.output.split())


@pytest.fixture
def measures_nothing(monkeypatch):
    """A run that gets as far as its first cell is an error."""

    def cells(self):
        raise AssertionError("the run has started")

    monkeypatch.setattr("nestgrad_conformance.run.supervisor.Supervisor.cells", cells)


def checked(folder, cells=OLD, planned=IDS, **changes):
    file = write(report(cells, **changes), folder / "r.json")
    before = file.read_bytes()
    try:
        check_report_file(file, planned, RUN)
    finally:
        assert file.read_bytes() == before
        assert os.listdir(folder) == [file.name]


def test_a_report_of_the_same_plan_or_a_smaller_one_may_be_replaced(tmp_path):
    for number, changes in enumerate(({}, {"planned": [*IDS, "another"]}, {"expected": 3}, {"cells": [], "raw": True})):
        (folder := tmp_path / str(number)).mkdir()
        checked(folder, **changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"planned": IDS[:1]}, f"has 1 cells that the new report would not have, such as {IDS[1]}"),
        ({"planned": []}, "has 2 cells that the new report would not have"),
        ({"raw": True}, "was run with raw True, this run has False"),
    ],
)
def test_a_report_with_other_cells_is_not_replaced(tmp_path, changes, said):
    with pytest.raises(ReportError) as caught:
        checked(tmp_path, **changes)
    assert said in str(caught.value)
    assert "It is not replaced: give another file, or delete it" in str(caught.value)


def test_a_report_of_another_seed_is_not_replaced(tmp_path):
    file = tmp_path / "r.json"
    old = report(OLD)
    old.run.seeds = [1]
    write(old, file)
    with pytest.raises(ReportError, match=r"was run with seeds \[1\], this run has \[0\]"):
        check_report_file(file, IDS, RUN)


def test_nor_is_the_partial_report_beside_it(tmp_path):
    write(report(OLD, expected=3), tmp_path / "r.partial.json")
    check_report_file(tmp_path / "r.json", IDS, RUN)
    with pytest.raises(ReportError, match=r"r\.partial\.json: has 1 cells"):
        check_report_file(tmp_path / "r.json", IDS[:1], RUN)


@pytest.mark.parametrize("content", ["text", '{"a": 1}', '{"schema": "nestgrad-report/9"}', "[]"])
def test_what_is_no_report_is_not_replaced(tmp_path, content):
    file = tmp_path / "r.json"
    file.write_text(content)
    with pytest.raises(ReportError, match="It is not replaced"):
        check_report_file(file, IDS, RUN)
    assert file.read_text() == content


def test_an_empty_file_is_replaced(tmp_path):
    file = tmp_path / "r.json"
    file.touch()
    check_report_file(file, IDS, RUN)


@pytest.mark.parametrize("option", ["--report", "--html", "--markdown"])
@pytest.mark.parametrize("place", ["folder", "nowhere/f", "file/f"])
def test_a_file_that_cannot_be_written_is_told_before_the_run(tmp_path, measures_nothing, option, place):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    done = run(*PLAN, option, tmp_path / place)
    assert done.exit_code == 2
    assert place in said(done).replace(" ", "")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


@pytest.mark.parametrize("option", ["--report", "--html", "--markdown"])
@pytest.mark.parametrize("locked", ["file", "folder"])
def test_a_file_or_a_folder_without_permission_is_told_before_the_run(
    tmp_path, monkeypatch, measures_nothing, option, locked
):
    """The system's answer is put in its place, since it lets an administrator do anything."""
    file = tmp_path / "f"
    if locked == "file":
        write(report([]), file)
        monkeypatch.setattr(files.os, "open", denied)
    else:
        monkeypatch.setattr(files.tempfile, "TemporaryFile", denied)
    done = run(*PLAN, option, file)
    assert done.exit_code == 2
    assert "cannot be written: Permission denied" in said(done)


def denied(*arguments, **options):
    raise PermissionError(13, "Permission denied")


def test_no_device_is_replaced_by_a_report(measures_nothing):
    done = run(*PLAN, "--report", "/dev/null")
    assert done.exit_code == 2
    assert "/dev/null: is no file" in said(done)


@pytest.mark.parametrize("options", [["--report", "--html"], ["--html", "--markdown"], ["--markdown", "--resume"]])
def test_two_outputs_are_two_files(tmp_path, monkeypatch, measures_nothing, options):
    monkeypatch.chdir(tmp_path)
    write(report([]), "r")
    done = run(*PLAN, options[0], "r", options[1], tmp_path / "r")
    assert done.exit_code == 2
    assert "are one file" in said(done)


def test_a_smaller_run_does_not_replace_a_larger_report(tmp_path, measures_nothing):
    file = write(report(OLD), tmp_path / "r.json")
    done = run(*PLAN, "--report", file)
    assert done.exit_code == 2
    assert "has 2 cells that the new report would not have" in said(done)
    assert read(file).cells == OLD


@pytest.mark.parametrize("option", ["--html", "--markdown"])
def test_a_run_writes_no_page_over_a_report(tmp_path, measures_nothing, option):
    file = write(report(OLD), tmp_path / "r.json")
    done = run(*PLAN, option, file)
    assert done.exit_code == 2
    assert "holds a report" in said(done)
    assert read(file).cells == OLD


@pytest.mark.parametrize(
    "arguments",
    [
        ["report", "html", "{}"],
        ["report", "markdown", "{}"],
        ["report", "counts", "{}"],
        ["report", "repro", "torch/torch_layer_norm@1/RF/eager/float64"],
    ],
    ids=lambda arguments: arguments[1],
)
def test_no_page_replaces_a_report(tmp_path, arguments):
    file = write(report(OLD), tmp_path / "r.json")
    done = run(*(argument.format(file) for argument in arguments), "-o", file)
    assert done.exit_code == 2
    assert "holds a report" in said(done)
    assert read(file).cells == OLD


def test_a_report_of_another_schema_is_a_report_to_pages(tmp_path):
    file = tmp_path / "r.json"
    file.write_text('{"schema": "nestgrad-report/9"}')
    with pytest.raises(ReportError, match="holds a report"):
        check_page_file(file)


def test_a_page_replaces_another(tmp_path):
    file = tmp_path / "page.html"
    write_page(file, "old")
    write_page(file, "new")
    assert file.read_text() == "new"
    assert os.listdir(tmp_path) == ["page.html"]


def test_merging_replaces_no_cells_of_others(tmp_path):
    one = write(report(OLD[:1]), tmp_path / "one.json")
    both = write(report(OLD), tmp_path / "both.json")
    done = run("report", "merge", one, "-o", both)
    assert done.exit_code == 2
    assert "has 1 cells that the new report would not have" in said(done)
    assert read(both).cells == OLD
    assert run("report", "merge", one, both, "-o", one).exit_code == 0
    assert len(read(one).cells) == 2


def test_a_link_stays_a_link_and_a_mode_a_mode(tmp_path):
    file, link = tmp_path / "r.json", tmp_path / "link"
    file.touch(0o640)
    link.symlink_to(file)
    check_report_file(link, [], RUN)
    write(report(OLD), link)
    assert link.is_symlink()
    assert len(json.loads(file.read_text())["cells"]) == 2
    assert file.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_keeps_what_was_there_and_leaves_nothing_else(tmp_path, monkeypatch, error):
    file = tmp_path / "f"
    file.write_text("old")

    def write_bytes(self, data):
        self.touch()
        raise error

    monkeypatch.setattr(files.Path, "write_bytes", write_bytes)
    with pytest.raises(type(error)):
        files.write(file, b"new")
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["f"]
