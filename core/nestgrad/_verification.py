"""The first call of a plan beside differences of f's own gradient, where f holds a derivative that somebody wrote.

No table of faults knows such a rule. It is right for the derivative that it gives, and what happens when it is
differentiated again is up to how it was written.
"""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

from ._arguments import Call
from ._definition import Definition, Differentiated
from ._differences import Compared, compare
from ._nesting import Nesting
from ._offers import Offers
from ._plan import Plan
from ._refusal import VerificationError
from ._rules import Listening
from ._trying import Attempt, undone
from ._user_function import WithoutAux
from .typing import Function, Leaves

if TYPE_CHECKING:
    from ._differences import Vector

ENVIRONMENT = "NESTGRAD_VERIFY"
_TRIES = 3
_WORDS = {"": None, "0": False, "false": False, "never": False, "1": True, "true": True, "always": "always"}


def wanted(verify: Any) -> Any:
    """What is to be verified: `verify` itself, or what the environment says where it is None."""
    if verify is not None:
        return verify
    said = os.environ.get(ENVIRONMENT, "")
    try:
        return _WORDS[said.lower()]
    except KeyError:
        raise TypeError(f"{ENVIRONMENT} is one of {[*_WORDS][1:]}; it is {said!r}.") from None


class Verification:
    """Evaluates plans, and compares what they give where that is due: at the first call that has values.

    A comparison that decides nothing is made again at the next two calls.
    """

    def __init__(self, f: Function, definition: Definition, offers: Offers, has_aux: bool, verify: Any) -> None:
        self._f, self._definition, self._offers, self._has_aux = f, definition, offers, has_aux
        self._wanted = wanted(verify)
        self._tries: dict[Any, int] = {}
        self._alarms: dict[Any, VerificationError] = {}

    def __call__(self, plan: Plan, call: Call, kwargs: dict[str, Any], attempt: Attempt) -> tuple[Any, bool]:
        """The plan's result, and whether calls of this layout are compared no more.

        Raises:
            VerificationError: it is another number than differences give, now or at an earlier call.
        """
        if self._wanted is False or not self._definition.is_verified:
            return plan(call, kwargs), True
        alarm = self._alarms.get((plan.nesting, call.layout))
        if alarm is not None:
            raise alarm.again()
        with Listening() as rules:
            result = plan(call, kwargs)
            if not self._wanted and (not rules.heard or plan.nesting.order == 1):  # that is what a rule says itself
                return result, True
            key, names = (plan.nesting, call.layout), tuple(dict.fromkeys(rules.heard))
            compared = undone(attempt, lambda: self._compared(plan.nesting, call, kwargs, result))
            rules.verified = compared is not None and compared.differs is False
        if compared is not None and compared.differs:
            alarm = VerificationError(backend=self._offers.name, nesting=plan.nesting, rules=names, compared=compared)
            self._alarms[key] = alarm
            raise alarm.again()
        if compared is not None:
            self._tries[key] = self._tries.get(key, 0) + 1 if compared.differs is None else _TRIES
        return result, self._wanted != "always" and self._tries.get(key, 0) >= _TRIES

    def _compared(self, nesting: Nesting, call: Call, kwargs: dict[str, Any], result: Any) -> Compared | None:
        """The result beside differences; None inside of a trace, where there are no values."""
        import numpy as np  # as in `_numpy`

        offers, x = self._offers, call.x
        precision = _precision(x)
        if precision is None:
            return _UNDECIDED
        f = self._definition.function(self._f, call.layout, call.others, kwargs, self._has_aux)
        scalar = WithoutAux(f) if self._has_aux else f
        try:
            _vector(offers, x)
        except Exception:  # tracers have none
            return None
        try:
            derivative = result[0] if self._has_aux else result
            at = Differentiated(offers, nesting, scalar, x, call.directions, call.layout, derivative)
            compared = self._definition.comparison(at)
        except Exception:  # f has no gradient of its own that could be asked, as far as nestgrad knows
            return _UNDECIDED
        if compared is None:
            return _UNDECIDED
        along = compared.direction

        def values(step: float) -> Vector:
            moved = tuple(leaf if v is None else leaf + step * v for leaf, v in zip(x, along, strict=True))
            (found,) = offers.run(_GRADIENT, lambda *x: (compared.values(*x),), *moved)
            return _contracted(offers, found, compared.values_along)

        try:
            moving = [leaf for leaf, v in zip(x, along, strict=True) if v is not None]
            sizes = np.maximum(np.abs(_vector(offers, moving)), 1.0)
            fastest = float(np.max(np.abs(_vector(offers, [v for v in along if v is not None])) / sizes, initial=0.0))
            if not fastest:
                return _UNDECIDED
            return compare(values, _contracted(offers, compared.found, compared.found_along), 1 / fastest, precision)
        except Exception:  # as before
            return _UNDECIDED


_GRADIENT = Nesting("R")
_PRECISIONS = {"float64": 2.0**-52, "float32": 2.0**-23}  # fewer bits leave no digits to compare
_UNDECIDED = Compared(math.nan, math.nan, math.nan, None)


def _precision(x: Leaves) -> float | None:
    """The coarsest of the leaves' dtypes, whatever engine's they are; None if one has too few bits."""
    found = [next((size for name, size in _PRECISIONS.items() if name in str(leaf.dtype)), None) for leaf in x]
    return None if None in found else max(filter(None, found))


def _contracted(offers: Offers, tree: Any, along: Leaves | None) -> Vector:
    import numpy as np  # as in `_numpy`

    vector = _vector(offers, tree)
    return vector if along is None else np.atleast_1d(vector @ _vector(offers, along))


def _vector(offers: Offers, tree: Any) -> Vector:
    """All entries of all arrays in a tree, in 64 bits."""
    import numpy as np  # as in `_numpy`

    leaves = [np.asarray(offers.backend.to_numpy(leaf), np.float64).ravel() for leaf in offers.flatten(tree)[0]]
    return np.concatenate([np.zeros(0), *leaves])
