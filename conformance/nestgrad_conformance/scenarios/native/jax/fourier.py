"""Fourier transforms of jax."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax.scipy import fft, signal

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted


@row(normal(6), "fft")
def fourier(x: Any) -> Any:
    """A power spectrum by jnp.fft.rfft: complex inside."""
    return _weighted(jnp.abs(jnp.fft.rfft(x)) ** 2)


@row(normal(3, 4), "fft")
def fft_2d(x: Any) -> Any:
    """jnp.fft.fft2, ifft2 and fftshift."""
    spectrum = jnp.fft.fftshift(jnp.fft.fft2(x))
    return _weighted(jnp.abs(spectrum) ** 2) + _weighted(jnp.real(jnp.fft.ifft2(spectrum * spectrum)))


@row(normal(2, 4), "fft")
def inverse_real_fft(x: Any) -> Any:
    """jnp.fft.irfft, hfft and ihfft of complex numbers from x."""
    half = x[0] + 1j * x[1]
    return _weighted(jnp.fft.irfft(half)) + _weighted(jnp.fft.hfft(half)) + _weighted(jnp.abs(jnp.fft.ihfft(x[0])) ** 2)


@row(normal(5), "fft")
def cosine_transform(x: Any) -> Any:
    """jax.scipy.fft.dct and idct."""
    return _weighted(fft.dct(x, norm="ortho") ** 2) + _weighted(fft.idct(x))


@row(normal(8), "fft")
def short_time_fourier(x: Any) -> Any:
    """jax.scipy.signal.stft, and istft of what it gives."""
    _, _, spectrum = signal.stft(x, nperseg=4)
    return _weighted(jnp.abs(spectrum) ** 2) + _weighted(jnp.real(signal.istft(spectrum**2, nperseg=4)[1]))


@row(normal(8), "fft")
def periodogram(x: Any) -> Any:
    """jax.scipy.signal.welch and detrend."""
    return _weighted(signal.welch(x, nperseg=4)[1]) + _weighted(signal.detrend(x))
