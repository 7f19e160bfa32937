"""The refusal of a nesting: why, and which nesting to use instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ._differences import Compared
from ._errors import NestgradError, way_out
from ._nesting import Mode, Nesting


@dataclass(frozen=True)
class Refusal:
    """What a backend recognises in an exception of its engine.

    Attributes:
        operation: the operation that blocks the nesting, as users of the engine know it.
        reason: why, in one sentence.
        use: the code of a nesting that works for this operation, or `None`.
        instead: what else can be done where no nesting works, such as another argument of the operation: a sentence.
    """

    operation: str | None
    reason: str
    use: str | None = None
    instead: str | None = None


def throughout(mode: Mode, nesting: Nesting) -> str | None:
    """The code of the nesting of the same order by this mode alone; `None` if it is the nesting itself.

    Example:
        >>> throughout(Mode.REVERSE, Nesting("FR")), throughout(Mode.REVERSE, Nesting("RR"))
        ('RR', None)
    """
    code = mode.letter * nesting.order
    return None if code == nesting.code else code


class RefusedOperation(Exception):
    """What a backend raises inside of f where it knows the operation, and not the nesting that is being taken.

    Such as a repair that meets what it cannot repair. Whichever operator it leaves makes an `UnsupportedNestingError`
    of it, with the operator's nesting, and does not ask `classify`.

    Args:
        operation: the operation, as users of the engine know it.
        reason: why, in one sentence.
        use: the mode that the operation works in, or `None`.

    Example:
        >>> raise RefusedOperation("expn", "the engine takes the order for a constant.")
        Traceback (most recent call last):
        nestgrad._refusal.RefusedOperation: expn: the engine takes the order for a constant.
    """

    def __init__(self, operation: str, reason: str, use: Mode | None = None) -> None:
        super().__init__(operation, reason, use)
        self._operation, self._reason, self._use = operation, reason, use

    def __str__(self) -> str:
        return f"{self._operation}: {self._reason}"

    def refusal(self, nesting: Nesting) -> Refusal:
        """What it means for this nesting."""
        return Refusal(self._operation, self._reason, self._use and throughout(self._use, nesting))


class DrawnAnew(RefusedOperation):
    """What is raised where f is evaluated along each unit vector, and draws other random numbers each time.

    Core raises it where it sees the values; a `vmap` of a backend does where it knows that it would do so.

    Example:
        >>> DrawnAnew().refusal(Nesting("FR")).use
        'RR'
    """

    def __init__(self) -> None:
        super().__init__("random numbers", _DRAWS, Mode.REVERSE)


_DRAWS = "f is evaluated along each unit vector, and draws others each time; reverse modes alone evaluate it once."


class UnsupportedNestingError(NestgradError, NotImplementedError):
    """The backend refuses this nesting, for this function or altogether.

    Attributes:
        backend: the name of the backend.
        nesting: the nesting that was asked for.
        operation: the operation that blocks it, or `None` if the whole nesting is missing.
        reason: why, in one sentence.
        use: a nesting that works instead, or `None`: tried on the same inputs, where there was a way to try it.
        tried: others that were tried and do not work either.
        instead: what else can be done, or `None`.
        blocks: patterns of the nestings in which the same thing is wrong, whether or not it would be seen there.
    """

    def __init__(
        self,
        *,
        backend: str,
        nesting: Nesting,
        operation: str | None,
        reason: str,
        use: Nesting | None = None,
        tried: tuple[Nesting, ...] = (),
        instead: str | None = None,
        blocks: tuple[str, ...] = (),
    ) -> None:
        self.backend, self.nesting, self.operation, self.reason = backend, nesting, operation, reason
        self.use, self.tried, self.instead, self.blocks = use, tried, instead, blocks
        blocker = f", blocked by {operation!r}" if operation else ""
        refused = f"{backend} refuses {nesting.code!r} ({nesting}){blocker}: {reason}"
        super().__init__(f"{refused}{way_out(use, tried, instead)}")

    def _data(self) -> dict[str, Any]:
        """What the error is made of."""
        return {
            name: getattr(self, name) for name in ("backend", "nesting", "operation", "reason", "blocks", *_WAYS_OUT)
        }

    def advised(
        self, use: Nesting | None = None, tried: tuple[Nesting, ...] = (), instead: str | None = None
    ) -> UnsupportedNestingError:
        """The same, where this nesting was found to work, or these others not to; what else can be done is kept."""
        instead = instead if use else instead or self.instead
        return _rebuilt(type(self), self._data() | {"use": use, "tried": tried, "instead": instead})

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (type(self), self._data())


_WAYS_OUT = ("use", "tried", "instead")


_CHAIN_RULE = (
    "the chain rule multiplies 0 by ∞. Look for a sqrt, norm, log, division or power at the edge of its domain, or "
    "behind a where. If the derivative exists there, rewrite that step (x*x for sqrt(x*x)**2, a where around its input "
    "as well); if not, avoid x."
)


class NotFiniteError(UnsupportedNestingError):
    """The result is not finite, though the inputs and the function's value are.

    Somewhere the chain rule multiplied zero by infinity, as for ‖x‖² written as the square of a square root, at
    x = 0, or for a logarithm that a `where` hides. The derivative may exist all the same. Found where values can
    be seen: not in what was compiled, inside the engine's own jit or vmap, nor on an accelerator, where to look
    would wait for it. There the result is returned as it is.

    Attributes:
        known: what may be why, in sentences: half precision, captured numbers that are not finite, eigenvalues or
            singular values that may be equal. Empty where it is the chain rule, for all that is known.
    """

    def __init__(self, *, backend: str, nesting: Nesting, known: tuple[str, ...] = (), **way_out: Any) -> None:
        self.known = known
        said = " ".join((*known, f"Or {_CHAIN_RULE}")) if known else _CHAIN_RULE  # what is known need not be the reason
        super().__init__(
            backend=backend,
            nesting=nesting,
            operation=None,
            reason=f"the result is not finite, though x and f(x) are: {said}",
            **way_out,
        )

    def _data(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("backend", "nesting", "known", *_WAYS_OUT)}


class VerificationError(UnsupportedNestingError):
    """The result is another number than differences of f's own gradient give.

    f holds a derivative that was written outside of the engine, such as a `jax.custom_jvp`, an `autograd.Function`, a
    `tf.custom_gradient` or a primitive of autograd, and what happens when it is differentiated again is not what f
    does. Or it was asked for, by `verify=True`.

    Attributes:
        rules: the names of the rules of the user's own.
        compared: the number (`found`), what differences give (`expected`), and how far these may be off (`bar`).
    """

    def __init__(
        self, *, backend: str, nesting: Nesting, rules: tuple[str, ...], compared: Compared, **way_out: Any
    ) -> None:
        self.rules, self.compared = rules, compared
        holds = f"f holds rules of your own ({', '.join(rules)}). " if rules else ""
        super().__init__(
            backend=backend,
            nesting=nesting,
            operation=rules[0] if rules else None,
            reason=(
                f"the number is {compared.found:.6g}, and differences of f's own gradient give {compared.expected:.6g} "
                f"± {compared.bar:.1g}. {holds}A rule that is differentiated again must be made of operations that the "
                "engine sees: not under no_grad, on detached or unboxed values, in NumPy, nor by a value that was "
                "computed without the rule. If it is meant, as in a straight-through estimator, pass verify=False."
            ),
            **way_out,
        )

    def again(self) -> VerificationError:
        """The same error, to be raised once more."""
        return VerificationError(**self._data())

    def _data(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("backend", "nesting", "rules", "compared", *_WAYS_OUT)}


def _rebuilt(kind: type[UnsupportedNestingError], data: dict[str, Any]) -> UnsupportedNestingError:
    return kind(**data)
