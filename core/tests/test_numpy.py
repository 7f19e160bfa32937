"""NumPy's arrays as engines can take them: nothing is lost on the way, and nothing is copied without need."""

import numpy as np
import pytest

import nestgrad as ng
from nestgrad.extend import plain_numpy


class Subclass(np.ndarray):
    pass


def test_an_array_and_a_number_are_returned_as_they_are():
    for value in (np.ones(3), np.ones((2, 2)).T, np.longdouble(1) / 3, np.float32(2), np.array(True)):
        assert plain_numpy(value) is value


def test_a_subclass_becomes_an_array_without_a_copy():
    values = np.ones(3)
    plain = plain_numpy(values.view(Subclass))
    assert type(plain) is np.ndarray
    assert np.shares_memory(plain, values)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i4", "c16"])
def test_the_byte_order_is_the_machines(dtype):
    values = np.arange(3).astype(np.dtype(dtype).newbyteorder())
    plain = plain_numpy(values)
    assert plain.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(plain, values)


def test_a_mask_is_refused_and_so_is_what_holds_no_numbers():
    with pytest.raises(ng.NotDifferentiableError, match="mask"):
        plain_numpy(np.ma.masked_less(np.arange(3.0), 1))
    for value in (np.array(["text"]), np.array([object()]), np.array("2020-01-01", "M8[D]"), np.zeros(2, "f8,f8")):
        with pytest.raises(ng.NotDifferentiableError, match="no numbers"):
            plain_numpy(value)
