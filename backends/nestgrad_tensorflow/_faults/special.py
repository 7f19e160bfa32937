"""Special functions at the points where their rules choose a constant, and kinks that cancel."""

from __future__ import annotations

from nestgrad_tensorflow._arguments import has_zero, never
from nestgrad_tensorflow._repairs import hidden_kinks, logarithms
from nestgrad_tensorflow._repairs.singular_points import SERIES
from nestgrad_tensorflow._sight import Sight

_ABS_OF_LOGADDEXP = hidden_kinks.has_hidden_kink("logaddexp", "logaddexp2")
_ABS_OF_HYPOT, _TIE_OF_HYPOT = hidden_kinks.has_hidden_kink("hypot"), hidden_kinks.has_hidden_tie("hypot")
_OF_FMOD = hidden_kinks.has_hidden_kink("fmod")

SIGHTS = {
    "xlogy": tuple(
        Sight((op,), name, repair=repair, when=has_zero)
        for name, op, repair in (
            ("xlogy", "Xlogy", logarithms.xlogy),
            ("xlog1py", "Xlog1py", logarithms.xlog1py),
            ("xdivy", "Xdivy", logarithms.xdivy),
        )
    ),
    **{name: (Sight((op,), repair=series.repair, when=series.is_near),) for name, (op, series) in SERIES.items()},
    "sinc": (Sight(("SelectV2",), repair=hidden_kinks.sinc, when=hidden_kinks.is_sinc, when_inside=never),),
    "logaddexp": (Sight(("Abs",), repair=hidden_kinks.absolute, when=_ABS_OF_LOGADDEXP, when_inside=never),),
    "hypot": (
        Sight(("Abs",), repair=hidden_kinks.absolute, when=_ABS_OF_HYPOT, when_inside=never),
        Sight(("Minimum",), repair=hidden_kinks.minimum, when=_TIE_OF_HYPOT, when_inside=never),
    ),
    "fmod": (
        Sight(("Abs",), repair=hidden_kinks.absolute, when=_OF_FMOD, when_inside=never),
        Sight(("Sign",), repair=hidden_kinks.sign, when=_OF_FMOD, when_inside=never),
    ),
}
