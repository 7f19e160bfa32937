"""Laws of what else a backend tells or does: its name, its limits, its choice of nestings, its watch over calls."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

import nestgrad as ng
from nestgrad.extend import COMPILERS, SPEC_VERSION, Canary, Nesting, Refusal, provides
from nestgrad.internal import embedded

from .known import Pair, Product, U, V, X, Y, array, arrays, close
from .law import require


def the_name_is_registered(backend: Any) -> None:
    """The class is the one that its name selects, so that messages and reports speak of it."""
    assert isinstance(backend, type(ng.get_backend(backend.name)))


def the_namespace_computes(backend: Any) -> None:
    """The elementary functions that the laws are written in have NumPy's values and the dtype of their argument."""
    x = array(backend, X)
    for name in ("sin", "cos", "exp", "abs"):
        found = getattr(backend.xp, name)(x)
        close(backend, found, getattr(np, name)(X))
        assert backend.to_numpy(found).dtype == backend.to_numpy(x).dtype
    close(backend, backend.xp.sum(x), np.sum(X))
    close(backend, backend.xp.ones_like(x), np.ones_like(X))
    assert backend.xp.isdtype(x.dtype, "real floating")


def the_version_of_the_spec(backend: Any) -> None:
    """It is one that this nestgrad can run."""
    assert re.fullmatch(r"\d+\.\d+", backend.spec_version)
    theirs, ours = (tuple(map(int, version.split("."))) for version in (backend.spec_version, SPEC_VERSION))
    assert theirs[0] == ours[0]
    assert theirs <= ours


def flat_only_is_a_flag(backend: Any) -> None:
    """True or False."""
    assert backend.flat_only in (True, False)


def containers_are_compiled(backend: Any) -> None:
    """True or False; if true, containers, numbers and keywords are served as they are at each call."""
    assert backend.compiles_containers in (True, False)
    if not backend.compiles_containers:
        return

    def f(parameters: Any, number: Any, *, shift: Any) -> Any:
        total = sum(backend.xp.sum(weight * weight) for weight in parameters["w"])
        return {"value": number * total + shift["b"]}

    x, v = array(backend, X), array(backend, V)
    for method in COMPILERS.values():
        if provides(backend, method):
            compiled = getattr(backend, method)(f)
            for weights, number, shift in (([x], 2.0, 1.0), ([x], 3, 0.5), ([x, v], 3.0, 2.0), ([v], 2.0, 1.0)):
                found = compiled({"w": weights}, number, shift={"b": shift})["value"]
                squares = sum(float(np.sum(backend.to_numpy(weight) ** 2)) for weight in weights)
                close(backend, found, np.asarray(number * squares + shift))


def beyond_max_order(backend: Any) -> None:
    """A longer nesting is refused, whatever its letters; nestings up to it are not refused for their length."""
    assert isinstance(backend.max_order, int)
    assert backend.max_order >= 1
    x = array(backend, X)
    for letter in "".join(letter for letter, method in (("F", "jvp"), ("R", "vjp")) if provides(backend, method)):
        longest, longer = (Nesting(letter * (backend.max_order + i)) for i in (0, 1))
        ng.derivative(lambda x: backend.xp.sum(x * x), longest, backend=backend)(x, *[x] * longest.directions)
        with np.testing.assert_raises_regex(ng.UnsupportedNestingError, f"order {backend.max_order}"):
            ng.derivative(lambda x: backend.xp.sum(x * x), longer, backend=backend)(x, *[x] * longer.directions)


def over_an_engine(backend: Any) -> None:
    """Over another engine it has that engine's arrays and its own name, and is the same object at each call."""
    engine = ng.get_backend(embedded())
    over = backend.over(engine)
    assert over is backend.over(engine), "each call gives another object"
    assert over.name == backend.name
    x = engine.asarray(X)
    assert type(over.asarray(X)) is type(x)
    value, *_ = ng.jvp(lambda x: x * x, (x,), (x,), backend=backend)
    assert type(value) is type(x)


def preferred_nestings(backend: Any) -> None:
    """They are Hessian-vector products, each once; what "auto" takes is the first that has its modes."""
    assert {*backend.preferred} <= {"FR", "RF", "RR"}
    assert len({*backend.preferred}) == len(backend.preferred)
    require(backend, "vjp")
    x, v = arrays(backend, X, V)
    close(backend, ng.hvp(Product(backend.xp), backend=backend)(x, v), Product.product(X, V))


