from decimal import Decimal

import numpy as np
import pytest

import nestgrad as ng
from nestgrad import NonScalarOutputError, NotDifferentiableError, PrecisionLossError, StructureMismatchError

BAD_LEAVES = {
    "integer": 3,
    "boolean": True,
    "complex": 2j,
    "string": "text",
    "object": object(),
    "decimal": Decimal(1),
    "integer array": np.arange(3),
    "boolean array": np.array([True, False]),
    "complex array": np.ones(2, dtype=complex),
    "string array": np.array(["a", "b"]),
    "object array": np.array([1.0, 2.0], dtype=object),
    "date array": np.array(["2020-01-01"], dtype="datetime64[D]"),
    "record array": np.zeros(2, dtype=[("a", float)]),
    "integer scalar": np.int64(3),
}
bad_leaf = pytest.mark.parametrize("leaf", BAD_LEAVES.values(), ids=BAD_LEAVES)


def never(*_):
    raise AssertionError("f must not run on bad input")


@bad_leaf
def test_bad_primal_is_named(engine, leaf):
    with pytest.raises(NotDifferentiableError, match=r"^x .*args"):
        ng.gradient(never, backend=engine.name)(leaf)


@bad_leaf
def test_bad_leaf_is_named_by_its_path(engine, leaf):
    x = {"net": [engine.array([1.0]), {"bias": leaf}]}
    with pytest.raises(NotDifferentiableError) as caught:
        ng.hvp(never, backend=engine.name)(x, x)
    assert str(caught.value).startswith("x['net'][1]['bias'] ")


@bad_leaf
def test_bad_leaf_of_another_argument_is_named_by_its_path(engine, leaf):
    with pytest.raises(NotDifferentiableError) as caught:
        ng.gradient(never, argnums=(0, 1), backend=engine.name)(engine.array([1.0]), {"w": [leaf]})
    assert "['w'][0]" in str(caught.value)


@pytest.mark.parametrize("kind", ["integer", "boolean", "string", "object", "integer array", "boolean array"])
def test_bad_primals_of_jvp_and_vjp_are_named(engine, kind):
    good, bad = engine.array([1.0]), {"w": BAD_LEAVES[kind]}
    with pytest.raises(NotDifferentiableError, match=r"primals\[1\]\['w'\]"):
        ng.jvp(never, (good, bad), (good, bad), backend=engine.name)
    with pytest.raises(NotDifferentiableError, match=r"primals\[1\]\['w'\]"):
        ng.vjp(never, good, bad, backend=engine.name)


@pytest.mark.parametrize("empty", [None, (), {}, {"a": None, "b": []}])
def test_nothing_to_differentiate(engine, empty):
    with pytest.raises(NotDifferentiableError, match="no array"):
        ng.gradient(never, backend=engine.name)(empty)


def test_none_inside_a_primal_is_an_empty_subtree(engine):
    x = {"w": engine.array([1.0, 2.0]), "b": None}
    gradient = ng.gradient(lambda x: (x["w"] ** 2).sum(), backend=engine.name)(x)
    assert gradient["b"] is None
    np.testing.assert_allclose(gradient["w"], [2, 4])


@pytest.mark.parametrize("x", [3.0, np.float64(3), np.array(3.0)])
def test_numbers_are_arrays_of_shape_nothing(engine, x):
    gradient = ng.gradient(lambda x: x * x, backend=engine.name)(x)
    assert (gradient.shape, gradient.dtype, float(gradient)) == ((), np.float64, 6.0)


def test_array_of_another_engine_is_refused_by_its_path(jax):
    x = {"w": jax.numpy.ones(2)}
    with pytest.raises(NotDifferentiableError, match=r"x\['w'\]"):
        ng.gradient(lambda x: (x["w"] ** 2).sum(), backend="autograd")(x)


@pytest.mark.parametrize("nesting", ["FR", "RF", "RR"])
def test_direction_of_another_engine_is_refused(jax, nesting):
    with pytest.raises((NotDifferentiableError, StructureMismatchError), match=r"^v "):
        ng.hvp(lambda x: (x**2).sum(), nesting, backend="autograd")(np.ones(2), jax.numpy.ones(2))


