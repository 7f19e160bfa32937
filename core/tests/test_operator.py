import enum
import re

import numpy as np
import pytest

import nestgrad as ng
from nestgrad import UnsupportedExecutionError

X, V = np.array([1.0, 2.0]), np.array([1.0, -1.0])


def cubes(x):
    return (x**3).sum()


def nested(f, **options):
    return ng.nested_gradient(lambda y: (y**2).sum(), f, **options)


# operator, how many directions, its result for cubes at X along V (and V)
OPERATORS = {
    "gradient": (ng.gradient, 0, [3.0, 12.0]),
    "forward_over_reverse": (ng.forward_over_reverse, 1, [6.0, -12.0]),
    "reverse_over_forward": (ng.reverse_over_forward, 1, [6.0, -12.0]),
    "reverse_over_reverse": (ng.reverse_over_reverse, 1, [6.0, -12.0]),
    "forward_over_forward": (ng.forward_over_forward, 2, 18.0),
    "hvp": (ng.hvp, 1, [6.0, -12.0]),
    "derivative": (lambda f, **options: ng.derivative(f, "RFR", **options), 2, [6.0, 6.0]),
    "nested_gradient": (nested, 0, [36.0, 288.0]),
}
each_operator = pytest.mark.parametrize(("operator", "directions", "expected"), OPERATORS.values(), ids=OPERATORS)


@each_operator
def test_result(engine, operator, directions, expected):
    result = operator(cubes, backend=engine.name)(engine.array(X), *[engine.array(V)] * directions)
    np.testing.assert_allclose(result, expected, rtol=1e-12)


@each_operator
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_result_is_an_array_of_the_engine_with_the_primals_dtype(engine, operator, directions, expected, dtype):
    x, v = engine.array(X, dtype), engine.array(V, dtype)
    result = operator(lambda x: 0.5 * cubes(x), backend=engine.name)(x, *[v] * directions)
    assert result.dtype == dtype
    assert result.shape == np.shape(expected)
    if result.shape:
        assert type(result) is type(x)


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0,)])
def test_result_has_the_primals_shape(engine, shape):
    x = engine.array(np.full(shape, 2.0))
    gradient, product = ng.gradient_and_hvp(cubes, backend=engine.name)(x, x)
    assert gradient.shape == product.shape == shape
    np.testing.assert_allclose(gradient, np.full(shape, 12.0))
    np.testing.assert_allclose(product, np.full(shape, 24.0))


@each_operator
def test_has_aux(engine, operator, directions, expected):
    def f(x):
        return cubes(x), {"norm": (x * x).sum(), "label": "text"}

    result, aux = operator(f, has_aux=True, backend=engine.name)(engine.array(X), *[engine.array(V)] * directions)
    np.testing.assert_allclose(result, expected, rtol=1e-12)
    assert float(aux["norm"]) == 5.0
    assert aux["label"] == "text"


@pytest.mark.parametrize("nesting", ["FR", "RF", "RR"])
def test_has_aux_of_pairs(engine, nesting):
    def f(x):
        return cubes(x), 2 * x

    x, v = engine.array(X), engine.array(V)
    (value, aux), gradient = ng.value_and_gradient(f, has_aux=True, backend=engine.name)(x)
    assert float(value) == 9.0
    np.testing.assert_allclose([aux, gradient], [2 * X, 3 * X**2])
    (gradient, product), aux = ng.gradient_and_hvp(f, nesting, has_aux=True, backend=engine.name)(x, v)
    np.testing.assert_allclose([gradient, product, aux], [3 * X**2, 6 * X * V, 2 * X])


def test_pytrees_in_the_primal_and_in_the_arguments(engine):
    def f(x, scales, *, shift):
        return scales["a"][0] * (x["w"] ** 2).sum() * x["b"][0] ** 3 + (shift[0] * x["w"]).sum()

    x = {"b": (engine.array(2.0), None), "w": engine.array(X)}
    v = {"b": (engine.array(1.0), None), "w": engine.array(V)}
    shift = [engine.array([5.0, 5.0])]
    gradient, product = ng.gradient_and_hvp(f, backend=engine.name)(x, v, {"a": [3.0]}, shift=shift)
    assert gradient["b"][1] is None
    # f = 3 w² b³ + 5 Σw at w = (1, 2), b = 2
    np.testing.assert_allclose(gradient["w"], 6 * X * 8 + 5)
    np.testing.assert_allclose(gradient["b"][0], 9 * 5 * 4)
    np.testing.assert_allclose(product["w"], 6 * V * 8 + 18 * X * 4)
    np.testing.assert_allclose(product["b"][0], 18 * (X @ V) * 4 + 18 * 5 * 2)


