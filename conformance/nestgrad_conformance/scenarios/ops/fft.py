"""Fourier transforms: the real and imaginary parts of what they give, for complex arrays made of real ones."""

from __future__ import annotations

from nestgrad_conformance.scenarios._scenario import normal

from ._inputs import both
from ._row import complex_of, op

_PAIR = both(normal(4), normal(4))
_PLANES = both(normal(2, 3), normal(2, 3))

COMPLEX = (
    op("fft.fft", _PAIR, call=lambda xp, a, b: xp.fft.fft(complex_of(xp, a, b)), sample=True),
    op("fft.fft:power", _PAIR, call=lambda xp, a, b: xp.abs(xp.fft.fft(complex_of(xp, a, b))) ** 2),
    op("fft.fft:axis", _PLANES, call=lambda xp, a, b: xp.fft.fft(complex_of(xp, a, b), axis=0)),
    op("fft.fft:padded", _PAIR, call=lambda xp, a, b: xp.fft.fft(complex_of(xp, a, b), n=6, norm="ortho")),
    op("fft.fft:cut", _PAIR, call=lambda xp, a, b: xp.fft.fft(complex_of(xp, a, b), n=3, norm="forward")),
    op("fft.fftn", _PLANES, call=lambda xp, a, b: xp.fft.fftn(complex_of(xp, a, b))),
    op("fft.fftn:axes", _PLANES, call=lambda xp, a, b: xp.fft.fftn(complex_of(xp, a, b), s=(4,), axes=(1,))),
    op("fft.fftshift", normal(5)),
    op("fft.fftshift:axes", normal(2, 3), axes=(1,)),
    op("fft.hfft", _PAIR, call=lambda xp, a, b: xp.fft.hfft(complex_of(xp, a, b))),
    op("fft.hfft:odd", _PAIR, call=lambda xp, a, b: xp.fft.hfft(complex_of(xp, a, b), n=5, norm="ortho")),
    op("fft.ifft", _PAIR, call=lambda xp, a, b: xp.fft.ifft(complex_of(xp, a, b))),
    op("fft.ifft:forward", _PAIR, call=lambda xp, a, b: xp.fft.ifft(complex_of(xp, a, b), norm="forward")),
    op("fft.ifftn", _PLANES, call=lambda xp, a, b: xp.fft.ifftn(complex_of(xp, a, b))),
    op("fft.ifftshift", normal(5)),
    op("fft.irfft", _PAIR, call=lambda xp, a, b: xp.fft.irfft(complex_of(xp, a, b))),
    op("fft.irfft:odd", _PAIR, call=lambda xp, a, b: xp.fft.irfft(complex_of(xp, a, b), n=5, norm="ortho")),
    op("fft.irfftn", _PLANES, call=lambda xp, a, b: xp.fft.irfftn(complex_of(xp, a, b))),
)

REAL = (
    op("fft.ihfft", normal(5)),
    op("fft.ihfft:even", normal(4), norm="ortho"),
    op("fft.rfft", normal(5), sample=True),
    op("fft.rfft:axis", normal(4, 2), axis=0),
    op("fft.rfft:padded", normal(3), n=6, norm="forward"),
    op("fft.rfftn", normal(2, 4)),
)

SCENARIOS = COMPLEX + REAL
