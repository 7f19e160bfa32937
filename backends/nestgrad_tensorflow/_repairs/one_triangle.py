"""The Cholesky factor: it is read from one triangle of a matrix, and TensorFlow's rule is that of a symmetric one."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nestgrad_tensorflow._operation import Call
from nestgrad_tensorflow._unseen import unseen


def cholesky(call: Call) -> list[Any]:
    """The factor of the matrix that is read: the lower triangle and its mirror image."""
    matrix = call.inputs[0]
    lower = tf.linalg.band_part(matrix, -1, 0)
    mirrored = tf.linalg.set_diag(lower + tf.linalg.adjoint(lower), tf.linalg.diag_part(matrix))
    with unseen():
        return [tf.linalg.cholesky(mirrored)]
