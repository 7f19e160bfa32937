"""A few of the tier's functions as users of the outer engine call them: mapped, compiled, in their own transforms."""

from __future__ import annotations

from collections.abc import Iterator

from nestgrad_conformance.scenarios._scenario import Scenario
from nestgrad_conformance.scenarios.transforms import called, single

from . import calls, whole

_ROSENBROCK = next(one for one in whole.SCENARIOS if one.id == "foreign_rosenbrock")
_COMPILERS = {"jax": "jit", "torch": "compile", "tensorflow": "function"}
_GRADIENTS = {"autograd": ("grad",), "jax": ("grad",), "torch": ("tape", "grad"), "tensorflow": ("tape",)}
_FORWARD = {
    "jax": ("linearize",),
    "torch": ("linearize",),
    "tensorflow": ("accumulator", "accumulator_in_function"),
}


def _scenarios() -> Iterator[Scenario]:
    for one in (_ROSENBROCK, calls.between, calls.two_arguments):
        yield called(one, "vmap", "anywhere:vmap", capability="vmap")
    yield called(calls.between, "threads", "threads:crossing")
    yield called(calls.between, "captured", "anywhere:captured")
    yield called(calls.between, "by_hessian", "operators:hessian", nestings="FR R? auto")
    for engine, setting in _COMPILERS.items():
        yield called(calls.between, f"{engine}_{setting}", f"{engine}:{setting}", engine=engine)
    for engine, settings in _GRADIENTS.items():
        for setting in settings:
            yield called(calls.between, f"{engine}_{setting}", f"{engine}:{setting}", engine=engine, nestings="R?*")
    for engine, settings in _FORWARD.items():
        for setting in settings:
            yield called(calls.between, f"{engine}_{setting}", f"{engine}:{setting}", engine=engine, nestings="F?*")
    yield single(calls.called_twice)


SCENARIOS = tuple(_scenarios())
