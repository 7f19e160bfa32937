"""Laws of `asarray`, `to_numpy`, `device` and `finite`: what goes in comes out, and nothing is lost on the way."""

from __future__ import annotations

from typing import Any

import numpy as np

import nestgrad as ng
from nestgrad.extend import PrecisionLossError, provides

from .known import V, X, array, arrays, close
from .law import require

_DTYPES = ("float16", "float32", "float64", "int32", "int64", "bool", "complex64", "complex128")
_NUMBERS = np.array([[0.1, -2.0, 3.5], [0.0, 7.25, -0.5]])


def _there(backend: Any, values: Any) -> Any:
    """The engine's array, or None where the engine says that it has none."""
    try:
        return backend.asarray(values)
    except PrecisionLossError:
        return None


def _there_and_back(backend: Any, values: Any) -> None:
    found = _there(backend, values)
    if found is None:
        return
    back = backend.to_numpy(found)
    assert type(back) is np.ndarray, f"to_numpy gives a {type(back).__name__}"
    assert (back.dtype.newbyteorder("="), back.shape) == (values.dtype.newbyteorder("="), values.shape)
    np.testing.assert_array_equal(back, values)


def numpy_keeps_its_dtype(backend: Any) -> None:
    """An array, and a NumPy number, of any dtype comes back with it, or is a `PrecisionLossError`."""
    for dtype in _DTYPES:
        _there_and_back(backend, _NUMBERS.astype(dtype))
        _there_and_back(backend, _NUMBERS.astype(dtype)[0, 2])


def every_shape(backend: Any) -> None:
    """Shapes (), (0,), (2, 3) in every real floating dtype."""
    for dtype in ("float16", "float32", "float64"):
        for shape in ((), (0,), (2, 3), (1, 0, 2)):
            _there_and_back(backend, np.full(shape, 0.3, dtype))


def every_layout(backend: Any) -> None:
    """Transposed, reversed, strided, broadcast, read-only, and of the other byte order."""
    values = _numbers(backend)
    layouts = [values.T, values[::-1, ::-2], values[:, 1], np.broadcast_to(values[0], (4, 3)), values.copy()]
    layouts[-1].flags.writeable = False
    for layout in layouts:
        _there_and_back(backend, layout)
    _there_and_back(backend, values.astype(values.dtype.newbyteorder()))


def _numbers(backend: Any) -> Any:
    """Numbers in the widest dtype that the engine has."""
    return _NUMBERS if _there(backend, _NUMBERS) is not None else _NUMBERS.astype(np.float32)


def no_bit_of_a_long_double_is_lost(backend: Any) -> None:
    """All bits are kept, or there is a `PrecisionLossError`; for an array and for a number."""
    wide = np.array([1, 2], np.longdouble) / 3
    for value in (wide, wide[0]):
        found = _there(backend, value)
        assert found is None or np.array_equal(np.asarray(backend.to_numpy(found), np.longdouble), value)


def no_mask_is_lost(backend: Any) -> None:
    """A masked array is refused by a typed error, unless the engine really has masks."""
    masked = np.ma.masked_array(X, mask=X > 0)
    try:
        found = backend.asarray(masked)
    except ng.NestgradError:
        return
    np.testing.assert_array_equal(np.ma.getmaskarray(backend.to_numpy(found)), masked.mask)


def no_array_is_an_error(backend: Any) -> None:
    """What the engine has no array for is a `NotDifferentiableError`."""
    for value in (object(), [object()], "text", None, {"a": 1.0}):
        with np.testing.assert_raises(ng.NotDifferentiableError):
            backend.asarray(value)


def own_array_is_left_as_it_is(backend: Any) -> None:
    """An array of the engine is returned itself, with `like` and without."""
    x = array(backend, X)
    other = array(backend, 1.0)
    assert backend.asarray(x) is x
    assert backend.asarray(x, like=other) is x


def memory_is_not_shared(backend: Any) -> None:
    """What happens to a NumPy array later does not happen to the engine's, wherever in memory it is."""
    for size in (3, 1000):
        for values in _aligned(size, _numbers(backend).dtype):
            found = backend.asarray(values)
            if found is values:  # the engine's arrays are NumPy's
                return
            values[...] = 5.0
            close(backend, found, np.ones(size))


def _aligned(size: int, dtype: Any) -> list[Any]:
    """Ones at an address that is a multiple of 64, where engines like to take memory over, and at one that is not."""
    memory = np.ones(size + 128, dtype)
    start = -memory.ctypes.data % 64 // memory.itemsize
    return [memory[start : start + size], np.ones(size + 65, dtype)[start + 1 : start + 1 + size]]


