"""A cell that could be measured, by its parts, and its id that is made of them."""

from __future__ import annotations

from dataclasses import dataclass

from nestgrad_conformance.report.schema import cell_id
from nestgrad_conformance.scenarios import Scenario


@dataclass(frozen=True)
class Place:
    """What a cell is of, but for the dtype, which the scenario has.

    Attributes:
        backend: the engine's name.
        scenario: the function.
        nesting: the code of a nesting, or `auto`.
        execution: how it is run.
    """

    backend: str
    scenario: Scenario
    nesting: str
    execution: str

    @property
    def id(self) -> str:
        """The id of the cell as the suite measures it now."""
        return cell_id(
            backend=self.backend,
            scenario=self.scenario.id,
            revision=self.scenario.revision,
            nesting=self.nesting,
            execution=self.execution,
            dtype=self.scenario.dtype,
        )
