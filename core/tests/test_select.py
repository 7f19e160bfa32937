import sys
from types import ModuleType

import autograd
import numpy as np
import pytest

import nestgrad as ng
from nestgrad import BackendConflictError, BackendNotFoundError, BackendUnavailableError, _registry, _select
from nestgrad._select import is_neutral, select

BROKEN = "raise RuntimeError('boom at import')"
NEUTRAL = [np.ones(2), np.float32(1), 1.0, 1, True, 1j, "text", None]


def chosen(*leaves, backend=None):
    return select(backend, leaves, lambda: [(f"leaf{i}", leaf) for i, leaf in enumerate(leaves)]).name


def array_of(name):
    """An array of a planted engine."""
    ng.get_backend(name)
    return __import__(name).Array()


def box(value=1.0):
    """An autograd box, as user code sees it inside autograd's own gradient."""
    seen = []
    autograd.grad(lambda x: seen.append(x) or x * x)(value)
    return seen[0]


def test_explicit_name_wins(jax, monkeypatch):
    monkeypatch.setenv("NESTGRAD_BACKEND", "jax")
    assert chosen(jax.numpy.ones(2), backend="autograd") == "autograd"


def test_explicit_object_wins(spy, jax):
    assert select(spy, [jax.numpy.ones(2)], list) is spy


def test_explicit_unknown_name():
    with pytest.raises(BackendNotFoundError, match="autograd"):
        chosen(backend="autogra")


@pytest.mark.parametrize("value", NEUTRAL, ids=lambda value: type(value).__name__)
def test_neutral_values_say_nothing(value, installed):
    installed()
    assert is_neutral(value)
    assert chosen(value) == "autograd"


@pytest.mark.parametrize("value", NEUTRAL, ids=lambda value: type(value).__name__)
def test_neutral_values_give_way_to_an_array(value, jax):
    assert chosen(value, jax.numpy.ones(2), value) == "jax"


def test_jax_arrays_and_tracers(jax):
    seen = []

    def f(x):
        seen.append((type(x), chosen(x)))
        return x * x

    for transform in (jax.jit, jax.grad, jax.vmap):
        transform(f)(np.ones(1) if transform is jax.vmap else 1.0)
    assert [name for _, name in seen] == ["jax"] * 3
    assert all(issubclass(kind, jax.core.Tracer) for kind, _ in seen)


def test_autograd_boxes():
    assert not isinstance(box(), (float, np.ndarray))
    assert chosen(np.ones(2), box()) == "autograd"


def test_a_planted_array_selects_by_the_name_of_its_root(plant):
    name = plant.backend()
    assert chosen(np.ones(2), array_of(name)) == name


def test_a_planted_array_selects_by_its_descriptor(plant):
    name, other = plant.backend(), plant.new_name()
    plant.module(other, "class Base: pass\nclass Array(Base): pass")
    claimant = plant.backend(arrays=("nothing", other))
    plant.backend("unclaimed")
    assert chosen(__import__(other).Array()) == claimant != name


def test_a_subclass_in_the_users_module_is_the_engines(plant):
    name = plant.backend()

    class Mine(type(array_of(name))):
        pass

    assert chosen(Mine()) == name


def test_an_object_of_no_engine_says_nothing(installed):
    installed()
    assert chosen(object(), lambda: 1, Ellipsis) == "autograd"


def test_a_broken_backend_that_nobody_has_asked_for_is_left_out(plant, installed, named_anew, monkeypatch):
    body = "def __init__(self): raise RuntimeError('boom')"
    name = plant.backend(engine="only_engine", body=body)
    installed("autograd", "only_engine")
    with pytest.warns(ng.PluginWarning, match=f"Backend '{name}' of {name} 1.0 is left out. .*boom") as told:
        assert ng.gradient(lambda x: x**3)(2.0) == 12.0
    assert [one.filename for one in told] == [__file__]
    assert ng.gradient(lambda x: x**3)(2.0) == 12.0
    for ask in (lambda: chosen(backend=name), lambda: chosen(array_of(name))):
        with pytest.raises(ng.BackendUnavailableError, match="boom"):
            ask()
    monkeypatch.setenv("NESTGRAD_BACKEND", name)
    with pytest.raises(ng.BackendUnavailableError, match="boom"):
        chosen(1.0)


