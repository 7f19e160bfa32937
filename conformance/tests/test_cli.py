"""The command line: what it prints, and its exit status."""

import json
import re
import subprocess
import sys

import msgspec
import pytest
from click.testing import CliRunner

import nestgrad as ng
from nestgrad_conformance.cli import command
from nestgrad_conformance.report.schema import read, write

from .reports import REFUSED, cell
from .reports import report as made

BUNDLED = ["autograd", "jax", "numeric", "tensorflow", "torch"]


def run(*arguments, **environment):
    return CliRunner().invoke(command, list(arguments), env=environment)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    file = tmp_path_factory.mktemp("cli") / "r.json"
    done = run("conformance", "autograd", "--scenario", "inverse_norm", "--scenario", "solve", "--report", str(file))
    assert done.exit_code == 0, done.output
    return file


def test_backends_are_listed_from_metadata():
    done = run("backends")
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.output.splitlines() if " nestgrad 0" in line] == BUNDLED


def test_backends_as_json_and_probed():
    done = run("backends", "--json", "--probe")
    rows = [row for row in json.loads(done.stdout) if row["distribution"] == "nestgrad"]
    assert {row["name"]: row["state"] for row in rows} == dict.fromkeys(BUNDLED, "ok")
    modes = {(row["name"], mode): row[mode] for row in rows for mode in ("forward", "reverse")}
    assert modes.pop(("numeric", "reverse")) is None
    assert {found["outcome"] for found in modes.values()} == {"correct"}
    assert not any(row["lacks"] or row["lacks_for_f"] for row in rows)


