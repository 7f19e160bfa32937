"""Whether MLX is inside a transform, which it does not tell.

To evaluate an array cuts the graph behind it, and a derivative that is taken further out becomes zero. Only what
is marked as traced keeps its graph, and only while a transform runs. So the test is an array that stays marked:
one whose transform was left by an exception.
"""

from __future__ import annotations

import contextlib
import io
from typing import Any

import mlx.core as mx


class _Left(Exception):
    pass


def inside_a_transform() -> bool:
    """Whether this thread is inside mx.grad, mx.vjp or mx.jvp."""
    probe = mx.negative(_marked())
    mx.eval(probe)
    graph = io.StringIO()
    mx.export_to_dot(graph, probe)
    return "Negative" in graph.getvalue()


def _marked() -> Any:
    kept = []

    def leave(x: Any) -> Any:
        kept.append(x)
        raise _Left

    with contextlib.suppress(_Left):
        mx.vjp(leave, [mx.array(0.0)], [mx.array(1.0)])
    return kept[0]