def preferred_diagonals(backend: Any) -> None:
    """They are nestings of order 2, each once; the first that has its modes gives the diagonal and the Laplacian."""
    assert {*backend.preferred_diagonal} <= {"FR", "RF", "RR", "FF"}
    assert len({*backend.preferred_diagonal}) == len(backend.preferred_diagonal)
    x, expected = array(backend, X), 6 * X
    f = lambda x: backend.xp.sum(x**3)  # noqa: E731
    close(backend, ng.hessian_diagonal(f, backend=backend)(x), expected)
    close(backend, ng.laplacian(f, backend=backend)(x), np.sum(expected))


def nothing_unknown_is_claimed(backend: Any) -> None:
    """An exception that the engine did not make is nobody's refusal, whatever its type."""
    for nesting in ("F", "R", "FR", "RF", "RR", "FF"):
        for kind in (ValueError, TypeError, KeyError, RuntimeError, IndexError, AttributeError, ZeroDivisionError):
            for error in (kind("mine"), kind(), kind("the weights are missing", 3)):
                assert backend.classify(error, Nesting(nesting)) is None, f"{error!r} was claimed"


def f_s_own_exception_is_f_s(backend: Any) -> None:
    """It passes through an operator as it is, though a backend classifies."""

    class Mine(RuntimeError):
        pass

    def f(x: Any) -> Any:
        raise Mine("mine")

    x = array(backend, X)
    if provides(backend, "jvp"):
        with np.testing.assert_raises(Mine):
            ng.jvp(f, (x,), (x,), backend=backend)
    if provides(backend, "vjp"):
        with np.testing.assert_raises(Mine):
            ng.vjp(f, x, backend=backend)


def a_refusal_is_whole(backend: Any) -> None:
    """If something is recognised, its reason is a sentence and its way out a nesting."""
    found = backend.classify(NotImplementedError("VJP of sin wrt argnums (0,) not defined"), Nesting("FR"))
    assert found is None or (isinstance(found, Refusal) and found.reason.endswith("."))
    assert found is None or found.use is None or Nesting(found.use)


def a_route_comes_back(backend: Any) -> None:
    """Its result, a tree of arrays, and its aux, anything, are the route's; it is called once."""
    thing, calls = object(), []

    def route(x: Any, y: Any) -> Any:
        calls.append(1)
        return (Pair(backend.xp)(x, y), thing, "text")

    for nesting in ("F", "R", "FR", "RR"):
        calls.clear()
        result, *aux = backend.run(Nesting(nesting), route, *arrays(backend, X, Y))
        close(backend, result, Pair()(X, Y))
        assert aux[0] is thing
        assert aux[1:] == ["text"]
        assert len(calls) == 1, f"{nesting}: the route was called {len(calls)} times"


def a_route_alone(backend: Any) -> None:
    """A result without an aux is a tuple of one, whatever tree it is."""
    (result,) = backend.run(Nesting("R"), lambda x: (x * 2.0,), array(backend, X))
    close(backend, result, 2 * X)
    (result,) = backend.run(Nesting("R"), lambda x: (((x * 2.0,),),), array(backend, X))
    close(backend, result, ((2 * X,),))


def a_route_inside(backend: Any) -> None:
    """Inside of another transform a route is differentiated like any function."""
    require(backend, "vjp")
    x, u = arrays(backend, X, U)

    def f(x: Any) -> Any:
        (result,) = backend.run(Nesting("R"), lambda x: (backend.xp.sin(x),), x)
        return result

    close(backend, backend.vjp(f, x)[1](u), (np.cos(X) * U,))


def an_exception_in_a_route(backend: Any) -> None:
    """It passes, and leaves nothing behind: the next call is right."""

    class Mine(Exception):
        pass

    def route(x: Any) -> Any:
        raise Mine

    x = array(backend, X)
    with np.testing.assert_raises(Mine):
        backend.run(Nesting("R"), route, x)
    (result,) = backend.run(Nesting("R"), lambda x: (x * 2.0,), x)
    close(backend, result, 2 * X)


def attempts_until_one_holds(backend: Any) -> None:
    """What an attempt raises comes out, and the next one is made from the start; one that holds gives what it gives."""
    attempt = backend.attempts()
    if attempt is None:
        return

    class Mine(Exception):
        pass

    def refused() -> None:
        raise Mine

    x, thing = array(backend, X), object()
    for _ in range(2):
        with np.testing.assert_raises(Mine):
            attempt(refused)
    result, kept = attempt(lambda: (x * 2.0, thing))
    close(backend, result, 2 * X)
    assert kept is thing


def attempts_inside_attempts(backend: Any) -> None:
    """Each has its own, as where f holds an operator: what is refused inside is no refusal outside."""
    outer = backend.attempts()
    if outer is None:
        return

    def refused() -> None:
        raise KeyError

    def f() -> Any:
        inner = backend.attempts()
        with np.testing.assert_raises(KeyError):
            inner(refused)
        return inner(lambda: array(backend, X) * 2.0)

    close(backend, outer(f), 2 * X)