def imported_by(*arguments):
    """The modules that a fresh process has imported after this command."""
    code = (
        "import json, sys; from click.testing import CliRunner; from nestgrad_conformance.cli import command;"
        "done = CliRunner().invoke(command, sys.argv[1:]); print(json.dumps([done.exit_code, *sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True)
    status, *modules = json.loads(done.stdout)
    assert status == 0
    return set(modules)


OTHERS = ("scenarios", "run", "cases", "render", "probe.probe", "commands.conformance", "commands.report")


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_list_imports_nothing_that_it_does_not_need(options):
    modules = imported_by("backends", *options)
    assert "nestgrad_conformance.commands.backends" in modules
    assert {f"nestgrad_conformance.{name}" for name in OTHERS} & modules == set()
    assert {"rich", "numpy"} & modules == set()


def test_a_command_imports_what_it_needs_and_no_other_command():
    """So the check above can fail."""
    modules = imported_by("report", "schema")
    assert {"nestgrad_conformance.scenarios", "nestgrad_conformance.commands.report", "rich"} <= modules
    assert "nestgrad_conformance.commands.backends" not in modules


def test_help_tells_of_all_commands():
    lines = run("--help").output.partition("Commands:\n")[2].splitlines()
    told = {line.split()[0]: line.split()[1:] for line in lines if re.match(r"  \w", line)}
    assert [*told] == ["backends", "bench", "check", "conformance", "explain", "measured", "mutation", "report"]
    assert told["mutation"][:3] == ["Measure", "the", "suite"]
    assert all(told.values())


WITHOUT = """
import sys
from nestgrad_conformance.__main__ import main

class Hidden:
    def find_spec(name, *_):
        if name == library:
            raise ModuleNotFoundError(name=name)

library = sys.argv.pop(1)
sys.meta_path.insert(0, Hidden)
main()
"""


@pytest.mark.parametrize("asked", ["click backends", "msgspec backends", "rich report schema", "rich --help"])
def test_a_library_that_is_missing_is_told_with_the_way_to_install_it(asked):
    done = subprocess.run([sys.executable, "-c", WITHOUT, *asked.split()], check=False, capture_output=True, text=True)
    library = asked.split()[0]
    assert done.stderr == f"The command line needs {library!r}. Install it: pip install 'nestgrad[conformance]'\n"
    assert done.returncode == 2


def test_listing_imports_no_engine():
    code = (
        "import sys; from click.testing import CliRunner; from nestgrad_conformance.cli import command;"
        "print(CliRunner().invoke(command, ['backends']).output);"
        "sys.exit(bool({'jax', 'tensorflow', 'torch', 'autograd', 'nestgrad_torch'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_run_writes_a_complete_report(report):
    found = read(report)
    assert not found.run.partial
    assert {cell.scenario for cell in found.cells} == {"inverse_norm", "solve"}
    assert {cell.verdict for cell in found.cells} == {"supported", "refused"}
    assert all(cell.link and cell.limit for cell in found.cells if cell.verdict == "refused")


def test_show_gives_the_matrix_and_the_status_of_the_verdicts(report, tmp_path):
    done = run("report", "show", str(report))
    assert done.exit_code == 0
    assert "inverse_norm" in done.output
    assert "No number is silently wrong" in done.output
    bad = read(report)
    bad.cells[0].verdict, bad.cells[0].outcome = "silently_wrong", "wrong"
    done = run("report", "show", str(write(bad, tmp_path / "bad.json")))
    assert done.exit_code == 1
    assert f"silently_wrong {bad.cells[0].id}" in done.output


def test_no_mark_is_cut_off_in_a_narrow_terminal(report, tmp_path):
    wide = read(report)
    wide.cells += [msgspec.structs.replace(cell, backend=b, id=b + cell.id) for b in "abc" for cell in wide.cells]
    wide.environments |= dict.fromkeys("abc", wide.environments["autograd"])
    wide.run.finished = len(wide.cells)
    narrow = CliRunner().invoke(
        command, ["report", "show", str(write(wide, tmp_path / "w.json"))], env={"COLUMNS": "60"}
    )
    assert "…" not in narrow.output
    assert all(f"{name} eager" in narrow.output for name in ("autograd", "a", "b", "c"))


def test_markdown_to_a_file_and_to_standard_output(report, tmp_path):
    target = tmp_path / "m.md"
    assert run("report", "markdown", str(report), "-o", str(target)).exit_code == 0
    assert run("report", "markdown", str(report)).output == target.read_text()
    assert "| inverse_norm | ✓ | ✓ |" in target.read_text()


def test_merge(report, tmp_path):
    target = tmp_path / "all.json"
    assert run("report", "merge", str(report), str(report), "-o", str(target)).exit_code == 0
    assert read(target).cells == read(report).cells


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["conformance", "autogrd"], "Did you mean 'autograd'"),
        (["conformance", "autograd", "--nesting", "FX"], "'FX' is no nesting"),
        (
            ["conformance", "autograd", "--scenario", "op_c*", "--scenario", "op_coss"],
            "like 'op_coss'. Did you mean 'op_cos'",
        ),
        (["conformance", "autograd", "--scenario", "qqqq*"], "No scenario is like 'qqqq*'. None of the "),
        (["conformance", "autograd", "--tier", "none"], "'none' is not one of 'ops', 'programs'"),
        (["conformance", "autograd", "--tier", "opz"], "Did you mean 'ops'?"),
        (["conformance", "autograd", "--profile", "quik"], "Did you mean 'quick'?"),
        (["conformance", "autograd", "--execution", "egaer"], "Did you mean 'eager'?"),
        (["check", "m:f", "--at", "1", "--execution", "egaer"], "Did you mean 'eager'?"),
        (["conformance", "autograd", "--nesting", "forward_over_revers"], "Did you mean 'forward_over_reverse'"),
        (["conformance", "autograd", "--nesting", "aut"], "Did you mean 'auto'?"),
        (["conformance", "autograd", "--scenarios", "op_cos"], "mean '--scenario'?"),
        (
            ["report", "repro", "autograd/op_coss@1/RR/eager/float64"],
            "Did you mean 'autograd/op_cos@1/RR/eager/float64'",
        ),
        (
            ["report", "repro", "autogard/op_cos@1/RR/eager/float64"],
            "Did you mean 'autograd/op_cos@1/RR/eager/float64'",
        ),
        (["report", "show", "nowhere.json"], "nowhere.json: cannot be read"),
        (["report", "show"], "Missing argument"),
        (["nonsense"], "No such command"),
    ],
)
def test_usage_errors_have_status_2(arguments, message):
    done = run(*arguments)
    assert done.exit_code == 2
    assert message in " ".join(done.output.split())


def test_show_and_merge_fail_without_a_cell(tmp_path):
    file = write(made([], absent=4), tmp_path / "r.json")
    done = run("report", "show", str(file))
    assert done.exit_code == 1
    assert "No cell was measured: 4 were planned, 4 are absent." in " ".join(done.output.split())
    done = run("report", "merge", str(file), str(file), "-o", str(tmp_path / "all.json"))
    assert (done.exit_code, done.output) == (2, "Error: None of these reports has a cell; nothing is written.\n")
    assert not (tmp_path / "all.json").exists()


