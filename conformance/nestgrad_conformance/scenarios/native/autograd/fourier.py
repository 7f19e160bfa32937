"""Fourier transforms of autograd."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np

from ._common import _weighted


def fourier(x: Any) -> Any:
    """A power spectrum by numpy.fft.fft: complex inside."""
    return _weighted(np.abs(np.fft.fft(x)) ** 2)


def real_fourier(x: Any) -> Any:
    """numpy.fft.rfft and irfft."""
    return _weighted(np.abs(np.fft.rfft(x)) ** 2) + _weighted(np.fft.irfft(np.fft.rfft(x) ** 2))


def fourier_2d(x: Any) -> Any:
    """numpy.fft.fft2, ifft2 and fftshift."""
    spectrum = np.fft.fftshift(np.fft.fft2(x))
    return _weighted(np.abs(spectrum) ** 2) + _weighted(np.real(np.fft.ifft2(spectrum * spectrum)))
