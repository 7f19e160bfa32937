import dataclasses
import functools
import math
import sys
from types import ModuleType, SimpleNamespace

import autograd
import numpy as np
import pytest

import nestgrad as ng
from nestgrad import BackendConflictError, BackendNotFoundError, BackendUnavailableError, _registry, _select
from nestgrad._claims import is_neutral
from nestgrad._select import select

BROKEN = "raise RuntimeError('boom at import')"
NEUTRAL = [np.ones(2), np.float32(1), 1.0, 1, True, 1j, "text", None]


def chosen(*leaves, backend=None):
    """The name of the backend of a call, `nobody`'s where nothing in it says which."""
    named = [(f"leaf{i}", leaf) for i, leaf in enumerate(leaves)]
    return select(backend, leaves, lambda: named, lambda: SimpleNamespace(name="nobody")).name


def array_type(name):
    """The arrays of a planted engine."""
    return __import__(name).Array


def array_of(name):
    """One of them."""
    ng.get_backend(name)
    return array_type(name)()


def box(value=1.0):
    """An autograd box, as user code sees it inside autograd's own gradient."""
    seen = []
    autograd.grad(lambda x: seen.append(x) or x * x)(value)
    return seen[0]


def test_explicit_name_wins(jax, monkeypatch):
    monkeypatch.setenv("NESTGRAD_BACKEND", "jax")
    assert chosen(jax.numpy.ones(2), backend="autograd") == "autograd"


def test_explicit_object_wins(spy, jax):
    assert select(spy, [jax.numpy.ones(2)], list, list) is spy


def test_explicit_unknown_name():
    with pytest.raises(BackendNotFoundError, match="autograd"):
        chosen(backend="autogra")


@pytest.mark.parametrize("value", NEUTRAL, ids=lambda value: type(value).__name__)
def test_neutral_values_say_nothing(value):
    assert is_neutral(value)
    assert chosen(value) == "nobody"


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


def test_an_object_of_no_engine_says_nothing(jax):
    assert chosen(object(), lambda: 1, Ellipsis) == "nobody"


def test_a_broken_backend_that_nobody_has_asked_for_does_not_disturb(plant, monkeypatch):
    name = plant.backend(body="def __init__(self): raise RuntimeError('boom')")
    array = array_type(name)()  # its engine is imported
    assert ng.gradient(lambda x, setting: x**3)(2.0, object()) == 12.0
    monkeypatch.setenv("NESTGRAD_BACKEND", name)
    for ask in (lambda: chosen(backend=name), lambda: chosen(array), lambda: chosen(1.0)):
        with pytest.raises(ng.BackendUnavailableError, match="boom"):
            ask()


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


def test_environment_wins_over_what_f_returns(plant, jax, monkeypatch):
    name = plant.backend()
    monkeypatch.setenv("NESTGRAD_BACKEND", name)
    assert chosen(1.0) == name
    monkeypatch.setenv("NESTGRAD_BACKEND", "autograd")
    evaluated = []
    ng.gradient(lambda x: evaluated.append(type(x)) or x * x)(np.ones(()))
    assert np.ndarray not in evaluated


@pytest.mark.parametrize("name", ["autogradd", "AUTOGRAD", " autograd"])
def test_environment_names_an_unknown_backend(monkeypatch, name):
    monkeypatch.setenv("NESTGRAD_BACKEND", name)
    with pytest.raises(BackendNotFoundError, match=r"Did you mean 'autograd'.* environment variable NESTGRAD_BACKEND"):
        chosen(1.0)


def test_empty_environment_is_none(monkeypatch):
    monkeypatch.setenv("NESTGRAD_BACKEND", "")
    assert chosen(1.0) == "nobody"