def test_show_fails_of_a_whole_run_that_conforms_at_no_level(tmp_path):
    file = str(write(made([cell(nesting="reverse", **REFUSED)]), tmp_path / "r.json"))
    done = run("report", "show", file)
    assert done.exit_code == 1
    assert "a conforms at no level on 1 scenarios of profile standard" in " ".join(done.output.split())


def test_two_reports_without_a_common_cell_are_no_comparison(tmp_path):
    old = write(made([cell()]), tmp_path / "old.json")
    new = write(made([cell(scenario="t")]), tmp_path / "new.json")
    done = run("report", "diff", str(old), str(new))
    assert done.exit_code == 1
    assert "No cell is in both reports: nothing was compared." in done.output


def test_a_cell_that_a_report_does_not_have(report):
    done = run("report", "repro", "autograd/inverse_nrom@1/RR/eager/float64", "--report", str(report))
    assert done.exit_code == 2
    assert "no cell 'autograd/inverse_nrom@1/RR/eager/float64'. Did you mean 'autograd/inverse_norm@1/RR" in done.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--tier", "transforms", "--scenario", "op_cos"], "Without --tier there are 60, without --scenario there are"),
        (["--scenario", "op_cos", "--shard", "2/2"], "without --shard there are 60"),
        (["--nesting", "FFFF"], "Without --nesting there are"),
        (["--profile", "quick", "--tier", "native"], "with --profile full there are"),
        (["--raw", "--nesting", "auto"], "without --raw there are"),
        (["--scenario", "torch_*"], "No cell of autograd is selected. Without --scenario there are"),
        (["--scenario", "torch_*", "--nesting", "FFFF"], "These exclude each other: --profile full --scenario torch_*"),
    ],
)
def test_a_selection_without_a_cell_says_which_option_left_none(options, message):
    done = run("conformance", "autograd", *options)
    assert done.exit_code == 2
    assert "No cell of autograd is selected." in done.output
    assert message.lower() in done.output.lower()


def test_each_backend_that_is_named_needs_a_cell():
    done = run("conformance", "autograd", "jax", "--scenario", "jax_hyp*")
    assert done.exit_code == 2
    assert "No cell of autograd is selected." in done.output


ONE = ("--scenario", "op_cos", "--nesting", "R")


def test_an_execution_that_a_backend_lacks_is_no_success():
    done = run("conformance", "autograd", *ONE, "--execution", "compiled")
    assert done.exit_code == 1
    lines = done.output.splitlines()
    assert lines[-1] == (
        "autograd: nothing was measured. All 1 planned cells are absent: the backend has no execution 'compiled'."
    )
    assert "No cell was measured: 1 were planned, 1 are absent." in " ".join(done.output.split())


@pytest.mark.parametrize(("named", "status"), [(("autograd", "torch"), 1), ((), 0)])
def test_one_of_several_that_lacks_it_fails_if_it_was_named(monkeypatch, named, status):
    infos = [info for info in ng.backends() if info.name in ("autograd", "torch")]
    monkeypatch.setattr("nestgrad_conformance.commands.conformance.ng.backends", lambda: infos)
    done = run("conformance", *named, *ONE, "--execution", "traced")
    assert done.exit_code == status
    assert "autograd: nothing was measured." in done.output
    assert "1 supported (1 absent)" in " ".join(done.output.split())


def test_of_all_backends_some_may_have_no_cell(monkeypatch):
    infos = [info for info in ng.backends() if info.name in ("autograd", "torch")]
    monkeypatch.setattr("nestgrad_conformance.commands.conformance.ng.backends", lambda: infos)
    done = run("conformance", "--scenario", "autograd_gamma", "--nesting", "R", "--execution", "eager")
    assert done.exit_code == 0, done.output
    assert "1 supported (0 absent)" in " ".join(done.output.split())


def test_a_part_of_the_suite_has_no_level(report):
    done = run("report", "show", str(report))
    assert "conforms at" not in done.output
    assert "Selected by --scenario inverse_norm --scenario solve." in " ".join(done.output.split())


def test_without_its_libraries_the_command_says_what_to_install():
    code = "import sys; sys.modules['click'] = None;import nestgrad_conformance.__main__ as m; m.main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'nestgrad[conformance]'" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--no-score", "--seeds", "0"], "nothing is measured"),
        (["--family", "signs"], "Did you mean 'sign'"),
        (["--family", "wrong_argument", "--operation", "abs"], "No mutant is of one of these families"),
    ],
)
def test_a_mutation_run_that_measures_nothing_is_a_usage_error(options, message):
    done = run("mutation", *options)
    assert done.exit_code == 2
    assert message in " ".join(done.output.split())
