"""Laws of modules: taken apart into arrays by name, evaluated with others, and left as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nestgrad.extend import provides

from .known import X, array, close
from .law import require


def what_is_no_module(backend: Any) -> None:
    """Arrays, numbers, containers, functions and classes are none."""
    for value in (array(backend, X), 1.0, "text", None, {"weight": 1.0}, [1.0], len, lambda x: x, int, object()):
        assert backend.open_module(value) is None, f"{value!r}"


def a_module_is_opened(backend: Any) -> None:
    """Parameters are real floating arrays, names are texts, no array is there twice, and all is so again."""
    require(backend, "sample_module")
    module, _ = backend.sample_module()
    parameters, state = backend.open_module(module)
    assert parameters
    assert all(type(name) is str for name in (*parameters, *state))
    assert not {*parameters} & {*state}
    assert len({id(one) for one in (*parameters.values(), *state.values())}) == len(parameters) + len(state)
    for one in parameters.values():
        assert backend.xp.isdtype(one.dtype, "real floating")
    again = backend.open_module(module)
    assert [list(named) for named in again] == [list(parameters), list(state)]


def with_its_own_values(backend: Any) -> None:
    """It is evaluated as it is, the function called once, with something of the same class, and what it gives given."""
    module, inputs, parameters, _ = _sample(backend)
    thing, calls = object(), []

    def f(given: Any) -> Any:
        calls.append(1)
        assert isinstance(given, type(module))
        return given(*inputs), thing

    (output, kept), _ = backend.evaluate_module(module, f, parameters)
    assert kept is thing
    assert len(calls) == 1
    same, _ = backend.evaluate_module(module, _called(inputs), {})
    close(backend, same, backend.to_numpy(output))
    plain, _ = backend.sample_module()
    close(backend, plain(*inputs), backend.to_numpy(output))


def with_other_values(backend: Any) -> None:
    """Each parameter that is given is the one that is used."""
    module, inputs, parameters, _ = _sample(backend)
    call = _called(inputs)
    before = backend.to_numpy(backend.evaluate_module(module, call, parameters)[0])
    changed = {name: one * 1.5 + 0.25 for name, one in parameters.items()}
    after = backend.to_numpy(backend.evaluate_module(module, call, changed)[0])
    assert not np.allclose(before, after)
    for name, one in changed.items():
        each = backend.to_numpy(backend.evaluate_module(module, call, {**parameters, name: one})[0])
        assert not np.allclose(before, each), f"{name} makes no difference"


def the_module_is_left_as_it_is(backend: Any) -> None:
    """What it holds is afterwards what it was, and inside of the call too, also if the function raises."""
    module, inputs, parameters, before = _sample(backend)

    class Mine(Exception):
        pass

    def f(given: Any) -> Any:
        given(*inputs)
        _same(backend, _values(backend, module), before)
        raise Mine

    changed = {name: one * 1.5 + 0.25 for name, one in parameters.items()}
    backend.evaluate_module(module, _called(inputs), changed)
    _same(backend, _values(backend, module), before)
    with np.testing.assert_raises(Mine):
        backend.evaluate_module(module, f, changed)
    _same(backend, _values(backend, module), before)


def the_state_comes_back(backend: Any) -> None:
    """It has the names of the module's, is what the call made of it, and can be given to the next one."""
    module, inputs, parameters, _ = _sample(backend)
    call = _called(inputs)
    _, once = backend.evaluate_module(module, call, parameters)
    assert list(once) == list(backend.open_module(module)[1])
    _, twice = backend.evaluate_module(module, lambda given: [call(given) for _ in range(2)], parameters)
    _, next_one = backend.evaluate_module(module, call, {**parameters, **once})
    _same(backend, {name: backend.to_numpy(one) for name, one in next_one.items()}, twice)
    if once:
        assert any(not np.array_equal(backend.to_numpy(once[name]), backend.to_numpy(twice[name])) for name in once)


def inside_a_derivative(backend: Any) -> None:
    """It is differentiated in its parameters like any function, and what it wrote is no matter."""
    module, inputs, parameters, before = _sample(backend)
    names = list(parameters)

    def f(*values: Any) -> Any:
        output, _ = backend.evaluate_module(module, _called(inputs), dict(zip(names, values, strict=True)))
        return backend.xp.sum(output * output)

    x = tuple(parameters.values())
    v = [np.cos(backend.to_numpy(one) * 3) for one in x]
    along = [backend.asarray(one) for one in v]

    def at(step: float) -> float:
        return float(backend.to_numpy(f(*(one + step * d for one, d in zip(x, along, strict=True)))))

    expected = (8 * (at(1e-2) - at(-1e-2)) - (at(2e-2) - at(-2e-2))) / 12e-2
    if provides(backend, "jvp"):
        found = float(backend.to_numpy(backend.jvp(f, x, tuple(along))[1]))
        assert abs(found - expected) <= 1e-3 * (1 + abs(expected)), f"{found} where {expected} is due"
    if provides(backend, "vjp"):
        value, pullback = backend.vjp(f, *x)
        pulled = pullback(backend.xp.ones_like(value))
        found = sum(float(np.sum(backend.to_numpy(one) * d)) for one, d in zip(pulled, v, strict=True))
        assert abs(found - expected) <= 1e-3 * (1 + abs(expected)), f"{found} where {expected} is due"
    _same(backend, _values(backend, module), before)


def samples_are_apart(backend: Any) -> None:
    """Each is new: what is written into one is not in another, and they are equal when they are made."""
    (one, inputs), (other, _) = backend.sample_module(), backend.sample_module()
    before = _values(backend, other)
    _same(backend, _values(backend, one), before)
    one(*inputs)
    _same(backend, _values(backend, other), before)


def _sample(backend: Any) -> tuple[Any, Any, Any, Any]:
    """A module, its inputs, its parameters, and all of its values as they are now."""
    require(backend, "sample_module")
    module, inputs = backend.sample_module()
    return module, inputs, backend.open_module(module)[0], _values(backend, module)


def _called(inputs: Any) -> Callable[[Any], Any]:
    return lambda module: module(*inputs)


def _values(backend: Any, module: Any) -> dict[str, Any]:
    parameters, state = backend.open_module(module)
    return {name: np.array(backend.to_numpy(one)) for name, one in {**parameters, **state}.items()}


def _same(backend: Any, found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert list(found) == list(expected)
    for name in expected:
        wanted = expected[name] if isinstance(expected[name], np.ndarray) else backend.to_numpy(expected[name])
        np.testing.assert_allclose(found[name], wanted, rtol=1e-5, atol=1e-7, err_msg=name)
