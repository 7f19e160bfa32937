"""The texts of modules: found by their spec and parsed; neither they nor the packages they are in are imported."""

from __future__ import annotations

import ast
import copy
import importlib.util
from collections.abc import Iterable, Iterator
from importlib.machinery import ModuleSpec, PathFinder

Imports = (ast.Import, ast.ImportFrom)
Functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
Named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_SCOPES = (*Named, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def spec(module: str) -> ModuleSpec | None:
    """Where a module is; None if there is none."""
    root, *parts = module.split(".")
    try:
        found = importlib.util.find_spec(root)
    except ValueError:  # a script has none
        return None
    for part in parts:
        if found is None or found.submodule_search_locations is None:
            return None
        found = PathFinder.find_spec(f"{found.name}.{part}", found.submodule_search_locations)
    return found


def text(found: ModuleSpec | None) -> str | None:
    """The text of a module; None if there is none, or none in Python."""
    read = getattr(found.loader, "get_source", None) if found is not None else None
    source: str | None = read(found.name) if read is not None and found is not None else None
    return source


def statements(module: str) -> list[ast.stmt]:
    """The statements of a module that is known to have a text, for the caller to change."""
    source = text(spec(module))
    assert source is not None
    return without_rows(ast.parse(source)).body


def without_rows(tree: ast.Module) -> ast.Module:
    """The module without what says which scenarios its functions are: `@row(…)` is no part of a function."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = [one for one in node.decorator_list if row_of(one) is None]
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and row_of(node.value.func) is not None:
            node.value = node.value.args[0]
    return tree


def rows(node: ast.stmt) -> Iterator[tuple[str, ast.Call]]:
    """The rows above a function, or around one that is made by a call: `f = row(…)(made(…))`; with its name."""
    if isinstance(node, ast.FunctionDef):
        called: list[tuple[str, ast.expr]] = [(node.name, one) for one in node.decorator_list]
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
        called = [(ast.unparse(node.targets[0]), node.value.func)]
    else:
        return
    for name, one in called:
        call = row_of(one)
        if call is not None:
            yield name, call


def row_of(decorator: ast.expr) -> ast.Call | None:
    """The call of `row` that a decorator is; None if it is none."""
    is_row = isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "row"
    return decorator if is_row else None  # type: ignore[return-value]


def read(node: ast.AST) -> set[str]:
    """The names that a part of a module mentions."""
    return {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}


def bound(statement: ast.stmt) -> set[str]:
    """The names that a statement of a module defines or acts on."""
    return defined(statement) | acted_on(statement)


def defined(statement: ast.stmt) -> set[str]:
    """The names that a statement of a module gives a value to."""
    nodes = [*_at_once(statement)]
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return names.union(node.name for node in nodes if isinstance(node, Named))


def acted_on(statement: ast.stmt) -> set[str]:
    """The names whose values a statement of a module may change.

    `f.rule(…)`, `define_rule(f, …)`, `@f.rule` and `f.rule = …` add to what f is, and `table[key] = …` to the table.
    """
    names: set[str] = set()
    for node in _at_once(statement):
        if isinstance(node, Named):
            decorators = (one.func if isinstance(one, ast.Call) else one for one in node.decorator_list)
            names |= _roots(one for one in decorators if isinstance(one, ast.Attribute))
        elif isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
            names |= _roots([node])
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            method = [node.value.func] if isinstance(node.value.func, ast.Attribute) else []
            names |= _roots([*method, *node.value.args, *(keyword.value for keyword in node.value.keywords)])
        elif isinstance(node, ast.For):  # of `for f in (g, h): define_rule(f, …)` they are g and h
            names |= read(node.iter)
    return names


def _at_once(node: ast.AST) -> Iterator[ast.AST]:
    """What runs with the module and in its scope: no bodies of functions, no comprehensions."""
    yield node
    if not isinstance(node, _SCOPES):
        for child in ast.iter_child_nodes(node):
            yield from _at_once(child)


def _roots(nodes: Iterable[ast.AST]) -> set[str]:
    """What chains of attributes and items begin with, where that is a name."""
    return {root.id for root in map(_root, nodes) if isinstance(root, ast.Name)}


def _root(node: ast.AST) -> ast.AST:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node


def makes_generator(statement: ast.stmt) -> bool:
    """Whether a statement makes a random generator: what is drawn from it depends on what was drawn before."""
    value = statement.value if isinstance(statement, ast.Assign) else None
    return isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] in ("default_rng", "generator")


def printed(node: ast.stmt) -> str:
    """A statement without comments, docstrings and imports, as every version of Python prints it."""
    return ast.unparse(_Plain().visit(copy.deepcopy(node)))


class _Plain(ast.NodeTransformer):
    def generic_visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, Named) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        return super().generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        """Drop it: what its names stand for is told beside the text."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Drop it as well."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """Its parts: ast.unparse of 3.11 to 3.14 differs in f-strings alone."""
        return ast.Tuple([self.visit(value) for value in node.values], ast.Load())

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        """What is formatted, and how."""
        form = ast.Constant(None) if node.format_spec is None else self.visit(node.format_spec)
        return ast.Tuple([self.visit(node.value), ast.Constant(node.conversion), form], ast.Load())
