"""The pytest plugin, as a third party uses it: from any directory, with nothing but the option."""

import json
import re
import subprocess
import sys
from types import SimpleNamespace

import msgspec
import pytest

from nestgrad_conformance.pytest_plugin.session import ConformanceSession
from nestgrad_conformance.report import files
from nestgrad_conformance.report.schema import read, write

from .reports import REFUSED, cell, environment
from .reports import report as made
from .suite import PYTEST, QUICK, SUITE, execute, plan_of


def suite(directory, *arguments):
    return execute([*SUITE, "-q", *arguments], directory)


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_every_cell_is_a_test_and_the_report_is_whole(tmp_path, workers):
    file = tmp_path / "r.json"
    options = ["--nestgrad-backend=autograd", *plan_of(tmp_path, "op_log*", "op_linalg_v*", "rosenbrock")]
    done = suite(tmp_path, *options, QUICK, f"--nestgrad-report={file}", "-k", "test_cell", *workers)
    assert done.returncode == 0, done.stdout
    report = json.loads(file.read_text())
    run = report["run"]
    assert run["finished"] + run["absent"] == run["expected"] > 40
    skipped = f", {run['absent']} skipped" if run["absent"] else ""
    assert re.search(rf"\b{run['finished']} passed{skipped}(, \d+ deselected)? in", done.stdout)
    assert len({cell["id"] for cell in report["cells"]}) == run["finished"]
    assert report["environments"]["autograd"]["modes"] == {"forward": True, "reverse": True}


def test_laws_are_tests_beside_the_cells(tmp_path):
    done = suite(
        tmp_path, "--nestgrad-backend=autograd", QUICK, "-vv", "-k", "test_law and (vjp.has_aux or compile_xla)"
    )
    assert done.returncode == 0, done.stdout
    assert "test_law[autograd-vjp.has_aux-containers_and_leaves] PASSED" in done.stdout
    assert "test_law[autograd-compile_xla-values] SKIPPED" in done.stdout


def test_a_part_of_the_suite_gives_a_partial_report(tmp_path):
    file = tmp_path / "r.json"
    done = suite(
        tmp_path, "--nestgrad-backend=autograd", QUICK, f"--nestgrad-report={file}", "-k", "rosenbrock and eager"
    )
    assert "7 passed" in done.stdout
    run = json.loads(file.read_text())["run"]
    assert run["finished"] == 7 < run["expected"]


@pytest.mark.parametrize("workers", [[], ["-n", "2"], ["--collect-only"]], ids=["alone", "xdist", "collecting"])
def test_without_a_backend_it_fails_and_says_which_option(tmp_path, workers):
    done = suite(tmp_path, *workers)
    assert done.returncode in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
    assert "The suite measures a backend. Say which: --nestgrad-backend=NAME\n" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_a_session_without_a_measured_cell_fails_and_says_so(tmp_path, workers):
    options = ["--nestgrad-backend=autograd", *plan_of(tmp_path, "op_cos")]
    done = suite(tmp_path, *options, "-k", "op_cos and compiled", *workers)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "nestgrad: no cell of autograd was measured: each one is absent or was skipped.\n" in done.stdout


def test_a_session_whose_cells_are_skipped_by_others_fails(tmp_path):
    (tmp_path / "skips.py").write_text(
        "import pytest\n\ndef pytest_collection_modifyitems(items):\n"
        "    for item in items:\n        item.add_marker(pytest.mark.skip)\n"
    )
    file = tmp_path / "r.json"
    options = ["-p", "skips", "--nestgrad-backend=autograd", QUICK, f"--nestgrad-report={file}"]
    done = suite(tmp_path, *options, "-k", "op_cos-R-eager")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "nestgrad: no cell of autograd was measured" in done.stdout
    assert not file.exists()


@pytest.mark.parametrize("options", [[], ["--nestgrad-backend=autograd", QUICK]], ids=["plain", "with a backend"])
def test_tests_of_others_are_left_alone(tmp_path, options):
    (tmp_path / "test_mine.py").write_text("import pytest\n\n@pytest.mark.skip\ndef test_it():\n    pass\n")
    done = execute([*PYTEST, "-q", *options], tmp_path)
    assert done.returncode == 0, done.stdout
    assert "nestgrad" not in done.stdout


