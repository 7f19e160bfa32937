"""The vectorising map."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from nestgrad.extend import DrawnAnew

from ._effects import draws
from ._operations import operations_in

_FEW = 32  # rows that are evaluated one by one in the time of a trace


def vmap(f: Callable[..., Any], in_axes: Any) -> Callable[..., Any]:
    """F mapped over an axis of its arguments, by tf.vectorized_map, or one by one where that cannot or takes longer.

    It cannot batch the lists of tensors that the derivative of a loop keeps. Eagerly it traces f at every call, which
    takes some 0.3 s.

    Raises:
        DrawnAnew: f draws random numbers in a graph, where each row would draw its own, and nobody sees the values.
    """

    def mapped(*args: Any) -> Any:
        axes = in_axes if isinstance(in_axes, (tuple, list)) else (in_axes,) * len(args)
        moving = [i for i, axis in enumerate(axes) if axis is not None]

        def one(elements: Any) -> Any:
            inputs = list(args)
            for i, element in zip(moving, elements, strict=True):
                inputs[i] = element
            with _drawing_nothing():
                return tf.nest.map_structure(tf.identity, f(*inputs))  # of the map's graph, where f captured it

        rows = [tf.experimental.numpy.moveaxis(args[i], axes[i], 0) for i in moving]

        def one_by_one() -> Any:
            return _stacked([one([row[i] for row in rows]) for i in range(rows[0].shape[0])])

        if tf.executing_eagerly() and 0 < rows[0].shape[0] <= _FEW:
            return one_by_one()
        try:
            with _quietly():
                return tf.vectorized_map(one, rows)
        except TypeError as error:
            if "'variant'" not in str(error):
                raise
            return one_by_one()

    return mapped


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Drop what TensorFlow's map logs in this thread: hundreds of lines on what it cannot batch, besides raising it.

    And a warning that it traces again, which it does at each call.
    """
    thread, logger = threading.get_ident(), tf.get_logger()

    def is_wanted(record: logging.LogRecord) -> bool:
        return record.thread != thread or not (record.filename == "pfor.py" or "function pfor." in record.getMessage())

    logger.addFilter(is_wanted)
    try:
        yield
    finally:
        logger.removeFilter(is_wanted)


@contextlib.contextmanager
def _drawing_nothing() -> Iterator[None]:
    """Raise `DrawnAnew` where what is put into a graph here draws random numbers."""
    graph = None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()
    first = 0 if graph is None else len(graph.get_operations())
    yield
    if graph is not None and any(map(draws, operations_in(graph, first))):
        raise DrawnAnew


def _stacked(results: list[Any]) -> Any:
    return tf.nest.map_structure(lambda *entries: tf.stack(entries), *results)
