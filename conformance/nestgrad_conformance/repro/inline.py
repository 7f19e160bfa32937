"""The text of a scenario's function, standing alone: with all of ours that it uses, and with the imports it needs."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from nestgrad_conformance.report.schema import ReportError
from nestgrad_conformance.scenarios._text import bound, makes_generator, read, statements

from .inputs import WIDTH

_OURS = "nestgrad"
_GENERATOR = (
    "numpy.random.default_rng(numpy.frombuffer(hashlib.sha256({key}).digest(), 'u4'))"  # what our `generator` is
)


@dataclass
class Inlined:
    """A function's text.

    Attributes:
        name: what the text calls it.
        imports: the lines that import what it needs, of others alone.
        body: its statements, those that a statement uses before it.
    """

    name: str
    imports: list[ast.stmt] = field(default_factory=list)
    body: list[ast.stmt] = field(default_factory=list)

    def names(self) -> set[str]:
        """All that the text defines."""
        return _names(self.imports) | set().union(*map(bound, self.body))

    def lines(self) -> tuple[list[str], list[str]]:
        """The lines of the imports, and those of the body."""
        imports, body = (
            dict.fromkeys(map(ast.unparse, map(ast.fix_missing_locations, part))) for part in (self.imports, self.body)
        )
        return [*imports], [line for text in body for line in _short(list(filter(str.strip, text.splitlines())))]


def inlined(function: Callable[..., Any] | str) -> Inlined:
    """The text of a scenario's function.

    Raises:
        ReportError: the function has no text of its own, or uses nestgrad itself.
    """
    if isinstance(function, str):
        module, _, name = function.partition(":")
        found = Inlined(name)
        add(found, module, {name}, bare=False)
        return found
    name = getattr(function, "__qualname__", "")
    if not name.isidentifier():
        raise ReportError(f"{name or function!r} is made by other code and has no text of its own.")
    found = Inlined(name)
    add(found, function.__module__, {name}, bare=True)
    return found


def keyword(function: Callable[..., Any] | str, name: str) -> str:
    """The text of a lambda that the decorator of a function is given under this name.

    Raises:
        ReportError: there is none, or it uses more than its arguments.
    """
    texts = statements(function.__module__) if callable(function) else []
    lambdas = [
        given.value
        for text in texts
        if isinstance(text, ast.FunctionDef) and callable(function) and text.name == function.__name__
        for decorator in text.decorator_list
        if isinstance(decorator, ast.Call)
        for given in decorator.keywords
        if given.arg == name and isinstance(given.value, ast.Lambda)
    ]
    if not lambdas or not read(ast.Expr(lambdas[0])) <= _arguments(lambdas[0]):
        raise ReportError(f"{function} has no {name} that a script could hold.")
    return ast.unparse(lambdas[0])


def _arguments(function: ast.Lambda) -> set[str]:
    return {argument.arg for argument in ast.walk(function) if isinstance(argument, ast.arg)}


def add(found: Inlined, module: str, names: set[str], *, bare: bool) -> None:
    """Add what `names` need of a module; `bare`: without decorators, which there make scenarios of functions."""
    texts = [_Plain(bare).visit(statement) for statement in statements(module)]
    if any(ast.unparse(text) == "import numpy as np" for text in texts):
        texts = [_Numpy().visit(text) for text in texts]
    kept = _with_draws(texts, names)
    wanted = names.union(*map(read, kept))
    if "hashlib" in wanted:
        found.imports += [ast.Import([ast.alias(name)]) for name in ("hashlib", "numpy")]
    for statement in texts:
        if not isinstance(statement, (ast.Import, ast.ImportFrom)):
            continue
        aliases = [alias for alias in statement.names if (alias.asname or alias.name.partition(".")[0]) in wanted]
        home = _home(statement, module)
        if aliases and home.startswith(_OURS):
            if isinstance(statement, ast.Import) or any(alias.asname for alias in aliases):
                raise ReportError(f"{module} uses {home}, which a script for the engine alone cannot.")
            add(found, home, {alias.name for alias in aliases}, bare=False)
        elif aliases and home != "__future__":
            found.imports += _importing(statement, aliases)
    found.body += kept


def _with_draws(texts: list[ast.stmt], names: set[str]) -> list[ast.stmt]:
    """The statements that `names` need, and those that act on what they define.

    A random generator has a state: all that is drawn from it before them is needed. A call such as `defvjp(f, rule)`
    gives f its rule.
    """
    kept = _used(texts, names)
    drawn_from = {name for statement in kept if makes_generator(statement) for name in bound(statement)}
    drawing = [text for text in texts if isinstance(text, ast.Assign) and read(text) & drawn_from]
    last = max((place for place, text in enumerate(drawing) if text in kept), default=-1)
    draws = {name for text in drawing[: last + 1] for name in bound(text)}
    kept = _used(texts, names | draws)
    defined = set().union(*map(bound, kept)) - _names(texts)
    calls = [text for text in texts if isinstance(text, ast.Expr) and read(text) & defined]
    kept = _used(texts, names.union(draws, *map(read, calls)))
    return [text for text in texts if text in kept or text in calls]


def _used(module: list[ast.stmt], names: set[str]) -> list[ast.stmt]:
    """The statements of a module that define what these names stand for, and all that they use; no imports."""
    imports = [statement for statement in module if isinstance(statement, (ast.Import, ast.ImportFrom))]
    imported = {alias.asname or alias.name for statement in imports for alias in statement.names}
    defining = [(s, bound(s) - imported, read(s) - imported) for s in module if s not in imports]
    wanted, size = set(names), 0
    while len(wanted) > size:
        size = len(wanted)
        wanted |= {used for _, bound, read in defining if bound & wanted for used in read}
    return [statement for statement, bound, _ in defining if bound & wanted]


def _importing(statement: ast.Import | ast.ImportFrom, aliases: list[ast.alias]) -> Iterator[ast.stmt]:
    if isinstance(statement, ast.Import):
        yield ast.Import(aliases)
    else:
        yield ast.ImportFrom(statement.module, aliases, 0)


def _home(statement: ast.Import | ast.ImportFrom, module: str) -> str:
    """The full name of the module that is imported from."""
    if isinstance(statement, ast.Import):
        return statement.names[0].name
    relative = "." * statement.level + (statement.module or "")
    return importlib.util.resolve_name(relative, module.rpartition(".")[0])


def _names(imports: Iterable[ast.stmt]) -> set[str]:
    return {
        alias.asname or alias.name.partition(".")[0]
        for statement in imports
        if isinstance(statement, (ast.Import, ast.ImportFrom))
        for alias in statement.names
    }


def _short(lines: list[str]) -> Iterator[str]:
    """The lines, each function of one statement on one of them."""
    pending = iter(zip(lines, [*lines[1:], ""], [*lines[2:], "", ""], strict=False))
    for line, body, behind in pending:
        inside = _depth(body) > _depth(line) >= _depth(behind)
        if line.lstrip().startswith("def ") and inside and len(line) + len(body.lstrip()) < WIDTH:
            yield f"{line} {body.lstrip()}"
            next(pending)
        else:
            yield line


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


class _Plain(ast.NodeTransformer):
    """Without docstrings and annotations; if `bare`, without decorators."""

    def __init__(self, bare: bool) -> None:
        self.bare = bare

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Drop the docstring, the type of the result, and perhaps decorators."""
        node.returns = None
        if self.bare:
            node.decorator_list = []
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Drop the docstring."""
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Spell out our own random generator."""
        if ast.unparse(node.func) == "generator":
            key = "/".join(str(ast.literal_eval(argument)) for argument in node.args)
            return ast.parse(_GENERATOR.format(key=key.encode()), mode="eval").body
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """Drop what is said of an argument's type."""
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Drop what is said of a variable's type."""
        value = self.generic_visit(node).value  # type: ignore[attr-defined]
        return ast.Assign([node.target], value, lineno=node.lineno) if value is not None else ast.Pass()


class _Numpy(ast.NodeTransformer):
    """`np` under its own name, by which a script imports it anyhow."""

    def visit_Import(self, node: ast.Import) -> ast.AST:
        """Import it so."""
        return ast.Import([ast.alias("numpy")]) if ast.unparse(node) == "import numpy as np" else node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Call it so."""
        return ast.Name("numpy", node.ctx) if node.id == "np" else node
