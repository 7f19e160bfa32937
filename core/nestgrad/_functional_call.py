"""A module as a function of its parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from ._claims import is_neutral
from ._errors import StructureMismatchError, did_you_mean
from ._offers import Offers, offers
from ._select import select
from ._spec import Backend
from ._unconverted import unconverted
from .typing import Array


def functional_call(
    module: Any, *, has_aux: bool = False, backend: str | Backend | None = None
) -> tuple[Callable[..., Any], dict[str, Array]]:
    """A module as a function of its parameters: `(call, parameters)`.

    `call(parameters, *inputs, **kwargs)` is what `module(*inputs, **kwargs)` would be with these parameters. The
    module is left as it is: what it writes into itself, such as running statistics, is written into copies.

    Args:
        module: of an engine whose backend opens modules: a `torch.nn.Module`, a model or layer of Keras's, a
            `tf.Module`.
        has_aux: `call` gives `(output, state)`, the state as it is after the call: buffers, running statistics, seeds,
            frozen parameters, by name. It goes with `has_aux=True` of the operators.
        backend: a name or a backend; by default the one whose engine made the module.

    Returns:
        The function, and the parameters that are trained, by name, as the module holds them: they follow its training
        where the engine's are changed in place. Names are those of `named_parameters()`, paths of Keras's variables,
        and attributes of a `tf.Module`. A parameter that is used in several places is there once. `call` takes such a
        dictionary with any arrays of these shapes; entries of the state may be among them, and stand for the module's
        own, which are read at each call otherwise.

    Law: `call(parameters, *inputs)` equals `module(*inputs)`. As `torch.func.functional_call` and `stateless_call` of
    Keras's.

    Raises:
        TypeError: it is no module that its backend opens.
        NotDifferentiableError: its parameters are not there yet, or cannot be replaced.
        StructureMismatchError: by `call`: a parameter is missing, is unknown or has another shape; its path is named.

    Example:
        >>> import nestgrad as ng, numpy as np
        >>> class Line:
        ...     def __init__(self, slope):
        ...         self.slope = slope
        ...     def __call__(self, x):
        ...         return self.slope * x
        >>> class Opening(type(ng.get_backend("autograd"))):
        ...     def open_module(self, module):
        ...         return ({"slope": module.slope}, {}) if isinstance(module, Line) else None
        ...     def evaluate_module(self, module, f, values):
        ...         return f(Line(values["slope"])), {}
        >>> call, parameters = functional_call(Line(np.array([3.0, 4.0])), backend=Opening())
        >>> parameters, call({"slope": np.array([5.0, 6.0])}, 2.0)
        ({'slope': array([3., 4.])}, array([10., 12.]))
    """
    found = offers(select(backend, (module,), lambda: [("module", module)], lambda: _no_module(module)))
    parameters, state = found.open_module(module) or _no_module(module, found.name)
    return _Call(found, module, parameters, state, has_aux), parameters


def _no_module(module: Any, name: str | None = None) -> NoReturn:
    what = repr(module) if is_neutral(module) else f"a {type(module).__module__}.{type(module).__name__}"
    by = f" The backend is {name}, which opens no such thing." if name else ""
    raise TypeError(
        f"functional_call takes a module of an engine, such as a layer or a model; got {what}.{by} "
        "A class that the engine has registered as a container is differentiated as it is: pass it as x."
    )


@unconverted
class _Call:
    """What a module gives with other parameters than its own."""

    def __init__(
        self, opened_by: Offers, module: Any, parameters: dict[str, Array], state: dict[str, Array], has_aux: bool
    ) -> None:
        self._offers, self._module, self._has_aux = opened_by, module, has_aux
        self._needed = list(parameters)
        self._shapes = {name: tuple(array.shape) for name, array in (parameters | state).items()}

    def __repr__(self) -> str:
        return f"<nestgrad.functional_call of a {type(self._module).__name__}>"

    def __call__(self, parameters: Mapping[str, Array], /, *inputs: Any, **kwargs: Any) -> Any:
        """The module's output for these parameters; with `has_aux`, `(output, state)`."""
        self._check(parameters)
        as_called = self._offers.as_called

        def forward(module: Any) -> Any:
            return (module if as_called is None else as_called(module))(*inputs, **kwargs)

        output, state = self._offers.evaluate_module(self._module, forward, parameters)
        return (output, state) if self._has_aux else output

    def _check(self, parameters: Any) -> None:
        if not isinstance(parameters, Mapping):
            what = type(parameters).__name__
            raise StructureMismatchError(f"parameters must be a dictionary, as functional_call gives it; got a {what}.")
        for name in self._needed:
            if name not in parameters:
                raise StructureMismatchError(
                    f"parameters has no {name!r}. The module needs all; to vary some: {{**parameters, **some}}."
                )
        for name in parameters:
            if name not in self._shapes:
                hint = did_you_mean(str(name), self._shapes)
                raise StructureMismatchError(f"parameters[{name!r}]: the module has nothing of this name. {hint}")
            shape, due = getattr(parameters[name], "shape", None), self._shapes[name]
            if shape is None or tuple(shape) != due:
                found = (
                    f"it is a {type(parameters[name]).__name__}" if shape is None else f"its shape is {tuple(shape)}"
                )
                raise StructureMismatchError(
                    f"parameters[{name!r}] must match the module's, an array of shape {due}: {found}."
                )