def test_what_else_is_installed_never_decides(plant):
    plant.backend()
    assert ng.gradient(lambda x: x**3)(2.0) == 12.0
    assert ng.diagnose(lambda x: x**3, 2.0).backend == "autograd"


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

    def test_default_still_works(self, broken):
        assert ng.gradient(lambda x: x**3)(2.0) == 12.0

    def test_unknown_objects_still_work(self, broken):
        assert chosen(1.0, object()) == "nobody"

    def test_arrays_win_over_an_environment_that_names_it(self, broken, jax, monkeypatch):
        monkeypatch.setenv("NESTGRAD_BACKEND", broken)
        assert chosen(jax.numpy.ones(2)) == "jax"

    def test_neutral_values_and_an_environment_that_names_it(self, broken, monkeypatch):
        monkeypatch.setenv("NESTGRAD_BACKEND", broken)
        with pytest.raises((BackendUnavailableError, BackendConflictError), match=broken):
            chosen(1.0)


def test_what_is_of_an_engine_and_no_array_counts_where_no_array_does(jax, plant):
    name = plant.backend()
    assert chosen(1.0, jax.numpy.float32) == "jax"
    assert chosen(array_of(name), jax.numpy.float32, jax.nn.relu) == name


def test_a_class_without_a_module():
    assert chosen(type("Nowhere", (), {"__module__": None})()) == "nobody"


def test_an_engine_module_without_a_spec_does_not_disturb(plant, monkeypatch):
    engine = plant.new_name()
    monkeypatch.setitem(sys.modules, engine, ModuleType(engine))  # as a stub of an engine has it
    name = plant.backend(engine=engine)
    assert chosen(1.0, object()) == "nobody" != name


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


def test_so_does_one_whose_arguments_say_nothing(monkeypatch):
    op = ng.gradient(lambda x, scale: scale["a"] * (x**3).sum(), backend=None)
    call = functools.partial(op, np.ones(2, np.float32), {"a": 2.0})
    call()
    read = []
    monkeypatch.setattr(_registry, "stamp", lambda: read.append("folders"))
    np.testing.assert_allclose(call(), 6)
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


CALLS = {
    "gradient": lambda f, x, **options: ng.gradient(f, **options)(x),
    "hvp": lambda f, x, **options: ng.hvp(f, **options)(x, np.ones_like(x)),
    "vjp": lambda f, x, **options: ng.vjp(f, x, **options)[1](1.0)[0],
    "jvp": lambda f, x, **options: ng.jvp(f, (x,), (np.ones_like(x),), **options)[1],
}


class OwnTypeError(TypeError):
    """What a user's function raises."""


def _changed_while_read(x):
    """Raises a RuntimeError in C."""
    held = {0: x}
    for key in held:
        held[key + 1] = x
        yield from (held[key] for _ in ())


@dataclasses.dataclass
class Setting:
    scale: object


