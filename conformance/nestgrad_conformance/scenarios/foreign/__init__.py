"""Functions across engines: pieces of them run on the inner engine of a pair, which the outer one differentiates.

`function(xp, x, foreign)` has the outer engine's namespace; `foreign(piece)` is a function of the inner engine, of a
piece `(xp, *args)` with that one's namespace. A piece is a function of its module, so that it is the same at each call.
"""

from . import calls, containers, whole

SCENARIOS = (*whole.SCENARIOS, *calls.SCENARIOS, *containers.SCENARIOS)
