"""TensorFlow's array namespace: every name of the standard, its values by NumPy's, its derivatives by differences."""

import re
from pathlib import Path

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")
xp = pytest.importorskip("nestgrad_tensorflow._namespace")

DOCUMENT = Path(__file__).parents[2] / "docs" / "tensorflow-namespace.md"

CONSTANTS = ("e", "inf", "nan", "newaxis", "pi")
DTYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float32", "float64", "complex64", "complex128"),
)

RNG = np.random.default_rng(0)
X, Y = RNG.uniform(0.2, 0.9, (3, 4)), RNG.uniform(0.2, 0.9, (3, 4))
SQUARE = RNG.standard_normal((2, 3, 3)) / 4 + np.diag([1.0, 2.0, 3.0])
N, M = np.asarray([[5, -3, 2], [1, 7, -4]]), np.asarray([[1, 2, 1], [3, 1, 2]])
B, C = N > 0, M > 1
Z = X + 1j * Y

# name: (call(xp, *arrays), arrays). NumPy 2 has the standard's names and is the reference.
SMOOTH = {
    **{
        name: (lambda xp, x, name=name: getattr(xp, name)(x), (X,))
        for name in (
            "abs",
            "acos",
            "asin",
            "asinh",
            "atan",
            "atanh",
            "cos",
            "cosh",
            "exp",
            "expm1",
            "log",
            "log10",
            "log1p",
            "log2",
            "max",
            "mean",
            "min",
            "negative",
            "positive",
            "prod",
            "reciprocal",
            "sin",
            "sinh",
            "sort",
            "sqrt",
            "square",
            "std",
            "sum",
            "tan",
            "tanh",
            "var",
        )
    },
    **{
        name: (lambda xp, x, y, name=name: getattr(xp, name)(x, y), (X, Y))
        for name in (
            "add",
            "atan2",
            "copysign",
            "divide",
            "hypot",
            "logaddexp",
            "maximum",
            "minimum",
            "multiply",
            "pow",
            "subtract",
        )
    },
    "acosh": (lambda xp, x: xp.acosh(1 + x), (X,)),
    "asarray": (lambda xp, x: xp.asarray(x) ** 2, (X,)),
    "astype": (lambda xp, x: xp.astype(x, xp.float64, copy=False) ** 2, (X,)),
    "broadcast_arrays": (lambda xp, x, y: xp.broadcast_arrays(x, y)[1] * x, (X, Y[:1])),
    "broadcast_to": (lambda xp, x: xp.broadcast_to(x, (2, 3, 4)) ** 2, (X,)),
    "clip": (lambda xp, x: xp.clip(x, 0.3, 0.7) ** 2 + xp.clip(x, min=0.5), (X,)),
    "concat": (lambda xp, x, y: xp.concat([x, y], axis=1) ** 2, (X, Y)),
    "cumulative_prod": (lambda xp, x: xp.cumulative_prod(x, axis=1, include_initial=True), (X,)),
    "cumulative_sum": (lambda xp, x: xp.cumulative_sum(x, axis=0, include_initial=True) ** 2, (X,)),
    "diff": (lambda xp, x: xp.diff(x, axis=0, prepend=x[:1]) ** 2, (X,)),
    "expand_dims": (lambda xp, x: xp.expand_dims(x, axis=1) ** 2, (X,)),
    "flip": (lambda xp, x: xp.flip(x, axis=0) * x, (X,)),
    "full": (lambda xp, x: xp.full((2, 3), x), (X[0, 0],)),
    "linspace": (lambda xp: xp.linspace(0.0, 2.0, 5), ()),
    "matmul": (lambda xp, x, y: xp.matmul(x, y), (X, Y[0])),
    "matrix_transpose": (lambda xp, x: xp.matrix_transpose(x) ** 2, (SQUARE,)),
    "meshgrid": (lambda xp, x, y: xp.meshgrid(x, y)[0] * xp.meshgrid(x, y, indexing="ij")[0][0, 0], (X[0], Y[0])),
    "moveaxis": (lambda xp, x: xp.moveaxis(x, 0, 2) ** 2, (SQUARE,)),
    "permute_dims": (lambda xp, x: xp.permute_dims(x, (2, 0, 1)) ** 2, (SQUARE,)),
    "remainder": (lambda xp, x, y: xp.remainder(5 + x, y), (X, Y)),
    "repeat": (lambda xp, x: xp.repeat(x, 2, axis=1) ** 2, (X,)),
    "reshape": (lambda xp, x: xp.reshape(x, (2, -1)) ** 2, (X,)),
    "roll": (lambda xp, x: xp.roll(x, 5) * xp.roll(x, -1, axis=1), (X,)),
    "squeeze": (lambda xp, x: xp.squeeze(x[:, None], axis=1) ** 2, (X,)),
    "stack": (lambda xp, x, y: xp.stack([x, y], axis=1) ** 2, (X, Y)),
    "take": (lambda xp, x: xp.take(x, xp.asarray([0, 2, -1]), axis=0) ** 2, (X,)),
    "take_along_axis": (lambda xp, x: xp.take_along_axis(x, xp.asarray([[1], [0], [3]]), axis=1) ** 2, (X,)),
    "tensordot": (lambda xp, x, y: xp.tensordot(x, y, axes=2), (X, Y)),
    "tile": (lambda xp, x: xp.tile(x, (2, 2)) ** 2, (X,)),
    "tril": (lambda xp, x: xp.tril(x, k=-1) ** 2, (X,)),
    "triu": (lambda xp, x: xp.triu(x, k=1) ** 2, (X,)),
    "unstack": (lambda xp, x: xp.unstack(x, axis=1)[2] ** 2, (X,)),
    "vecdot": (lambda xp, x, y: xp.vecdot(x, y, axis=0), (X, Y)),
    "where": (lambda xp, x, y: xp.where(x > y, x**2, y**3), (X, Y)),
    "linalg.cholesky": (lambda xp, x: xp.linalg.cholesky(x @ xp.matrix_transpose(x), upper=True), (SQUARE,)),
    "linalg.cross": (lambda xp, x, y: xp.linalg.cross(x, y, axis=0), (X, Y)),
    "linalg.det": (lambda xp, x: xp.linalg.det(x), (SQUARE,)),
    "linalg.diagonal": (lambda xp, x: xp.linalg.diagonal(x, offset=1) ** 2, (SQUARE,)),
    "linalg.eigh": (lambda xp, x: xp.linalg.eigh(x + xp.matrix_transpose(x)).eigenvectors ** 2, (SQUARE,)),
    "linalg.eigvalsh": (lambda xp, x: xp.linalg.eigvalsh(x + xp.matrix_transpose(x)), (SQUARE,)),
    "linalg.inv": (lambda xp, x: xp.linalg.inv(x), (SQUARE,)),
    "linalg.matmul": (lambda xp, x, y: xp.linalg.matmul(x, y), (X[0], Y.T)),
    "linalg.matrix_norm": (lambda xp, x: xp.linalg.matrix_norm(x) + xp.linalg.matrix_norm(x, ord="nuc"), (SQUARE,)),
    "linalg.matrix_power": (lambda xp, x: xp.linalg.matrix_power(x, 5), (SQUARE,)),
    "linalg.matrix_transpose": (lambda xp, x: xp.linalg.matrix_transpose(x) ** 2, (SQUARE,)),
    "linalg.outer": (lambda xp, x, y: xp.linalg.outer(x, y), (X[0], Y[:, 0])),
    "linalg.pinv": (lambda xp, x: xp.linalg.pinv(x), (X,)),
    "linalg.qr": (lambda xp, x: xp.abs(xp.linalg.qr(x).R), (SQUARE,)),
    "linalg.slogdet": (lambda xp, x: xp.linalg.slogdet(x).logabsdet, (SQUARE,)),
    "linalg.solve": (lambda xp, x, y: xp.linalg.solve(x, y), (SQUARE, Y[0, :3])),
    "linalg.svd": (lambda xp, x: xp.linalg.svd(x, full_matrices=False).Vh ** 2, (SQUARE,)),
    "linalg.svdvals": (lambda xp, x: xp.linalg.svdvals(x), (SQUARE,)),
    "linalg.tensordot": (lambda xp, x, y: xp.linalg.tensordot(x, y, axes=((1,), (1,))), (X, Y)),
    "linalg.trace": (lambda xp, x: xp.linalg.trace(x, offset=1) ** 2, (SQUARE,)),
    "linalg.vecdot": (lambda xp, x, y: xp.linalg.vecdot(x, y), (X, Y)),
    "linalg.vector_norm": (lambda xp, x: xp.linalg.vector_norm(x, axis=-1, ord=3), (X,)),
    "fft.fft": (lambda xp, x: xp.abs(xp.fft.fft(x, n=3)), (X,)),
    "fft.ifft": (lambda xp, x: xp.abs(xp.fft.ifft(x, axis=0, norm="ortho")), (X,)),
    "fft.fftn": (lambda xp, x: xp.abs(xp.fft.fftn(x, s=(4, 3), axes=(0, 1))), (X,)),
    "fft.ifftn": (lambda xp, x: xp.abs(xp.fft.ifftn(x)), (X,)),
    "fft.rfft": (lambda xp, x: xp.abs(xp.fft.rfft(x, n=6, norm="forward")), (X,)),
    "fft.irfft": (lambda xp, x: xp.fft.irfft(x, axis=0), (X,)),
    "fft.rfftn": (lambda xp, x: xp.abs(xp.fft.rfftn(x)), (X,)),
    "fft.irfftn": (lambda xp, x: xp.fft.irfftn(x), (X,)),
    "fft.hfft": (lambda xp, x: xp.fft.hfft(x, n=5), (X,)),
    "fft.ihfft": (lambda xp, x: xp.abs(xp.fft.ihfft(x)), (X,)),
    "fft.fftshift": (lambda xp, x: xp.fft.fftshift(x) ** 2, (X,)),
    "fft.ifftshift": (lambda xp, x: xp.fft.ifftshift(x, axes=1) ** 2, (X,)),
}
FLAT = {
    **{
        name: (lambda xp, x, name=name: getattr(xp, name)(x), (x,))
        for names, x in (
            (
                ("ceil", "floor", "round", "sign", "signbit", "trunc", "isfinite", "isinf", "isnan", "nonzero"),
                5 * X - 2,
            ),
            (("argmax", "argmin", "argsort"), X),
            (("all", "any", "logical_not"), B),
            (("bitwise_invert",), N),
            (("conj", "imag", "real"), Z),
            (("unique_values", "unique_counts", "unique_inverse", "unique_all"), np.asarray([1.0, 2.0, 2.0, 5.0])),
            (("ones_like", "zeros_like"), X),
        )
        for name in names
    },
    **{
        name: (lambda xp, x, y, name=name: getattr(xp, name)(x, y), (x, y))
        for names, x, y in (
            (("equal", "greater", "greater_equal", "less", "less_equal", "not_equal", "nextafter"), X, Y),
            (("floor_divide",), 9 * X, Y),
            (("bitwise_and", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift", "bitwise_xor"), N, M),
            (("logical_and", "logical_or", "logical_xor"), B, C),
            (("result_type",), X, N),
        )
        for name in names
    },
    "arange": (lambda xp: xp.arange(1.0, 3.0, 0.5), ()),
    "count_nonzero": (lambda xp, x: xp.count_nonzero(x, axis=0, keepdims=True), (B,)),
    "empty": (lambda xp: tuple(xp.empty((2, 3)).shape), ()),
    "empty_like": (lambda xp, x: tuple(xp.empty_like(x).shape), (X,)),
    "eye": (lambda xp: xp.eye(3, 4, k=-1), ()),
    "from_dlpack": (lambda xp, x: xp.from_dlpack(np.asarray(x).copy()), (X,)),
    "full_like": (lambda xp, x: xp.full_like(x, 2), (X,)),
    "ones": (lambda xp: xp.ones((2, 3)), ()),
    "zeros": (lambda xp: xp.zeros(4), ()),
    "searchsorted": (lambda xp, x, y: xp.searchsorted(x, y, side="right"), (np.sort(X[0]), Y)),
    "can_cast": (lambda xp: [xp.can_cast(xp.float32, xp.float64), xp.can_cast(xp.float64, xp.int64)], ()),
    "finfo": (
        lambda xp: [float(xp.finfo(xp.float32).eps), float(xp.finfo(xp.float64).max), xp.finfo(xp.complex64).bits],
        (),
    ),
    "iinfo": (lambda xp: [xp.iinfo(xp.int8).min, xp.iinfo(xp.uint16).max, xp.iinfo(xp.int32).bits], ()),
    "isdtype": (lambda xp: [xp.isdtype(xp.float32, k) for k in ("real floating", "integral", xp.float32)], ()),
    "linalg.matrix_rank": (lambda xp, x: xp.linalg.matrix_rank(x), (SQUARE * [[[1], [0], [1]], [[1], [1], [1]]],)),
    "fft.fftfreq": (lambda xp: xp.fft.fftfreq(5, d=0.5), ()),
    "fft.rfftfreq": (lambda xp: xp.fft.rfftfreq(6, d=0.5), ()),
}
# without a function of NumPy's under the same name
ALONE = {"__array_namespace_info__"}
STANDARD = {*CONSTANTS, *DTYPES, *SMOOTH, *FLAT, *ALONE}


def resolve(namespace, name):
    for part in name.split("."):
        namespace = getattr(namespace, part)
    return namespace


def flat(result):
    """A result as a list of NumPy arrays."""
    if isinstance(result, (tuple, list)):
        return [array for part in result for array in flat(part)]
    return [result.numpy() if isinstance(result, tf.Tensor) else np.asarray(result)]


def tensors(arrays):
    return [xp.asarray(np.asarray(array)) for array in arrays]


@pytest.mark.parametrize("name", [*SMOOTH, *FLAT])
def test_values_are_those_of_numpy(name):
    call, arrays = (SMOOTH | FLAT)[name]
    found, expected = call(xp, *tensors(arrays)), call(np, *arrays)
    if name == "result_type":
        assert found == expected
        return
    for one, other in zip(flat(found), flat(expected), strict=True):
        assert one.shape == other.shape
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def weighted(xp, result):
    """A scalar that depends on every entry of a result."""
    return xp.sum(xp.asarray(np.sin(np.arange(1.0, 1.0 + np.prod(result.shape))).reshape(result.shape)) * result)


def slope(f, x, v, step=3e-4):
    """Df(x)[v] by central differences of order four."""
    return (8 * (f(x + step * v) - f(x - step * v)) - f(x + 2 * step * v) + f(x - 2 * step * v)) / (12 * step)


@pytest.mark.parametrize("name", [name for name, (_, arrays) in SMOOTH.items() if arrays])
def test_derivatives_through_tapes(name):
    call, (x, *others) = SMOOTH[name]
    rng = np.random.default_rng(1)
    v, w = rng.standard_normal((2, *np.shape(x)))

    def gradient(point):
        with tf.GradientTape() as tape:
            tape.watch(point)
            value = weighted(xp, call(xp, point, *tensors(others)))
        return tf.convert_to_tensor(tape.gradient(value, point))

    def product(point):
        with tf.GradientTape() as tape:
            tape.watch(point)
            along = xp.sum(gradient(point) * v)
        found = tape.gradient(along, point)
        return xp.zeros_like(point) if found is None else tf.convert_to_tensor(found)

    point = tf.constant(x)
    first = slope(lambda p: weighted(np, call(np, p, *others)), x, v)
    np.testing.assert_allclose(np.sum(gradient(point) * v), first, rtol=1e-7, atol=1e-7)
    second = slope(lambda p: np.sum(gradient(tf.constant(p)) * v), x, w)
    np.testing.assert_allclose(np.sum(product(point) * w), second, rtol=1e-6, atol=1e-6)


def test_logaddexp_is_smooth_where_its_arguments_are_equal():
    x = tf.constant(0.7, tf.float64)
    with tf.GradientTape() as outer, tf.GradientTape() as inner:
        outer.watch(x)
        inner.watch(x)
        value = xp.logaddexp(x, 0.7)
        first = inner.gradient(value, x)
    assert float(first) == 0.5
    assert float(outer.gradient(first, x)) == 0.25


@pytest.mark.parametrize("x1", [-np.inf, 0.0, np.inf])
@pytest.mark.parametrize("x2", [-np.inf, 800.0, np.inf])
def test_logaddexp_at_infinity(x1, x2):
    assert float(xp.logaddexp(xp.asarray(x1), xp.asarray(x2))) == np.logaddexp(x1, x2)


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "std", "cumulative_sum", "sqrt", "sort"])
def test_results_keep_32_bits(name):
    x = xp.asarray(X.astype(np.float32))
    assert getattr(xp, name)(x[0]).dtype == xp.float32


