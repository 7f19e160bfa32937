"""Points at which a function is not smooth: what engines take for its derivative there, outside the verdicts."""

from __future__ import annotations

from functools import partial

from nestgrad_conformance.scenarios._scenario import normal

from ._inputs import both, holding, scaled, twice
from ._row import op

probe = partial(op, probe=True)

_TIED = holding(None, 2.0, 2.0)
_AT_ZERO = holding(0.0, None)

SCENARIOS = (
    probe("abs:kink", _AT_ZERO),
    probe("atan2:kink", both(_AT_ZERO, _AT_ZERO)),
    probe("ceil:kink", holding(1.0, None)),
    probe("clip:kink", holding(0.5, None), min=0.5),
    probe("floor:kink", holding(1.0, None)),
    probe("hypot:kink", both(_AT_ZERO, _AT_ZERO)),
    probe("linalg.eigvalsh:kink", scaled([1.0, 0.0], [0.0, 1.0])),
    probe("linalg.matrix_norm:kink", holding([[0.0, 0.0]], [[None, 1.0]])),
    probe("linalg.vector_norm:kink", holding([0.0, 0.0], [None, 1.0]), axis=1),
    probe("max:kink", _TIED),
    probe("maximum:kink", twice(normal(3))),
    probe("min:kink", holding(None, 0.2, 0.2)),
    probe("minimum:kink", twice(normal(3))),
    probe("pow:kink", _AT_ZERO, call=lambda xp, x: xp.pow(x, xp.asarray([1.5, 1.5]))),
    probe("pow:kink_in_exponent", both(_AT_ZERO, holding(2.0, None))),
    probe("remainder:kink", holding(2.0, None), call=lambda xp, x: xp.remainder(x, xp.asarray([2.0, 2.0]))),
    probe("round:kink", holding(0.5, None)),
    probe("sign:kink", _AT_ZERO),
    probe("sort:kink", _TIED),
    probe("sqrt:kink", _AT_ZERO),
    probe("std:kink", holding([1.0, 1.0], [None, 2.0]), axis=1),
    probe("trunc:kink", holding(1.0, None)),
)