def a_number_is_like_its_neighbour(backend: Any) -> None:
    """A Python number takes the dtype of `like`, in every dtype, and is not rounded on the way."""
    for dtype in ("float16", "float32", "float64"):
        like = _there(backend, np.ones(2, dtype))
        for number in (0.1, 2, 1e-7):
            if like is not None:
                found = backend.to_numpy(backend.asarray(number, like=like))
                assert (found.dtype, found.shape) == (np.dtype(dtype), ())
                assert found == np.asarray(number, dtype)


def a_numpy_array_is_not_like_its_neighbour(backend: Any) -> None:
    """A NumPy array keeps its own dtype whatever `like` is."""
    like = _there(backend, np.ones(2, np.float32))
    values = _numbers(backend)
    if like is not None:
        assert backend.to_numpy(backend.asarray(values, like=like)).dtype == values.dtype


def no_imaginary_part_is_lost(backend: Any) -> None:
    """A complex number like a real array is complex still, or an error."""
    try:
        found = backend.asarray(1.5j, like=array(backend, X))
    except Exception:
        return
    assert backend.to_numpy(found) == 1.5j


def a_number_by_itself(backend: Any) -> None:
    """A Python number without a neighbour is a real floating array of shape ()."""
    found = backend.to_numpy(backend.asarray(1.5))
    assert (found.shape, float(found)) == ((), 1.5)
    assert found.dtype.kind == "f"


def made_alike_are_on_one_device(backend: Any) -> None:
    """Arrays made alike, results, and numbers like them have the same device, or none that is known."""
    x, v = arrays(backend, X, V)
    number = backend.asarray(2.0, like=x)
    assert len({backend.device(one) for one in (x, v, number)} - {None}) <= 1
    operator = ng.jvp if provides(backend, "jvp") else None
    if operator is not None:
        _, derivative = operator(lambda x: x * x, (x,), (v,), backend=backend)
        assert len({backend.device(x), backend.device(derivative)} - {None}) <= 1


def the_device_can_be_asked_for_inside(backend: Any) -> None:
    """Inside a transform, `device` gives something or `None`, and changes no derivative."""
    _derivative_is_unchanged_by(backend, backend.device)


def finite_numbers(backend: Any) -> None:
    """Whole, complex and no numbers, and such as have no finite sum, are finite all the same."""
    huge = np.full(4, np.finfo(_numbers(backend).dtype).max)
    for values in (X, np.array(0.0), np.zeros(0), huge, -huge, np.array([1, 2]), np.array([True]), np.array([1 + 2j])):
        found = _there(backend, values if values.dtype.kind != "f" else values.astype(huge.dtype))
        if found is not None:
            assert backend.finite(found) is True, f"of {values}"


def numbers_that_are_not_finite(backend: Any) -> None:
    """One NaN or infinity anywhere, and of either sign, is seen; two that cancel in a sum as well."""
    dtype = _numbers(backend).dtype
    for bad in (np.nan, np.inf, -np.inf):
        for place in (0, 2, 5):
            values = np.ones(6, dtype)
            values[place] = bad
            _seen(backend, values.reshape(2, 3))
        _seen(backend, np.array(bad, dtype))
    _seen(backend, np.array([np.inf, -np.inf], dtype))
    _seen(backend, np.array([1, complex(0, np.inf)]))


def _seen(backend: Any, values: Any) -> None:
    found = _there(backend, values)
    if found is not None:
        assert backend.finite(found) is False, f"of {values}"


def finite_inside(backend: Any) -> None:
    """Inside a transform `finite` says True of what is finite, and changes no derivative."""

    def ask(value: Any) -> None:
        assert backend.finite(value) is True

    _derivative_is_unchanged_by(backend, ask)


def finite_inside_compilers(backend: Any) -> None:
    """The same where the engine traces: in its compiler and its vectorising map."""
    require(backend, "compile")

    def f(x: Any) -> Any:
        assert backend.finite(x) is True
        return x * x

    close(backend, backend.compile(f)(array(backend, X)), X * X)


def _derivative_is_unchanged_by(backend: Any, ask: Any) -> None:
    x, v = arrays(backend, X, V)

    def f(x: Any) -> Any:
        y = x * x
        ask(x)
        ask(y)
        return y * x

    if provides(backend, "jvp"):
        close(backend, backend.jvp(f, (x,), (v,))[1], 3 * X**2 * V)
    if provides(backend, "vjp"):
        close(backend, backend.vjp(f, x)[1](v), (3 * X**2 * V,))
    if provides(backend, "vmap"):
        close(backend, backend.vmap(f)(x), X**3)