class TestWhatFReturns:
    """Where nothing in the call is of an engine, f is evaluated, and its output decides."""

    @pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
    def test_of_an_engine(self, jax, call):
        assert isinstance(call(lambda x: jax.numpy.sum(x**3), np.array([1.0, 2.0])), jax.Array)

    @pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
    def test_of_none(self, jax, call):
        found = call(lambda x: (x**3).sum(), np.array([1.0, 2.0]))
        assert isinstance(found, (np.ndarray, np.float64))

    def test_a_number(self):
        assert ng.gradient(lambda x: x**3)(2.0) == 12.0

    def test_f_gets_arrays_as_a_backend_gives_them(self):
        assert ng.gradient(lambda x: x.sum() ** 2)(2.0) == 4.0
        assert ng.gradient(lambda p: p[0].reshape(-1).sum() * p[1])((1.0, 2.0)) == (2.0, 1.0)
        value, tangent = ng.jvp(lambda x: x.sum() * 1.0, (2.0,), (1.0,))
        assert (value, tangent) == (2.0, 1.0)
        with np.errstate(divide="ignore"):
            assert ng.gradient(lambda x: 1 / x)(0.0) == -np.inf

    @pytest.mark.parametrize("x", [0, True, np.array([1, 2])], ids=["int", "bool", "integers"])
    def test_f_is_not_asked_about_what_cannot_be_differentiated(self, x):
        asked = []
        with pytest.raises(ng.NotDifferentiableError, match="x"):
            ng.gradient(lambda x: asked.append(x) or 1 / x)(x)
        assert asked == []

    def test_the_value_and_not_aux(self, jax):
        gradient, _ = ng.gradient(lambda x: ((x**3).sum(), jax.numpy.ones(1)), has_aux=True)(np.ones(2))
        assert type(gradient) is np.ndarray

    def test_with_other_arguments_and_keywords(self, jax):
        op = ng.hvp(lambda x, scale, *, power: scale["a"] * jax.numpy.sum(x**power))
        assert isinstance(op(np.ones(2), np.ones(2), {"a": 2.0}, power=3), jax.Array)

    def test_once_for_an_operator(self):
        seen = []
        op = ng.gradient(lambda x, other: seen.append(type(x)) or (x["w"] ** 2).sum())
        for _ in range(5):
            op({"w": np.ones(2)}, {"b": 1.0})
            op({"w": np.ones(2)}, 1.0)
        assert [kind for kind in seen if kind is dict].count(dict) == 1 + 10  # and once for each derivative

    @pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
    def test_not_where_it_is_known(self, call):
        seen = []
        call(lambda x: seen.append(1) or (x**3).sum(), np.ones(2), backend="autograd")
        assert len(seen) == 1

    def test_f_gets_copies(self):
        x, other = np.ones(2), [np.ones(2)]

        def writes(x, other):
            if isinstance(x, np.ndarray):
                x[:] = other[0][:] = 7
            return (x * other[0]).sum()

        assert np.array_equal(ng.gradient(writes)(x, other), [1, 1])
        assert np.array_equal([x, other[0]], np.ones((2, 2)))

    def test_f_gets_copies_of_what_is_no_container(self):
        def writes(x, setting):
            setting.scale *= 2
            return (x * setting.scale).sum()

        x = np.ones(2)
        assert np.array_equal(ng.gradient(writes)(x, Setting(np.ones(2))), [2, 2])
        draws = ng.gradient(lambda x, random: (x * random.standard_normal(2)).sum())
        expected = np.random.default_rng(0).standard_normal(2)
        assert np.array_equal(draws(x, np.random.default_rng(0)), expected)

    def test_an_iterator_is_not_used_up(self):
        with pytest.raises(BackendNotFoundError, match=r"an iterator is among its arguments.* name the backend"):
            ng.gradient(lambda x, it: (x**2).sum() * sum(it))(np.ones(2), iter([1.0, 2.0]))
        by_name = ng.gradient(lambda x, it: (x**2).sum() * sum(it), backend="autograd")
        assert np.array_equal(by_name(np.ones(2), iter([1.0, 2.0])), [6, 6])

    def test_a_bad_call_decides_nothing_for_later_ones(self, jax):
        op = ng.gradient(lambda x: jax.numpy.sum(x**2))
        for bad in ("text", None, np.ones(2, int)):
            with pytest.raises(ng.NotDifferentiableError):
                op(bad)
        assert isinstance(op(np.ones(2)), jax.Array)

    def test_x_that_is_no_number_beside_a_number(self):
        for x in ({}, "text", object()):
            with pytest.raises(ng.NotDifferentiableError, match=r"^x"):
                ng.gradient(lambda x, n: x.norm())(x, 3)

    @pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
    @pytest.mark.parametrize(
        "f",
        [lambda x: x.norm(), lambda x: math.sin(x), lambda x: next(_changed_while_read(x))],
        ids=["attribute", "type", "runtime"],
    )
    def test_f_of_another_engine(self, call, f):
        with pytest.raises(BackendNotFoundError, match=r"x is of NumPy. f raises .* pass arrays .*'jax'") as caught:
            call(f, np.ones(2))
        assert type(caught.value.__cause__) in (TypeError, AttributeError, RuntimeError)

    @pytest.mark.parametrize("error", [ValueError, ng.NonScalarOutputError, OwnTypeError, TypeError, RuntimeError])
    def test_what_else_f_raises_is_the_users(self, error):
        def raises(x):
            raise error("mine")

        with pytest.raises(error, match=r"^mine$"):
            ng.gradient(raises)(np.ones(2))

    def test_an_argument_that_is_missing_is_the_users(self):
        with pytest.raises(TypeError, match="missing 1 required positional argument: 'scale'"):
            ng.gradient(lambda x, scale: x)(np.ones(2))
        with pytest.raises(TypeError, match="takes x, 1 direction"):
            ng.hvp(lambda x: x.norm())(np.ones(2))

    def test_a_function_without_a_signature(self):
        with pytest.raises(BackendNotFoundError, match="f raises TypeError"):
            ng.gradient(math.hypot)(np.ones(2))

    @pytest.mark.parametrize("x", [{}, None, "text", object()], ids=["empty", "none", "text", "object"])
    def test_f_is_not_asked_where_there_is_no_number(self, x):
        with pytest.raises(ng.NotDifferentiableError, match=r"x .*The backend is autograd"):
            ng.gradient(lambda x: x.norm())(x)

    def test_arrays_of_two_engines(self, plant, jax):
        name = plant.backend()
        with pytest.raises(BackendConflictError, match=rf"what f returns\[0\] is an array of {name} and .* of jax"):
            ng.vjp(lambda x: (array_of(name), jax.numpy.ones(2)), np.ones(2))


