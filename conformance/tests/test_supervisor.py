"""The supervisor: whatever a scenario does, it is recorded, and every other cell is there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PACK = Path(__file__).parent / "fixtures" / "hostile_pack"


def nestgrad(*arguments, path=""):
    command = [sys.executable, "-m", "nestgrad_conformance", *arguments]
    found = os.pathsep.join(filter(None, [str(path), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": found}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    file = tmp_path_factory.mktemp("hostile") / "r.json"
    selection = ["--scenario", "hostile_[!h]*", "--scenario", "linear", "--nesting", "R"]
    done = nestgrad("conformance", "autograd", *selection, "--report", str(file), path=PACK)
    return done, json.loads(file.read_text())


def cell(report, scenario):
    (found,) = [cell for cell in report["cells"] if cell["scenario"] == scenario]
    return found


@pytest.mark.parametrize(
    ("scenario", "outcome", "exception", "message"),
    [
        ("hostile_segfault", "crash", "crash", "SIGSEGV"),
        ("hostile_exit", "crash", "exit", "exit status 0"),
        ("hostile_memory", "error", "MemoryError", "MemoryError"),
        ("hostile_raise", "error", "ValueError", "the user's own"),
    ],
)
def test_what_a_scenario_does_is_recorded_as_what_it_is(run, scenario, outcome, exception, message):
    found = cell(run[1], scenario)
    assert (found["outcome"], found["verdict"], found["exception"]) == (outcome, "broken", exception)
    assert message in found["message"]


def test_a_scenario_that_hangs_is_a_timeout(tmp_path):
    file = tmp_path / "r.json"
    selection = ["--scenario", "hostile_hang", "--nesting", "R", "--execution", "eager", "--timeout", "3"]
    nestgrad("conformance", "autograd", *selection, "--report", str(file), path=PACK)
    (found,) = json.loads(file.read_text())["cells"]
    assert (found["outcome"], found["verdict"], found["exception"]) == ("timeout", "broken", "timeout")
    assert found["message"] == "no answer in 3 s"


@pytest.mark.parametrize("scenario", ["hostile_print", "hostile_not", "linear"])
def test_every_other_cell_is_there_and_right(run, scenario):
    assert cell(run[1], scenario)["verdict"] == "supported"


def test_nothing_is_lost(run):
    done, report = run
    assert report["run"] == {
        "profile": "full",
        "seeds": [0],
        "raw": False,
        "expected": 28,
        "finished": 7,
        "absent": 21,
        "shard": None,
        "selection": {"scenario": ["hostile_[!h]*", "linear"], "nesting": ["R"]},
    }
    assert done.returncode == 1
    assert "a scenario prints" not in done.stdout


def test_several_backends_at_a_time_give_the_same_cells(tmp_path):
    reports = []
    for jobs in ("1", "2"):
        file = tmp_path / f"{jobs}.json"
        cells = [
            "--scenario",
            "linear",
            "--scenario",
            "power",
            "--nesting",
            "R",
            "--nesting",
            "FF",
            "--execution",
            "eager",
        ]
        done = nestgrad("conformance", "autograd", "jax", *cells, "--jobs", jobs, "--report", str(file))
        assert done.returncode == 0, done.stdout
        cells = json.loads(file.read_text())["cells"]
        reports.append({cell["id"]: cell["verdict"] for cell in cells})
    assert reports[0] == reports[1]
    assert len(reports[0]) == 2 * (2 + 2)
