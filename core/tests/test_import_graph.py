"""Imports run one way, and nowhere in a circle: of packages, of folders, of modules. No code is imported for that."""

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

BACKENDS = ("nestgrad_autograd", "nestgrad_jax", "nestgrad_numeric", "nestgrad_tensorflow", "nestgrad_torch")
PACKAGES = ("nestgrad", *BACKENDS, "nestgrad_conformance")
PUBLIC = {"nestgrad", "nestgrad.extend", "nestgrad.testing", "nestgrad.typing"}


@pytest.fixture(scope="module")
def imported():
    """The modules that each module of ours imports directly; what is imported for annotations alone is left out."""
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)
    assert len(graph.modules) > 300
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def room(module, depth):
    """The folder or file at this depth below the package that a module is in."""
    return ".".join(module.split(".")[: depth + 1])


def arrows(imported, depth):
    rooms = {}
    for module, others in imported.items():
        for other in others:
            one, another = room(module, depth), room(other, depth)
            if one != another and not one.startswith(f"{another}.") and not another.startswith(f"{one}."):
                rooms.setdefault(one, set()).add(another)
    return rooms


@pytest.mark.parametrize("depth", range(5))
def test_there_is_no_circle(imported, depth):
    try:
        TopologicalSorter(arrows(imported, depth)).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def of(imported, packages):
    return {module: others for module, others in imported.items() if room(module, 0) in packages}


def test_the_core_imports_nothing_else_of_ours(imported):
    assert {
        other for others in of(imported, ["nestgrad"]).values() for other in others if room(other, 0) != "nestgrad"
    } == set()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_backend_imports_what_authors_may(imported, backend):
    foreign = {other for others in of(imported, [backend]).values() for other in others if room(other, 0) != backend}
    assert foreign <= {"nestgrad.extend"}


def test_the_suite_imports_what_is_public_and_the_internal_module(imported):
    taken = {other for others in of(imported, ["nestgrad_conformance"]).values() for other in others}
    assert {other for other in taken if room(other, 0) == "nestgrad"} <= PUBLIC | {"nestgrad.internal"}
    assert {room(other, 0) for other in taken} <= {"nestgrad", "nestgrad_conformance", "nestgrad_autograd"}
