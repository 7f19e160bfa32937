"""The modules of a package as texts that use one another: what a name in one of them stands for, wherever that is.

A use is followed from statement to statement: names, `module.name`, imports of every form, names that an `__init__`
hands on. A module that is used as a whole, as in `getattr(module, name)`, counts as a whole. Other packages are not
entered. What is found by its name alone, as by `globals()[name]` or `importlib.import_module(name)`, is not seen.
"""

from __future__ import annotations
import __future__

import ast
import copy
import dis
import functools
import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import NamedTuple

from . import _text

Chain = tuple[str, ...]
"""A name and the attributes that are taken of it."""
Seen = frozenset[Chain]
"""What is being looked up, so that imports in a circle end."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_GLOBAL = ("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS")


class _Import(NamedTuple):
    """What an import binds a name to: a module, or what is called `name` in it."""

    module: str
    name: str | None


@dataclass(frozen=True, eq=False)
class Piece:
    """A statement of a module, or a function inside of one, which takes the names `outer` from functions around it."""

    module: Module
    node: ast.stmt
    outer: Chain = ()

    @functools.cached_property
    def text(self) -> str:
        """The text, without what changes nothing."""
        return _text.printed(self.node)

    @functools.cached_property
    def links(self) -> list[tuple[str, list[Piece | str]]]:
        """What the text uses, as it writes it, and what that stands for: pieces, or names in other packages."""
        imports = _imports(ast.walk(self.node), self.module)
        names = {*_globals(self.node, self.outer), *imports}
        chains = sorted(chain for chain in _chains(self.node) if chain[0] in names)
        found = ((".".join(chain), [*dict.fromkeys(self._meant(chain, imports))]) for chain in chains)
        return [(written, meant) for written, meant in found if meant]

    def _meant(self, chain: Chain, imports: dict[str, list[_Import]]) -> Iterator[Piece | str]:
        if chain[0] in imports:
            for one in imports[chain[0]]:
                yield from _meaning(one, chain[1:], self.module.root, frozenset())
            return
        for meant in self.module.meaning(chain, frozenset()):
            if isinstance(meant, str) or not self._is_done_before(meant):
                yield meant

    def _is_done_before(self, other: Piece) -> bool:
        """Whether this has been run when the other runs, which therefore cannot matter to it."""
        is_deferred = any(isinstance(node, (*_text.Functions, ast.ClassDef)) for node in ast.walk(self.node))
        return self.module is other.module and not is_deferred and self.node.lineno < other.node.lineno


class Module:
    """A module's text."""

    def __init__(self, name: str, text: str, *, is_package: bool) -> None:
        self.name, self.root = name, name.partition(".")[0]
        self.package = name if is_package else name.rpartition(".")[0]
        self._tree = _text.without_rows(ast.parse(text))
        self._inner: dict[_Function, Piece] = {}
        at_once = (top for top in self._tree.body if not isinstance(top, _text.Named))
        self._imports = _imports((node for top in at_once for node in ast.walk(top)), self)

    @functools.cached_property
    def pieces(self) -> list[Piece]:
        """The statements but for imports."""
        return [Piece(self, node) for node in self._tree.body if not isinstance(node, _text.Imports)]

    @functools.cached_property
    def bindings(self) -> dict[str, list[Piece]]:
        """The statements that define a name or act on its value."""
        foreign = {name for name, ones in self._imports.items() if all(root(one.module) != self.root for one in ones)}
        made = (_text.defined(piece.node) for piece in self.pieces if _text.makes_generator(piece.node))
        generators = set().union(*made)
        bindings: dict[str, list[Piece]] = {}
        for piece in self.pieces:
            hidden = self._imports.keys() if isinstance(piece.node, _text.Named) else foreign
            drawn_from = _text.read(piece.node) & generators if isinstance(piece.node, ast.Assign) else set()
            for name in _text.defined(piece.node) | (_text.acted_on(piece.node) - hidden) | drawn_from:
                bindings.setdefault(name, []).append(piece)
        return bindings

    def meaning(self, chain: Chain, seen: Seen) -> Iterator[Piece | str]:
        """What a name stands for in this module, and its attributes as far as it is a module itself."""
        yield from self.bindings.get(chain[0], ())
        for one in self._imports.get(chain[0], ()):
            yield from _meaning(one, chain[1:], self.root, seen)
        if chain[0] not in self.bindings and chain[0] not in self._imports:
            for star in self._imports.get("*", ()):
                yield from _meaning(_Import(star.module, chain[0]), chain[1:], self.root, seen)

    def whole(self, seen: Seen) -> Iterator[Piece | str]:
        """All that is in the module, and what it hands on."""
        yield from self.pieces
        for name in self._imports:
            yield from () if (self.name, name) in seen else self.meaning((name,), seen | {(self.name, name)})

    def function(self, function: FunctionType) -> Piece | None:
        """The text of a function, wherever in the module it is written."""
        code = function.__code__
        found = [node for node in self._functions.get(code.co_firstlineno, ()) if _may_be(node, code)]
        if not found:
            return None
        node = max(found, key=lambda node: (node.lineno, node.col_offset))  # the innermost
        if node not in self._inner:
            self._inner[node] = Piece(self, _alone(node), code.co_freevars)
        return self._inner[node]

    @functools.cached_property
    def _functions(self) -> dict[int, list[_Function]]:
        """The functions that begin in each line; decorators belong to them."""
        functions: dict[int, list[_Function]] = {}
        for node in ast.walk(self._tree):
            if isinstance(node, _text.Functions):
                decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
                functions.setdefault(min(one.lineno for one in (node, *decorators)), []).append(node)
        return functions


