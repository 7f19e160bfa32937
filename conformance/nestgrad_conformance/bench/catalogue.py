"""What is measured, as data: no engine is imported to list it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Made = Literal["held", "anew", "new_f", "inside", "first"]
"""What happens in a call: an operator that is held is called; or it is made anew; or f is new, too; or the operator
is used inside of the engine's own compiler; or f is new and its derivative compiled."""

STARTUP = "startup"
"""What is measured without an engine: imports, and the command line."""
EXECUTIONS = {
    "autograd": ("eager",),
    "jax": ("eager", "compiled"),
    "tensorflow": ("eager", "compiled", "xla"),
    "torch": ("eager", "compiled"),
}
"""The engines that somebody has written routes by hand for, and their executions."""
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


def cases(engine: str) -> list[Case]:
    """All cases of an engine, or of `startup`."""
    if engine == STARTUP:
        return [Case(engine, "import", "nestgrad"), Case(engine, "command", "backends")]
    everywhere = [case for execution in EXECUTIONS[engine] for case in _in_each(engine, execution)]
    return [*everywhere, *_OWN.get(engine, ())]


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


_OWN = {
    "jax": (
        *(Case("jax", "hvp", program, "10", "eager", "anew") for program in FLAT),
        *(Case("jax", "hvp", program, "10", "compiled", "inside") for program in FLAT),
        Case("jax", "hvp", "rosenbrock", "10", "compiled", "first"),
    ),
    "torch": (
        *(Case("torch", "hvp", program, "10", "eager", "anew") for program in FLAT),
        *(Case("torch", "hvp", program, "10", "eager", "new_f") for program in FLAT),
        *(Case("torch", "forward_over_reverse", program, "10", "eager") for program in FLAT),
        *(Case("torch", "reverse_over_forward", program, "10", "eager") for program in FLAT),
        Case("torch", "nested_gradient", "penalty", "4e3", "eager"),
        Case("torch", "gradient_in_loss", "penalty", "4e3", "eager"),
        Case("torch", "hvp", "rosenbrock", "10", "compiled", "first"),
    ),
}
