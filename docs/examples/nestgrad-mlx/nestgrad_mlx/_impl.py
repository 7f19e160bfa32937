"""The backend: MLX's transforms with what they need to be right, or to refuse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import mlx.core as mx

from nestgrad.extend import Canary, Nesting, Refusal, UnsupportedNestingError

from . import _names, _namespace
from ._canary import make_canary
from ._messages import refusal_of
from ._raw import RawMlx
from ._tracing import inside_a_transform


class Mlx(RawMlx):
    """MLX arrays, on the default stream of the thread that calls.

    MLX has float64 on the CPU alone: on a machine with a GPU, work inside `with mx.stream(mx.cpu):`. RR
    comes first, as MLX has a reverse rule for more operations than a forward rule. Safe to use from several
    threads at once: MLX keeps its streams by thread.
    """

    xp: ModuleType = _namespace
    preferred = ("RR", "FR", "RF")
    max_order = 2  # the third derivative of a power in its exponent is wrong in every nesting of length 3

    def inputs(self, primals: Sequence[Any]) -> list[Any]:
        """The primals in new nodes of the graph.

        When a transform ends, MLX no longer takes for traced what its function captured. A transform of the
        very same array would then lose the outer derivative: zero, without a word.
        """
        return [mx.contiguous(x) for x in primals]

    def finite(self, value: Any) -> bool:
        """See `nestgrad.extend.Backend.finite`; not looked at inside a transform, where to look cuts the graph."""
        try:
            if value.size == 0:  # MLX reduces nothing now and then forever
                return True
            return inside_a_transform() or bool(mx.isfinite(value).all().item())
        except (RuntimeError, ValueError):
            return True

    def run(self, nesting: Nesting, route: Callable[..., Any], *inputs: Any) -> Any:
        """See `nestgrad.extend.Backend.run`; a function that asks for complex numbers is refused."""
        try:
            return route(*inputs)
        except _names.ComplexNumbers as error:
            raise UnsupportedNestingError(
                backend=self.name, nesting=nesting, operation="complex", reason=str(error)
            ) from error

    def classify(self, exception: Exception, nesting: Nesting) -> Refusal | None:
        """MLX's refusals, by message; tested with the version that the matrix names."""
        return refusal_of(exception, nesting)

    def canary(self) -> Canary:
        """See `nestgrad.extend.Canary`."""
        return make_canary()

    def raw(self) -> RawMlx:
        """MLX as it is, for a measurement without repairs and refusals."""
        return RawMlx()
