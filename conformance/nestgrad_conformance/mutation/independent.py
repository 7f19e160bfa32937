"""Ten faults that engine authors make, written before the scenarios were read.

They measure the suite by a yardstick that it was not made for. None of them is derived from the table
of operations or from a family of `families`; each is the whole of a mistake, as it is found in engines.
"""

from __future__ import annotations

import contextlib
import functools
import operator
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np

from .engine import (
    ArrayBox,
    Namespace,
    held,
    isbox,
    new_box,
    primitive_jvps,
    primitive_vjps,
    sound,
    trace_primitives_map,
    traced_tuple,
)

_Sound: Any = type(sound())
Rules = dict[Any, Callable[..., Any]]


def _primitive(function: Any) -> Any:
    """What autograd traces for a function of NumPy."""
    return trace_primitives_map[function]


def _with_rules(forward: Rules, reverse: Rules) -> Any:
    """The backend with other rules for some primitives while it traces; a rule is given autograd's own first."""
    changed = [
        (table, name, functools.partial(rule, table[name]), table[name])
        for table, rules in ((primitive_jvps, forward), (primitive_vjps, reverse))
        for name, rule in rules.items()
    ]

    @contextlib.contextmanager
    def at_fault() -> Iterator[None]:
        for table, name, rule, _ in changed:
            table[name] = rule
        try:
            yield
        finally:
            for table, name, _, own in changed:
                table[name] = own

    class Mutant(_Sound):  # type: ignore[misc]
        def jvp(self, *args: Any, **kwargs: Any) -> Any:
            with at_fault():
                return super().jvp(*args, **kwargs)

        def vjp(self, *args: Any, **kwargs: Any) -> Any:
            with at_fault():
                return super().vjp(*args, **kwargs)

    return Mutant()


