"""The Cholesky factor: it is read from one triangle of a matrix, and TensorFlow's rule is that of a symmetric one."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from ._call import Call, differentiated


class _Mirrored(threading.local):
    """Whether the matrix at hand has its triangle on both sides already."""

    already = False


_here = _Mirrored()


def reads_one(call: Call) -> bool:
    """Whether it is a factor of a matrix that varies, as it was given."""
    return not _here.already and differentiated(0)(call)


def cholesky(call: Call) -> list[Any]:
    """The factor of the matrix that is read: the lower triangle and its mirror image."""
    matrix = call.inputs[0]
    lower = tf.linalg.band_part(matrix, -1, 0)
    mirrored = tf.linalg.set_diag(lower + tf.linalg.adjoint(lower), tf.linalg.diag_part(matrix))
    with _mirrored():
        return [tf.linalg.cholesky(mirrored)]


@contextlib.contextmanager
def _mirrored() -> Iterator[None]:
    _here.already = True
    try:
        yield
    finally:
        _here.already = False
