"""Powers of which one part is complex and the other a real tensor: torch's forward rule drops what is imaginary.

It takes the real part of a tangent, as if the result were real too. Where both parts are complex its rules are right.
Powers of lists of tensors are taken one by one, so that each is looked at and repaired as any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch

from nestgrad_torch._faults.powers import IN_PLACE, LISTS, POWERS, is_mixed

from .call import Call, Repair, any_may_vary, tell


def _as_complex(nesting: str, call: Call) -> Call:
    """The call with tensors that are all complex, if base or exponent is."""
    parts = (*call.args, *call.kwargs.values())
    if "F" not in nesting or len(parts) != 2 or not is_mixed(*parts) or not any_may_vary(*parts):
        return call
    tell("mixed_power", "pow")
    args = tuple([_complex(part) for part in call.args])
    return call._replace(args=args, kwargs={name: _complex(part) for name, part in call.kwargs.items()})


def _complex(part: Any) -> Any:
    return part + 0j if isinstance(part, torch.Tensor) and part.is_floating_point() else part


def _turned_round(nesting: str, call: Call) -> Call:
    """`number ** tensor` as `torch.pow(number, tensor)`."""
    return _as_complex(nesting, Call(torch.pow, call.args[::-1], call.kwargs))


def _one_by_one(nesting: str, call: Call) -> Call:
    tensors = [tensor for part in (*call.args, *call.kwargs.values()) for tensor in _several(part)]
    if not any_may_vary(*tensors):
        return call
    tell("listed_power", "_foreach_pow")
    return call._replace(function=_each_in_place if call.function in IN_PLACE else _each)


def _each(self: Any, exponent: Any) -> tuple[Any, ...]:
    return tuple(_of_all(torch.pow, self, exponent))


def _each_in_place(self: Any, exponent: Any) -> list[Any]:
    return list(_of_all(torch.Tensor.pow_, self, exponent))


def _of_all(power: Callable[..., Any], bases: Any, exponents: Any) -> Iterable[Any]:
    length = len(bases) if isinstance(bases, (list, tuple)) else len(exponents)
    given = [part if isinstance(part, (list, tuple)) else [part] * length for part in (bases, exponents)]
    return [power(base, exponent) for base, exponent in zip(*given, strict=True)]


def _several(part: Any) -> Iterable[Any]:
    return part if isinstance(part, (list, tuple)) else (part,)


REPAIRS: dict[Any, Repair] = {
    **dict.fromkeys(POWERS, _as_complex),
    **dict.fromkeys(LISTS, _one_by_one),
    torch.Tensor.__rpow__: _turned_round,
}
