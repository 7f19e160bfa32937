"""`nestgrad explain`, as a user types it."""

import json
import subprocess
import sys

import pytest

MODULE = """
import autograd.numpy as np

def solves(x):
    return np.sum(np.linalg.solve(np.diag(x), x))

def raises(x):
    raise KeyError("mine")
"""


@pytest.fixture
def explain(tmp_path):
    (tmp_path / "mine.py").write_text(MODULE)

    def run(*arguments):
        command = [sys.executable, "-m", "nestgrad_conformance", "explain", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def test_a_line_for_each_nesting(explain):
    found = explain("mine:solves", "--at", "[1.0, 2.0]")
    assert found.returncode == 0, found.stderr
    lines = found.stdout.splitlines()
    assert lines[0] == "solves on autograd"
    assert len(lines) == 1 + 7
    assert any(line.startswith("  FR   refused by solve at ") and "mine.py:5" in line for line in lines)


def test_for_machines(explain):
    found = json.loads(explain("mine:solves", "--at", "[1.0, 2.0]", "--json").stdout)
    assert found["backend"] == "autograd"
    assert {one["nesting"]: one["use"] for one in found["nestings"]}["FR"] == "RR"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("mine:solves",), "--at"),
        (("mine:none", "--at", "[1.0]"), "none"),
        (("mine:raises", "--at", "[1.0]"), "KeyError"),
        (("mine:solves", "--at", "[1"), "no array"),
        (("mine:solves", "--at", "[1.0]", "--backend", "jaxx"), "jax"),
    ],
)
def test_what_makes_no_sense_is_one_line(explain, arguments, message):
    found = explain(*arguments)
    assert found.returncode == 2
    assert message in found.stderr
    assert "Traceback" not in found.stderr