def test_arguments_of_any_kind_reach_f(engine):
    def f(x, power, how, *rest, flag=False):
        assert how == "sum"
        assert rest == (None, Ellipsis)
        assert flag is True
        return (x**power).sum()

    result = ng.hvp(f, backend=engine.name)(engine.array(X), engine.array(V), 3, "sum", None, Ellipsis, flag=True)
    np.testing.assert_allclose(result, 6 * X * V)


@pytest.mark.parametrize("name", ["self", "arguments", "x", "key"])
def test_keywords_of_any_name_reach_f(name):
    def f(point, **scale):
        return (point * scale[name]).sum()

    np.testing.assert_allclose(ng.gradient(f, backend="autograd")(X, **{name: 2.0}), [2, 2])


class TestArgnums:
    @staticmethod
    def f(x, y, z):
        return (x * y**2 * z**3).sum()

    ARGUMENTS = (np.array([2.0]), np.array([3.0]), np.array([5.0]))
    GRADIENTS = (9 * 125.0, 2 * 2 * 3 * 125.0, 2 * 9 * 3 * 25.0)

    @pytest.mark.parametrize("argnums", [0, 1, 2, -1, -3])
    def test_one(self, engine, argnums):
        gradient = ng.gradient(self.f, argnums, backend=engine.name)(*map(engine.array, self.ARGUMENTS))
        np.testing.assert_allclose(gradient, [self.GRADIENTS[argnums]])

    @pytest.mark.parametrize("argnums", [(0,), (1, 0), (0, -1), [2, 0, 1], (-1, -2)])
    def test_several(self, engine, argnums):
        value, gradients = ng.value_and_gradient(self.f, argnums, backend=engine.name)(
            *map(engine.array, self.ARGUMENTS)
        )
        assert isinstance(gradients, tuple)
        np.testing.assert_allclose(value, 2 * 9 * 125)
        np.testing.assert_allclose(np.concatenate(gradients), [self.GRADIENTS[i] for i in argnums])

    @pytest.mark.parametrize("argnums", [(), "a", (0, 0), 1.0, (0, 1.0), None])
    def test_no_argnums(self, argnums):
        with pytest.raises(TypeError):
            ng.gradient(self.f, argnums)

    @pytest.mark.parametrize("argnums", [3, -4, (0, 3)])
    def test_out_of_range(self, argnums):
        with pytest.raises(TypeError, match="argnums"):
            ng.gradient(self.f, argnums, backend="autograd")(*self.ARGUMENTS)

    @pytest.mark.parametrize("argnums", [(0, -3), (-1, 2), (1, 0, -2)])
    @pytest.mark.parametrize("f", [f, lambda *xyz: (xyz[0] * xyz[1] ** 2 * xyz[2] ** 3).sum()])
    def test_one_argument_by_two_numbers_is_refused_or_right(self, argnums, f):
        try:
            gradients = ng.gradient(f, argnums, backend="autograd")(*self.ARGUMENTS)
        except TypeError as error:
            if "argnums" not in str(error):
                raise
        else:
            np.testing.assert_allclose(np.concatenate(gradients), [self.GRADIENTS[i] for i in argnums])


@pytest.mark.parametrize("arguments", [(), (X,)])
def test_too_few_arguments(arguments):
    with pytest.raises(TypeError, match="hvp"):
        ng.hvp(cubes, backend="autograd")(*arguments)


def test_no_function():
    with pytest.raises(TypeError, match="hvp takes a function"):
        ng.hvp(X)


@pytest.mark.parametrize("option", ["bakend", "nestings", "argnums"])
def test_unknown_option(option):
    with pytest.raises(TypeError, match=option):
        ng.hvp(cubes, **{option: 0})


