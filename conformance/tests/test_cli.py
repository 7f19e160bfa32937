"""The command line: what it prints, and its exit status."""

import json
import subprocess
import sys

import msgspec
import pytest
from click.testing import CliRunner

from nestgrad_conformance.cli import command
from nestgrad_conformance.report.schema import read, write

BUNDLED = ["autograd", "jax", "tensorflow", "torch"]


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
    assert {row[mode]["outcome"] for row in rows for mode in ("forward", "reverse")} == {"correct"}
    assert not any(row["lacks"] or row["lacks_for_f"] for row in rows)


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
        (["conformance", "autograd", "--scenario", "nothing*"], "No cell is selected"),
        (["conformance", "autograd", "--tier", "none"], "'none' is not one of"),
        (["report", "show", "nowhere.json"], "nowhere.json: cannot be read"),
        (["report", "show"], "Missing argument"),
        (["nonsense"], "No such command"),
    ],
)
def test_usage_errors_have_status_2(arguments, message):
    done = run(*arguments)
    assert done.exit_code == 2
    assert message in " ".join(done.output.split())


def test_without_its_libraries_the_command_says_what_to_install():
    code = "import sys; sys.modules['click'] = None;import nestgrad_conformance.__main__ as m; m.main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'nestgrad[conformance]'" in done.stderr
