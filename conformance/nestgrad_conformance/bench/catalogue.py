"""What is measured, as data: no engine is imported to list it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

import msgspec

Made = Literal["held", "anew", "new_f", "inside", "first", "at"]
"""What happens in a call: an operator that is held is called; or it is made anew; or f is new, too; or the operator
is used inside of the engine's own compiler; or f is new and its derivative compiled; or one more direction is taken at
a point at which f was linearised before."""

STARTUP = "startup"
"""What is measured without an engine: imports, and the command line."""
SIZES = ("10", "1e3", "1e6")
FLAT = ("seed", "rosenbrock")


@dataclass(frozen=True)
class Case:
    """One derivative of one program.

    Attributes:
        engine: the backend's name.
        call: the operator.
        program: what is differentiated, a name in `programs`.
        size: about how many numbers it is differentiated in.
        execution: as `compile=` has it, or `eager`.
        made: what happens in a call.
    """

    engine: str
    call: str
    program: str
    size: str = ""
    execution: str = ""
    made: Made = "held"

    @property
    def id(self) -> str:
        """Its name, as `--case` and the bounds have it."""
        told = "" if self.made == "held" else self.made
        return "/".join(filter(None, (self.engine, self.call, self.program, self.size, self.execution, told)))


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An engine that somebody has written routes by hand for, as `engines.toml` has it.

    Attributes:
        executions: those that are measured.
        environment: variables of its worker.
        cases: what it has besides what all have; ids without the engine.
    """

    executions: tuple[str, ...]
    environment: dict[str, str] = {}
    cases: tuple[str, ...] = ()


@functools.cache
def listed() -> Mapping[str, Listed]:
    """The engines of the file, by the backend's name."""
    return msgspec.toml.decode(files(__package__).joinpath("engines.toml").read_bytes(), type=dict[str, Listed])


def cases(engine: str) -> list[Case]:
    """All cases of an engine, or of `startup`; in the order of executions, as a compiler may leave Python slower."""
    if engine == STARTUP:
        return [Case(engine, "import", "nestgrad"), Case(engine, "command", "backends")]
    one = listed()[engine]
    found = [case for execution in one.executions for case in _in_each(engine, execution)]
    found += [_named(engine, text) for text in one.cases]
    return sorted(found, key=lambda case: one.executions.index(case.execution))


def _named(engine: str, text: str) -> Case:
    """The case of an id."""
    call, program, size, execution, *made = text.split("/")
    return Case(engine, call, program, size, execution, *(msgspec.convert(one, Made) for one in made))


def _in_each(engine: str, execution: str) -> Iterator[Case]:
    """What every engine has, in each of its executions."""
    for size in SIZES:
        for program in FLAT:
            yield Case(engine, "hvp", program, size, execution)
            yield Case(engine, "gradient", program, size, execution)
        yield Case(engine, "hvp", "mlp", size, execution)
        yield Case(engine, "nested_gradient", "step", size, execution)
    for size in SIZES[1:]:
        yield Case(engine, "nested_gradient", "rosenbrock", size, execution)
    yield Case(engine, "hvp", "mlp", "1e5", execution)
    yield Case(engine, "hvp", "dict_of_ten", "30", execution)
