"""What each nesting does with one function: it runs, is repaired, is refused, by what, where, and what to do."""

from __future__ import annotations

import functools
import traceback
import warnings
from collections.abc import Set
from dataclasses import asdict, dataclass, replace
from typing import Any

from ._claims import owner
from ._described import name_of
from ._errors import EngineError, NestingFallbackWarning
from ._gradient import gradient
from ._hvp import hvp
from ._inputs import open_primal
from ._measured import operations_of, unmeasured
from ._modules import of_arrays
from ._nesting import Nesting
from ._offers import Offers, offers
from ._operator import Options
from ._outcome import of_outcome
from ._refusal import UnsupportedNestingError
from ._routes import recorded
from ._rules import Listening
from ._second_order import derivative
from ._select import ABOUT_ARGUMENTS, select
from ._select import explain as told
from ._spec import Backend
from ._trying import undone
from .typing import Function, Leaves, Tree

_UNTOLD = "Which operations f runs cannot be told, so that nothing is said of those that were never measured."
_ASKED = ("F", "R", "FR", "RF", "RR", "FF", "auto")


@dataclass(frozen=True)
class Explained:
    """What one nesting does.

    Attributes:
        nesting: its code, or `auto`.
        status: `runs`, `repaired`, or `refused`.
        taken: the nesting that `auto` took, where that is not the backend's first choice.
        repairs: operations that are computed by other means than the engine's rule.
        rules: rules of the user's own that f holds.
        verified: whether the number was compared with differences and agrees, as is done where there are such rules.
        operation: what blocks it, or `None`.
        where: the line of the user's code that calls it, if that is known.
        reason: why it is refused.
        use: the code of a nesting that was tried and works instead, or `None`.
        instead: what else can be done, or `None`.
        unmeasured: operations of f that no function had that the conformance suite found right in this nesting; nothing
            is said of what is refused.
    """

    nesting: str
    status: str
    taken: str | None = None
    repairs: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    verified: bool = False
    operation: str | None = None
    where: str | None = None
    reason: str | None = None
    use: str | None = None
    instead: str | None = None
    unmeasured: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = [f"{self.nesting:<5}{self.status}"]
        said += [f"by {self.taken}"] if self.taken else []
        said += [f"({', '.join(self.repairs)})"] if self.repairs else []
        said += (
            [f"holds {', '.join(self.rules)}, {'verified' if self.verified else 'unverified'}"] if self.rules else []
        )
        said += [f"by {self.operation}"] if self.operation else []
        said += [f"at {self.where}"] if self.where else []
        said += [f"never measured with {', '.join(self.unmeasured)}"] if self.unmeasured else []
        told = f"{' '.join(said)}{': ' + self.reason if self.reason else ''}"
        return f"{told}{f' Use {self.use!r}.' if self.use else ''}{f' {self.instead}' if self.instead else ''}"


