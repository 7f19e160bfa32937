"""Plug-ins and backends of third parties that are broken, one for each way, as distributions in a folder."""

HEAD = """
import os, signal, sys
import numpy as np
from nestgrad.extend import Descriptor, hookimpl
from nestgrad_conformance.scenarios import Scenario, normal, uniform

def scenario(id, **fields):
    fields = {"function": lambda xp, x: xp.sum(x**2), "inputs": normal(2), "order": 1} | fields
    return Scenario(id=id, **fields)
"""
SCENARIOS = "@hookimpl\ndef nestgrad_scenarios():\n    "
FORMATS = "@hookimpl\ndef nestgrad_report_formats():\n    "

DO_NOT_LOAD = {
    "imports": ("import nowhere_to_be_found", "No module named 'nowhere_to_be_found'"),
    "exits": ("sys.exit('bye')", "SystemExit: bye"),
    "unknown": ("@hookimpl\ndef nestgrad_scenarois(): return []", "nestgrad_scenarois"),
}
BAD_SCENARIOS = {
    "raises": ("raise RuntimeError('boom')", "nestgrad_scenarios raises RuntimeError: boom"),
    "leaves": ("sys.exit(0)", "nestgrad_scenarios raises SystemExit: 0"),
    "none": ("return None", "nestgrad_scenarios gives None"),
    "number": ("return 3", "nestgrad_scenarios raises TypeError"),
    "strings": ("return ['linear']", "gives a str among the scenarios"),
    "taken": ("return [scenario('linear')]", "'linear' has the id of another one"),
    "twice": ("return [scenario('one'), scenario('one')]", "'one' has the id of another one"),
    "later": ("yield scenario('kept_not')\n    raise RuntimeError('boom')", "RuntimeError: boom"),
    "field": ("return [scenario('order', order='two')]", "Scenario 'order': of another type or value"),
}
BAD_FORMATS = {
    "csv": ("raise RuntimeError('boom')", "nestgrad_report_formats raises RuntimeError: boom"),
    "nothing": ("return None", "nestgrad_report_formats gives None"),
    "page": ("return {'html': str}", "'html' has the name of another one"),
    "text": ("return {'text': 'text'}", "'text' is a str"),
}
GOOD = """
@hookimpl
def nestgrad_scenarios():
    def raise_(rng): raise ValueError("no inputs")
    return [scenario("of_a_good_pack"), scenario("without_inputs", inputs=raise_)]

@hookimpl
def nestgrad_report_formats():
    return {"count": lambda report: f"{len(report.cells)} cells"}
"""
BACKEND = """
@hookimpl
def nestgrad_backend():
    implementation = "nestgrad_{name}_impl:Class"
    return Descriptor({name!r}, {engine!r}, "pip install {engine}", ({name!r},), implementation, {limits!r})
"""
IMPLEMENTATION = """
from nestgrad_autograd._raw import BareAutograd

class Class(BareAutograd):
    name = {name!r}
"""
BROKEN_BACKENDS = {
    "raising": ("raise RuntimeError('boom')", "raises RuntimeError: boom"),
    "absent": ("", "has no attribute 'Class'"),
    "dependent": ("import nowhere_to_be_found", "No module named 'nowhere_to_be_found'"),
    "unmade": (IMPLEMENTATION + "    def __init__(self): raise RuntimeError('boom')", "Making the backend 'unmade'"),
    "old": (IMPLEMENTATION + "    spec_version = '0.1'", "Upgrade the plug-in"),
    "new": (IMPLEMENTATION + "    spec_version = '99.0'", "Upgrade nestgrad"),
    "ending": ("raise SystemExit(3)", "SystemExit: 3"),
    "crashing": ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "does not load: SIGSEGV"),
    "unprepared": (IMPLEMENTATION + "    def prepare_worker(self): raise OSError('no cache')", "OSError: no cache"),
}


def plant(folder, name, group, source):
    """A distribution `nestgrad-NAME` with one module and one entry point."""
    (folder / f"nestgrad_{name}.py").write_text(HEAD + source)
    metadata = folder / f"nestgrad_{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: nestgrad-{name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{group}]\n{name} = nestgrad_{name}\n")


def plant_plugins(folder):
    """All the broken ones, and a good one; gives what is said of each broken one, by name."""
    plant(folder, "good", "nestgrad.plugins", GOOD)
    for head, kind in (("", DO_NOT_LOAD), (SCENARIOS, BAD_SCENARIOS), (FORMATS, BAD_FORMATS)):
        for name, (source, _) in kind.items():
            plant(folder, name, "nestgrad.plugins", head + source)
    return {name: reason for name, (_, reason) in (DO_NOT_LOAD | BAD_SCENARIOS | BAD_FORMATS).items()}


def plant_backend(folder, name, implementation=IMPLEMENTATION, engine="autograd", limits=None):
    """A backend whose descriptor is sound."""
    plant(folder, name, "nestgrad.backends", BACKEND.format(name=name, engine=engine, limits=limits))
    (folder / f"nestgrad_{name}_impl.py").write_text(implementation.replace("{name!r}", repr(name)))
