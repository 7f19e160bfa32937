"""Everything that the author of a backend may import.

The [spec](nestgrad._spec) says what a backend's methods take, give and obey; `Descriptor` and
`hookimpl` register it; `emulated` is how it declares that a letter was computed by other means.
"""

from ._compose import compose as compose
from ._compose import compose_gradient_vjp as compose_gradient_vjp
from ._descriptor import Descriptor as Descriptor
from ._errors import BackendUnavailableError as BackendUnavailableError
from ._errors import NotDifferentiableError as NotDifferentiableError
from ._errors import PrecisionLossError as PrecisionLossError
from ._errors import StructureMismatchError as StructureMismatchError
from ._errors import UncertainError as UncertainError
from ._errors import UnsupportedExecutionError as UnsupportedExecutionError
from ._failures import of_the_user as of_the_user
from ._faults import Fault as Fault
from ._faults import FaultError as FaultError
from ._faults import read_faults as read_faults
from ._hooks import hookimpl as hookimpl
from ._inner import ShapeDtype as ShapeDtype
from ._keras import evaluate_keras as evaluate_keras
from ._keras import is_keras as is_keras
from ._keras import open_keras as open_keras
from ._messages import Message as Message
from ._messages import recognised as recognised
from ._nesting import Mode as Mode
from ._nesting import Nesting as Nesting
from ._node import Node as Node
from ._node import with_tangents as with_tangents
from ._numpy import plain_numpy as plain_numpy
from ._offers import offers as offers
from ._refusal import DrawnAnew as DrawnAnew
from ._refusal import Refusal as Refusal
from ._refusal import RefusedOperation as RefusedOperation
from ._refusal import UnsupportedNestingError as UnsupportedNestingError
from ._refusal import throughout as throughout
from ._registry import embedded as embedded
from ._registry import get_backend as get_backend
from ._routes import emulated as emulated
from ._rules import own_rule as own_rule
from ._spec import COMPILERS as COMPILERS
from ._spec import SPEC_VERSION as SPEC_VERSION
from ._spec import Abilities as Abilities
from ._spec import Backend as Backend
from ._spec import Batch as Batch
from ._spec import Canary as Canary
from ._spec import Compile as Compile
from ._spec import ForwardMode as ForwardMode
from ._spec import ForwardOverForward as ForwardOverForward
from ._spec import ForwardOverReverse as ForwardOverReverse
from ._spec import GradientVjp as GradientVjp
from ._spec import Held as Held
from ._spec import Lift as Lift
from ._spec import Linearize as Linearize
from ._spec import ReverseMode as ReverseMode
from ._spec import ReverseOverForward as ReverseOverForward
from ._spec import ReverseOverReverse as ReverseOverReverse
from ._spec import ValueAndGradient as ValueAndGradient
from ._spec import provides as provides
from ._user_function import OfTuple as OfTuple
from ._user_function import UserFunction as UserFunction
from ._user_function import by_leaves as by_leaves
from .typing import Array as Array
from .typing import Function as Function
from .typing import Leaves as Leaves
from .typing import Pullback as Pullback
from .typing import Tree as Tree