def test_nothing_loses_precision(jax):
    with jax.enable_x64(False), pytest.raises(PrecisionLossError, match="jax_enable_x64"):
        ng.gradient(never, backend="jax")(np.ones(2))


def test_numpy_primals_keep_their_dtype_on_jax(jax):
    gradient = ng.gradient(lambda x: (x * x).sum(), backend="jax")(np.ones(2, np.float32))
    assert isinstance(gradient, jax.Array)
    assert gradient.dtype == np.float32


class TestDirections:
    @pytest.fixture
    def x(self, engine):
        return {"w": [engine.array([1.0, 2.0]), engine.array([1.0, 2.0, 3.0])], "b": engine.array(2.0)}

    @pytest.fixture
    def refused(self, engine, x):
        """The message for a direction that does not fit."""

        def refused(v, operator=ng.hvp):
            with pytest.raises(StructureMismatchError) as caught:
                operator(never, backend=engine.name)(x, v)
            return str(caught.value)

        return refused

    @pytest.mark.parametrize(
        "change",
        [
            lambda x: None,
            lambda x: x["b"],
            lambda x: {"w": x["w"]},
            lambda x: {**x, "c": x["b"]},
            lambda x: {**x, "w": tuple(x["w"])},
            lambda x: {**x, "w": [*x["w"], x["b"]]},
            lambda x: {**x, "b": None},
        ],
    )
    def test_structure(self, x, refused, change):
        assert refused(change(x)).startswith("v must have the structure of its primal")

    def test_shape(self, engine, x, refused):
        message = refused({**x, "w": [x["w"][0], engine.array([1.0, 2.0])]})
        assert message.startswith("v['w'][1] ")
        assert "(2,)" in message
        assert "(3,)" in message

    @pytest.mark.parametrize("shape", [(), (1,), (1, 3), (3, 1)])
    def test_no_broadcasting(self, engine, x, refused, shape):
        assert refused({**x, "w": [x["w"][0], engine.array(np.ones(shape))]}).startswith("v['w'][1] ")

    @pytest.mark.parametrize("dtype", ["float32", "int64", "bool", "complex128"])
    def test_dtype(self, engine, x, refused, dtype):
        message = refused({**x, "b": engine.array(1, dtype)})
        assert message.startswith("v['b'] ")
        assert dtype in message
        assert "float64" in message

    @pytest.mark.parametrize("dtype", ["float32", "int64", "complex128"])
    def test_dtype_of_a_numpy_array(self, x, refused, dtype):
        assert refused({**x, "w": [x["w"][0], np.ones(3, dtype)]}).startswith("v['w'][1] ")

    @pytest.mark.parametrize("leaf", ["text", True, 1j, object(), Decimal(1)])
    def test_type(self, x, refused, leaf):
        message = refused({**x, "b": leaf})
        assert message.startswith("v['b'] ")
        assert type(leaf).__name__ in message

    def test_several_directions_are_numbered(self, engine, x):
        bad = {**x, "b": engine.array([1.0])}
        with pytest.raises(StructureMismatchError, match=r"^v2\['b'\]"):
            ng.forward_over_forward(never, backend=engine.name)(x, x, bad)
        with pytest.raises(StructureMismatchError, match=r"^v1\['b'\]"):
            ng.derivative(never, "FFR", backend=engine.name)(x, bad, x)

    def test_tangents_and_cotangents(self, engine, x):
        bad = {**x, "b": engine.array([1.0])}
        with pytest.raises(StructureMismatchError, match=r"^tangents\[0\]\['b'\]"):
            ng.jvp(never, (x,), (bad,), backend=engine.name)
        with pytest.raises(StructureMismatchError, match=r"^tangents"):
            ng.jvp(never, (x,), (x, x), backend=engine.name)
        _, pullback = ng.vjp(lambda x: x, x, backend=engine.name)
        with pytest.raises(StructureMismatchError, match=r"^cotangent\['b'\]"):
            pullback(bad)

    def test_jvp_takes_tuples(self, engine, x):
        with pytest.raises(StructureMismatchError, match="tuple"):
            ng.jvp(never, x["b"], x["b"], backend=engine.name)

    @pytest.mark.parametrize("v", [2, 2.0, np.float64(2), np.array(2.0)])
    def test_numbers_fit_a_primal_without_shape(self, engine, v):
        product = ng.hvp(lambda x: x**3, backend=engine.name)(engine.array(5.0), v)
        assert (float(product), product.dtype) == (60.0, np.float64)