@pytest.mark.parametrize(
    ("place", "message"),
    [("r.json", "1 cells that the new report would not have"), ("nowhere/r.json", "cannot be written: No such file")],
)
def test_a_report_that_would_be_lost_or_cannot_be_written_is_a_usage_error(tmp_path, place, message):
    file = write(made([cell()]), tmp_path / "r.json")
    done = suite(tmp_path, "--nestgrad-backend=autograd", QUICK, f"--nestgrad-report={place}")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert read(file).cells == [cell()]


class Config:
    """What a session asks of pytest."""

    def __init__(self, file):
        self.options = {"--nestgrad-profile": "quick", "--nestgrad-report": str(file)}

    def getoption(self, name):
        return self.options[name]


def finished(session, *cells):
    """What pytest does of a session on the controller; its exit status, and the lines that it writes."""
    lines, where = [], environment()
    for one in cells:
        result = {"backend": "a", "cell": msgspec.to_builtins(one), "environment": msgspec.to_builtins(where)}
        session.pytest_runtest_logreport(SimpleNamespace(nestgrad=result))
    found = SimpleNamespace(exitstatus=pytest.ExitCode.OK)
    session.pytest_sessionfinish(found)
    session.pytest_terminal_summary(SimpleNamespace(write_line=lambda line, **markup: lines.append(line)))
    return found.exitstatus, lines


@pytest.mark.parametrize(("planned", "status"), [(1, pytest.ExitCode.TESTS_FAILED), (2, pytest.ExitCode.OK)])
def test_a_whole_session_without_a_level_fails(tmp_path, monkeypatch, planned, status):
    session = ConformanceSession(Config(tmp_path / "r.json"), [])
    monkeypatch.setattr(session, "tasks", lambda: [None] * planned)
    ended, lines = finished(session, cell(nesting="reverse", **REFUSED))
    assert ended == status
    reason = "no scenario has a right nesting of order 1."
    level = f"a conforms at no level on 1 scenarios of profile quick; not higher: {reason}"
    assert lines == ([f"nestgrad: {level}"] if planned == 1 else [])


def test_a_session_whose_report_cannot_be_written_fails_in_one_line(tmp_path, monkeypatch):
    def no_space(path, data):
        raise OSError(28, "No space left on device")

    session = ConformanceSession(Config(tmp_path / "r.json"), [])
    monkeypatch.setattr(files, "write", no_space)
    status, lines = finished(session, cell(nesting="reverse"))
    assert status == pytest.ExitCode.TESTS_FAILED
    assert lines == [f"nestgrad: {tmp_path / 'r.json'}: cannot be written: No space left on device."]


def test_a_session_saves_as_it_goes(tmp_path, monkeypatch):
    monkeypatch.setattr("nestgrad_conformance.pytest_plugin.session.EVERY", 0)
    session, one = ConformanceSession(Config(tmp_path / "r.json"), []), cell(nesting="reverse")
    monkeypatch.setattr(session, "tasks", lambda: [None, None])
    result = {"backend": "a", "cell": msgspec.to_builtins(one), "environment": msgspec.to_builtins(environment())}
    session.pytest_runtest_logreport(SimpleNamespace(nestgrad=result))
    assert read(tmp_path / "r.json").cells == [one]
    assert read(tmp_path / "r.json").run.partial


def test_an_unknown_backend_is_a_usage_error(tmp_path):
    done = suite(tmp_path, "--nestgrad-backend=autogrd")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "Did you mean 'autograd'" in done.stderr


def test_until_its_option_is_given_it_imports_only_pytest_and_the_standard_library():
    code = (
        "import sys; before = set(sys.modules); import pytest, nestgrad_conformance.pytest_plugin.plugin;"
        "names = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(*sorted(names & {'nestgrad', 'numpy', 'optree', 'msgspec', 'rich', 'click', 'autograd'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
    spoilt = code.replace("import pytest,", "import pytest, nestgrad,")
    done = subprocess.run([sys.executable, "-c", spoilt], capture_output=True, text=True, check=True)
    assert "nestgrad" in done.stdout
