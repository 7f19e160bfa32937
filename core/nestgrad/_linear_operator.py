"""The Hessian for SciPy: a linear operator on flat NumPy vectors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Unpack

from ._errors import ExtraNotInstalledError, NotDifferentiableError
from ._hessian_at import HessianAt
from ._hvp import hvp
from ._nesting import Nesting
from ._operator import Options
from ._public import unknown_keyword
from .typing import Function, Leaves, Tree

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse.linalg import LinearOperator

    Matrix = np.ndarray[Any, Any]


def linear_operator(
    f: Function, x: Tree, *args: Any, nesting: str | Nesting = "auto", **options: Unpack[Options]
) -> LinearOperator:
    """∇²f(x) as a `scipy.sparse.linalg.LinearOperator`: for `eigsh`, `cg`, `minres`, and whatever else takes one.

    Args:
        f: returns a real floating scalar of shape `()`.
        x: a pytree of arrays with n numbers in all. Vectors are its leaves, flat, one behind the other, as NumPy arrays
            of shape (n,); those of several rows come as columns, of shape (n, k).
        *args: f's other arguments.
        nesting: see `hvp`.
        **options: `backend`, `compile`, `has_aux`, `verify`; see `Options`.

    The operator has shape (n, n) and the dtype of x (of its leaves together, where they differ); it is its own adjoint.
    It holds what `hvp(f).at(x)` holds, and raises what that raises. A complex vector is multiplied by parts.

    Law: `A @ v` is `hvp(f)(x, v)`, flat. `A @ V` takes the columns of V together.

    Raises:
        As `hvp`. NotDifferentiableError: x has no numbers that NumPy could hold: of bfloat16, or inside a trace.
        ExtraNotInstalledError: SciPy is not installed.

    Example:
        >>> import numpy as np
        >>> from scipy.sparse.linalg import eigsh
        >>> A = linear_operator(lambda x: (x**3).sum(), np.arange(1.0, 6.0), backend="autograd")
        >>> A @ np.ones(5)
        array([ 6., 12., 18., 24., 30.])
        >>> float(eigsh(A, k=1, return_eigenvectors=False)[0].round(6))
        30.0
    """
    try:
        from scipy.sparse.linalg import LinearOperator
    except ImportError as error:
        raise ExtraNotInstalledError("linear_operator gives one of SciPy's. Install it: pip install scipy") from error
    unknown = options.keys() - Options.__annotations__.keys()
    if unknown:
        raise unknown_keyword("linear_operator", min(unknown), Options.__annotations__)
    product = _FlatProduct(hvp(f, nesting, **options).at(x, *args))
    one, many = _by_parts(product.of_vector), _by_parts(product.of_columns)
    shape = product.size, product.size
    return LinearOperator(shape, matvec=one, rmatvec=one, matmat=many, rmatmat=many, dtype=product.dtype)


class _FlatProduct:
    """The products of a Hessian with flat NumPy vectors."""

    def __init__(self, hessian: HessianAt) -> None:
        import numpy as np  # as in `_numpy`

        self._hessian, self._point = hessian, hessian._point
        offers, x = self._point.offers, self._point.x
        try:
            self._dtypes = [offers.backend.to_numpy(leaf).dtype for leaf in x]
        except Exception as error:
            raise NotDifferentiableError(
                f"x: SciPy's vectors are NumPy's, and {offers.name} gives none of this dtype, or inside of a trace. "
                "Pass arrays of float32 or float64, and no tracers."
            ) from error
        self.dtype = np.result_type(*self._dtypes)
        self._sizes = [math.prod(leaf.shape) for leaf in x]
        self.size = sum(self._sizes)

    def of_vector(self, v: Matrix) -> Matrix:
        """The product with a vector of shape (n,) or (n, 1), of shape (n,)."""
        import numpy as np

        found = self._hessian(self._point.shaped(self._leaves(v.reshape(-1), ())))
        return np.concatenate([array.reshape(-1) for array in self._numpy(found)])

    def of_columns(self, columns: Matrix) -> Matrix:
        """The products with k vectors, of shape (n, k)."""
        import numpy as np

        count = columns.shape[1]
        found = self._hessian.batch(self._point.shaped(self._leaves(columns.T, (count,))))
        return np.concatenate([array.reshape(count, -1) for array in self._numpy(found)], axis=1).T

    def _leaves(self, rows: Matrix, leading: tuple[int, ...]) -> Leaves:
        """Arrays of shapes (*leading, *shape), like x, of rows of shape (*leading, n)."""
        import numpy as np

        asarray, x = self._point.offers.backend.asarray, self._point.x
        parts = np.split(rows, np.cumsum(self._sizes)[:-1], axis=-1)
        return tuple(
            asarray(np.array(part, dtype).reshape((*leading, *leaf.shape)), leaf)
            for part, dtype, leaf in zip(parts, self._dtypes, x, strict=True)
        )

    def _numpy(self, found: Tree) -> list[Matrix]:
        offers = self._point.offers
        return [offers.backend.to_numpy(leaf) for leaf in offers.flatten(found)[0]]


def _by_parts(product: Callable[[Matrix], Matrix]) -> Callable[[Matrix], Matrix]:
    """A real product for complex vectors too."""

    def evaluate(v: Matrix) -> Matrix:
        if v.dtype.kind == "c":
            return product(v.real) + 1j * product(v.imag)
        return product(v)

    return evaluate