class TestOutputs:
    @pytest.mark.parametrize("shape", [(1,), (2,), (1, 1)])
    @pytest.mark.parametrize("operator", [ng.gradient, ng.hvp, ng.gradient_and_hvp])
    def test_shape(self, engine, operator, shape):
        x = engine.array(np.ones(shape))
        with pytest.raises(NonScalarOutputError) as caught:
            operator(lambda x, *_: x * x, backend=engine.name)(x, x)
        assert str(shape) in str(caught.value)

    @pytest.mark.parametrize("nesting", ["F", "R", "FF", "FR", "RF", "RR", "RRR"])
    def test_shape_in_every_nesting(self, engine, nesting):
        x = engine.array([1.0])
        operator = ng.derivative(lambda x: x, nesting, backend=engine.name)
        with pytest.raises(NonScalarOutputError, match=r"value\[0\]"):
            operator(x, *[x] * ng.Nesting(nesting).directions)

    @pytest.mark.parametrize("output", [None, "text", (1.0, 2.0), [1.0], {"a": 1.0}], ids=repr)
    def test_type(self, engine, output):
        with pytest.raises(NonScalarOutputError, match=type(output).__name__):
            ng.gradient(lambda x: output, backend=engine.name)(engine.array([1.0]))

    @pytest.mark.parametrize("output", [1, True, 1j])
    def test_python_numbers_that_are_not_real(self, engine, output):
        with pytest.raises((NonScalarOutputError, NotDifferentiableError), match=type(output).__name__):
            ng.gradient(lambda x: output, backend=engine.name)(engine.array([1.0]))

    @pytest.mark.parametrize("dtype", ["complex128", "int64", "bool"])
    def test_dtype(self, engine, dtype):
        xp = engine.xp
        with pytest.raises(NotDifferentiableError, match=dtype):
            ng.gradient(lambda x: xp.sum(x).astype(dtype), backend=engine.name)(engine.array([1.0]))

    @pytest.mark.parametrize("output", [1.0, np.float64(1)])
    def test_a_constant_has_derivative_zero(self, engine, output):
        x, v = engine.array([1.0, 2.0]), engine.array([3.0, 4.0])
        for nesting in ("R", "FR", "RF", "RR", "RRF"):
            result = ng.derivative(lambda x: output, nesting, backend=engine.name)(
                x, *[v] * ng.Nesting(nesting).directions
            )
            assert (result.shape, result.dtype) == ((2,), np.float64)
            np.testing.assert_array_equal(result, 0)
        assert float(ng.forward_over_forward(lambda x: output, backend=engine.name)(x, v, v)) == 0

    @pytest.mark.parametrize("output", [lambda x: x.sum(), lambda x: (x.sum(),), lambda x: (x.sum(), 1, 2)])
    def test_has_aux_takes_a_pair(self, engine, output):
        with pytest.raises(NonScalarOutputError, match="has_aux"):
            ng.gradient(output, has_aux=True, backend=engine.name)(engine.array([1.0]))

    @pytest.mark.parametrize("output", [lambda x: x, lambda x: x[0], lambda x: (x,), lambda x: (x, 1, 2)])
    def test_has_aux_of_jvp_and_vjp_takes_a_pair(self, engine, output):
        x = engine.array([1.0, 2.0])  # two entries: unpacking the array itself would go unnoticed
        with pytest.raises(ng.NestgradError, match="has_aux"):
            ng.jvp(output, (x,), (x,), has_aux=True, backend=engine.name)
        with pytest.raises(ng.NestgradError, match="has_aux"):
            ng.vjp(output, x, has_aux=True, backend=engine.name)

    def test_jvp_and_vjp_of_no_array(self, engine):
        x = engine.array([1.0])
        with pytest.raises(ng.NestgradError):
            ng.jvp(lambda x: "text", (x,), (x,), backend=engine.name)
        with pytest.raises(ng.NestgradError):
            ng.vjp(lambda x: "text", x, backend=engine.name)
