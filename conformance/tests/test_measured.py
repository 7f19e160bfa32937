"""`nestgrad measured`: what a report says of the operations of an engine."""

import json
import subprocess
import sys

import pytest


def nestgrad(*arguments):
    command = [sys.executable, "-m", "nestgrad_conformance", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    file = tmp_path_factory.mktemp("measured") / "report.json"
    selected = ("--scenario", "determinant", "--scenario", "sum_cubed", "--execution", "eager", "--report", file)
    done = nestgrad("conformance", "autograd", *selected)
    assert done.returncode == 0, done.stderr
    return file


def test_operations_by_the_nestings_that_were_right(report):
    done = nestgrad("measured", report)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["engine"].startswith("autograd 1.")
    assert found["operations"]["det"] == "R RR"  # autograd has no forward rule of it
    assert found["operations"]["sum"] == "F FF FR R RF RR"
    assert "sin" not in found["operations"]


def test_another_version_is_refused(report, tmp_path):
    changed = json.loads(report.read_text())
    changed["environments"]["autograd"]["engines"]["autograd"] = "0.1"
    (tmp_path / "old.json").write_text(json.dumps(changed))
    done = nestgrad("measured", tmp_path / "old.json")
    assert done.returncode == 2
    assert "The report is of autograd 0.1, and 1." in done.stderr


def test_a_backend_that_the_report_has_not(report):
    done = nestgrad("measured", report, "--backend", "jax")
    assert (done.returncode, "not of 'jax'" in done.stderr) == (2, True)
