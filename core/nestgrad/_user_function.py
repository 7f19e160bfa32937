"""The user's function as backends get it: of flat leaves, its output checked."""

from __future__ import annotations

from typing import Any

from ._inputs import check_scalar, split_aux
from ._layout import Layout
from .typing import Array, Function


class UserFunction:
    """A scalar function of the leaves of what is differentiated, the other arguments held.

    Attributes:
        function: what the user wrote.
        others, kwargs: the arguments that are held. For a backend that remembers what it has seen of a function:
            with the same ones, and inputs of the same structures and shapes, the same thing may be expected of it.
        layout: to which arguments the leaves belong.
    """

    __slots__ = ("_has_aux", "_name", "function", "kwargs", "layout", "others")

    def __init__(
        self,
        function: Function,
        layout: Layout,
        others: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        *,
        has_aux: bool = False,
        name: str = "The function",
    ) -> None:
        self.function, self.layout, self.others, self.kwargs = function, layout, others, kwargs or {}
        self._has_aux, self._name = has_aux, name

    def __call__(self, *leaves: Array) -> Any:
        """What the function returns for these leaves: a scalar, or `(scalar, aux)`."""
        output = self.function(*self.layout.arguments(leaves, self.others), **self.kwargs)
        value = split_aux(output, self._has_aux)[0]
        check_scalar(self.layout.offers.backend, value, self._name, like=leaves[0])
        return output