def test_it_is_named_at_the_users_line_below_a_hook_too(plant, named_anew, monkeypatch):
    plant.backend(engine="only_engine", body="def __init__(self): raise RuntimeError('boom')")
    monkeypatch.setattr(_select, "_is_installed", lambda name: name.startswith("fake"))
    with pytest.warns(ng.PluginWarning, match="boom") as told:
        assert ng.diagnose(lambda x: x**3, 2.0).backend == "autograd"
    assert [one.filename for one in told] == [__file__]


def test_arrays_of_two_engines_name_both_paths(plant, jax):
    name = plant.backend()
    op = ng.hvp(lambda x, params: x)
    with pytest.raises(BackendConflictError) as caught:
        op(np.ones(2), {"v": jax.numpy.ones(2)}, {"w": [0, array_of(name)]})
    message = str(caught.value)
    assert "v1['v'] is an array of jax" in message
    assert f"args[0]['w'][1] is an array of {name}" in message
    assert "backend=" in message


def test_arrays_of_two_engines_in_keywords(plant, jax):
    name = plant.backend()
    with pytest.raises(BackendConflictError, match=f"scale is an array of {name}"):
        ng.gradient(lambda x, scale: x)(jax.numpy.ones(2), scale=array_of(name))


def test_arrays_win_over_the_environment(jax, monkeypatch):
    monkeypatch.setenv("NESTGRAD_BACKEND", "autograd")
    assert chosen(jax.numpy.ones(2)) == "jax"


def test_environment_wins_over_what_is_installed(plant, installed, monkeypatch):
    name, other = plant.backend(), plant.backend(engine="only_engine")
    installed("autograd", "only_engine")
    assert chosen(1.0) == other
    monkeypatch.setenv("NESTGRAD_BACKEND", name)
    assert chosen(1.0) == name


def test_environment_names_an_unknown_backend(monkeypatch):
    monkeypatch.setenv("NESTGRAD_BACKEND", "autogradd")
    with pytest.raises(BackendNotFoundError, match="'autograd'"):
        chosen(1.0)


def test_empty_environment_is_none(installed, monkeypatch):
    installed("autograd")
    monkeypatch.setenv("NESTGRAD_BACKEND", "")
    assert chosen(1.0) == "autograd"


def test_only_engine_besides_the_default(plant, installed):
    name = plant.backend(engine="only_engine")
    installed("autograd", "only_engine")
    assert chosen(1.0) == name


def test_two_engines_besides_the_default_leave_the_default(plant, installed):
    plant.backend(engine="first_engine")
    plant.backend(engine="second_engine")
    installed("autograd", "first_engine", "second_engine")
    assert chosen(1.0) == "autograd"


def test_default_without_any_other_engine(installed):
    installed("autograd")
    assert chosen(1.0) == "autograd"


