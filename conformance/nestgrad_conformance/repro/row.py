"""The text of a row of tier `ops`: the call that it makes, and the number that is made of what comes back."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from types import CodeType
from typing import Any

import numpy as np

from nestgrad_conformance.report.schema import ReportError
from nestgrad_conformance.scenarios import Scenario
from nestgrad_conformance.scenarios._text import read, statements
from nestgrad_conformance.scenarios.ops._row import Call, Named, Row, weights

from .inline import Inlined, add, inlined

_NUMBER = """\
def number(xp, y, weights):
    t = y * xp.asarray(weights, dtype=y.dtype)
    return xp.sum(t * (1 + t * (0.5 + t / 6)))
"""


def row(scenario: Scenario) -> Inlined:
    """The text of a row's function of `(xp, x)`.

    Raises:
        ReportError: the call of the row is made by other code.
    """
    arrays = scenario.x(0) if isinstance(scenario.x(0), tuple) else (scenario.x(0),)
    text = Inlined("row")
    called = _called(text, _of(scenario.function), "*x" if isinstance(scenario.x(0), tuple) else "x")
    with np.errstate(all="ignore"):
        outputs = _of(scenario.reference or scenario.function)(np, *arrays)
    text.body += ast.parse(_NUMBER + _row(called, outputs)).body
    return text


def _of(function: Any) -> Call:
    """The call of a row, from the function that weighs what it gives."""
    if not isinstance(function, Row):
        raise ReportError(f"{function!r} is no row of the table.")
    return function.call


def _row(called: str, outputs: Any) -> str:
    if not isinstance(outputs, (tuple, list)) and not np.iscomplexobj(outputs):
        return f"def row(xp, x): return {_number(called, outputs)}"
    if not isinstance(outputs, (tuple, list)):
        return f"def row(xp, x):\n    y = {called}\n    return {_number('y', outputs)}"
    parts = " + ".join(_number(f"y[{place}]", output) for place, output in enumerate(outputs))
    return f"def row(xp, x):\n    y = {called}\n    return {parts}"


def _number(y: str, output: Any) -> str:
    if not np.size(output):
        return f"number(xp, {y}, 1.0)"  # a list does not tell (0, 3) from (0,)
    if not np.iscomplexobj(output):
        return f"number(xp, {y}, {weights(np.shape(output))})"
    return f"number(xp, xp.stack([xp.real({y}), xp.imag({y})]), {weights((2, *np.shape(output)))})"


def _called(text: Inlined, call: Callable[..., Any], x: str) -> str:
    """The expression that makes the call; what it needs is added to the text."""
    if isinstance(call, Named):
        after = [*map(_text, call.then), *(f"{name}={_text(value)}" for name, value in call.keywords.items())]
        return f"xp.{call.function}({', '.join([x, *after])})"
    if call.__name__.isidentifier():
        needed = inlined(call)
        text.imports += needed.imports
        text.body += needed.body
        return f"{call.__name__}(xp, {x})"
    node = _lambda(call)
    add(text, call.__module__, read(ast.Expr(node)), bare=False)
    return f"({ast.unparse(node)})(xp, {x})"


def _text(value: Any) -> str:
    infinite = isinstance(value, float) and not np.isfinite(value)
    return f"float({str(value)!r})" if infinite else repr(value)


def _lambda(call: Callable[..., Any]) -> ast.Lambda:
    code = call.__code__
    for node in _lambdas(statements(call.__module__), code.co_firstlineno):
        (compiled,) = (one for one in _compiled(node).co_consts if isinstance(one, CodeType))
        if compiled.co_names == code.co_names and compiled.co_consts == code.co_consts:
            return node
    raise ReportError(f"{call!r} is made by other code and has no text of its own.")


def _lambdas(nodes: Iterable[ast.AST], line: int) -> list[ast.Lambda]:
    return [one for node in nodes for one in ast.walk(node) if isinstance(one, ast.Lambda) and one.lineno == line]


def _compiled(node: ast.Lambda) -> CodeType:
    return compile(ast.fix_missing_locations(ast.Expression(node)), "row", "eval")
