"""Fourier transforms of TensorFlow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ._common import _weighted


def rfft(x: Any) -> Any:
    """A power spectrum by tf.signal.rfft: complex inside."""
    return _weighted(tf.abs(tf.signal.rfft(x)) ** 2)


def fft2d(x: Any) -> Any:
    """tf.signal.fft2d, filtered and transformed back."""
    spectrum = tf.signal.fft2d(tf.complex(x, 0 * x))
    return _weighted(tf.math.real(tf.signal.ifft2d(spectrum * spectrum)))


def stft(x: Any) -> Any:
    """tf.signal.stft, frames of a signal."""
    frames = tf.signal.stft(x, 4, 2, window_fn=None)
    return _weighted(tf.math.real(frames * tf.math.conj(frames)))


def dct(x: Any) -> Any:
    """tf.signal.dct."""
    return _weighted(tf.signal.dct(x**2))
