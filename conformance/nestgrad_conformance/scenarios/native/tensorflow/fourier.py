"""Fourier transforms of TensorFlow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted


@row(normal(6), "fft")
def rfft(x: Any) -> Any:
    """A power spectrum by tf.signal.rfft: complex inside."""
    return _weighted(tf.abs(tf.signal.rfft(x)) ** 2)


@row(normal(3, 3), "fft")
def fft2d(x: Any) -> Any:
    """tf.signal.fft2d, filtered and transformed back."""
    spectrum = tf.signal.fft2d(tf.complex(x, 0 * x))
    return _weighted(tf.math.real(tf.signal.ifft2d(spectrum * spectrum)))


@row(normal(8), "fft")
def stft(x: Any) -> Any:
    """tf.signal.stft, frames of a signal."""
    frames = tf.signal.stft(x, 4, 2, window_fn=None)
    return _weighted(tf.math.real(frames * tf.math.conj(frames)))


@row(normal(4), "fft")
def dct(x: Any) -> Any:
    """tf.signal.dct."""
    return _weighted(tf.signal.dct(x**2))