class TestSeveralBackendsForOneArrayType:
    @pytest.fixture
    def array(self, plant):
        root = plant.new_name()
        plant.module(root, "class Array: pass")
        return __import__(root).Array()

    @pytest.fixture
    def rivals(self, plant, array):
        root = type(array).__module__
        return [plant.backend(arrays=(root,)) for _ in range(2)]

    def test_an_error_lists_them(self, array, rivals):
        with pytest.raises(BackendConflictError) as caught:
            chosen(array)
        assert all(repr(name) in str(caught.value) for name in rivals)
        assert "NESTGRAD_BACKEND" in str(caught.value)

    def test_environment_decides_if_it_is_one_of_them(self, array, rivals, monkeypatch):
        for name in rivals:
            monkeypatch.setenv("NESTGRAD_BACKEND", name)
            assert chosen(array) == name

    def test_environment_of_another_does_not(self, array, rivals, monkeypatch):
        monkeypatch.setenv("NESTGRAD_BACKEND", "autograd")
        with pytest.raises(BackendConflictError):
            chosen(array)

    def test_the_bundled_one_wins(self, plant, jax):
        plant.backend(arrays=("jax", "jaxlib"))
        assert chosen(jax.numpy.ones(2)) == "jax"

    def test_environment_wins_over_the_bundled(self, plant, jax, monkeypatch):
        name = plant.backend(arrays=("jax", "jaxlib"))
        monkeypatch.setenv("NESTGRAD_BACKEND", name)
        assert chosen(jax.numpy.ones(2)) == name


HOOK = """
from nestgrad.extend import Descriptor, hookimpl

@hookimpl
def nestgrad_backend():
    {body}
"""
BAD_PLUGINS = {
    "raises at import": BROKEN,
    "does not compile": "def (",
    "raises in the hook": HOOK.format(body="raise RuntimeError('boom')"),
    "imports nothing in the hook": HOOK.format(body="import no_such_module"),
    "describes nothing": HOOK.format(body="return None"),
    "describes another name": HOOK.format(body="return Descriptor('x', 'x', 'x', ('x',), 'x:X')"),
    "misspelt hook": "from nestgrad.extend import hookimpl\n@hookimpl\ndef nestgrad_bakend(): pass",
}


class TestBrokenPlugin:
    """A broken third party never takes another backend down."""

    @pytest.fixture(params=BAD_PLUGINS.values(), ids=BAD_PLUGINS)
    def broken(self, request, plant):
        return plant.plugin(request.param)

    def test_default_still_works(self, broken, installed):
        installed("autograd", broken)
        assert chosen(1.0) == "autograd"

    def test_unknown_objects_still_work(self, broken, installed):
        installed("autograd")
        assert chosen(1.0, object()) == "autograd"

    def test_arrays_win_over_an_environment_that_names_it(self, broken, jax, monkeypatch):
        monkeypatch.setenv("NESTGRAD_BACKEND", broken)
        assert chosen(jax.numpy.ones(2)) == "jax"

    def test_neutral_values_and_an_environment_that_names_it(self, broken, monkeypatch):
        monkeypatch.setenv("NESTGRAD_BACKEND", broken)
        with pytest.raises((BackendUnavailableError, BackendConflictError), match=broken):
            chosen(1.0)


def test_an_engine_module_without_a_spec_does_not_disturb(plant, monkeypatch):
    engine = plant.new_name()
    monkeypatch.setitem(sys.modules, engine, ModuleType(engine))  # as a stub of an engine has it
    name = plant.backend(engine=engine)
    assert chosen(1.0) in {"autograd", "jax", name}


def test_an_operator_that_is_made_anew_reads_no_metadata(jax, monkeypatch):
    x = jax.numpy.asarray([1.0, 2.0])

    def call():
        return ng.hvp(lambda x, scale: scale["a"] * (x**3).sum())(x, x, {"a": 2.0})

    call()
    read = []
    monkeypatch.setattr("importlib.metadata.distributions", lambda: read.append("metadata") or [])
    monkeypatch.setattr(_registry, "stamp", lambda: read.append("folders"))
    np.testing.assert_allclose(call(), 12 * x * x)
    assert read == []


def test_types_that_are_new_are_selected_for_anew(plant, jax):
    assert chosen(jax.numpy.ones(2)) == "jax"
    name = plant.backend()
    assert chosen(array_of(name)) == name


def test_another_environment_is_another_selection(plant, monkeypatch):
    name = plant.backend()
    assert chosen(1.0) != name
    monkeypatch.setenv("NESTGRAD_BACKEND", name)
    assert chosen(1.0) == name
