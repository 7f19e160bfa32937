"""Linear algebra. What is unique up to a sign or a phase is measured through squares, which are not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nestgrad_conformance.scenarios._scenario import normal

from ._inputs import both, distinct, holding, nonzero, scaled, well_conditioned
from ._row import op

INF = float("inf")


def _symmetric(xp: Any, x: Any) -> Any:
    return x + xp.matrix_transpose(x)


def _definite(xp: Any, x: Any) -> Any:
    return xp.matmul(x, xp.matrix_transpose(x)) + xp.eye(x.shape[-1], dtype=x.dtype)


def _thin_svd(xp: Any, x: Any) -> Any:
    u, values, vh = xp.linalg.svd(x, full_matrices=False)
    return _squared(values, u, vh)


def _squared(values: Any, *vectors: Any) -> Any:
    return (values, *(v * v for v in vectors))


PRODUCTS = (
    op("linalg.cross", both(normal(3), normal(3)), sample=True),
    op("linalg.cross:batched", both(normal(2, 3), normal(2, 3))),
    op("linalg.cross:axis", both(normal(3, 2), normal(3, 2)), axis=-2),
    op("linalg.matmul", both(normal(2, 3), normal(3, 2))),
    op("linalg.matmul:square", both(normal(2, 2), normal(2, 2))),
    op("linalg.matrix_power", well_conditioned(3, 3), then=(3,), sample=True),
    op("linalg.matrix_power:inverse", well_conditioned(3, 3), "inv", then=(-2,)),
    op("linalg.matrix_power:batched", normal(2, 2, 2), then=(2,)),
    op("linalg.matrix_power:zeroth", normal(2, 2), call=lambda xp, x: xp.linalg.matrix_power(x, 0) + x),
    op("linalg.matrix_transpose", normal(2, 3)),
    op("linalg.outer", both(normal(3), normal(2)), sample=True),
    op("linalg.outer:square", both(normal(3), normal(3))),
    op("linalg.tensordot", both(normal(2, 3), normal(3, 2)), axes=1),
    op("linalg.tensordot:square", both(normal(2, 2), normal(2, 2)), axes=1),
    op("linalg.vecdot", both(normal(3), normal(3))),
    op("linalg.vecdot:square", both(normal(3), normal(3, 3))),
    op("matmul", both(normal(2, 3), normal(3, 4)), sample=True),
    op("matmul:batched", both(normal(2, 2, 3), normal(2, 3, 2)), sample=True),
    op("matmul:broadcast", both(normal(2, 3), normal(2, 1, 3, 2)), "broadcast"),
    op("matmul:empty_sum", both(normal(2, 0), normal(0, 3)), "empty"),
    op("matmul:matrix_vector", both(normal(2, 3), normal(3))),
    op("matmul:vector_matrix", both(normal(3), normal(3, 2))),
    op("matmul:vectors", both(normal(3), normal(3))),
    op("matmul:with_itself", normal(3, 3), call=lambda xp, x: xp.matmul(x, x)),
    op("tensordot", both(normal(2, 3, 2), normal(3, 2, 2)), sample=True),
    op("tensordot:square", both(normal(2, 2), normal(2, 2)), axes=1),
    op("tensordot:axes", both(normal(2, 3), normal(2, 3)), axes=((1, 0), (1, 0))),
    op("tensordot:outer", both(normal(2), normal(3)), axes=0),
    op("vecdot", both(normal(3), normal(3)), sample=True),
    op("vecdot:axis", both(normal(3, 2), normal(3, 2)), axis=-2),
    op("vecdot:square", both(normal(3), normal(3, 3))),
    op("vecdot:broadcast", both(normal(2, 3), normal(3)), "broadcast"),
)

SOLVERS = (
    op("linalg.cholesky", normal(3, 3), call=lambda xp, x: xp.linalg.cholesky(_definite(xp, x)), sample=True),
    op("linalg.cholesky:upper", normal(3, 3), call=lambda xp, x: xp.linalg.cholesky(_definite(xp, x), upper=True)),
    op("linalg.cholesky:batched", normal(2, 2, 2), call=lambda xp, x: xp.linalg.cholesky(_definite(xp, x))),
    op("linalg.det", well_conditioned(3, 3), call=lambda xp, x: xp.linalg.det(x) / 4, sample=True),
    op("linalg.det:batched", normal(2, 2, 2)),
    op("linalg.det:triangular", holding([None, None, None], [0.0, None, None], [0.0, 0.0, None])),
    op("linalg.det:single", normal(1, 1), "single"),
    op("linalg.det:rank_two", holding([None] * 3, [None] * 3, [0.0] * 3), "singular", "det_singular"),
    replace(  # the gradient is 0: there is no scale to hold order 1 against
        op(
            "linalg.det:rank_one", holding([None] * 3, [0.0] * 3, [0.0] * 3), "singular", "det_singular", "det_rank_one"
        ),
        nestings="??*",
    ),
    op("linalg.det:equal_singular_values", scaled([1.0, 0.0], [0.0, 1.0]), "equal_singular_values"),
    op("linalg.inv", well_conditioned(3, 3), sample=True),
    op("linalg.inv:batched", well_conditioned(2, 2, 2)),
    op("linalg.pinv", well_conditioned(3, 3)),
    op("linalg.pinv:tall", normal(4, 2), sample=True),
    op("linalg.pinv:wide", normal(2, 4)),
    op("linalg.slogdet", well_conditioned(3, 3), call=lambda xp, x: xp.linalg.slogdet(x)[1], sample=True),
    op("linalg.slogdet:batched", well_conditioned(2, 2, 2), call=lambda xp, x: xp.linalg.slogdet(-x)[1]),
    op("linalg.solve", both(well_conditioned(3, 3), normal(3)), sample=True),
    op("linalg.solve:matrix", both(well_conditioned(3, 3), normal(3, 2))),
    op("linalg.solve:square", both(well_conditioned(3, 3), normal(3, 3))),
    op("linalg.solve:batched", both(well_conditioned(2, 2, 2), normal(2, 2, 1))),
)

DECOMPOSITIONS = (
    op("linalg.eigh", distinct(3, 3), call=lambda xp, x: _squared(*xp.linalg.eigh(_symmetric(xp, x))), sample=True),
    op("linalg.eigh:batched", distinct(2, 2, 2), call=lambda xp, x: _squared(*xp.linalg.eigh(_symmetric(xp, x)))),
    op("linalg.eigvalsh", distinct(3, 3), call=lambda xp, x: xp.linalg.eigvalsh(_symmetric(xp, x)), sample=True),
    op("linalg.eigvalsh:batched", distinct(2, 2, 2), call=lambda xp, x: xp.linalg.eigvalsh(_symmetric(xp, x))),
    op("linalg.qr", well_conditioned(3, 3), call=lambda xp, x: _squared(*xp.linalg.qr(x)), sample=True),
    op("linalg.qr:tall", distinct(4, 2), call=lambda xp, x: _squared(*xp.linalg.qr(x))),
    op("linalg.qr:wide", distinct(2, 3), call=lambda xp, x: _squared(*xp.linalg.qr(x))),
    op("linalg.svd", distinct(3, 3), call=_thin_svd, sample=True),
    op("linalg.svd:tall", distinct(4, 2), call=_thin_svd),
    op("linalg.svd:batched", distinct(2, 2, 3), call=_thin_svd),
    op("linalg.svdvals", distinct(3, 3), "svd", sample=True),
    op("linalg.svdvals:wide", distinct(2, 4), "svd"),
)

NORMS = (
    op("linalg.diagonal", normal(3, 3)),
    op("linalg.diagonal:offset", normal(2, 3, 4), offset=1, sample=True),
    op("linalg.matrix_norm", normal(3, 2), sample=True),
    op("linalg.matrix_norm:batched", normal(2, 3, 2), keepdims=True),
    op("linalg.matrix_norm:nuclear", distinct(3, 2), "svd", ord="nuc"),
    op("linalg.matrix_norm:one", distinct(3, 2), ord=1),
    op("linalg.matrix_norm:infinity", distinct(3, 2), ord=INF),
    op("linalg.matrix_norm:smallest_sum", distinct(3, 2), ord=-INF),
    op("linalg.matrix_norm:spectral", distinct(3, 2), "svd", ord=2),
    op("linalg.matrix_norm:least_stretch", distinct(3, 2), "svd", ord=-2),
    op("linalg.trace", normal(3, 3), sample=True),
    op("linalg.trace:offset", normal(2, 3, 4), offset=-1),
    op("linalg.vector_norm", normal(4), sample=True),
    op("linalg.vector_norm:axis", normal(2, 3), axis=1, keepdims=True),
    op("linalg.vector_norm:axes", normal(2, 3, 2), axis=(0, 2)),
    op("linalg.vector_norm:flattened", normal(2, 3)),
    op("linalg.vector_norm:one", nonzero(4), ord=1),
    op("linalg.vector_norm:three", nonzero(4), ord=3),
    op("linalg.vector_norm:half", nonzero(3), ord=0.5),
    op("linalg.vector_norm:infinity", distinct(4), ord=INF),
    op("linalg.vector_norm:least", distinct(4), ord=-INF),
    op("linalg.vector_norm:with_a_zero", holding(0.0, None, None)),
)

SCENARIOS = PRODUCTS + SOLVERS + DECOMPOSITIONS + NORMS
