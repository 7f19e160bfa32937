"""The text of a scenario's code, with all of its package that it uses."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from ._errors import ScenarioError
from ._modules import Piece, load, root

Code = Callable[..., Any] | str


def source(*codes: Code) -> str:
    """The texts of functions, and of all that they use in the package of the first, wherever it stands there.

    A function is given itself or as `"module:name"`; neither the package nor an engine is imported. What a function
    has from where it was made is told too: functions by their texts, numbers and strings as they are, not arrays.
    Comments, docstrings and layout make no difference, nor where in the package something stands.

    Raises:
        ScenarioError: a function has no text in a module's file.
    """
    return str(_Source(codes))


class _Source:
    """Texts by number, in the order of first use; below each is said what its names stand for."""

    def __init__(self, codes: tuple[Code, ...]) -> None:
        self._root = root(_owner(codes[0]))
        self._numbers: dict[int, str] = {}
        self._kept: list[Any] = []  # what has a number: its id is not given to another
        self._texts: list[str] = []
        self._first = " ".join([self._named(code) if isinstance(code, str) else self._told(code) for code in codes])

    def __str__(self) -> str:
        return "\n".join((*self._texts, f"# {self._first}"))

    def _named(self, code: str) -> str:
        name, _, attribute = code.partition(":")
        module = load(name)
        found = [] if module is None else [*module.meaning((attribute,), frozenset())]
        if not found:
            raise _missing(code)
        return self._all(found)

    def _told(self, value: Any) -> str:
        """What is said of a value: the number of its text, the value itself, or its name."""
        if isinstance(value, float):
            return f"{value:.6e}"
        if value is None or isinstance(value, (str, int)):
            return repr(value)
        held = _held(value)
        if held is not None:
            return f"{type(value).__name__}({', '.join(f'{name}={self._told(one)}' for name, one in held.items())})"
        if root(_home(value)) != self._root:
            return self._foreign(value)
        if isinstance(value, FunctionType):
            return self._function(value)
        if isinstance(value, type):
            return self._named(f"{value.__module__}:{value.__qualname__.partition('.')[0]}")
        return self._numbered(value, lambda: [self._told(type(value)), *self._links(_attributes(value))])

    def _foreign(self, value: Any) -> str:
        """The name of what is in another package, with functions of ours that it was put around."""
        held = _given(value) if isinstance(value, FunctionType) else _attributes(value)
        ours = (one for one in held.values() if isinstance(one, FunctionType) and root(_owner(one)) == self._root)
        return " ".join((getattr(value, "__name__", type(value).__name__), *map(self._told, ours)))

    def _function(self, function: FunctionType) -> str:
        module = load(_home(function))
        piece = None if module is None else module.function(function)
        if piece is None:
            raise _missing(function)
        given = _given(function)
        return self._numbered(function if given else piece, lambda: [*self._lines(piece), *self._links(given)])

    def _all(self, found: Iterable[Piece | str]) -> str:
        """The numbers of pieces, and the names of what is in other packages."""
        return " ".join([one if isinstance(one, str) else self._piece(one) for one in found])

    def _piece(self, piece: Piece) -> str:
        return self._numbered(piece, lambda: self._lines(piece))

    def _lines(self, piece: Piece) -> Iterator[str]:
        yield piece.text
        for written, found in piece.links:
            yield f"# {written}: {self._all(found)}"

    def _links(self, values: dict[Any, Any]) -> Iterator[str]:
        for name, value in values.items():
            yield f"# {name}: {self._told(value)}"

    def _numbered(self, key: Any, lines: Callable[[], Iterable[str]]) -> str:
        """The number of a text; it has one before its lines are made, so that uses in a circle end."""
        if id(key) not in self._numbers:
            self._numbers[id(key)] = f"#{len(self._kept)}"
            self._kept.append(key)
            self._texts.append("")
            self._texts[int(self._numbers[id(key)][1:])] = "\n".join(lines())
        return self._numbers[id(key)]


def _owner(code: Code) -> str:
    """The module that a function says it is of: of one that functools.wraps has made, that of what is inside."""
    if isinstance(code, str):
        return code.partition(":")[0]
    return _owner(code.func) if isinstance(code, partial) else str(code.__module__)


def _home(value: Any) -> str:
    """The module that a value, or its class, is written in."""
    if isinstance(value, FunctionType):
        return str(value.__globals__.get("__name__"))
    return str(getattr(value, "__module__", None) or type(value).__module__)


def _held(value: Any) -> dict[Any, Any] | None:
    """What a container holds, and what a function is called with or on."""
    if isinstance(value, partial):
        return {"function": value.func, "arguments": value.args, **value.keywords}
    if isinstance(value, MethodType):
        return {"function": value.__func__, "self": value.__self__}
    if type(value) in (tuple, list):
        return dict(enumerate(value))
    return value if type(value) is dict else None


def _given(function: FunctionType) -> dict[str, Any]:
    """What a function has from where it was made: its defaults, and what it closes over as far as that is known."""
    code = function.__code__
    defaults = function.__defaults__ or ()
    given = dict(zip(code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount], defaults, strict=True))
    given |= function.__kwdefaults__ or {}
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):
            given[name] = cell.cell_contents
    return given


def _attributes(value: Any) -> dict[str, Any]:
    return dict(getattr(value, "__dict__", {}))


def _missing(code: Any) -> ScenarioError:
    return ScenarioError(f"{code!r} has no text in the file of a module, which a digest is of: write it there.")
