"""Rules of the user's own: backends say so here where they see one, and whoever verifies a call listens.

A derivative that somebody wrote by hand is in no table of an engine's faults.
"""

from __future__ import annotations

from contextvars import ContextVar

_listening: ContextVar[Listening | None] = ContextVar("nestgrad_own_rules", default=None)


def own_rule(name: str) -> bool:
    """Declare that f holds a derivative written outside of the engine, such as that of a `jax.custom_jvp`.

    Costs one context-variable read where nobody listens. Returns whether somebody does: where the user has said that
    the rule is meant as it is, by `verify=False`, nobody does.

    Example:
        >>> with Listening() as rules:
        ...     own_rule("root")
        True
        >>> rules.heard
        ['root']
    """
    listening = _listening.get()
    if listening is None:
        return False
    listening.heard.append(name)
    return True


class Listening:
    """A context that hears of the rules of the user's own, in this thread or task; so does one around it, at the end.

    Attributes:
        heard: their names, in the order in which they were met.
        verified: whether what was computed was compared with differences, and agrees.
    """

    __slots__ = ("_outer", "_token", "heard", "verified")

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.verified = False

    def __enter__(self) -> Listening:
        self._outer = _listening.get()
        self._token = _listening.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        _listening.reset(self._token)
        if self._outer is not None:
            self._outer.heard += self.heard
            self._outer.verified |= self.verified
