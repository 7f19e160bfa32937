import doctest
import enum
import importlib
import inspect
import pkgutil

import pytest

import nestgrad as ng
from nestgrad import _hooks, _spec, extend


def hooks():
    for group in vars(_hooks).values():
        if inspect.isclass(group):
            yield from (hook for hook in vars(group).values() if hasattr(hook, f"{_hooks.PROJECT}_spec"))


def public(module):
    return [
        pytest.param(value, id=name)
        for name, value in vars(module).items()
        if not name.startswith("_") and (inspect.isclass(value) or inspect.isfunction(value))
    ]


def own_docstring(value):
    """The docstring of the object itself, not one that it inherits or that `dataclass` made up."""
    text = value.__doc__ if not inspect.isclass(value) or "__doc__" in vars(value) else ""
    text = text or ""
    return "" if text.startswith(f"{value.__name__}(") else inspect.cleandoc(text)


def is_substantial(text):
    first = text.partition("\n\n")[0]
    return first.endswith((".", ":")) and len(text.split()) >= 3


def test_there_are_hooks():
    assert {"nestgrad_backend", "nestgrad_scenarios"} <= {hook.__name__ for hook in hooks()}


@pytest.mark.parametrize("hook", list(hooks()), ids=lambda hook: hook.__name__)
def test_every_hook_is_documented(hook):
    text = own_docstring(hook)
    assert is_substantial(text)
    assert len(text.split()) >= 15
    assert hook.__name__.startswith(f"{_hooks.PROJECT}_")


@pytest.mark.parametrize("value", [*public(ng), *public(extend)])
def test_every_public_name_is_documented(value):
    assert is_substantial(own_docstring(value))


@pytest.mark.parametrize("value", [param for param in public(ng) if inspect.isfunction(param.values[0])])
def test_every_operator_has_an_example(value):
    assert "Example:\n    >>> " in own_docstring(value)


def methods_of_protocols():
    for protocol in vars(_spec).values():
        if inspect.isclass(protocol) and getattr(protocol, "_is_protocol", False):
            for name, method in vars(protocol).items():
                if inspect.isfunction(method) and not name.startswith("_"):
                    yield pytest.param(method, id=f"{protocol.__name__}.{name}")


@pytest.mark.parametrize("method", list(methods_of_protocols()))
def test_every_method_of_the_spec_is_documented(method):
    assert is_substantial(own_docstring(method))


def test_undocumented_things_would_be_seen():
    def named_only():
        """named_only."""

    class Inherits(ValueError):
        pass

    class Colour(enum.Enum):
        """Red."""

    assert not any(is_substantial(own_docstring(value)) for value in (named_only, Inherits, Colour))


def modules_with_examples():
    for info in pkgutil.walk_packages(ng.__path__, "nestgrad."):
        if info.name.endswith("__main__"):
            continue
        module = importlib.import_module(info.name)
        if any(test.examples for test in doctest.DocTestFinder().find(module)):
            yield info.name


@pytest.mark.parametrize("name", list(modules_with_examples()))
def test_examples_run(name):
    module = importlib.import_module(name)
    assert doctest.testmod(module).failed == 0


def test_a_wrong_example_would_be_seen(capsys):
    wrong = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, None)
    assert doctest.DocTestRunner().run(wrong).failed == 1
    assert "Expected" in capsys.readouterr().out
