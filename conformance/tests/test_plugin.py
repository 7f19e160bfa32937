"""The pytest plugin, as a third party uses it: from any directory, with nothing but the option."""

import json
import subprocess
import sys

import pytest

SUITE = ["-m", "pytest", "--pyargs", "nestgrad_conformance.suite", "-p", "no:cacheprovider", "-q"]


def suite(directory, *arguments):
    command = [sys.executable, *SUITE, *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_every_cell_is_a_test_and_the_report_is_whole(tmp_path, workers):
    file = tmp_path / "r.json"
    profile = "--nestgrad-profile=quick"
    options = ["--nestgrad-backend=autograd", profile, f"--nestgrad-report={file}", "-k", "test_cell"]
    done = suite(tmp_path, *options, *workers)
    assert done.returncode == 0, done.stdout
    report = json.loads(file.read_text())
    run = report["run"]
    assert run["finished"] + run["absent"] == run["expected"]
    skipped = f", {run['absent']} skipped" if run["absent"] else ""
    assert f"{run['finished']} passed{skipped} in" in done.stdout
    assert len({cell["id"] for cell in report["cells"]}) == run["finished"]
    assert report["environments"]["autograd"]["modes"] == {"forward": True, "reverse": True}


def test_laws_are_tests_beside_the_cells(tmp_path):
    done = suite(tmp_path, "--nestgrad-backend=autograd", "-vv", "-k", "test_law and (vjp.has_aux or compile_xla)")
    assert done.returncode == 0, done.stdout
    assert "test_law[autograd-vjp.has_aux-containers_and_leaves] PASSED" in done.stdout
    assert "test_law[autograd-compile_xla-values] SKIPPED" in done.stdout


def test_a_part_of_the_suite_gives_a_partial_report(tmp_path):
    file = tmp_path / "r.json"
    done = suite(tmp_path, "--nestgrad-backend=autograd", f"--nestgrad-report={file}", "-k", "wood and eager")
    assert "7 passed" in done.stdout
    run = json.loads(file.read_text())["run"]
    assert run["finished"] == 7 < run["expected"]


def test_without_a_backend_it_says_which_option(tmp_path):
    done = suite(tmp_path, "-rs")
    assert "2 skipped" in done.stdout
    assert "--nestgrad-backend=NAME" in done.stdout


def test_an_unknown_backend_is_a_usage_error(tmp_path):
    done = suite(tmp_path, "--nestgrad-backend=autogrd")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "Did you mean 'autograd'" in done.stderr


def test_until_its_option_is_given_it_imports_only_pytest_and_the_standard_library():
    code = (
        "import sys; before = set(sys.modules); import pytest, nestgrad_conformance.plugin;"
        "names = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(*sorted(names & {'nestgrad', 'numpy', 'optree', 'msgspec', 'rich', 'click', 'autograd'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
    spoilt = code.replace("import pytest,", "import pytest, nestgrad,")
    done = subprocess.run([sys.executable, "-c", spoilt], capture_output=True, text=True, check=True)
    assert "nestgrad" in done.stdout
