"""An operator's call as one program of the engine: containers, checks and all, with the engine's own dispatch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._arguments import named_arguments
from ._claims import leaves_of
from ._definition import Definition
from ._errors import NestgradError
from ._offers import Offers
from ._opening import is_static
from .typing import Function

_MAX_PROGRAMS = 128


class UnhashableError(NestgradError, TypeError):
    """What is given to f besides would be part of a compiled program, which is found by it, and has no hash."""


class WholeCall:
    """A function of a call's arguments, compiled by the engine with the containers and numbers in them."""

    def __init__(
        self, call: Function, definition: Definition, offers: Offers, compiler: Callable[[Function], Function]
    ) -> None:
        self._call, self._definition, self._offers, self._compile = call, definition, offers, compiler
        self.traced = compiler(call)
        """The program of calls in which nothing is static."""
        self._programs: dict[Any, Function] = {}

    def __call__(self, *arguments: Any, **kwargs: Any) -> Any:
        """What the function gives; errors are those of `program` and of the engine."""
        return self.program(arguments, kwargs)()

    def program(self, arguments: tuple[Any, ...], kwargs: dict[str, Any]) -> Callable[[], Any]:
        """What evaluates a call, by a program for what is static among its leaves.

        Raises:
            TypeError: something static cannot be hashed; its path is named.
        """
        leaves, structure = self._offers.flatten((arguments, kwargs))
        static = {place: leaf for place, leaf in enumerate(leaves) if is_static(type(leaf))}
        if not static:
            return lambda: self.traced(*arguments, **kwargs)
        try:
            key = structure, tuple((place, type(leaf), leaf) for place, leaf in static.items())
            program = self._programs.get(key)
        except TypeError:
            raise self._unhashable(arguments, kwargs) from None
        if program is None:
            if len(self._programs) >= _MAX_PROGRAMS:
                self._programs.clear()
            program = self._programs[key] = self._compile(self._with_static(static, structure))
        traced = [leaf for place, leaf in enumerate(leaves) if place not in static]
        return lambda: program(traced)

    def _with_static(self, static: dict[int, Any], structure: Any) -> Function:
        """The call as a function of the leaves that are traced, in a row."""

        def call(traced: list[Any]) -> Any:
            rest = iter(traced)
            count = len(traced) + len(static)
            leaves = tuple(static[place] if place in static else next(rest) for place in range(count))
            arguments, kwargs = self._offers.unflatten(structure, leaves)
            return self._call(*arguments, **kwargs)

        return call

    def _unhashable(self, arguments: tuple[Any, ...], kwargs: dict[str, Any]) -> UnhashableError:
        named = leaves_of(named_arguments(self._definition, arguments, kwargs))
        path, leaf = next((path, leaf) for path, leaf in named if is_static(type(leaf)) and not _is_hashable(leaf))
        return UnhashableError(
            f"{path} is a {type(leaf).__name__}, which is part of the compiled program and cannot be hashed. "
            "Pass something that can be, or capture it in f."
        )


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
