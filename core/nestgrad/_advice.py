"""Which nesting an error recommends: one that was found to work, on the same inputs."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from ._arguments import Call
from ._definition import Definition
from ._failures import Refused
from ._nesting import Mode, Nesting, nestings
from ._offers import OVER_A_BASIS, Offers
from ._plan import Plan
from ._trying import undone
from ._verification import Verification
from .typing import Function


class Advice(NamedTuple):
    """What an error says of the way out.

    Attributes:
        use: a nesting that was found to work, or None.
        tried: those that were found not to work, where there is none.
        instead: what else can be done, in a sentence, or None.
    """

    use: Nesting | None = None
    tried: tuple[Nesting, ...] = ()
    instead: str | None = None


def is_blocked(nesting: Nesting, refused: Refused) -> bool:
    """Whether what was refused is known to be wrong in another nesting as well, even if it would not be seen there."""
    blocks = getattr(refused, "blocks", ())
    return any(nesting.matches(pattern) for pattern in blocks)


def find_advice(
    refused: Refused,
    f: Function,
    definition: Definition,
    offers: Offers,
    call: Call,
    kwargs: dict[str, Any],
    **decided: Any,
) -> Advice:
    """What works on these inputs instead of the nesting that was named.

    What one is compiled to is tried eagerly first: that takes less time to fail.
    """
    attempt, tried = offers.attempts(), []
    if attempt is None:  # there is no way back from a try
        return Advice()

    def works(other: Definition, nesting: Nesting) -> bool:
        directions = (*call.directions, call.x)[: other.directions]  # of one more than there are, any will do
        for execution in dict.fromkeys(("eager", decided["execution"])):
            plan = Plan(f, other, offers, nesting, **{**decided, "execution": execution})
            verified = Verification(f, other, offers, decided["has_aux"], decided["verify"])
            shorter = call._replace(directions=directions)
            try:
                undone(attempt, functools.partial(verified, plan, shorter, kwargs, attempt))
            except Exception:  # whatever it is, this one is not to be recommended
                return False
        return True

    (named,) = definition.nestings(offers)
    for nesting in _others(named, offers):
        other = definition.by(nesting)
        if other is not None and not is_blocked(nesting, refused) and works(other, nesting):
            is_same = other.name == definition.name
            return Advice(
                nesting, instead=None if is_same else f"{other.name}(f, nesting={nesting.code!r}) is the same."
            )
        tried += [nesting] if other is not None else []
    if (
        OVER_A_BASIS in offers.candidates
        and definition.takes_auto
        and not is_blocked(OVER_A_BASIS, refused)
        and works(definition, OVER_A_BASIS)
    ):
        return Advice(instead=_BY_AUTO)
    return Advice(tried=tuple(tried))


_BY_AUTO = "nesting='auto' can, by forward mode along each unit vector."


def _others(named: Nesting, offers: Offers) -> list[Nesting]:
    """The nestings of the same order, those first that the backend prefers, and last the one of forward modes alone.

    That one gives a contraction of what the others give: D²f(x)[v, w] is ⟨∇²f(x)v, w⟩.
    """
    able = [one for one in nestings(named.order) if set(one) <= offers.modes.keys() and one != named]
    return sorted(able, key=lambda one: (Mode.REVERSE not in one, (*offers.preferred, one).index(one)))
