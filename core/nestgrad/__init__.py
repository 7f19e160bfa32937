"""Nested automatic differentiation: one spelling for every engine.

    import nestgrad as ng

    ng.hvp(f)(x, v)                    ∇²f(x)v on the engine whose arrays x and v are
    ng.forward_over_reverse(f)(x, v)   the same, by a nesting that you name
    ng.nested_gradient(g, f)(x)        ∇(g∘∇f), never forming the Hessian
    ng.derivative(f, "FFR")(x, v, w)   any nesting, any depth
    ng.laplacian(f)(x), ng.hessian(f)(x), ng.jacobian(F)(x)
    ng.explain(f, x)                   what each nesting does with f, why, and what to do instead
    ng.diagnose(f, x)                  which nestings of f are right, measured

Importing this package imports no engine. Backends are found by entry point; `ng.backends()` lists
them. For authors of backends there is `nestgrad.extend`.
"""

from ._diagnose import Diagnosis as Diagnosis
from ._diagnose import diagnose as diagnose
from ._errors import BackendConflictError as BackendConflictError
from ._errors import BackendNotFoundError as BackendNotFoundError
from ._errors import BackendUnavailableError as BackendUnavailableError
from ._errors import DependentRowsError as DependentRowsError
from ._errors import EngineError as EngineError
from ._errors import ExtraNotInstalledError as ExtraNotInstalledError
from ._errors import InvalidNestingError as InvalidNestingError
from ._errors import NestgradError as NestgradError
from ._errors import NestingFallbackWarning as NestingFallbackWarning
from ._errors import NonScalarOutputError as NonScalarOutputError
from ._errors import NotDifferentiableError as NotDifferentiableError
from ._errors import PluginError as PluginError
from ._errors import PluginWarning as PluginWarning
from ._errors import PrecisionLossError as PrecisionLossError
from ._errors import StaleLinearizationError as StaleLinearizationError
from ._errors import StructureMismatchError as StructureMismatchError
from ._errors import UncertainError as UncertainError
from ._errors import UnsupportedExecutionError as UnsupportedExecutionError
from ._explain import Explained as Explained
from ._explain import Explanation as Explanation
from ._explain import explain as explain
from ._first_order import jvp as jvp
from ._first_order import vjp as vjp
from ._foreign import foreign as foreign
from ._functional_call import functional_call as functional_call
from ._functionals import nested_gradient as nested_gradient
from ._gradient import gradient as gradient
from ._gradient import value_and_gradient as value_and_gradient
from ._hessian import hessian as hessian
from ._hessian_at import HessianAt as HessianAt
from ._hessian_product import HessianProduct as HessianProduct
from ._hvp import gradient_and_hvp as gradient_and_hvp
from ._hvp import hvp as hvp
from ._jacobian import jacobian as jacobian
from ._laplacian import hessian_diagonal as hessian_diagonal
from ._laplacian import laplacian as laplacian
from ._linear_operator import linear_operator as linear_operator
from ._nesting import Mode as Mode
from ._nesting import Nesting as Nesting
from ._refusal import NotFiniteError as NotFiniteError
from ._refusal import UnsupportedNestingError as UnsupportedNestingError
from ._refusal import VerificationError as VerificationError
from ._registry import BackendInfo as BackendInfo
from ._registry import backends as backends
from ._registry import get_backend as get_backend
from ._second_order import derivative as derivative
from ._second_order import forward_over_forward as forward_over_forward
from ._second_order import forward_over_reverse as forward_over_reverse
from ._second_order import reverse_over_forward as reverse_over_forward
from ._second_order import reverse_over_reverse as reverse_over_reverse


def _missing(name: str) -> None:
    from ._elsewhere import absent

    raise absent(name)


globals()["__getattr__"] = _missing  # out of sight of type checkers, for which there would be every name
