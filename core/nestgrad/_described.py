"""What an operator says of itself: to `help`, to editors, to `inspect`, and to engines that ask for a signature."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from inspect import Parameter
from typing import Any, Generic, TypeVar

from ._definition import Definition
from ._public import documentation
from .typing import Function

T = TypeVar("T")


class _Told(Generic[T]):
    """An attribute of objects that is made when somebody asks for it. Their class has none."""

    def __init__(self, tell: Callable[[Any], T]) -> None:
        self._tell = tell

    def __get__(self, of: Any, kind: type) -> T:
        if of is None:
            raise AttributeError("only the objects of this class have it")
        return self._tell(of)


class _Documentation(_Told[str]):
    """The docstring of objects; their class keeps its own."""

    def __init__(self, tell: Callable[[Any], str], of_class: str | None) -> None:
        super().__init__(tell)
        self._of_class = of_class

    def __get__(self, of: Any, kind: type) -> Any:
        return self._of_class if of is None else super().__get__(of, kind)


class Described:
    """A derivative of f with the attributes of a function that wraps f. Nothing of it is computed before it is asked.

    Only `__qualname__` is not here: a class may not define that of its objects.
    """

    _f: Function
    _definition: Definition

    def __init_subclass__(cls) -> None:
        cls.__doc__ = _Documentation(_documented, cls.__doc__)  # type: ignore[assignment]

    @_Told
    def __wrapped__(self) -> Function:
        if self._definition.directions or self._definition.keywords:
            # whoever unwraps takes the parameters of what he finds for those of the call, as torch.fx does
            raise AttributeError("this operator has other parameters than f")
        return self._f

    @_Told
    def __name__(self) -> str:
        return self._definition.name

    @_Told
    def __signature__(self) -> inspect.Signature:
        definition = self._definition
        return signature(self._f, definition.directions, definition.argnums, definition.keywords)

    def __repr__(self) -> str:
        return f"<nestgrad.{self._definition.name} of {name_of(self._f)}>"


def _documented(operator: Described) -> str:
    name = operator._definition.name
    return f"{name}({name_of(operator._f)}){operator.__signature__}\n\n{documentation(name)}"


def name_of(f: Function) -> str:
    """The name of a function; of an operator's also what it is of."""
    if isinstance(f, Described):
        return f"{f._definition.name}({name_of(f._f)})"
    if isinstance(f, functools.partial):
        return name_of(f.func)
    return getattr(f, "__qualname__", None) or repr(f)


def signature(
    f: Function, directions: int, argnums: tuple[int, ...] = (0,), keywords: tuple[str, ...] = ()
) -> inspect.Signature:
    """The signature of an operator: that of f, with the directions behind its first argument, and its own keywords.

    What is differentiated, and what is in front of it, is told by position and has to be there.

    Example:
        >>> signature(lambda x, scale=1.0: scale * x, directions=1)
        <Signature (x, v, /, scale=1.0)>
    """
    given = _parameters(f)
    taken = [one.name for one in given]
    count = max(1, 1 + max(argnums))
    leading = [
        one.replace(kind=Parameter.POSITIONAL_ONLY, default=Parameter.empty)
        for one in given[:count]
        if one.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    ]
    rest = given[len(leading) :]
    x, *others = leading or [Parameter(_free("x", taken), Parameter.POSITIONAL_ONLY)]
    names = ["v"] if directions == 1 else [f"v{i}" for i in range(1, directions + 1)]
    own = [Parameter(name, Parameter.KEYWORD_ONLY, default=()) for name in keywords if name not in taken]
    end = len(rest) - (bool(rest) and rest[-1].kind is Parameter.VAR_KEYWORD)
    directed = (x.replace(name=_free(name, taken)) for name in names)
    return inspect.Signature([x, *directed, *others, *rest[:end], *own, *rest[end:]])


def _parameters(f: Function) -> list[Parameter]:
    try:
        return [*inspect.signature(f).parameters.values()]
    except (TypeError, ValueError):  # it has none, being written in C
        return [Parameter("args", Parameter.VAR_POSITIONAL), Parameter("kwargs", Parameter.VAR_KEYWORD)]


def _free(name: str, taken: list[str]) -> str:
    """The name, or one like it where f has a parameter of that name."""
    return name if name not in taken else _free(f"{name}_", taken)
