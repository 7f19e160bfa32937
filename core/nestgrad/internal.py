"""What `nestgrad_conformance` uses besides what is public. Nobody else may: it changes without notice."""

from ._basis import MOST as MOST
from ._choose import candidates as candidates
from ._claims import ENVIRONMENT as ENVIRONMENT
from ._diagnose import INSTALL as INSTALL
from ._errors import did_you_mean as did_you_mean
from ._errors import in_a_line as in_a_line
from ._faults import url as url
from ._inputs import check_scalar as check_scalar
from ._inputs import open_primal as open_primal
from ._left_out import left_out as left_out
from ._measured import operations_of as operations_of
from ._modules import of_arrays as of_arrays
from ._nesting import nestings as nestings
from ._offers import offers as offers
from ._outcome import of_outcome as of_outcome
from ._plugins import answers as answers
from ._registry import descriptor as descriptor
from ._registry import embedded as embedded
from ._registry import engine_installed as engine_installed
from ._registry import located as located
from ._registry import require_engine as require_engine
from ._routes import recorded as recorded
from ._select import ABOUT_ARGUMENTS as ABOUT_ARGUMENTS
from ._select import explain as explain
from ._select import select as select
from ._spec import NAMESPACE as NAMESPACE
