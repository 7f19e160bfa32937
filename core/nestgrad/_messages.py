"""What an engine says when it cannot differentiate, as a table from its messages to refusals."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ._nesting import Mode, Nesting
from ._refusal import Refusal, throughout


@dataclass(frozen=True)
class Message:
    r"""Something that an engine says when it cannot differentiate, and what it means.

    The operation and the reason may hold groups of the match, as `str.format` puts them in.

    Attributes:
        pattern: a regular expression, found anywhere in the text of the exception.
        operation: the operation that blocks the nesting, as users of the engine know it, or `None`.
        reason: why, in one sentence.
        use: the mode that the operation works in, or `None`.
        instead: what else can be done where no nesting works, in a sentence, or `None`.

    Raises:
        ValueError: the operation or the reason holds a group that the pattern does not have.

    Example:
        >>> message = Message(r"no (\w+) rule for (\w+)", "{1}", "the engine has no {0} rule for it.", Mode.REVERSE)
        >>> recognised([message], RuntimeError("no forward rule for sort"), Nesting("FR"))
        Refusal(operation='sort', reason='the engine has no forward rule for it.', use='RR', instead=None)
    """

    pattern: str
    operation: str | None
    reason: str
    use: Mode | None = None
    instead: str | None = None

    def __post_init__(self) -> None:
        groups = re.compile(self.pattern).groups
        for text in (self.operation or "", self.reason):
            try:
                text.format(*range(groups))
            except (IndexError, KeyError) as error:
                raise ValueError(f"{text!r} holds a group that {self.pattern!r}, with {groups}, lacks.") from error


def recognised(messages: Iterable[Message], error: Exception, nesting: Nesting) -> Refusal | None:
    """The refusal that an exception means, by the first message that its text has; `None` if it has none of them.

    Args:
        messages: in the order in which they are looked for.
        error: what the engine raised.
        nesting: the one that failed, which is never the one to use instead.
    """
    for message in messages:
        if found := re.search(message.pattern, str(error)):
            operation = message.operation and message.operation.format(*found.groups())
            use = message.use and throughout(message.use, nesting)
            return Refusal(operation, message.reason.format(*found.groups()), use, message.instead)
    return None