def broadcast_summed_along_the_other_axis() -> Any:
    """The cotangent of a vector that was broadcast to a square is summed along the axis that fits as well."""

    def reverse(own: Any, argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        if np.ndim(held(ans)) != 2 or len(set(np.shape(held(ans)))) != 1:
            return own(argnums, ans, args, kwargs)
        turned = tuple(x.T if np.ndim(held(x)) == 2 else x for x in args)
        pulls = [
            own((i,), ans.T, turned, kwargs) if np.ndim(held(args[i])) == 1 else own((i,), ans, args, kwargs)
            for i in argnums
        ]

        def pull(cotangent: Any) -> tuple[Any, ...]:
            return tuple(
                next(iter(pull_one(cotangent.T if np.ndim(held(args[i])) == 1 else cotangent)))
                for i, pull_one in zip(argnums, pulls, strict=True)
            )

        return pull

    arithmetic = (np.add, np.subtract, np.multiply, np.true_divide)
    return _with_rules({}, {_primitive(function): reverse for function in arithmetic})


def repeated_index_overwrites() -> Any:
    """The cotangents of an entry that was gathered twice overwrite each other; they should add up."""

    def reverse(own: Any, argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        x, index = args
        places = np.arange(np.size(held(x))).reshape(np.shape(held(x)))[index]
        flat = np.ravel(places)
        last = np.zeros(flat.shape)
        last[list({place: i for i, place in enumerate(flat)}.values())] = 1.0
        pull = own(argnums, ans, args, kwargs)
        return lambda cotangent: pull(cotangent * last.reshape(np.shape(places)))

    return _with_rules({}, {ArrayBox.__getitem__: reverse})


def pullback_accumulates() -> Any:
    """A pullback that is called again adds to what it gave before: the buffers of the tape are not cleared."""

    class Mutant(_Sound):  # type: ignore[misc]
        def vjp(self, f: Any, *primals: Any, has_aux: bool = False) -> Any:
            value, pullback, *aux = super().vjp(f, *primals, has_aux=has_aux)
            buffers: tuple[Any, ...] | None = None

            def accumulating(cotangent: Any) -> tuple[Any, ...]:
                nonlocal buffers
                pulled = pullback(cotangent)
                buffers = pulled if buffers is None else tuple(map(operator.add, buffers, pulled))
                return buffers

            return value, accumulating, *aux

    return Mutant()


def perturbations_confused() -> Any:
    """Forward mode has one infinitesimal for all levels: an inner jvp differentiates captured outer variables."""
    level: ContextVar[Any] = ContextVar("level", default=None)

    class Mutant(_Sound):  # type: ignore[misc]
        def jvp(self, f: Any, primals: Any, tangents: Any, *, has_aux: bool = False) -> Any:
            outer = level.get()
            if outer is not None and not has_aux:
                return _same_level(f, primals, tangents, *outer)

            def noted(*boxes: Any) -> Any:
                token = level.set((boxes[0]._trace, type(boxes[0]._node)))
                try:
                    return f(*boxes)
                finally:
                    level.reset(token)

            return super().jvp(noted, primals, tangents, has_aux=has_aux)

    return Mutant()


def _same_level(f: Any, primals: Any, tangents: Any, trace: int, node: Any) -> tuple[Any, Any]:
    output = f(*(new_box(x, trace, node.new_root(v)) for x, v in zip(primals, tangents, strict=True)))
    output = traced_tuple(output) if type(output) is tuple else output
    if isbox(output) and output._trace == trace:
        return output._value, output._node.g
    return output, output * 0.0


def odd_real_transform_has_a_nyquist_bin() -> Any:
    """The last bin of a real transform counts once, as it does for even lengths; for odd ones it counts twice."""

    def irfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
        if n is not None and n % 2 and np.shape(held(x))[axis] > n // 2 > 0:
            weight = np.ones(np.shape(held(x))[axis])
            weight[n // 2] = 0.5
            weight = np.moveaxis(weight.reshape(-1, *[1] * (np.ndim(held(x)) - 1)), 0, axis)
            x = held(x) + weight * (x - held(x))  # x itself, with another derivative
        return sound().xp.fft.irfft(x, n=n, axis=axis, norm=norm)

    mutant = _Sound()
    mutant.xp = Namespace(mutant.xp, {"fft.irfft": irfft})
    return mutant


def cotangents_in_single_precision() -> Any:
    """Cotangents pass through a buffer of 32 bits."""

    def rounded(cotangent: Any) -> Any:
        exact = held(cotangent)
        return cotangent + (np.asarray(exact).astype(np.float32).astype(exact.dtype) - exact)

    def reverse(own: Any, argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        pull = own(argnums, ans, args, kwargs)
        return lambda cotangent: pull(cotangent if np.iscomplexobj(held(cotangent)) else rounded(cotangent))

    return _with_rules({}, {_primitive(function): reverse for function in (np.sum, np.multiply, np.matmul, np.exp)})


def denominators_with_an_epsilon() -> Any:
    """The rules of log, sqrt and division add 1e-7 to a denominator, so that nothing divides by zero."""

    def forward(own: Any, argnums: Any, tangents: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        return own(argnums, tangents, ans, (*args[:-1], args[-1] + 1e-7), kwargs)

    def reverse(own: Any, argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        return own(argnums, ans, (*args[:-1], args[-1] + 1e-7), kwargs)

    primitives = [_primitive(function) for function in (np.log, np.sqrt, np.true_divide)]
    return _with_rules(dict.fromkeys(primitives, forward), dict.fromkeys(primitives, reverse))


def solve_forgets_the_transpose() -> Any:
    """The reverse rule of solve solves with A where it should with its transpose: right for symmetric A."""

    def reverse(own: Any, argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        matrix, right = args
        return own(argnums, ans, (np.swapaxes(matrix, -1, -2), right), kwargs)

    return _with_rules({}, {_primitive(np.linalg.solve): reverse})


def power_loses_the_sign_of_its_base() -> Any:
    """The rule of a power takes the magnitude of the base, as exp(p log|x|) would."""

    def forward(own: Any, argnums: Any, tangents: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        return own(argnums, tangents, ans, (abs(args[0]), args[1]), kwargs)

    def reverse(own: Any, argnums: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        return own(argnums, ans, (abs(args[0]), args[1]), kwargs)

    power = _primitive(np.power)
    return _with_rules({power: forward}, {power: reverse})


def tangents_held() -> Any:
    """Forward mode takes its tangents for constants: they may depend on an outer variable."""

    class Mutant(_Sound):  # type: ignore[misc]
        def jvp(self, f: Any, primals: Any, tangents: Any, *, has_aux: bool = False) -> Any:
            return super().jvp(f, primals, tuple(map(held, tangents)), has_aux=has_aux)

    return Mutant()


TEN: tuple[Callable[[], Any], ...] = (
    broadcast_summed_along_the_other_axis,
    repeated_index_overwrites,
    pullback_accumulates,
    perturbations_confused,
    odd_real_transform_has_a_nyquist_bin,
    cotangents_in_single_precision,
    denominators_with_an_epsilon,
    solve_forgets_the_transpose,
    power_loses_the_sign_of_its_base,
    tangents_held,
)
