"""The transform object: what every operator of the user API returns."""

from __future__ import annotations

import functools
from typing import Any, Literal, Self, TypedDict, TypeVar

from ._arguments import Call, named_arguments
from ._attempts import Attempts
from ._definition import Definition
from ._described import Described
from ._modules import HELD, OfArrays, open_modules
from ._offers import offers
from ._opening import Opening, open_and_learn
from ._outcome import of_outcome
from ._plan import MAX_KEPT, execution_of
from ._public import unknown_keyword
from ._registry import embedded, get_backend
from ._select import ABOUT_ARGUMENTS, Named, explain, select, told_by_types
from ._spec import Backend
from ._unconverted import unconverted
from .typing import Function

Made = TypeVar("Made", bound="Operator")


class Options(TypedDict, total=False):
    """The keywords that every operator takes."""

    backend: str | Backend | None
    """A name or a backend; by default the one whose arrays appear in the call, or else in what f returns."""
    compile: bool | str
    """Compile the derivative with the engine's own compiler, or with the one that is named (`"compiled"`,
    `"traced"`, `"xla"`) where it has several; what f captures is then frozen."""
    has_aux: bool
    """f returns `(value, aux)`, and the operator `(result, aux)`."""
    verify: bool | Literal["always"] | None
    """Whether what is computed is compared with differences of f's own gradient, and when: `None` at the first call, if
    f holds a derivative of the user's own; `True` at the first call of any f; `"always"` at every call, at which
    nothing that was seen of f before is relied upon either; `False` never."""


@unconverted
class Operator(Described):
    """A derivative of f, to be evaluated as `op(x, *directions, *args, **kwargs)`.

    A call looks up by the types of its arguments how they are opened and by which plan they are evaluated: backend,
    nesting, route and checks are decided at the first call of these types. All that lives on this object, is bounded
    in number and dies with it. First calls, and those that a plan refuses, are seen to by `Attempts`.
    """

    _selected: Backend | None = None
    """The backend, where another operator has selected it."""

    def __init__(
        self,
        f: Function,
        definition: Definition,
        *,
        backend: str | Backend | None = None,
        compile: bool | str = False,  # noqa: A002
        has_aux: bool = False,
        verify: bool | Literal["always"] | None = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise unknown_keyword(definition.name, next(iter(unknown)), Options.__annotations__)
        if not callable(f):
            raise TypeError(f"{definition.name} takes a function; got {f!r}.")
        if verify not in (None, True, False, "always"):
            raise TypeError(f"verify is None, True, False or 'always'; got {verify!r}.")
        if verify is True and not definition.is_verified:
            raise TypeError(
                f"verify=True: what {definition.name} gives is not verified. gradient, hvp, gradient_and_hvp, "
                "nested_gradient, hessian, hessian_diagonal, laplacian and nestings of order 1 and 2 are."
            )
        self._f, self._definition, self._backend = f, definition, backend
        self.__qualname__ = definition.name
        self._decided: dict[str, Any] = {"execution": execution_of(compile), "has_aux": has_aux, "verify": verify}
        self._known: dict[Any, tuple[Opening, Attempts] | None] = {}
        self._attempts: dict[int, Attempts] = {}
        self._found: Backend | None = None

    def __call__(self, /, *arguments: Any, **kwargs: Any) -> Any:
        """Evaluate the derivative; see the operator that made this object."""
        key: Any = tuple(map(type, arguments))
        if kwargs:
            key = (key, *((name, type(value)) for name, value in kwargs.items()))
        known = self._known.get(key)
        if known is not None:
            opening, attempts = known
            plan = attempts.only
            if plan is not None and plan.whole is not None:
                if opening.is_of_types(arguments, kwargs):
                    try:  # `contextlib.suppress` takes three calls of Python: as long as all the rest here
                        return (plan.whole if opening.is_static else plan.whole.traced)(*arguments, **kwargs)
                    except Exception:  # whatever it is, the strict way will say it
                        pass
            else:
                call = opening(arguments, kwargs)
                if call is not None:
                    if plan is None:
                        return attempts(call, kwargs)
                    try:
                        return plan(call, kwargs)
                    except Exception as error:
                        return attempts.after(error, plan, call, kwargs)
        backend, named = self._pick(arguments, kwargs)
        opened = open_modules(self._definition, offers(backend), arguments)
        if opened is not None:
            places, arguments, held = opened
            return self._of_arrays(backend, places)(*arguments, **kwargs, **{HELD: held})
        attempts, call = self._checked(backend, named, key, arguments, kwargs)
        return attempts(call, kwargs)

    def _pick(self, arguments: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Backend, Named]:
        """The backend of a call, and the arguments under their names."""
        named = functools.partial(named_arguments, self._definition, arguments, kwargs)
        by_outcome = functools.partial(self._by_outcome, arguments, kwargs)
        return self._selected or select(self._backend, (*arguments, *kwargs.values()), named, by_outcome), named

    def _of_arrays(self: Self, backend: Backend, places: tuple[int, ...]) -> Self:
        """The same operator, of the arrays that are in modules."""
        key = id(backend), places
        if key not in self._inner:
            f = OfArrays(self._f, offers(backend), places)
            self._inner[key] = inner = self._beside(type(self), f, self._definition, has_aux=self._decided["has_aux"])
            inner._selected = backend
        found: Self = self._inner[key]
        return found

    @functools.cached_property
    def _inner(self) -> dict[Any, Any]:
        return {}

    def _beside(self, kind: type[Made], f: Function, definition: Definition, *, has_aux: bool) -> Made:
        """Another operator with the options of this one."""
        execution, verify = self._decided["execution"], self._decided["verify"]
        compiler = execution != "eager" and execution
        made = kind(f, definition, backend=self._backend, compile=compiler, has_aux=has_aux, verify=verify)
        made._selected = self._selected
        return made

    def _checked(
        self, backend: Backend, named: Named, key: Any, arguments: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Attempts, Call]:
        """What evaluates these arguments, and the arguments, opened with all checks."""
        attempts = self._attempts.get(id(backend))  # which lives as long as they do
        if attempts is None:
            attempts = Attempts(self._f, self._definition, offers(backend), **self._decided)
            self._attempts[id(backend)] = attempts
        if len(self._known) >= MAX_KEPT:
            self._known.clear()
        known = key in self._known
        try:
            call, opening = open_and_learn(self._definition, attempts.offers, key, arguments, kwargs, again=known)
        except ABOUT_ARGUMENTS as error:
            self._found = None  # what was found for a bad call is no use to a good one
            explain(error, self._backend, backend, named)
            raise
        is_told = (
            self._backend is not None
            or self._selected is not None
            or not (call.others or kwargs or not call.layout.bare)
        )
        if not is_told and not told_by_types((*arguments, *kwargs.values())):
            opening = None  # what an engine had to open is looked into at every call
        self._known[key] = None if opening is None else (opening, attempts)
        return attempts, call

    def _by_outcome(self, arguments: tuple[Any, ...], kwargs: dict[str, Any]) -> Backend:
        """The backend of what f returns: f is evaluated for it once."""
        definition = self._definition
        if len(arguments) <= definition.directions:  # too few, which will be the error
            return get_backend(embedded())
        if self._found is None:
            inputs = arguments[:1] + arguments[1 + definition.directions :]
            kwargs = {name: value for name, value in kwargs.items() if name not in definition.keywords}
            self._found = of_outcome(self._f, inputs, kwargs, self._decided["has_aux"], definition.argnums)
        return self._found
