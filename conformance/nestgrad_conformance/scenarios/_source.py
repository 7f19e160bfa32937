"""The text of a scenario's function, with all that it uses of its module: read, not imported."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import textwrap
from collections.abc import Callable, Iterable
from typing import Any


def source(function: Callable[..., Any] | str) -> str:
    """The function's text without comments and docstring; an engine's own is read without importing it."""
    if callable(function):
        return _text(ast.parse(textwrap.dedent(inspect.getsource(function))).body)
    module, _, name = function.partition(":")
    return _text(used(statements(module), {name}))


def statements(module: str) -> list[ast.stmt]:
    """The statements of a module."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    with open(spec.origin, encoding="utf-8") as file:
        return ast.parse(file.read()).body


def used(module: list[ast.stmt], names: set[str]) -> list[ast.stmt]:
    """The statements of a module that define what these names stand for, and all that they use; no imports."""
    imports = [statement for statement in module if isinstance(statement, (ast.Import, ast.ImportFrom))]
    imported = {alias.asname or alias.name for statement in imports for alias in statement.names}
    defining = [(s, bound(s) - imported, read(s) - imported) for s in module if s not in imports]
    wanted, size = set(names), 0
    while len(wanted) > size:
        size = len(wanted)
        wanted |= {used for _, bound, read in defining if bound & wanted for used in read}
    return [statement for statement, bound, _ in defining if bound & wanted]


def read(statement: ast.stmt) -> set[str]:
    """The names that a statement mentions."""
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


def bound(statement: ast.stmt) -> set[str]:
    """The names that a statement of a module defines; `f.rule(...)` and `@f.rule` add to what f is."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return {statement.name}.union(*(read(ast.Expr(decorator)) for decorator in statement.decorator_list))
    if isinstance(statement, ast.Expr):
        return {
            node.value.id
            for node in ast.walk(statement)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        }
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _text(nodes: Iterable[ast.stmt]) -> str:
    texts = []
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = []
            if ast.get_docstring(node) is not None:
                node.body = node.body[1:]
        texts.append(ast.unparse(node))
    return "\n".join(texts)
