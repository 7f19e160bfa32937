"""The laws of the protocols, of every registered backend whose engine is installed, and the table of the laws."""

import inspect
import re

import pytest

import nestgrad as ng
from nestgrad import _methods, _spec
from nestgrad._registry import descriptor, engine_installed
from nestgrad.extend import COMPILERS
from nestgrad_conformance.protocols.law import function_of
from nestgrad_conformance.suite.test_protocols import TABLE, cases, check, nestgrad_workers  # noqa: F401 - a fixture

BACKENDS = sorted({info.name for info in ng.backends() if engine_installed(descriptor(info.name))})


@pytest.mark.parametrize("case", cases(BACKENDS), ids=str)
def test_law(case, nestgrad_workers):  # noqa: F811
    check(nestgrad_workers, case)


HOLDING = ("vjp", "gradient_vjp", "linearize")
"""Methods that give a map, which may say what it holds."""


def protocols():
    found = [one for one in vars(_spec).values() if getattr(one, "_is_protocol", False)]
    return [one for one in found if one.__module__ in (_spec.__name__, _methods.__name__)]


def rows():
    """Every attribute and method of the protocols, every keyword and default of a method, as the table names them."""
    for protocol in protocols():
        if protocol is _methods.Held:
            yield from (f"{name}.held" for name in HOLDING)
            continue
        yield from inspect.get_annotations(protocol)
        for name, method in vars(protocol).items():
            if inspect.isfunction(method) and name[0] != "_":
                keywords = inspect.signature(method).parameters.values()
                named = [one.name for one in keywords if one.kind is one.KEYWORD_ONLY or one.default is not one.empty]
                for called in COMPILERS.values() if protocol is _spec.Compile else [name]:
                    yield from (called, *(f"{called}.{keyword}" for keyword in named))


def test_there_are_rows_of_every_kind():
    found = set(rows())
    assert {"xp", "max_order", "jvp", "jvp.has_aux", "asarray.like", "vmap.in_axes", "compile_xla", "run"} <= found
    assert len(protocols()) == 15


def test_the_table_has_every_method_and_keyword_of_the_spec_and_no_other():
    assert sorted(rows()) == sorted(TABLE)
    assert all(TABLE.values())


def functions():
    """The functions of all laws."""
    return {function_of(law) for laws in TABLE.values() for law in laws}


def test_every_law_says_what_it_demands_and_is_told_apart():
    names = [str(case) for case in cases(["one"])]
    assert len(set(names)) == len(names)
    assert all(law.__doc__.strip().endswith(".") for law in functions())


def test_every_law_is_in_the_table():
    written = {
        one
        for module in {inspect.getmodule(law) for law in functions()}
        for name, one in inspect.getmembers(module, inspect.isfunction)
        if one.__module__ == module.__name__ and name[0] != "_"
    }
    assert written == functions()


def test_no_law_knows_an_engine():
    names = {info.name for info in ng.backends()}
    for module in {inspect.getmodule(law) for law in functions()}:
        words = set(re.findall(r"\w+", inspect.getsource(module).lower()))
        assert not words & names, module.__name__
