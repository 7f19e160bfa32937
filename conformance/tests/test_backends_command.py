"""`nestgrad backends --probe`: what it finds, each in a process of its own, so that none takes another down."""

import json
import os
import subprocess
import sys

import msgspec
import pytest
from click.testing import CliRunner

from nestgrad_conformance.cli import command
from nestgrad_conformance.commands import backends
from nestgrad_conformance.limits.standing import Standing
from nestgrad_conformance.probe.row import Probe

from .hostile_plugins import BROKEN_BACKENDS, IMPLEMENTATION, plant, plant_backend

NAMESPACE = """
import types
import autograd.numpy as np

def without(name):
    return types.SimpleNamespace(**{key: value for key, value in vars(np).items() if key != name})
"""
FORWARD = "    def jvp(self, f, primals, tangents, *, has_aux=False):\n        "
REVERSE = "    def vjp(self, f, *primals, has_aux=False):\n        "
ONE_MODE = """
class Class:
    name, xp = {name!r}, RawAutograd.xp
    asarray, to_numpy = RawAutograd.asarray, RawAutograd.to_numpy
"""
HOSTILE = {
    "doubling": f"{FORWARD}y, dy = super().jvp(f, primals, tangents)\n        return y, 2 * dy",
    "zero": f"{FORWARD}y, dy = super().jvp(f, primals, tangents)\n        return y, 0 * dy",
    "angry": f"{REVERSE}raise RuntimeError('boom')",
    "hanging": f"{FORWARD}import threading; threading.Event().wait()",
    "fatal": f"{FORWARD}import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    "leaving": f"{REVERSE}import sys; sys.exit(3)",
    "refusing": (
        f"{FORWARD}from nestgrad.extend import Nesting, UnsupportedNestingError as Refused\n"
        "        raise Refused(backend='refusing', nesting=Nesting('F'), operation='norm', reason='No.')"
    ),
    "narrow": (
        "    def asarray(self, value, like=None):\n"
        "        if str(getattr(value, 'dtype', '')) == 'float64':\n"
        "            from nestgrad.extend import PrecisionLossError\n"
        "            raise PrecisionLossError('32 bits')\n"
        "        return super().asarray(value, like)"
    ),
    "onesless": "    xp = without('ones_like')",
    "rootless": "    xp = without('sqrt')",
}
SOURCES = {name: f"{NAMESPACE}{IMPLEMENTATION}{body}\n" for name, body in HOSTILE.items()} | {
    "forward_only": f"{IMPLEMENTATION}\n{ONE_MODE}    jvp = RawAutograd.jvp\n",
    "modeless": f"{IMPLEMENTATION}\n{ONE_MODE}",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("backends")
    for name, source in (SOURCES | {name: source for name, (source, _) in BROKEN_BACKENDS.items()}).items():
        plant_backend(folder, name, source)
    plant_backend(folder, "without_engine", engine="engine_that_nobody_has")
    plant_backend(folder, "unlimited", limits="nowhere.toml")
    plant(folder, "undescribed", "nestgrad.backends", "raise RuntimeError('boom')")
    return folder


@pytest.fixture(scope="module")
def probed(folder):
    """The rows by name, and the exit status."""
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    asked = ["-m", "nestgrad_conformance", "backends", "--probe", "--json", "--timeout", "20"]
    done = subprocess.run(
        [sys.executable, *asked], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    return {row["name"]: row for row in json.loads(done.stdout)}, done.returncode


def outcomes(row):
    return tuple(row[mode] and row[mode]["outcome"] for mode in ("forward", "reverse"))


@pytest.mark.parametrize(
    ("name", "state", "found", "message"),
    [
        ("autograd", "ok", ("correct", "correct"), None),
        ("forward_only", "ok", ("correct", None), None),
        ("narrow", "ok", ("correct", "correct"), None),
        ("refusing", "ok", ("refused", "correct"), None),
        ("doubling", "wrong", ("wrong", "correct"), "in forward mode the derivative of 1/‖x‖ is wrong, off by "),
        ("zero", "wrong", ("silent_zero", "correct"), "is silent_zero"),
        ("angry", "broken", ("correct", "error"), "in reverse mode: error: EngineError"),
        ("hanging", "broken", ("timeout", "correct"), "in forward mode: timeout: no answer in 20 s"),
        ("fatal", "broken", ("crash", "correct"), "in forward mode: crash: SIGSEGV"),
        ("leaving", "broken", ("correct", "crash"), "in reverse mode: crash: exit status 3"),
        ("modeless", "broken", (None, None), "it has neither jvp nor vjp"),
        ("onesless", "broken", ("correct", "error"), "ones_like"),
        ("rootless", "broken", (None, None), "1/‖x‖ cannot be written with its namespace, which lacks sqrt"),
        ("undescribed", "broken", (None, None), "RuntimeError: boom"),
        ("unlimited", "broken", (None, None), "the limits file 'nowhere.toml' cannot be read"),
        ("without_engine", "absent", (None, None), "pip install engine_that_nobody_has"),
        *((name, "broken", (None, None), reason) for name, (_, reason) in BROKEN_BACKENDS.items()),
    ],
)
def test_each_has_its_state(probed, name, state, found, message):
    row = probed[0][name]
    assert (row["state"], outcomes(row)) == (state, found), row
    assert row["message"] is None if message is None else message in row["message"]


def test_what_a_namespace_lacks(probed):
    lacking = {name: (row["lacks"], row["lacks_for_f"]) for name, row in probed[0].items() if row["engines"]}
    assert lacking["onesless"] == (["ones_like"], [])
    assert lacking["rootless"] == ([], ["sqrt"])
    assert lacking["autograd"] == lacking["doubling"] == ([], [])


def test_how_far_a_number_is_off(probed):
    """Twice a derivative is off by the derivative: that of 1/‖x‖ is as large as itself."""
    rows = probed[0]
    assert rows["doubling"]["forward"]["error"] == pytest.approx(rows["zero"]["forward"]["error"])
    assert rows["autograd"]["forward"]["error"] < 1e-12


def test_the_engine_is_named_with_its_version(probed):
    assert set(probed[0]["autograd"]["engines"]) == {"autograd", "numpy"}


def test_a_finding_is_the_exit_status(probed):
    assert probed[1] == 1


ROWS = [
    Probe(
        *("good", "nestgrad_good", "nestgrad-good", "1.0", "ok", None, {"good": "3.1", "numpy": "2"}),
        standing=Standing("good", "3.1", measured=False),
    ),
    Probe("bad", "nestgrad_bad", "nestgrad-bad", "1.0", "broken", "it\ndoes not load: SIGSEGV", lacks=["isdtype"]),
    Probe("none", "nestgrad_none", "nestgrad-none", "1.0", "absent", "pip install none"),
]


@pytest.fixture
def shown(monkeypatch):
    def run(rows, *arguments, **environment):
        monkeypatch.setattr(backends, "_probed", lambda timeout: rows)
        return CliRunner().invoke(command, ["backends", "--probe", *arguments], env=environment)

    return run


def test_without_a_terminal_each_is_one_line(shown):
    assert shown(ROWS).stdout.splitlines() == [
        "good  nestgrad-good 1.0  nestgrad_good  ok  good 3.1, not measured  namespace lacks: nothing",
        "bad   nestgrad-bad 1.0  nestgrad_bad  broken  namespace lacks: isdtype  it does not load: SIGSEGV",
        "none  nestgrad-none 1.0  nestgrad_none  absent  pip install none",
    ]


def test_in_a_terminal_it_is_a_table_and_the_reasons_below(shown):
    text = shown(ROWS, FORCE_COLOR="1", COLUMNS="100", NO_COLOR="1").stdout
    assert {"backend", "state", "forward", "reverse"} <= set(text.replace("\x1b[1m", "").replace("\x1b[0m", "").split())
    assert "bad: it does not load: SIGSEGV" in text
    assert "none: pip install none" in text


def test_an_engine_that_is_not_installed_is_no_finding(shown):
    assert shown([ROWS[0], ROWS[2]]).exit_code == 0
    assert shown(ROWS).exit_code == 1
    assert shown([msgspec.structs.replace(ROWS[0], state="wrong")], "--json").exit_code == 1
