"""A cell without nestgrad: a short script that shows the engine's number beside a finite difference."""

from .script import LINES as LINES
from .script import script as script