UNKNOWN = {
    "has_auxx": (ng.hvp, "hvp", "has_aux"),
    "argnum": (ng.gradient, "gradient", "argnums"),
    "rtol": (ng.value_and_gradient, "value_and_gradient", None),
    "chunks": (ng.laplacian, "laplacian", "chunk_size"),
    "batches": (ng.hessian_diagonal, "hessian_diagonal", "batched"),
    "chunksize": (ng.hessian, "hessian", "chunk_size"),
    "Nesting": (ng.jacobian, "jacobian", "nesting"),
    "inner_argnum": (nested, "nested_gradient", "inner_argnums"),
    "compiled": (ng.forward_over_reverse, "forward_over_reverse", "compile"),
    "verified": (lambda f, **options: ng.derivative(f, "FR", **options), "derivative", "verify"),
    "backends": (ng.gradient_and_hvp, "gradient_and_hvp", "backend"),
}


@pytest.mark.parametrize(("keyword", "operator", "name", "meant"), [(word, *row) for word, row in UNKNOWN.items()])
def test_a_misspelt_keyword_is_answered_with_the_closest_and_all_that_the_operator_takes(
    keyword, operator, name, meant
):
    with pytest.raises(TypeError) as caught:
        operator(cubes, **{keyword: 1})
    told, meant_told, taken = re.fullmatch(r"(.*?\.)( Did you mean .*\?)? It takes (.*)\.", str(caught.value)).groups()
    assert told == f"{name} takes no keyword {keyword!r}."
    assert meant is None if meant_told is None else meant_told.startswith(f" Did you mean {meant!r}")
    assert {"backend", "compile", "has_aux", "verify", meant or "backend"} <= set(taken.split(", "))
    for word in taken.split(", "):  # each is one
        assert "takes no keyword" not in raised_by(operator, **{word: object()})


def raised_by(operator, **options):
    try:
        operator(cubes, **options)
    except Exception as error:
        return str(error)
    return ""


def test_repr_names_the_operator_and_the_function():
    assert "hvp" in repr(ng.hvp(cubes))
    assert "cubes" in repr(ng.hvp(cubes))
    assert "gradient" in repr(ng.gradient(np.sum))


