"""Plug-ins of the group `nestgrad.plugins`: a broken one is named once, at the user's line, and left out."""

import sys
import warnings

import autograd.numpy as np
import pytest

import nestgrad as ng
from nestgrad import _plugins
from nestgrad._left_out import left_out
from nestgrad._plugins import answers
from nestgrad.testing import assert_nestings

pytestmark = pytest.mark.usefixtures("named_anew")

SCENARIOS = "nestgrad_scenarios"
HEAD = "import sys, pytest\nfrom nestgrad.extend import hookimpl\n"
DOES_NOT_LOAD = {
    "import": ("import nowhere_to_be_found", "No module named 'nowhere_to_be_found'"),
    "syntax": ("def (", "SyntaxError"),
    "raise": ("raise RuntimeError('boom\\n' * 1000)", "RuntimeError: boom boom"),
    "exit": ("sys.exit('bye')", "SystemExit: bye"),
    "skip": ("pytest.skip('not today', allow_module_level=True)", "Skipped: not today"),
    "hook": ("@hookimpl\ndef nestgrad_scenarois(): return []", "nestgrad_scenarois"),
    "argument": ("@hookimpl\ndef nestgrad_scenarios(colour): return []", "colour"),
    "message": (
        "class Mute(Exception):\n    def __str__(self): raise ValueError\nraise Mute",
        "Mute: (it has no message that can be shown)",
    ),
}
BAD_HOOK = {
    "raise": ("raise RuntimeError('boom')", f"Its hook {SCENARIOS} raises RuntimeError: boom."),
    "exit": ("sys.exit('bye')", f"Its hook {SCENARIOS} raises SystemExit: bye."),
    "none": ("return None", f"Its hook {SCENARIOS} gives None."),
    "number": ("return 3", f"Its hook {SCENARIOS} raises TypeError"),
    "later": ("yield 1\n    raise RuntimeError('boom')", "RuntimeError: boom"),
}
both = pytest.mark.parametrize(
    ("source", "reason"),
    [
        *(pytest.param(*case, id=f"loading-{name}") for name, case in DOES_NOT_LOAD.items()),
        *(
            pytest.param(f"@hookimpl\ndef {SCENARIOS}():\n    {body}", reason, id=f"hook-{name}")
            for name, (body, reason) in BAD_HOOK.items()
        ),
    ],
)


def numbers(hook=SCENARIOS):
    """What the packs of this test give; real ones, of installed examples, give no numbers."""
    return [n for pack in answers(hook, list) for n in pack if isinstance(n, int)]


def f(x):
    return np.sum(np.sin(x) ** 2)


@both
def test_a_broken_one_is_named_in_one_line_and_the_others_answer(plant, source, reason):
    plant.pack(f"{HEAD}@hookimpl\ndef {SCENARIOS}(): return [1, 2]", f"a_{plant.new_name()}")
    broken = plant.pack(HEAD + source)
    plant.pack(f"{HEAD}@hookimpl\ndef {SCENARIOS}(): return [3]", f"z_{plant.new_name()}")
    with pytest.warns(ng.PluginWarning) as told:
        assert numbers() == [1, 2, 3]
    (warning,) = told
    message = str(warning.message)
    assert message.startswith(f"Plug-in {broken!r} of {broken} 1.0 is left out. ")
    assert reason in message
    assert "\n" not in message
    assert len(message) < 1000
    assert warning.filename == __file__
    assert left_out() == (f"Plug-in {broken!r} of {broken} 1.0",)


@both
def test_it_is_named_once(plant, source, reason):
    plant.pack(HEAD + source)
    with pytest.warns(ng.PluginWarning):
        numbers()
    with warnings.catch_warnings(action="error"):
        assert numbers() == []


def test_a_module_that_does_not_import_is_not_run_again(plant, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a folder that changes may have another plug-in
    monkeypatch.setattr(sys, "runs_of_a_broken_plugin", [], raising=False)
    plant.pack("import sys\nsys.runs_of_a_broken_plugin.append(1)\nraise RuntimeError")
    with pytest.warns(ng.PluginWarning):
        numbers()
    numbers()
    assert sys.runs_of_a_broken_plugin == [1]


def test_as_an_error_it_arrives_as_itself_at_every_call(plant):
    plant.pack("raise RuntimeError")
    with warnings.catch_warnings(action="error"):
        for _ in range(2):
            with pytest.raises(ng.PluginWarning):
                ng.diagnose(f, np.ones(2), backend="autograd")


def test_an_interrupt_passes(plant):
    plant.pack(f"{HEAD}@hookimpl\ndef {SCENARIOS}(): raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        numbers()


@pytest.mark.parametrize("source", ["raise RuntimeError('boom')", f"{HEAD}@hookimpl\ndef {SCENARIOS}(): return None"])
def test_one_of_nestgrads_own_is_an_error(plant, monkeypatch, source):
    name = plant.new_name()
    plant.module(name, source)
    plant.distribution(name, {name: name}, group="nestgrad.plugins")
    monkeypatch.setattr(_plugins, "PROJECT", name)
    with pytest.raises(ng.NestgradError, match=r"boom|gives None"):
        numbers()


@pytest.mark.parametrize(("source", "reason"), DOES_NOT_LOAD.values(), ids=DOES_NOT_LOAD)
@pytest.mark.parametrize("door", [ng.diagnose, assert_nestings])
def test_diagnosis_goes_on(plant, door, source, reason):
    broken = plant.pack(HEAD + source)
    with pytest.warns(ng.PluginWarning, match=broken) as told:
        assert door(f, np.ones(2), backend="autograd").ok
    assert [(reason in str(one.message), one.filename) for one in told] == [(True, __file__)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("raise RuntimeError('boom')", "raises RuntimeError: boom"),
        ("sys.exit(3)", "raises SystemExit: 3"),
        ("return 'all is well'", "gives a str, which is no diagnosis"),
    ],
)
def test_a_judge_of_others_that_is_broken_is_left_out(plant, body, reason):
    plant.pack(f"{HEAD}@hookimpl\ndef nestgrad_diagnose(f, x):\n    {body}", name="a_broken_judge")
    with pytest.warns(ng.PluginWarning, match=reason):
        assert ng.diagnose(f, np.ones(2), backend="autograd").ok


def test_what_f_raises_is_raised_unchanged():
    def raising(x):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        ng.diagnose(raising, np.ones(2), backend="autograd")
