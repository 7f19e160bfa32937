"""`nestgrad check`: what it prints, its exit status, and what it survives."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from nestgrad_conformance.cli import command

MINE = """
import os
import signal
import threading
import autograd.numpy as np
import numpy

number = 3

def smooth(x):
    print("f prints")
    return np.sum(np.sin(x) ** 2)

def tree(x):
    return np.sum(x["w"] ** 3) * x["b"]

def determinant(x):
    return np.linalg.det(np.outer(x, x) + np.eye(2))

def wrong(x):  # held, the factor has no derivative
    return np.sum(x) * float(numpy.sum(getattr(x, "_value", x)))

def vector(x):
    return x**2

def one(x):
    return np.sum(x, keepdims=True)

def raising(x):
    raise RuntimeError("not today")

def crashing(x):
    if not isinstance(x, numpy.ndarray):
        os.kill(os.getpid(), signal.SIGSEGV)
    return np.sum(x**2)

def killing(x):
    os._exit(3)

def hanging(x):
    if not isinstance(x, numpy.ndarray):
        threading.Event().wait()
    return np.sum(x**2)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("check")
    (folder / "mine.py").write_text(MINE)
    (folder / "broken.py").write_text("import nowhere_to_be_found")
    (folder / "stopping.py").write_text("raise SystemExit(0)")
    np.save(folder / "x.npy", np.array([1.0, 2.0]))
    np.save(folder / "narrow.npy", np.array([1.0, 2.0], np.float32))
    np.save(folder / "integers.npy", np.array([1, 2]))
    np.savez(folder / "x.npz", w=np.array([1.0, 2.0]), b=np.array(0.5))
    return folder


@pytest.fixture
def check(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return lambda *arguments: CliRunner().invoke(command, ["check", *arguments])


def rows(done):
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith(" ")]
    return {line[0]: line[1] for line in lines if len(line) > 1 and line[0] != "nesting"}


def test_all_is_right(check):
    done = check("mine:smooth", "--at", "[1.0, 2.0]")
    assert done.exit_code == 0, done.stderr
    assert rows(done) == dict.fromkeys(("R", "F", "FR", "RF", "RR", "FF", "auto"), "correct")


def test_a_refusal_beside_right_nestings_is_no_finding(check):
    done = check("mine:determinant", "--at-file", "x.npy")
    assert done.exit_code == 0
    assert rows(done)["FR"] == "refused"
    assert check("mine:determinant", "--at-file", "x.npy", "--nesting", "FR").exit_code == 1


def test_a_wrong_nesting_is_a_finding(check):
    done = check("mine:wrong", "--at", "[1, 2]", "--nesting", "R", "--json")
    assert done.exit_code == 1
    data = json.loads(done.stdout)
    assert (data["ok"], data["function"], data["backend"]) == (False, "wrong", "autograd")
    assert [(cell["outcome"], round(cell["error"], 6)) for cell in data["cells"]] == [("wrong", 3.0)]


def test_points_by_name_and_float32(check):
    assert check("mine:tree", "--at", '{"w": [1, 2], "b": 0.5}').exit_code == 0
    assert check("mine:tree", "--at-file", "x.npz").exit_code == 0
    done = check("mine:smooth", "--at-file", "narrow.npy", "--json", "--nesting", "FR")
    assert json.loads(done.stdout)["cells"][0]["dtype"] == "float32"


def test_a_crash_is_a_row(check):
    done = check("mine:crashing", "--at", "[1, 2]", "--nesting", "R", "--nesting", "FR")
    assert done.exit_code == 1
    assert rows(done) == {"R": "crash", "FR": "crash"}
    assert "SIGSEGV" in done.stdout


def test_a_hang_is_a_row(check):
    done = check("mine:hanging", "--at", "[1, 2]", "--nesting", "R", "--timeout", "20")
    assert (done.exit_code, rows(done)) == (1, {"R": "timeout"})


def test_a_function_that_ends_the_process(check):
    done = check("mine:killing", "--at", "[1, 2]")
    assert done.exit_code == 1
    assert "does not survive an evaluation: exit status 3" in done.stderr
    assert "does not survive" in check("stopping:f", "--at", "[1]").stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere:f", "--at", "[1]"], "'nowhere' cannot be imported"),
        (["broken:f", "--at", "[1]"], "No module named 'nowhere_to_be_found'"),
        (["mine:nothing", "--at", "[1]"], "has no attribute 'nothing'"),
        (["mine:number", "--at", "[1]"], "is a int, not a function"),
        (["mine", "--at", "[1]"], "write MODULE:FUNCTION"),
        (["mine:vector", "--at", "[1, 2]"], "returned shape (2,)"),
        (["mine:one", "--at", "[1, 2]"], "returned shape (1,)"),
        (["mine:raising", "--at", "[1, 2]"], "mine:raising raises RuntimeError at this point: not today"),
        (["mine:smooth", "--at", "hello"], "'hello' is no array"),
        (["mine:smooth", "--at", "[1, [2]]"], "rows have different lengths"),
        (["mine:smooth", "--at", "[]"], "finite numbers, one at least"),
        (["mine:smooth", "--at", "[NaN]"], "finite numbers"),
        (["mine:smooth", "--at", "[true]"], "finite numbers"),
        (["mine:smooth", "--at", '["a"]'], "finite numbers"),
        (["mine:smooth", "--at", "{}"], "holds no array"),
        (["mine:smooth", "--at-file", "mine.py"], "mine.py holds no array"),
        (["mine:smooth", "--at-file", "integers.npy"], "has dtype int64"),
        (["mine:smooth", "--at-file", "none.npy"], "does not exist"),
        (["mine:smooth"], "one of --at and --at-file"),
        (["mine:smooth", "--at", "[1]", "--at-file", "x.npy"], "one of --at and --at-file"),
        (["mine:smooth", "--at", "[1]", "--nesting", "FX"], "'FX' is no nesting"),
        (["mine:smooth", "--at", "[1]", "--backend", "autogrd"], "Did you mean 'autograd'"),
        (["mine:smooth", "--at", "[1]", "--execution", "xla"], "has no execution 'xla'"),
    ],
)
def test_bad_input_is_a_usage_error(check, arguments, message):
    done = check(*arguments)
    assert done.exit_code == 2, done.stdout
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not done.stdout
