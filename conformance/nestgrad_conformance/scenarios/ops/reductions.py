"""Statistical and cumulative functions, differences, sorting."""

from __future__ import annotations

from typing import Any

from nestgrad_conformance.scenarios._scenario import normal, uniform

from ._inputs import distinct, holding, scaled
from ._row import op


def _prod_and_sum(xp: Any, x: Any) -> Any:
    """Not the product alone: a derivative that is zero has no scale to be judged by."""
    return xp.prod(x), xp.sum(x)


STATISTICS = (
    op("max", distinct(5)),
    op("max:axis", distinct(3, 4), axis=1, sample=True),
    op("max:axes", distinct(2, 3, 2), axis=(0, 2), keepdims=True),
    op("max:single", normal(1), "single"),
    op("mean", normal(5)),
    op("mean:axis", normal(3, 4), axis=-1, sample=True),
    op("mean:axes", normal(2, 3, 2), axis=(0, -1), keepdims=True),
    op("min", distinct(5)),
    op("min:axis", distinct(3, 4), axis=-1),
    op("min:zero_dim", normal(), "zero_dim"),
    op("prod", uniform(0.5, 1.5, 5), sample=True),
    op("prod:axis", normal(3, 4), axis=1, keepdims=True),
    op("prod:axes", uniform(0.5, 1.5, 2, 3, 2), axis=(0, 2)),
    op("prod:empty", normal(0, 3), "empty", axis=0),
    op("prod:single", normal(1), "single"),
    op("prod:zero_dim", normal(), "zero_dim"),
    op("prod:one_zero", holding(None, 0.0, None, None), "prod_zero", sample=True),
    op("prod:two_zeros", holding(0.0, None, 0.0, None), "prod_zero", call=_prod_and_sum, sample=True),
    op("prod:three_zeros", holding(0.0, None, 0.0, 0.0), "prod_zero", call=_prod_and_sum),
    op("prod:zeros_in_rows", holding([0.0, None, None], [None, 0.0, 0.0]), "prod_zero", axis=1),
    op("prod:near_zero", holding(None, 1e-9, None), "prod_near_zero"),
    op("std", normal(5), sample=True),
    op("std:axis", normal(3, 4), axis=0, correction=1, keepdims=True),
    op("sum", normal(5)),
    op("sum:axis", normal(3, 4), axis=0, sample=True),
    op("sum:axes", normal(2, 3, 2), axis=(1, -1), keepdims=True),
    op("sum:empty", normal(0, 3), "empty", axis=0),
    op("sum:zero_dim", normal(), "zero_dim"),
    op("var", normal(5), sample=True),
    op("var:axis", normal(3, 4), axis=1, correction=1),
    op("var:axes", normal(2, 3, 2), axis=(0, 2), keepdims=True),
    op("var:constant", scaled(1.0, 1.0, 1.0), call=lambda xp, x: xp.var(x, correction=0) + xp.mean(x)),
)

CUMULATIVE = (
    op("cumulative_prod", uniform(0.5, 1.5, 4), sample=True),
    op("cumulative_prod:axis", normal(2, 3), axis=1),
    op("cumulative_prod:initial", normal(3), include_initial=True),
    op("cumulative_prod:repeated", holding(1.2, 1.2, None, 1.2)),
    op("cumulative_prod:one_zero", holding(None, 0.0, None, None), "cumulative_prod_zero"),
    op("cumulative_prod:two_zeros", holding(None, 0.0, None, 0.0), "cumulative_prod_zero"),
    op("cumulative_prod:single", normal(1), "single"),
    op("cumulative_sum", normal(4), sample=True),
    op("cumulative_sum:axis", normal(2, 3), axis=0),
    op("cumulative_sum:initial", normal(2, 3), axis=-1, include_initial=True),
    op("cumulative_sum:empty", normal(0), "empty"),
    op("diff", normal(5)),
    op("diff:axis", normal(4, 2), axis=0, sample=True),
    op("diff:second", normal(2, 5), n=2),
    op("diff:prepended", normal(4), call=lambda xp, x: xp.diff(x, prepend=x[:1] ** 2)),
    op("diff:with_ends", normal(3), call=lambda xp, x: xp.diff(x, prepend=x[:1] ** 2, append=x[:2])),
)

ORDER = (
    op("sort", distinct(5), sample=True),
    op("sort:descending", distinct(5), descending=True, reference=lambda np, x: np.flip(np.sort(x))),
    op("sort:axis", distinct(3, 2), "sort_axis", axis=0),
    op("sort:rows", distinct(2, 2, 3), "sort_axis"),
    op("sort:single", normal(1), "single"),
)

SCENARIOS = STATISTICS + CUMULATIVE + ORDER