class TestCompile:
    @each_operator
    def test_result(self, jax, operator, directions, expected):
        x, v = jax.numpy.asarray(X), jax.numpy.asarray(V)
        np.testing.assert_allclose(operator(cubes, compile=True)(x, *[v] * directions), expected, rtol=1e-12)

    def test_f_is_traced_once_for_one_shape(self, jax):
        calls = []
        op = ng.hvp(lambda x, s: calls.append(1) or s * cubes(x), compile=True)
        for scale in (1.0, 2.0, 3.0):
            x = jax.numpy.asarray(scale * X)
            np.testing.assert_allclose(op(x, x, scale), 6 * scale * (scale * X) ** 2)
            traced = len(calls)
        assert 0 < traced <= 2
        calls.clear()
        op(x, x, 4.0)
        assert calls == []

    def test_aux_and_pytrees(self, jax):
        x = {"w": jax.numpy.asarray(X)}
        result, aux = ng.hvp(lambda x: (cubes(x["w"]), x["w"] * 2), compile=True, has_aux=True)(x, x)
        np.testing.assert_allclose([result["w"], aux], [6 * X**2, 2 * X])

    def test_user_exception_passes(self, jax):
        error = KeyError("mine")

        def f(x):
            raise error

        with pytest.raises(KeyError) as caught:
            ng.gradient(f, compile=True)(jax.numpy.asarray(X))
        assert caught.value is error

    @each_operator
    def test_backend_without_a_compiler(self, operator, directions, expected):
        with pytest.raises(UnsupportedExecutionError, match="'autograd' has no compiler"):
            operator(cubes, compile=True, backend="autograd")(X, *[V] * directions)

    def test_an_execution_that_the_backend_lacks_says_which_it_has(self, jax):
        with pytest.raises(UnsupportedExecutionError, match=r"'jax' has no compiler.*'traced'.*It has: 'compiled'"):
            ng.gradient(cubes, compile="traced")(jax.numpy.asarray(X))

    def test_an_execution_by_name(self, jax):
        x = jax.numpy.asarray(X)
        np.testing.assert_allclose(ng.gradient(cubes, compile="compiled")(x), 3 * X**2, rtol=1e-12)

    def test_a_misspelt_execution_is_told_at_once(self):
        with pytest.raises(UnsupportedExecutionError, match="Did you mean 'compiled'"):
            ng.gradient(cubes, compile="compile")

    def test_what_is_no_number_is_part_of_the_program(self, jax):
        """Strings, bools, None, enums and callables, by leaf, in arguments and keywords; numbers are traced."""

        class Kind(enum.Enum):
            ONE = 1
            TWO = 2

        def f(x, how, *, flag, scale=None):
            assert isinstance(how["kind"], Kind)
            assert flag is True or flag is False
            power = {Kind.ONE: 3, Kind.TWO: 2}[how["kind"]]
            return how["of"](x**power) * how["times"] * (2.0 if flag else 1.0) + (0.0 if scale is None else scale)

        x = jax.numpy.asarray(X)
        op = ng.gradient(f, compile=True)
        for _ in range(2):
            how = {"kind": Kind.ONE, "of": jax.numpy.sum, "times": 5}
            np.testing.assert_allclose(op(x, how, flag=True), 30 * X**2)
            np.testing.assert_allclose(op(x, how | {"kind": Kind.TWO}, flag=False), 10 * X)
            np.testing.assert_allclose(op(x, how | {"times": 7.0}, flag=False), 21 * X**2)
            np.testing.assert_allclose(op(x, how, flag=True, scale=1.0), 30 * X**2)

    def test_what_cannot_be_hashed_is_named(self, jax):
        class Callable:
            __hash__ = None

            def __call__(self, x):
                return x

        op = ng.gradient(lambda x, p: p["f"][0](x).sum(), compile=True)
        with pytest.raises(TypeError, match=re.escape("args[0]['f'][0] is a Callable")):
            op(jax.numpy.asarray(X), {"f": [Callable()]})

    def test_numbers_that_change_compile_nothing(self, jax):
        traced = []

        def f(x, step, *, rate):
            traced.append(1)
            return step * rate["r"] * cubes(x)

        op, x = ng.gradient(f, compile=True), jax.numpy.asarray(X)
        op(x, 1, rate={"r": 0.5})
        op(x, 1, rate={"r": 0.5})
        before = len(traced)
        for step in range(5):
            np.testing.assert_allclose(op(x, step, rate={"r": 0.1 * step}), 0.3 * step**2 * X**2, atol=1e-15)
        assert len(traced) == before

    @pytest.mark.parametrize("container", [False, True])
    def test_bad_arguments_behind_good_ones_say_what_they_always_say(self, jax, container, monkeypatch):
        """The program is asked first; what it cannot take is checked as without one."""
        op, x = ng.hvp(lambda x: cubes(x["a"] if container else x), compile=True), jax.numpy.asarray(X)
        put = (lambda leaf: {"a": leaf}) if container else (lambda leaf: leaf)
        for _ in range(2):
            np.testing.assert_allclose(op(put(x), put(x))["a"] if container else op(x, x), 6 * X**2)
        with pytest.raises(ng.StructureMismatchError, match="shape"):
            op(put(x), put(jax.numpy.ones(3)))
        with pytest.raises(ng.StructureMismatchError, match="dtype"):
            op(put(x), put(jax.numpy.ones(2, "float32")))
        with pytest.raises(ng.NotDifferentiableError, match="int"):
            op(put(jax.numpy.arange(2)), put(jax.numpy.arange(2)))
        with pytest.raises(ng.NonScalarOutputError):
            ng.hvp(lambda x: x["a"] if container else x, compile=True)(put(x), put(x))
        monkeypatch.setenv("NESTGRAD_BACKEND", "autograd")  # whose arrays are NumPy's, whatever else is installed
        with pytest.raises(UnsupportedExecutionError, match="'autograd' has no compiler"):
            op(put(X), put(X))

    def test_arrays_of_two_engines_in_containers_are_a_conflict_with_an_old_plan(self, jax):
        torch = pytest.importorskip("torch")
        op, x = ng.gradient(lambda x, p: cubes(x), compile=True), jax.numpy.asarray(X)
        for _ in range(2):
            op(x, {"a": x})
        with pytest.raises(ng.BackendConflictError, match=re.escape("args[0]['a'] is an array of torch")):
            op(x, {"a": torch.ones(2)})

    def test_a_number_with_64_bits_is_not_narrowed_where_jax_has_32(self):
        jax = pytest.importorskip("jax")
        with jax.enable_x64(False):
            op = ng.hvp(cubes, compile=True, backend="jax")
            x = jax.numpy.asarray(X)
            for _ in range(2):
                assert op(x, x).dtype == "float32"
            with pytest.raises(ng.NestgradError, match="float64"):
                op(x, V)
            with pytest.raises(ng.PrecisionLossError, match="64"):
                op(X, V)
