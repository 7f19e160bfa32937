"""Settings: how else a user may call an operator, each with the same result. The tier `transforms` names them."""

from ._use import Use as Use
from .threads import Interference as Interference
