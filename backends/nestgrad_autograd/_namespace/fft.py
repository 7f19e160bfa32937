"""`array_api.fft`. autograd has rules for the transforms of complex arrays and for some of real ones."""

from __future__ import annotations

from typing import Any

import autograd.numpy as anp
import numpy as np

_INVERSE = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


def rfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """`array_api.fft.rfft`: half of the full transform."""
    n = anp.shape(x)[axis] if n is None else n
    return _along(anp.fft.fft(x, n, axis, norm), slice(n // 2 + 1), axis)


def irfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """`array_api.fft.irfft`: the real part of the inverse transform of both halves."""
    n = 2 * (anp.shape(x)[axis] - 1) if n is None else n
    half = _along(x, slice(n // 2 + 1), axis)
    missing = list(anp.shape(half))
    missing[axis] = n // 2 + 1 - missing[axis]
    if missing[axis]:
        half = anp.concatenate([half, np.zeros(missing)], axis)
    other = _along(_along(half, slice(1, (n + 1) // 2), axis), slice(None, None, -1), axis)
    return anp.real(anp.fft.ifft(anp.concatenate([half, anp.conj(other)], axis), n, axis, norm))


def hfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """`array_api.fft.hfft`."""
    return irfft(anp.conj(x), n=n, axis=axis, norm=_INVERSE[norm])


def ihfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """`array_api.fft.ihfft`."""
    return anp.conj(rfft(x, n=n, axis=axis, norm=_INVERSE[norm]))


def _along(x: Any, part: slice, axis: int) -> Any:
    return x[(slice(None),) * (axis % anp.ndim(x)) + (part,)]


def __getattr__(name: str) -> Any:
    return getattr(anp.fft, name)
