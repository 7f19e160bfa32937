"""Broken plug-ins and backends of third parties at every door: named once, in one line; all else goes on."""

import json
import os
import sys

import pytest

from nestgrad_conformance.report.schema import read

from .hostile_plugins import (
    BAD_FORMATS,
    BAD_SCENARIOS,
    BROKEN_BACKENDS,
    DO_NOT_LOAD,
    IMPLEMENTATION,
    plant,
    plant_backend,
    plant_plugins,
)
from .suite import SUITE, execute, plan_of

SELECTION = ["--scenario", "linear", "--scenario", "of_a_good_pack", "--nesting", "R", "--execution", "eager"]
BUNDLED = ("jax", "tensorflow", "torch")


def python(*arguments, path, cwd=None):
    return execute([sys.executable, *map(str, arguments)], cwd, path)


def nestgrad(*arguments, **options):
    return python("-m", "nestgrad_conformance", *arguments, **options)


def suite(*arguments, path, cwd):
    plan = plan_of(cwd, "linear", "of_a_good_pack")
    selection = ["--nestgrad-backend=autograd", *plan, "-rp", "-k", "linear-R-eager or good_pack-R-eager"]
    return execute([*SUITE, *selection, *arguments], cwd, path)


def said_of(name, text):
    """The lines that name a plug-in as left out."""
    return [line for line in text.splitlines() if f"Plug-in '{name}' of nestgrad-{name} 1.0 is left out." in line]


@pytest.fixture(scope="module")
def plugins(tmp_path_factory):
    """A folder with a plug-in that is broken in each way and a good one, and what is to be said of each."""
    folder = tmp_path_factory.mktemp("plugins")
    return folder, plant_plugins(folder)


@pytest.fixture(scope="module")
def run(plugins, tmp_path_factory):
    file = tmp_path_factory.mktemp("run") / "r.json"
    return nestgrad("conformance", "autograd", *SELECTION, "--report", file, path=plugins[0]), file


class TestConformance:
    @pytest.mark.parametrize("name", [*DO_NOT_LOAD, *BAD_SCENARIOS])
    def test_each_is_told_in_one_line_with_the_reason(self, plugins, run, name):
        (line,) = said_of(name, run[0].stderr)
        assert plugins[1][name] in line

    def test_all_else_goes_on(self, run):
        done, file = run
        assert done.returncode == 0, done.stderr
        assert {cell.scenario: cell.verdict for cell in read(file).cells} == {
            "linear": "supported",
            "of_a_good_pack": "supported",
        }

    def test_nothing_else_is_said_but_what_was_left_out_at_the_end(self, run):
        lines = run[0].stderr.splitlines()
        first, last = lines[: len(DO_NOT_LOAD | BAD_SCENARIOS)], lines[-1]
        assert all(" is left out. " in line for line in first)
        assert "Traceback" not in run[0].stderr
        assert last.startswith("Left out: ")
        assert all(f"nestgrad-{name} 1.0" in last for name in DO_NOT_LOAD | BAD_SCENARIOS)

    def test_scenarios_whose_inputs_raise_are_cells_with_that_outcome(self, plugins, tmp_path):
        selection = ["--scenario", "without_inputs", "--scenario", "linear", "--nesting", "R", "--execution", "eager"]
        file = tmp_path / "r.json"
        assert nestgrad("conformance", "autograd", *selection, "--report", file, path=plugins[0]).returncode == 1
        found = {cell.scenario: (cell.verdict, cell.message) for cell in read(file).cells}
        assert found["without_inputs"] == ("broken", "no inputs")
        assert found["linear"][0] == "supported"


class TestReport:
    @pytest.mark.parametrize("arguments", [["show"], ["markdown"], ["html"]])
    def test_what_nestgrad_has_itself_asks_no_plug_in(self, plugins, run, arguments):
        done = nestgrad("report", *arguments, run[1], path=plugins[0])
        assert (done.returncode, done.stderr) == (0, "")

    def test_a_format_of_a_plug_in_goes_on(self, plugins, run):
        done = nestgrad("report", "count", run[1], path=plugins[0])
        assert (done.returncode, done.stdout) == (0, "2 cells")
        for name in (*DO_NOT_LOAD, *BAD_FORMATS):
            (line,) = said_of(name, done.stderr)
            assert plugins[1][name] in line

    @pytest.mark.parametrize("name", ["csv", "nothing"])
    def test_one_that_is_asked_for_and_broken_is_an_error(self, plugins, run, name):
        done = nestgrad("report", name, run[1], path=plugins[0])
        assert done.returncode == 2
        assert len(said_of(name, done.stderr)) == 1
        last = done.stderr.splitlines()[-1]
        assert last == f"Error: There is no command or report format '{name}'; what was left out may have brought it."

    def test_repro_goes_on(self, plugins):
        done = nestgrad("report", "repro", "autograd/linear@1/R/eager/float64", path=plugins[0])
        assert done.returncode == 0
        assert "import autograd" in done.stdout
        assert len(said_of("raises", done.stderr)) == 1


