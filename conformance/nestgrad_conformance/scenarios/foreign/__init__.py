"""Functions across engines: pieces of them run on the inner engine of a pair, which the outer one differentiates.

`function(xp, x, *pieces)` has the outer engine's namespace, and calls its pieces as functions of that engine.
"""

from . import calls, containers, executions, transforms_inside, whole

SCENARIOS = (
    *whole.SCENARIOS,
    *calls.SCENARIOS,
    *containers.SCENARIOS,
    *transforms_inside.SCENARIOS,
    *executions.SCENARIOS,
)
