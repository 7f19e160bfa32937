"""Recurrent cells and layers of torch."""

from __future__ import annotations

from typing import Any

import torch

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _filled, _ramp, _weighted


@row(normal(3, 3), "recurrent", order=3)
def rnn_cell(x: Any) -> Any:
    """Two steps of nn.RNNCell's function."""
    hidden = x[0]
    for entry in x[1:]:
        hidden = torch.rnn_tanh_cell(entry[None], hidden[None], _ramp(3, 3), _ramp(3, 3), _ramp(3), _ramp(3))[0]
    return _weighted(hidden)


@row(normal(3, 3), "recurrent")
def gru_cell(x: Any) -> Any:
    """Two steps of nn.GRUCell's function."""
    hidden = x[0]
    for entry in x[1:]:
        hidden = torch.gru_cell(entry[None], hidden[None], _ramp(9, 3), _ramp(9, 3), _ramp(9), _ramp(9))[0]
    return _weighted(hidden)


@row(normal(3, 3), "recurrent")
def lstm_cell(x: Any) -> Any:
    """One step of nn.LSTMCell's function."""
    hidden, cell = torch.lstm_cell(x[:1], (x[1:2], x[2:]), _ramp(12, 3), _ramp(12, 3), _ramp(12), _ramp(12))
    return _weighted(hidden) + _weighted(cell)


_LSTM = _filled(torch.nn.LSTM(3, 2))


_GRU = _filled(torch.nn.GRU(3, 2))


@row(normal(4, 3), "recurrent", "untraceable")
def lstm(x: Any) -> Any:
    """nn.LSTM."""
    return _weighted(_LSTM(x)[0])


@row(normal(4, 3), "recurrent", "untraceable")
def gru(x: Any) -> Any:
    """nn.GRU."""
    return _weighted(_GRU(x)[0])


_CELLS = {name: _filled(getattr(torch.nn, name)(3, 3)) for name in ("GRUCell", "LSTMCell", "RNNCell")}


@row(normal(3, 3), "recurrent")
def gru_cell_module(x: Any) -> Any:
    """nn.GRUCell over a sequence."""
    hidden = x[:1]
    for entry in x[1:]:
        hidden = _CELLS["GRUCell"](entry[None], hidden)
    return _weighted(hidden)


@row(normal(4, 3), "recurrent")
def lstm_cell_module(x: Any) -> Any:
    """nn.LSTMCell over a sequence."""
    state = x[:1], x[1:2]
    for entry in x[2:]:
        state = _CELLS["LSTMCell"](entry[None], state)
    return _weighted(state[0]) + _weighted(state[1])


@row(normal(3, 3), "recurrent")
def rnn_cell_module(x: Any) -> Any:
    """nn.RNNCell over a sequence."""
    hidden = x[:1]
    for entry in x[1:]:
        hidden = _CELLS["RNNCell"](entry[None], hidden)
    return _weighted(hidden)