@pytest.mark.parametrize("name", ["add", "multiply", "pow", "maximum", "logaddexp", "atan2", "where"])
def test_python_numbers_take_the_dtype_of_the_array(name):
    x = xp.asarray(np.float32([0.25, 0.5]))
    arrays = (x > 0, x, 0.1) if name == "where" else (x, 0.1)
    assert getattr(xp, name)(*arrays).dtype == xp.float32


def test_dtypes_are_promoted():
    x, y = xp.asarray(np.float32([0.5])), xp.asarray(np.float64([0.25]))
    for result in (xp.add(x, y), xp.concat([x, y]), xp.stack([x, y]), xp.where(x > 0, x, y), xp.matmul(x, y)):
        assert result.dtype == xp.float64
    assert xp.sum(xp.asarray(np.int32([1]))).dtype == xp.int64


def test_asarray_keeps_what_it_can():
    x = tf.constant([1.0, 2.0], tf.float64)
    assert xp.asarray(x) is x
    assert xp.asarray(np.float32([1.0])).dtype == xp.float32
    assert xp.asarray([x, x]).shape == (2, 2)
    assert xp.asarray(x, dtype=xp.float32).dtype == xp.float32
    assert xp.asarray(2.5).dtype == xp.float64
    assert xp.asarray(tf.Variable(x)).dtype == xp.float64


