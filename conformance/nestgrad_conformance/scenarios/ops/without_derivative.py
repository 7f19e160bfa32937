"""The names of the standard that the table leaves out, and why."""

from __future__ import annotations

_BOOLEAN = "its values are booleans"
_INTEGER = "its values are integers"
_OF_INTEGERS = "it is of integers or booleans"
_CREATION = "it makes constant arrays"
_INSPECTION = "it tells about arrays, dtypes or the library"
_CONSTANT = "it is a number"
_DTYPE = "it is a dtype"

WITHOUT_DERIVATIVE = {
    name: reason
    for reason, names in {
        _BOOLEAN: ("all any equal greater greater_equal isfinite isin isinf isnan less less_equal not_equal signbit"),
        _INTEGER: "argmax argmin argsort count_nonzero nonzero searchsorted linalg.matrix_rank",
        _OF_INTEGERS: (
            "bitwise_and bitwise_invert bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor "
            "logical_and logical_not logical_or logical_xor"
        ),
        _CREATION: (
            "arange asarray empty empty_like eye fft.fftfreq fft.rfftfreq from_dlpack full full_like linspace ones "
            "ones_like zeros zeros_like"
        ),
        _INSPECTION: (
            "__array_api_version__ __array_namespace_info__ broadcast_shapes can_cast finfo iinfo isdtype result_type"
        ),
        _CONSTANT: "e inf nan newaxis pi",
        _DTYPE: ("bool complex128 complex64 float32 float64 int16 int32 int64 int8 uint16 uint32 uint64 uint8"),
        "it moves by the spacing of floating numbers": "nextafter",
        "how many values there are depends on the data": "unique_all unique_counts unique_inverse unique_values",
        "it holds functions": "fft linalg",
    }.items()
    for name in names.split()
}
"""By name as in the namespace; a function of an extension with the extension's name before it."""
