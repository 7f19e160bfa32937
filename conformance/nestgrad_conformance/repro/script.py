"""One cell as a script for its engine alone: the engine's number beside differences of the function's values."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from nestgrad_conformance.report.schema import Report, ReportError
from nestgrad_conformance.scenarios import Scenario

from .engines import ENGINES
from .inline import Inlined, inlined, keyword
from .inputs import inputs, rebuilt
from .row import row
from .setting import CROSSING, beside, meeting, turned
from .target import Target, target_of

LINES = 30
_STEPS = {1: "1e-3", 2: "1e-3", 3: "5e-3"}  # by order: errors of 1e-9 to 1e-7 where f is of size one
_ALONG = """\
def along(f, v, h={step}):  # a central difference of fourth order
    return lambda x: (8 * (f(x + h * v) - f(x - h * v)) - f(x + 2 * h * v) + f(x - 2 * h * v)) / (12 * h)"""
_OWN = {
    "F",
    "R",
    "along",
    "dense",
    "draw",
    "expected",
    "f",
    "forward",
    "found",
    "inner",
    "nested",
    "reverse",
    "value",
    "x",
    "xp",
}


def script(cell: str, scenarios: Mapping[str, Scenario], report: Report | None = None) -> str:
    """A script of at most 30 lines that shows a cell without nestgrad.

    Second and third derivatives are differenced from values too, so that the script trusts no derivative.

    Args:
        cell: the cell's id.
        scenarios: all there are, by id.
        report: the report that the cell is from, for its seed; without it the seed is 0.

    Raises:
        ReportError: there is no such cell, or no script of this length can show it; the message says why.
    """
    target = target_of(cell, scenarios, report, ENGINES)
    lines = _lines(target)
    if len(lines) > LINES:
        raise ReportError(f"{cell}: function and inputs take a script of {len(lines)} lines; {LINES} are allowed.")
    return "\n".join(lines) + "\n"


def _lines(target: Target) -> list[str]:
    engine = target.engine
    text = inlined(target.scenario.function) if target.scenario.operation is None else row(target.scenario)
    if clash := text.names() & _OWN:
        raise ReportError(
            f"{target.id}: the function's own {', '.join(sorted(clash))} would be taken for the script's."
        )
    standard = not isinstance(target.scenario.function, str)
    if standard and engine.spelling is not None:
        _Spelling(engine.spelling, target.backend).respell(text)
    letters = set(target.nesting) | (_letters_inside(text) if target.scenario.nested else set())
    imports, body = text.lines()
    needed, given = inputs(target.scenario, target.seed, target.nesting)
    namespace = [engine.namespace] if standard and engine.namespace else []
    threads = ["import threading"] if target.setting == CROSSING else []
    return [
        f'"""{target.id}: {target.backend} alone{_subject(target)}. F is forward mode, R is reverse mode."""',
        *dict.fromkeys([*needed, *threads, *namespace, *engine.imports, *imports]),
        *body,
        *(line for letter in "FR" if letter in letters for line in engine.transforms[letter].splitlines()),
        *(_function(text.name, target) if standard else ()),
        *given,
        *_ALONG.format(step=_STEPS[len(target.nesting)]).splitlines(),
        *_comparison("f" if standard else text.name, target),
    ]


def _subject(target: Target) -> str:
    """What the script is about, where it is not what the cell is about."""
    written_out = (
        target.setting in (None, CROSSING) or turned(target.engine, target.setting, target.nesting, "", "") is not None
    )
    return "" if written_out else f", of {target.scenario.id}, which is wrong by itself"


def _function(name: str, target: Target) -> list[str]:
    """The lines that make of a function of the namespace, and of any container, `f` of one array."""
    xp = "xp" if target.engine.namespace else None  # where every name has been spelled out
    x = rebuilt(target.scenario.x(target.seed), target.engine.part)
    if not target.scenario.nested:
        return [f"f = lambda x: {name}({xp}, {x})"]
    return [
        "inner = lambda f, nesting: R(f) if nesting == 'R' else lambda y, v: F(f, v)(y)",
        f"f = lambda x: {name}({xp}, {x}, inner)",
    ]


def _comparison(f: str, target: Target) -> list[str]:
    """The lines that print differences of the function of this name, and then the engine's number."""
    expected = "value"
    for v in target.directions:
        expected = f"along({expected}, {v})"
    if "R" in target.nesting:
        expected = f"[along({expected}, e)(x) for e in numpy.eye(x.size).reshape(x.size, *x.shape)]"
    else:
        expected = f"{expected}(x)"
    return [
        f"value = {_value(f, target)}",
        f"expected = numpy.ravel({expected})",
        "print('differences', expected.tolist(), flush=True)",
        *_found(f, target),
        f"print('{target.backend}', found.tolist(), 'off by', numpy.max(numpy.abs(found - expected), initial=0))",
    ]