class TestContainersOfAnEngine:
    """A leaf that no engine claims is opened by those that are imported."""

    @pytest.fixture
    def box(self, jax):
        class Box:
            def __init__(self, inside):
                self.inside = inside

        jax.tree_util.register_pytree_node(Box, lambda box: ((box.inside,), None), lambda _, inside: Box(*inside))
        return Box

    def test_arrays_inside_decide(self, jax, box, plant):
        name = plant.backend()
        assert chosen(box(jax.numpy.ones(2))) == "jax"
        assert chosen(box({"w": array_of(name)})) == name
        assert chosen([box(box(jax.numpy.ones(2)))]) == "jax"

    def test_who_opens_it_if_they_say_nothing(self, jax, box):
        assert chosen(box(np.ones(2))) == "jax"
        gradient = ng.gradient(lambda x: (x.inside**3).sum())(box(np.array([1.0, 2.0])))
        assert isinstance(gradient, box)
        np.testing.assert_allclose(gradient.inside, [3, 12])

    def test_each_call_is_looked_into(self, jax, box, plant):
        name = plant.backend()
        for _ in range(2):
            assert chosen(box(jax.numpy.ones(2))) == "jax"
            assert chosen(box(array_of(name))) == name

    def test_beside_arrays_of_another_engine(self, jax, box, plant):
        name = plant.backend()
        with pytest.raises(BackendConflictError, match=f"something in leaf1 is .* jax and leaf0 is an array of {name}"):
            chosen(array_of(name), box(jax.numpy.ones(2)))

    def test_an_operator_looks_into_each(self, jax, box, plant):
        op = ng.gradient(lambda x, held: (x**2).sum())
        for _ in range(3):
            assert isinstance(op(jax.numpy.ones(2), box(jax.numpy.ones(2))), jax.Array)
            with pytest.raises(BackendConflictError):
                op(jax.numpy.ones(2), box(array_of(plant.backend())))

    def test_one_that_holds_no_array_is_in_nobodys_way(self, box, plant):
        name = plant.backend()
        assert chosen(array_of(name), box("text")) == name

    def test_two_that_open_it(self, box, plant):
        body = "def flatten(self, tree): return ([], tree)"
        plant.backend(body=body)
        with pytest.raises(BackendConflictError, match="both open leaf0, a Box"):
            chosen(box(1.0))

    def test_an_engine_that_is_not_imported_is_not_asked(self, plant):
        plant.backend(engine="no_such_engine", body="def flatten(self, tree): raise AssertionError")
        assert chosen(object()) == "nobody"


