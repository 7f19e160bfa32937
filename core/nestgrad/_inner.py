"""A function of the engine that computes, where another one differentiates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._crossing import to_engine, to_host
from ._nesting import Nesting
from ._offers import Offers
from ._refusal import UnsupportedNestingError
from ._trying import undone
from .typing import Array, Function, Leaves

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ShapeDtype:
    """What is known of an array where it has no values: its shape, and its dtype as NumPy has it.

    The size of an axis is None where the engine that traces does not know it.
    """

    shape: tuple[int | None, ...]
    dtype: Any

    @property
    def moves(self) -> bool:
        """Whether such an array has derivatives: it holds no integers."""
        import numpy as np  # as in `_numpy`

        return np.issubdtype(self.dtype, np.inexact)


class Inner:
    """A function of arrays that gives a tuple of arrays, all of one engine.

    Attributes:
        offers: the engine's.
        evaluate: the function.
        count: of so many arrays.
        name: for messages.
        conjugates: whether cotangents of complex arrays are outside the conjugates of what they are inside.
    """

    def __init__(self, offers: Offers, evaluate: Function, count: int, name: str, conjugates: bool = False) -> None:
        self.offers, self.evaluate, self.count, self.name, self.conjugates = offers, evaluate, count, name, conjugates
        self._repeats = False

    def as_outside(self, cotangent: Array) -> Array:
        """A cotangent of one convention in the other one, of any shape."""
        xp = self.offers.backend.xp
        return xp.conj(cotangent) if self.conjugates and xp.isdtype(cotangent.dtype, "complex floating") else cotangent

    def moves(self, array: Array) -> bool:
        """Whether an array of any shape has derivatives: it holds no integers."""
        found: bool = self.offers.backend.xp.isdtype(array.dtype, ("real floating", "complex floating"))
        return found

    def check_repeats(self, nesting: Nesting, x: Leaves) -> None:
        """Evaluate the function twice at the first x that it is differentiated at: what it drew is nobody's to repeat.

        Raises:
            UnsupportedNestingError: it draws random numbers, or gives another number the second time.
        """
        if self._repeats:
            return
        attempt = self.offers.attempts()
        assert attempt is not None  # no compiler traces this
        if not undone(attempt, lambda: self._gives_the_same(x)):
            raise UnsupportedNestingError(
                backend=self.offers.name,
                nesting=nesting,
                operation="random numbers",
                reason=(
                    f"{self.name} gives another number at each evaluation, and each letter of another engine's is an "
                    "evaluation of its own, so that value and derivatives would be of different functions."
                ),
                instead="Draw outside, and pass what was drawn as an argument; or switch dropout off.",
            )
        self._repeats = True

    def _gives_the_same(self, x: Leaves) -> bool:
        found: list[Leaves] = []

        def twice() -> None:
            found.extend([self.evaluate(*self._copies(x)), self.evaluate(*self._copies(x))])

        before = _states()
        return not self.offers.draws(twice) and _states() == before and all(map(self._agree, *found))

    def _copies(self, x: Leaves) -> Leaves:
        """What f writes into its arguments is not there for the next evaluation."""
        return tuple([to_engine(self.offers, to_host(self.offers, one, self.name)) for one in x])

    def _agree(self, one: Array, other: Array) -> bool:
        import numpy as np  # as in `_numpy`

        a, b = (self._finite(array) for array in (one, other))
        return bool(np.all(abs(a - b) <= _ROUNDING * np.max(abs(a), initial=0.0)))

    def _finite(self, array: Array) -> NDArray[np.complex128]:
        import numpy as np  # as in `_numpy`

        return np.nan_to_num(to_host(self.offers, array, self.name).astype(np.complex128))

    def batched(self) -> Inner:
        """The same for each row along the first axis of every argument."""
        return Inner(self.offers, self.mapped(self.evaluate), self.count, self.name, self.conjugates)

    def mapped(self, run: Function) -> Function:
        """A function of so many arrays for each of their rows: by the engine's own map, or row by row."""
        vmap = self.offers.vmap

        def by_rows(*arrays: Array) -> Leaves:
            rows = [run(*(array[i] for array in arrays)) for i in range(arrays[0].shape[0])]
            return tuple(map(self.offers.backend.xp.stack, zip(*rows, strict=True)))

        def mapped(*arrays: Array) -> Leaves:
            assert vmap is not None
            try:
                return tuple(vmap(run)(*arrays))
            except Exception:  # what an engine does not map, such as a branch by a value, a loop takes
                return by_rows(*arrays)

        return by_rows if vmap is None else mapped


def _states() -> tuple[Any, ...]:
    """Those of the random numbers that every function can draw."""
    import pickle
    import random

    import numpy as np  # as in `_numpy`

    state = np.random.get_state(legacy=False)
    return random.getstate(), pickle.dumps(state)


_ROUNDING = 1e-3  # of the largest number: where threads add in any order, sums differ by less
