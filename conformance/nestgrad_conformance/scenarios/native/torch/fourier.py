"""Fourier transforms of torch."""

from __future__ import annotations

from typing import Any

import torch

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted


@row(normal(6), "fft")
def fourier(x: Any) -> Any:
    """A power spectrum by torch.fft.rfft: complex inside."""
    return _weighted(torch.fft.rfft(x).abs() ** 2)


@row(normal(8), "fft")
def short_time_fourier(x: Any) -> Any:
    """torch.stft and istft of what it gives."""
    window = torch.hann_window(4)
    spectrum = torch.stft(x, 4, window=window, return_complex=True)
    return _weighted(spectrum.abs() ** 2) + _weighted(torch.istft(spectrum**2, 4, window=window))


@row(normal(3, 4), "fft")
def fft_family(x: Any) -> Any:
    """torch.fft: fft2, ifft2, fftshift, irfft, hfft and ihfft."""
    spectrum = torch.fft.fftshift(torch.fft.fft2(x))
    half = torch.complex(x[0], x[1])
    total = _weighted(spectrum.abs() ** 2) + _weighted(torch.fft.ifft2(spectrum * spectrum).real)
    return (
        total
        + _weighted(torch.fft.irfft(half))
        + _weighted(torch.fft.hfft(half))
        + _weighted(torch.fft.ihfft(x[0]).abs())
    )
