"""Rules of the user's own: backends say so here where they see one, and whoever verifies a call listens.

A derivative that somebody wrote by hand is in no table of an engine's faults.
"""

from __future__ import annotations

from contextvars import ContextVar, Token

_heard: ContextVar[list[str] | None] = ContextVar("nestgrad_own_rules", default=None)


def own_rule(name: str) -> None:
    """Declare that f holds a derivative written outside of the engine, such as that of a `jax.custom_jvp`.

    Costs one context-variable read where nobody listens.

    Example:
        >>> with Listening() as rules:
        ...     own_rule("root")
        >>> rules.heard
        ['root']
    """
    heard = _heard.get()
    if heard is not None:
        heard.append(name)


class Listening:
    """A context that hears of the rules of the user's own, in this thread or task, as those do around it.

    Attributes:
        heard: their names, in the order in which they were met.
    """

    __slots__ = ("_token", "heard")

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._token: Token[list[str] | None] | None = None

    def __enter__(self) -> Listening:
        self._token = _heard.set(self.heard)
        return self

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            _heard.reset(self._token)
            for name in self.heard:  # f holds the rules that the operators inside of it have met
                own_rule(name)