@dataclass(frozen=True)
class Explanation:
    """What each nesting does with a function at a point; printed, a line for each.

    Attributes:
        function: the function's name.
        backend: the backend's name.
        nestings: those of order 1 and 2, and `auto`.
        operations: the engine's operations that f runs, by name, or `None` where they cannot be told, so that nothing
            is said of what was never measured.
    """

    function: str
    backend: str
    nestings: tuple[Explained, ...]
    operations: tuple[str, ...] | None = None

    def __getitem__(self, nesting: str) -> Explained:
        """What one nesting does, by its code."""
        return next(one for one in self.nestings if one.nesting == nesting)

    def __str__(self) -> str:
        told = [f"{self.function} on {self.backend}", *(f"  {one}" for one in self.nestings)]
        return "\n".join(told if self.operations is not None else [*told, f"  {_UNTOLD}"])

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data, ready for JSON."""
        return asdict(self)


def explain(f: Function, x: Tree, *args: Any, backend: str | Backend | None = None) -> Explanation:
    """For each nesting of a function: whether it runs, is repaired or refused, by what, where, and what works instead.

    Each nesting is run at x, along a direction of ones, and what it does to the engine's arrays and random numbers is
    undone, as far as the backend can; f is evaluated some twenty times. Whether numbers are right is measured by
    `diagnose`; here they are compared with differences where f holds rules of the user's own, as in every call.

    Args:
        f: called as `f(x, *args)`; returns a real floating scalar of shape `()`.
        x: the point: real floating arrays of the engine, in any container.
        *args: passed on, not differentiated.
        backend: a name or a backend; by default as in every call.

    Raises:
        As any operator, for bad arguments. What f raises at x is raised unchanged.

    Example:
        >>> import autograd.numpy as np
        >>> found = explain(lambda x: np.sum(np.linalg.solve(np.diag(x), x)), np.array([1.0, 2.0]))
        >>> found["RR"].status, found["FR"].status, found["FR"].operation, found["FR"].use
        ('runs', 'refused', 'solve', 'RR')
    """
    named = lambda: [("x", x), *((f"args[{i}]", one) for i, one in enumerate(args))]  # noqa: E731
    offered = offers(select(backend, (x, *args), named, lambda: of_outcome(f, (x, *args), {}, False)))
    name = name_of(f)
    try:
        f, (x,) = of_arrays(offered, f, (x,))
        leaves, structure = open_primal(offered, "x", x)
    except ABOUT_ARGUMENTS as error:
        told(error, backend, offered.backend, named)
        raise
    ones = offered.unflatten(structure, tuple(map(offered.backend.xp.ones_like, leaves)))
    operations = _operations(f, structure, leaves, args, offered)
    found = (_explained(f, x, ones, args, code, offered) for code in _ASKED)
    return Explanation(
        name,
        offered.name,
        tuple(_measured(one, offered, operations or frozenset()) for one in found),
        None if operations is None else tuple(sorted(operations)),
    )


def _operations(f: Function, structure: Any, leaves: Leaves, args: tuple[Any, ...], offered: Offers) -> Any:
    """The operations that f runs, a set of names, or `None`."""

    def of_leaves(*leaves: Any) -> Any:
        return f(offered.unflatten(structure, leaves), *args)

    find = functools.partial(operations_of, offered, of_leaves, leaves)
    attempt = offered.attempts()
    return find() if attempt is None else undone(attempt, find)


def _measured(one: Explained, offered: Offers, operations: Set[str]) -> Explained:
    """The same with what was never measured."""
    if one.status == "refused":
        return one
    code = one.taken or (offered.candidates[0].code if one.nesting == "auto" else one.nesting)
    return replace(one, unmeasured=unmeasured(offered.name, Nesting(code), operations))


def _explained(f: Function, x: Tree, ones: Tree, args: tuple[Any, ...], code: str, offered: Offers) -> Explained:
    options: Options = {"backend": offered.backend}
    attempt = offered.attempts()
    with recorded() as emulations, Listening() as rules, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", NestingFallbackWarning)
        try:
            directions = 1 if code == "auto" else Nesting(code).directions
            evaluate = functools.partial(_operator(f, code, options), x, *[ones] * directions, *args)
            if attempt is None:
                evaluate()
            else:
                undone(attempt, evaluate)
        except (UnsupportedNestingError, EngineError) as refused:
            return _refused(code, refused)
    taken = next((one.message.nesting.code for one in caught if isinstance(one.message, NestingFallbackWarning)), None)
    repairs = tuple(sorted({emulation.operation for emulation in emulations}))
    held = tuple(dict.fromkeys(rules.heard))
    return Explained(code, "repaired" if repairs else "runs", taken, repairs, held, rules.verified)


def _operator(f: Function, code: str, options: Options) -> Any:
    if code == "auto":
        return hvp(f, **options)
    return gradient(f, **options) if code == "R" else derivative(f, code, **options)


def _refused(code: str, refused: UnsupportedNestingError | EngineError) -> Explained:
    by, reason = None, str(refused.args[0])
    if isinstance(refused, UnsupportedNestingError):
        by, reason = refused.operation, refused.reason
    return Explained(
        code,
        "refused",
        operation=by,
        where=_line(refused.__cause__ or refused),
        reason=reason,
        use=refused.use.code if refused.use else None,
        instead=refused.instead,
    )


def _line(error: BaseException) -> str | None:
    """The innermost line of neither nestgrad's nor an engine's that the error came through."""
    frames = [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    for frame, line in reversed(frames):
        module = str(frame.f_globals.get("__name__", ""))
        if not module.startswith(_NOT_THE_USERS) and owner([module]) is None:
            return f"{frame.f_code.co_filename}:{line}"
    return None


_NOT_THE_USERS = ("nestgrad", "contextlib", "functools", "optree", "importlib")