class TestCheck:
    def test_it_goes_on_and_asks_no_plug_in(self, plugins, tmp_path):
        (tmp_path / "mine.py").write_text("import autograd.numpy as np\ndef f(x): return np.sum(x**2)\n")
        done = nestgrad("check", "mine:f", "--at", "[1, 2]", path=plugins[0], cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module", params=[[], ["-n", "2"]], ids=["alone", "xdist"])
def session(plugins, request, tmp_path_factory):
    return suite(*request.param, path=plugins[0], cwd=tmp_path_factory.mktemp("session"))


class TestPytest:
    def test_the_session_goes_on(self, session):
        assert session.returncode == 0, session.stdout
        assert "autograd-of_a_good_pack-R-eager" in session.stdout

    @pytest.mark.parametrize("name", [*DO_NOT_LOAD, *BAD_SCENARIOS])
    def test_each_is_one_warning_of_the_session(self, plugins, session, name):
        (line,) = said_of(name, session.stdout)
        assert "PluginWarning" in line
        assert plugins[1][name] in line

    def test_where_warnings_are_errors_it_is_one_line(self, plugins, tmp_path):
        done = suite("-W", "error", path=plugins[0], cwd=tmp_path)
        assert done.returncode == pytest.ExitCode.USAGE_ERROR
        (line,) = filter(None, done.stderr.splitlines())
        assert "is left out" in line


@pytest.mark.parametrize("door", ["ng.diagnose", "nestgrad.testing.assert_nestings"])
def test_python_warns_at_the_users_line(plugins, tmp_path, door):
    (tmp_path / "mine.py").write_text(
        "import autograd.numpy as np\nimport nestgrad as ng\nimport nestgrad.testing\n"
        f"for _ in range(2):\n    assert {door}(lambda x: np.sum(x**2), np.ones(2), backend='autograd').ok\n"
    )
    done = python("mine.py", path=plugins[0], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for name in DO_NOT_LOAD:
        (line,) = said_of(name, done.stderr)
        assert line.startswith(f"{tmp_path / 'mine.py'}:5: PluginWarning: ")


def hide(folder, *engines):
    """Have them not installed, so that a run is a short one."""
    for engine in engines:
        (folder / f"{engine}.py").write_text(f"raise ModuleNotFoundError('no {engine}', name={engine!r})")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("backends")
    for name, (implementation, _) in BROKEN_BACKENDS.items():
        plant_backend(folder, name, implementation)
    plant_backend(folder, "sound")
    plant_backend(folder, "unlimited", limits="nowhere.toml")
    hide(folder, *BUNDLED)
    return folder


@pytest.fixture(scope="module")
def all_of_them(folder, tmp_path_factory):
    file = tmp_path_factory.mktemp("all") / "r.json"
    selection = ["--scenario", "linear", "--nesting", "R", "--execution", "eager"]
    return nestgrad("conformance", *selection, "--report", file, path=folder), file


class TestBackend:
    """A backend whose descriptor is sound, and whose class cannot be had."""

    @pytest.mark.parametrize(("name", "reason"), [(n, r) for n, (_, r) in BROKEN_BACKENDS.items()], ids=BROKEN_BACKENDS)
    def test_unnamed_it_is_skipped_with_one_line_before_the_run(self, all_of_them, name, reason):
        lines = all_of_them[0].stderr.splitlines()
        (number,) = [i for i, line in enumerate(lines) if line.startswith(f"Skipped {name}: ")]
        assert reason in lines[number]
        assert number < min(i for i, line in enumerate(lines) if " cells, " in line)
        assert f"backend {name!r}" in lines[-1]

    def test_an_unreadable_limits_file_is_skipped_with_one_line(self, all_of_them):
        (line,) = [line for line in all_of_them[0].stderr.splitlines() if line.startswith("Skipped unlimited: ")]
        assert "the limits file 'nowhere.toml' cannot be read" in line

    def test_the_run_goes_on_and_no_cell_is_of_the_broken(self, all_of_them):
        done, file = all_of_them
        assert done.returncode == 0, done.stderr
        report = read(file)
        assert {"autograd", "sound"} <= {cell.backend for cell in report.cells}
        assert not {cell.backend for cell in report.cells} & {*BROKEN_BACKENDS, *BUNDLED}
        assert not report.run.partial

    @pytest.mark.parametrize(("name", "reason"), [(n, r) for n, (_, r) in BROKEN_BACKENDS.items()], ids=BROKEN_BACKENDS)
    def test_named_it_ends_the_command_in_one_line(self, folder, tmp_path, name, reason):
        file = tmp_path / "r.json"
        names = ["sound", name] if name == "raising" else [name]
        done = nestgrad("conformance", *names, "--scenario", "linear", "--report", file, path=folder)
        assert (done.returncode, done.stdout) == (2, "")
        (line,) = done.stderr.splitlines()
        assert reason in line
        assert not file.exists()

    @pytest.mark.parametrize("name", ["raising", "crashing", "old"])
    def test_check_says_it_in_one_line(self, folder, tmp_path, name):
        (tmp_path / "mine.py").write_text("def f(x): return (x * x).sum()\n")
        done = nestgrad("check", "mine:f", "--at", "[1, 2]", "--backend", name, path=folder, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        (line,) = done.stderr.splitlines()
        assert BROKEN_BACKENDS[name][1] in line

    @pytest.mark.parametrize(
        ("name", "workers"), [("raising", []), ("crashing", []), ("old", []), ("raising", ["-n", "2"])]
    )
    def test_pytest_says_it_in_one_line(self, folder, tmp_path, name, workers):
        done = suite(f"--nestgrad-backend={name}", *workers, path=folder, cwd=tmp_path)
        assert done.returncode == pytest.ExitCode.USAGE_ERROR
        (line,) = filter(None, done.stderr.splitlines())
        assert BROKEN_BACKENDS[name][1] in line
        assert "passed" not in done.stdout

    def test_what_resumes_a_report_loses_no_backend_of_it(self, tmp_path):
        hide(tmp_path, *BUNDLED)
        plant_backend(tmp_path, "sound")
        file = tmp_path / "r.json"
        selection = ["--scenario", "linear", "--nesting", "R", "--execution", "eager"]
        assert nestgrad("conformance", "sound", *selection, "--report", file, path=tmp_path).returncode == 0
        before = file.read_text()
        again = tmp_path / "again"
        again.mkdir()
        plant_backend(again, "sound", "raise RuntimeError('boom')")
        done = nestgrad("conformance", *selection, "--resume", file, path=f"{again}{os.pathsep}{tmp_path}")
        assert done.returncode == 2
        assert file.read_text() == before

    def test_the_worker_that_starts_is_the_one_that_measures(self, tmp_path):
        starts = tmp_path / "starts"
        prepare = f"    def prepare_worker(self):\n        with open({str(starts)!r}, 'a') as file: file.write('x')\n"
        plant_backend(tmp_path, "counted", IMPLEMENTATION + prepare)
        done = nestgrad("conformance", "counted", "--scenario", "linear", "--nesting", "R", path=tmp_path)
        assert done.returncode == 0, done.stderr
        assert starts.read_text() == "x"
        starts.unlink()
        execute([*SUITE, "--nestgrad-backend=counted", "-k", "linear-R-eager"], tmp_path, tmp_path)
        assert starts.read_text() == "x"

    def test_collecting_starts_no_engine(self, folder, tmp_path):
        done = suite("--nestgrad-backend=crashing", "--collect-only", "-q", path=folder, cwd=tmp_path)
        assert done.returncode == 0, done.stderr


def test_a_descriptor_that_ends_the_process_is_skipped(tmp_path):
    plant(tmp_path, "final", "nestgrad.backends", "sys.exit(0)")
    for engine in BUNDLED:
        (tmp_path / f"{engine}.py").write_text("raise ImportError")
    done = nestgrad("conformance", "--scenario", "linear", "--nesting", "R", "--execution", "eager", path=tmp_path)
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("Skipped final: ")]
    assert "SystemExit: 0" in line


def test_listing_goes_on(plugins):
    done = nestgrad("backends", "--json", path=plugins[0])
    assert {"autograd", "torch"} <= {row["name"] for row in json.loads(done.stdout)}
    assert (done.returncode, done.stderr) == (0, "")