class TestErrorsSayWhichBackendWasPicked:
    def test_by_name(self):
        with pytest.raises(ng.NotDifferentiableError, match="The backend is autograd, which was given as backend="):
            ng.gradient(lambda x: x, backend="autograd")(1)

    def test_by_an_array(self, jax):
        with pytest.raises(ng.StructureMismatchError, match=r"jax, as x\['w'\] is an array of jax; .* by backend="):
            ng.hvp(lambda x: x["w"])({"w": jax.numpy.ones(2)}, {"w": jax.numpy.ones(3)})

    def test_by_the_environment(self, monkeypatch):
        monkeypatch.setenv("NESTGRAD_BACKEND", "autograd")
        with pytest.raises(ng.NotDifferentiableError, match="as the environment variable NESTGRAD_BACKEND says"):
            ng.gradient(lambda x: x)(1)

    def test_by_what_f_returns(self, jax):
        with pytest.raises(ng.StructureMismatchError, match="The backend is jax, as what f returns is of it"):
            ng.hvp(jax.numpy.sum)(np.ones(2), np.ones(3))

    def test_by_default(self):
        with pytest.raises(ng.NotDifferentiableError, match="The backend is autograd, as nothing says otherwise"):
            ng.gradient(lambda x: x)(1)

    def test_without_64_bits(self):
        import jax

        with pytest.raises(ng.PrecisionLossError, match=r"jax_enable_x64.* The backend is jax, as what f returns"):
            ng.gradient(jax.numpy.sum)(np.ones(2))

    def test_in_both_modes(self):
        with pytest.raises(ng.NotDifferentiableError, match="The backend is autograd"):
            ng.jvp(lambda x: x, (1,), (1.0,))
        _, pullback = ng.vjp(lambda x: x, np.ones(2))
        with pytest.raises(ng.StructureMismatchError, match="The backend is autograd"):
            pullback(np.ones(3))

    def test_at_later_calls_too(self):
        op = ng.gradient(lambda x: (x**2).sum())
        for _ in range(3):
            op(np.ones(2))
            with pytest.raises(ng.NotDifferentiableError, match="The backend is autograd"):
                op(np.ones(2, int))


class Over(type(ng.get_backend("autograd"))):
    """A backend for the arrays of any engine."""

    def __init__(self, engine=None):
        self.engine = engine

    def over(self, engine):
        return Over(engine)


@pytest.mark.parametrize("named", [True, False])
def test_one_that_is_over_others_is_given_the_engine_of_the_call(named, monkeypatch, jax):
    found = Over()
    monkeypatch.setattr(_select, "get_backend", lambda name: found if name == "over" else ng.get_backend(name))

    def engine(*leaves):
        named_leaves = [(f"leaf{i}", leaf) for i, leaf in enumerate(leaves)]
        by_outcome = lambda: SimpleNamespace(name="nobody")  # noqa: E731
        return select("over" if named else found, leaves, lambda: named_leaves, by_outcome).engine.name

    assert engine(jax.numpy.ones(2)) == "jax"
    assert engine(box()) == "autograd"
    assert engine(np.ones(2), jax.numpy.ones(2)) == "jax"
    assert engine(np.ones(2)) == "nobody"
    monkeypatch.setenv("NESTGRAD_BACKEND", "jax")
    assert engine(np.ones(2)) == "jax"
    assert engine(jax.numpy.ones(2)) == "jax"


def test_a_users_module_is_no_backend_of_its_name_that_has_no_arrays(plant):
    """As a file `numeric.py` of the user's, with a class in it."""
    name = next(info.name for info in ng.backends() if not _registry.descriptor(info.name).arrays)
    users = type("Params", (), {"__module__": name})
    assert chosen(users()) == "nobody"
    assert ng.gradient(lambda x, params: x**3)(2.0, users()) == 12.0