def _found(f: str, target: Target) -> list[str]:
    """The lines that evaluate the nesting, in its setting if it has one."""
    nesting, vs = target.nesting, target.directions
    arguments = ", ".join(["x", *vs])
    array = target.engine.array if target.scenario.dtype == "float64" else target.engine.single
    evaluated = f"{target.engine.executions[target.execution]}(*map({array}, [{arguments}]))"
    number = f"numpy.ravel({target.engine.plain.format(evaluated)})"
    if target.setting == CROSSING:
        return [*meeting(f), f"nested = lambda {arguments}: {_nested('meeting', nesting, vs)}(x)", *beside(number)]
    around = turned(
        target.engine, target.setting, nesting, _nested(f, nesting[1:], vs), _nested(f, nesting, ["u", *vs[1:]])
    )
    return [*(around or [f"nested = lambda {arguments}: {_nested(f, nesting, vs)}(x)"]), f"found = {number}"]


def _value(f: str, target: Target) -> str:
    """From NumPy to a number: the function's own value, or where that needs derivatives, its reference's."""
    if not target.scenario.nested:
        return f"lambda x: float({target.engine.plain.format(f'{f}({target.engine.array}(x))')})"
    x = rebuilt(target.scenario.x(target.seed), "x[{start}:{stop}].reshape({shape})")
    return f"lambda x: float(({keyword(target.scenario.function, 'reference')})(numpy, {x}))"


def _nested(f: str, nesting: str, directions: list[str]) -> str:
    """The nesting as nested calls: letters from the innermost outwards, directions in that order."""
    text, pending = f, iter(directions)
    for place, letter in enumerate(reversed(nesting)):
        is_gradient = "R" in nesting[len(nesting) - place :]
        text = f"{letter}({text}, {next(pending)})" if letter == "F" or is_gradient else f"R({text})"
    return text


def _letters_inside(text: Inlined) -> set[str]:
    """The nestings by which the function itself differentiates; a script has those of one letter."""
    nestings: set[object] = {
        call.args[1].value if isinstance(call.args[1], ast.Constant) else None
        for statement in text.body
        for call in ast.walk(statement)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "inner"
    }
    if not nestings <= {"F", "R"}:
        raise ReportError(f"{text.name} differentiates inside itself, by more than one letter.")
    return {"F", "R"}


_KEYWORDS = {"axis", "correction", "dtype", "keepdims"}  # an engine's own function has them under these names


class _Spelling(ast.NodeTransformer):
    """The standard's names as an engine spells them."""

    def __init__(self, names: Mapping[str, str], backend: str) -> None:
        self.names, self.backend = names, backend

    def respell(self, text: Inlined) -> None:
        """Change every `xp.name`."""
        text.body = [self.visit(statement) for statement in text.body]

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Refuse a keyword that an engine's own function may spell in another way."""
        others = {str(keyword.arg) for keyword in node.keywords} - _KEYWORDS
        if ast.unparse(node.func).startswith("xp.") and others:
            raise ReportError(
                f"{self.backend} may spell {', '.join(sorted(others))} of {ast.unparse(node.func)} otherwise."
            )
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """Change one, `xp.linalg.name` as well."""
        root, _, name = ast.unparse(node).partition(".")
        if root != "xp":
            return self.generic_visit(node)
        if name not in self.names:
            raise ReportError(f"{self.backend} has no spelling of the standard's {name!r} that a script could use.")
        return ast.parse(self.names[name], mode="eval").body
