"""Fourier transforms of autograd."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted


@row(normal(6), "fft")
def fourier(x: Any) -> Any:
    """A power spectrum by numpy.fft.fft: complex inside."""
    return _weighted(np.abs(np.fft.fft(x)) ** 2)


@row(normal(6), "fft")
def real_fourier(x: Any) -> Any:
    """numpy.fft.rfft and irfft."""
    return _weighted(np.abs(np.fft.rfft(x)) ** 2) + _weighted(np.fft.irfft(np.fft.rfft(x) ** 2))


@row(normal(3, 4), "fft")
def fourier_2d(x: Any) -> Any:
    """numpy.fft.fft2, ifft2 and fftshift."""
    spectrum = np.fft.fftshift(np.fft.fft2(x))
    return _weighted(np.abs(spectrum) ** 2) + _weighted(np.real(np.fft.ifft2(spectrum * spectrum)))