def as_called_is_the_same_function(backend: Any) -> None:
    """It gives what the function gives for the same arguments, keywords too, and raises what that raises."""

    class Mine(Exception):
        pass

    def f(x: Any, *more: Any, power: int = 1, fails: bool = False) -> Any:
        if fails:
            raise Mine
        return x**power, more

    x, called = array(backend, X), backend.as_called(f)
    result, more = called(x, "a", None, power=2)
    close(backend, result, X**2)
    assert more == ("a", None)
    with np.testing.assert_raises(Mine):
        called(x, fails=True)


def the_operations_of_a_function(backend: Any) -> None:
    """Those of its parts, and none besides: another function has others, and what computes nothing has none."""
    xp, x = backend.xp, array(backend, X)
    sine, exponential = backend.operations(xp.sin, x), backend.operations(xp.exp, x)
    both = backend.operations(lambda x, y: xp.sin(xp.exp(x)) + y, x, x)
    assert all(isinstance(name, str) and name for name in both)
    assert sine - exponential, f"sin: {sorted(sine)}, exp: {sorted(exponential)}"
    assert exponential - sine, f"sin: {sorted(sine)}, exp: {sorted(exponential)}"
    assert both > sine | exponential, f"{sorted(both)} lacks {sorted((sine | exponential) - both)}, or has no sum"
    assert not backend.operations(lambda x: x, x)
    assert backend.operations(xp.sin, x) == sine


def operations_that_cannot_be_told(backend: Any) -> None:
    """What f raises comes out: it is no function without operations."""

    class Mine(Exception):
        pass

    def f(x: Any) -> Any:
        raise Mine

    with np.testing.assert_raises(Mine):
        backend.operations(f, array(backend, X))


def a_worker_is_prepared(backend: Any) -> None:
    """It may be called again, and NumPy's 64 bits are kept from then on, if the engine has them."""
    backend.prepare_worker()
    backend.prepare_worker()
    close(backend, array(backend, X), X)


def the_canary_counts(backend: Any) -> None:
    """Only the rule of the mode that runs counts, in every call, until `reset`; canaries are apart."""
    canary, other = backend.canary(), backend.canary()
    assert isinstance(canary, Canary)
    for letter, method in (("F", "jvp"), ("R", "vjp")):
        if not provides(backend, method):
            continue
        x = array(backend, np.array([0.1, 0.2, 0.3]))
        for _ in range(2):
            canary.reset()
            assert (canary.forward, canary.backward) == (0, 0)
            ng.derivative(canary.function, letter, backend=backend)(*[x] * (1 + Nesting(letter).directions))
            ran = canary.forward > 0, canary.backward > 0
            assert ran == (letter == "F", letter == "R"), f"{letter}: {canary.forward} and {canary.backward} calls"
    assert (other.forward, other.backward) == (0, 0)


def the_canary_is_right(backend: Any) -> None:
    """Its derivative, by its own rules, is that of its values."""
    canary = backend.canary()
    point, v, step = np.array([0.1, 0.2, 0.3]), np.array([1.0, -0.5, 0.25]), 0.05
    f = [float(backend.to_numpy(canary.function(array(backend, point + i * step * v)))) for i in (-2, -1, 1, 2)]
    expected = (8 * (f[2] - f[1]) - (f[3] - f[0])) / (12 * step)
    if provides(backend, "jvp"):
        found = backend.jvp(canary.function, arrays(backend, point), arrays(backend, v))[1]
        assert abs(float(backend.to_numpy(found)) - expected) < 1e-4
    if provides(backend, "vjp"):
        (found,) = backend.vjp(canary.function, array(backend, point))[1](array(backend, 1.0))
        assert abs(float(backend.to_numpy(found) @ v) - expected) < 1e-4


def the_raw_engine(backend: Any) -> None:
    """It has the backend's name and modes, right but for the engine's accuracy, and neither `classify` nor `run`."""
    raw = backend.raw()
    assert raw.name == backend.name
    assert not provides(raw, "classify")
    assert not provides(raw, "run")
    modes = ("jvp", "vjp")
    assert [provides(raw, mode) for mode in modes] == [provides(backend, mode) for mode in modes]
    f, x = Pair(raw.xp), arrays(raw, X, Y)
    if provides(raw, "jvp"):
        close(raw, raw.jvp(f, x, arrays(raw, V, Y))[1], Pair.pushed(X, Y, V, Y), least=1e-5)
    if provides(raw, "vjp"):
        close(raw, raw.vjp(f, *x)[1](arrays(raw, U, 0.7)), Pair.pulled(X, Y, U, 0.7), least=1e-5)
