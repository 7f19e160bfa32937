"""Two threads in one derivative at once, in the order that has confused an engine."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import optree

from ._use import Operator, Tree, Use

PATIENCE = 0.05
"""Seconds for the other thread to arrive; it never does where a lock keeps a derivative to one thread at a time."""


class Interference(Exception):
    """The other thread got another number."""


def crossing(use: Use) -> Operator:
    """While another thread is inside of f, this one enters f; then the other leaves, and this one goes on."""

    def evaluate(*trees: Tree) -> Any:
        entered, joined, left = threading.Event(), threading.Event(), threading.Event()
        outcome: list[Any] = []

        def f(*arguments: Any) -> Any:
            if threading.current_thread() is other:
                entered.set()
                joined.wait(PATIENCE)
            else:
                joined.set()
                left.wait(PATIENCE)
            return use.f(*arguments)

        operator = use.derive(f, use.word)

        def work() -> None:
            try:
                outcome.append(operator(*trees))
            except Exception as error:
                outcome.append(error)
            finally:
                entered.set()
                left.set()

        other = threading.Thread(target=work)
        other.start()
        entered.wait()
        try:
            result = operator(*trees)
        finally:
            other.join()
        _compare(use, result, outcome[0])
        return result

    return evaluate


def _compare(use: Use, result: Any, other: Any) -> None:
    if isinstance(other, Exception):
        raise other
    for mine, its in zip(optree.tree_leaves(result), optree.tree_leaves(other), strict=True):
        if not np.allclose(
            use.backend.to_numpy(mine), use.backend.to_numpy(its), rtol=1e-9, atol=1e-12, equal_nan=True
        ):
            raise Interference("the other thread has another number")