@functools.cache
def load(name: str) -> Module | None:
    """The text of a module; None if there is none, or none in Python."""
    spec = _text.spec(name)
    text = _text.text(spec)
    if spec is None or text is None:
        return None
    return Module(name, text, is_package=spec.submodule_search_locations is not None)


def _meaning(one: _Import, rest: Chain, package: str, seen: Seen) -> Iterator[Piece | str]:
    """What attributes of an imported name stand for, in a module of the package."""
    if root(one.module) != package:
        yield ".".join(filter(None, one))
    else:
        yield from _member(one.module, rest if one.name is None else (one.name, *rest), seen)


def _member(name: str, chain: Chain, seen: Seen) -> Iterator[Piece | str]:
    """What a chain of attributes of a module stands for; without one, all of it."""
    module = load(name)
    if module is None:
        yield name
    elif not chain:
        yield from module.whole(seen)
    else:
        key = (name, chain[0])
        inside = [] if key in seen else [*module.meaning(chain, seen | {key})]
        if not inside and load(".".join(key)) is not None:
            inside = [*_member(".".join(key), chain[1:], seen)]
        yield from inside or module.bindings.get("__getattr__", [])


def _imports(nodes: Iterable[ast.AST], module: Module) -> dict[str, list[_Import]]:
    """What the imports among these nodes bind."""
    imports: dict[str, list[_Import]] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                one = _Import(alias.name if alias.asname else root(alias.name), None)
                imports.setdefault(alias.asname or one.module, []).append(one)
        elif isinstance(node, ast.ImportFrom):
            home = importlib.util.resolve_name("." * node.level + (node.module or ""), module.package)
            for alias in node.names:
                imports.setdefault(alias.asname or alias.name, []).append(_Import(home, alias.name))
    return imports


def _globals(node: ast.stmt, outer: Chain) -> set[str]:
    """The names that a statement takes from its module, or from nowhere: the compiler knows."""
    text = ast.Module([node], [])
    if outer:
        text = ast.parse(f"def around({', '.join(filter(str.isidentifier, outer))}): pass")
        text.body[0].body = [node]  # type: ignore[attr-defined]
    flags = __future__.annotations.compiler_flag  # what an annotation names is not computed with
    return set(_loaded(compile(text, "", "exec", flags, dont_inherit=True)))


def _loaded(code: CodeType) -> Iterator[str]:
    yield from (step.argval for step in dis.get_instructions(code) if step.opname in _GLOBAL)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _loaded(constant)


def _chains(node: ast.AST) -> set[Chain]:
    """The names in a node, each with all attributes that are taken of it."""
    nodes = [*ast.walk(node)]
    inner = {child.value for child in nodes if isinstance(child, ast.Attribute)}
    return set(filter(None, (_chain(child) for child in nodes if child not in inner)))


def _chain(node: ast.AST) -> Chain:
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.insert(0, node.attr)
        node = node.value
    return (node.id, *attributes) if isinstance(node, ast.Name) else ()


def _may_be(node: _Function, code: CodeType) -> bool:
    """Whether a code may be of this function, which begins in its line: by the name, and by where its parts are."""
    if not isinstance(node, ast.Lambda):
        return node.name == code.co_name
    start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    spans = (((line, column), (last, stop)) for line, last, column, stop in code.co_positions())
    parts = [span for span in spans if None not in (*span[0], *span[1]) and span[0] < span[1]]
    return code.co_name == "<lambda>" and all(start <= first and last <= end for first, last in parts)


def _alone(node: _Function) -> ast.stmt:
    """A function as a statement, without its decorators, which have been applied."""
    if isinstance(node, ast.Lambda):
        return ast.copy_location(ast.Expr(node), node)
    bare = copy.copy(node)
    bare.decorator_list = []
    return bare


def root(module: str) -> str:
    """The package that a module is in."""
    return module.partition(".")[0]