def test_constants_dtypes_and_inspection():
    assert (xp.e, xp.inf, xp.newaxis, xp.pi) == (np.e, np.inf, None, np.pi)
    assert np.isnan(xp.nan)
    assert all(getattr(xp, name) == np.dtype(name) for name in DTYPES)
    info = xp.__array_namespace_info__()
    assert set(info.dtypes()) == set(DTYPES)
    assert set(info.dtypes(kind=("real floating", "bool"))) == {"float32", "float64", "bool"}
    assert info.default_dtypes()["real floating"] == xp.float64


def test_a_device_is_where_the_result_is():
    with tf.device("CPU:0"):
        assert xp.zeros(2).device.endswith("CPU:0")
    assert xp.ones(2, device="CPU:0").device.endswith("CPU:0")


@pytest.mark.parametrize("name", ["isfinite", "isinf", "isnan"])
def test_complex_and_integer_numbers_are_classified(name):
    for x in (np.asarray([1 + 1j, np.inf + 1j, 1 + np.nan * 1j, np.nan + np.inf * 1j]), np.asarray([1, 2])):
        assert getattr(xp, name)(xp.asarray(x)).numpy().tolist() == getattr(np, name)(x).tolist()


def test_ranges_are_computed_in_64_bits():
    assert xp.arange(0.1, 1.0, 0.3).numpy().tolist() == np.arange(0.1, 1.0, 0.3).tolist()
    assert xp.linspace(0, 0.1, 3)[-1] == 0.1
    assert xp.linspace(0, 1, 4, endpoint=False).numpy().tolist() == [0.0, 0.25, 0.5, 0.75]


def test_numpy_behaviour_stays_off():
    assert not hasattr(tf.constant(1.0), "T")


def test_the_document_lists_what_is_missing():
    missing = [name for name in sorted(STANDARD) if not has(name)]
    (line,) = re.findall(r"^Missing names: (.*)$", DOCUMENT.read_text(), re.MULTILINE)
    assert line == (", ".join(f"`{name}`" for name in missing) or "none") + "."


def has(name):
    try:
        resolve(xp, name)
    except AttributeError:
        return False
    return True
