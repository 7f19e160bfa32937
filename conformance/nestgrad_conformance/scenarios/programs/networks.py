"""Layers and losses of neural networks, from their parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from nestgrad_conformance.scenarios._scenario import collect, generator, normal

from ._program import _BATCH, _WEIGHTS, program

_RNG = generator(0, "networks")
_TOKENS = _RNG.standard_normal((4, 6)) / 2
_CAUSAL = np.tril(np.ones((4, 4))) > 0
_SEQUENCE = _RNG.standard_normal((5, 3))
_SENDERS, _RECEIVERS = np.array([0, 1, 2, 3, 1]), np.array([1, 2, 3, 0, 3])
_INCIDENCE = np.eye(4)[_RECEIVERS].T
_NODES = _RNG.standard_normal((4, 3))
_SIGNAL = _RNG.standard_normal(8)
_PAIRS = np.eye(6)


def _mlp_inputs(rng: np.random.Generator) -> Any:
    return {"w1": rng.standard_normal((4, 5)) / 2, "w2": rng.standard_normal((5, 3)) / 2, "b": rng.standard_normal(3)}


@program(_mlp_inputs, "matmul", "pytree", "numpy_constants", sample=True)
def mlp_tanh(xp: Any, x: Any) -> Any:
    """Mean squared output of a tanh network, in its weights."""
    hidden = xp.tanh(xp.asarray(_BATCH) @ x["w1"])
    return xp.mean((hidden @ x["w2"] + x["b"]) ** 2)


@program(_mlp_inputs, "matmul", "pytree", "numpy_constants")
def mlp_softplus(xp: Any, x: Any) -> Any:
    """The same with softplus."""
    hidden = xp.log1p(xp.exp(xp.asarray(_BATCH) @ x["w1"]))
    return xp.mean((hidden @ x["w2"] + x["b"]) ** 2)


@program(normal(4), "matmul", "numpy_constants", revision=2)
def mlp_sigmoid_in_inputs(xp: Any, x: Any) -> Any:
    """A sigmoid network of two layers, in its input, its weights captured."""
    w1, w2, w3 = (xp.asarray(w) for w in _WEIGHTS)
    hidden = 1 / (1 + xp.exp(-xp.matmul(x, w1)))
    return xp.sum(w3 * (1 / (1 + xp.exp(-xp.matmul(hidden, w2)))))


@program(normal(3, 6), "layer_norm", sample=True)
def layer_norm_from_parts(xp: Any, x: Any) -> Any:
    """Layer normalisation, weighted and cubed."""
    centred = x - xp.mean(x, axis=-1, keepdims=True)
    variance = xp.mean(centred**2, axis=-1, keepdims=True)
    weight = xp.asarray(np.arange(1.0, 7.0))
    return xp.sum((weight * centred / xp.sqrt(variance + 1e-5)) ** 3)


@program(normal(4, 5), "matmul", "vector_norm", "numpy_constants")
def weight_norm_from_parts(xp: Any, x: Any) -> Any:
    """A layer with normalised weights, in their directions and their lengths: what torch's weight_norm gets wrong."""
    directions, lengths = x[:3, :], 1.5 + x[3, :3] ** 2
    norms = xp.linalg.vector_norm(directions, axis=-1)
    weights = (lengths / norms)[:, None] * directions
    return xp.sum(xp.tanh(xp.matmul(weights, xp.asarray(_SIGNAL[:5]))) ** 2)


@program(normal(2, 4, 3), "attention", "matmul", "max", sample=True)
def attention_from_parts(xp: Any, x: Any) -> Any:
    """Self-attention of a batch, from its parts."""
    scores = x @ xp.matrix_transpose(x) / 3**0.5
    weights = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    return xp.sum((weights / xp.sum(weights, axis=-1, keepdims=True) @ x) ** 2)


def _residual_inputs(rng: np.random.Generator) -> Any:
    return [{"in": rng.standard_normal((4, 6)) / 2, "out": rng.standard_normal((6, 4)) / 2} for _ in range(2)]


@program(_residual_inputs, "matmul", "pytree", "numpy_constants")
def residual_blocks(xp: Any, x: Any) -> Any:
    """Two residual blocks with sigmoid-weighted units, in their weights."""
    hidden = xp.asarray(_BATCH)
    for block in x:
        inner = hidden @ block["in"]
        hidden = hidden + (inner / (1 + xp.exp(-inner))) @ block["out"]
    return xp.mean(hidden**2)


@program(normal(4, 3), "matmul", "numpy_constants")
def gelu_unit(xp: Any, x: Any) -> Any:
    """The tanh form of a Gaussian-error linear unit behind a linear layer."""
    z = xp.asarray(_BATCH) @ x
    return xp.mean(z * (1 + xp.tanh((2 / xp.pi) ** 0.5 * (z + 0.044715 * z**3))) / 2)


def _attention_inputs(rng: np.random.Generator) -> Any:
    return {name: rng.standard_normal((6, 6)) / 3 for name in ("query", "key", "value")}


@program(_attention_inputs, "matmul", "attention", "where", "max", "pytree", "numpy_constants")
def causal_attention(xp: Any, x: Any) -> Any:
    """Masked attention with two heads, in its projections."""
    split = {name: xp.permute_dims(xp.reshape(xp.asarray(_TOKENS) @ w, (4, 2, 3)), (1, 0, 2)) for name, w in x.items()}
    scores = split["query"] @ xp.matrix_transpose(split["key"]) / 3**0.5
    scores = xp.where(xp.asarray(_CAUSAL), scores, -1e9 + 0.0 * scores)
    weights = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    mixed = weights / xp.sum(weights, axis=-1, keepdims=True) @ split["value"]
    return xp.sum(mixed**2)


def _transformer_inputs(rng: np.random.Generator) -> Any:
    return {
        "tokens": rng.standard_normal((3, 4)),
        "scale": rng.uniform(0.5, 1.5, 4),
        "in": rng.standard_normal((4, 5)) / 2,
        "out": rng.standard_normal((5, 4)) / 2,
    }


@program(_transformer_inputs, "matmul", "attention", "layer_norm", "pytree")
def transformer_block(xp: Any, x: Any) -> Any:
    """Attention, layer normalisation and a feed-forward part, each with its residual."""

    def normalised(z: Any) -> Any:
        centred = z - xp.mean(z, axis=-1, keepdims=True)
        return x["scale"] * centred / xp.sqrt(xp.mean(centred**2, axis=-1, keepdims=True) + 1e-5)

    tokens = x["tokens"]
    weights = xp.exp(normalised(tokens) @ xp.matrix_transpose(tokens) / 2)
    tokens = tokens + weights / xp.sum(weights, axis=-1, keepdims=True) @ tokens
    tokens = tokens + xp.tanh(normalised(tokens) @ x["in"]) @ x["out"]
    return xp.mean(tokens**3)


def _recurrent_inputs(rng: np.random.Generator) -> Any:
    return {"input": rng.standard_normal((3, 4)) / 2, "state": rng.standard_normal((4, 4)) / 2}


@program(_recurrent_inputs, "matmul", "recurrent", "pytree", "numpy_constants", sample=True)
def recurrent_net(xp: Any, x: Any) -> Any:
    """Elman's recurrent network over five steps, in its weights."""
    state = xp.tanh(xp.asarray(_SEQUENCE[:1]) @ x["input"])
    for step in range(1, 5):
        state = xp.tanh(xp.asarray(_SEQUENCE[step : step + 1]) @ x["input"] + state @ x["state"])
    return xp.sum(state**2)


def _gated_inputs(rng: np.random.Generator) -> Any:
    return {name: rng.standard_normal((7, 4)) / 2 for name in ("update", "reset", "candidate")}


@program(_gated_inputs, "matmul", "recurrent", "pytree", "numpy_constants")
def gated_recurrent_net(xp: Any, x: Any) -> Any:
    """A gated recurrent unit over three steps, in its weights."""
    state = xp.asarray(_SEQUENCE[:1]) @ x["update"][:3, :]
    for step in range(1, 4):
        row = xp.asarray(_SEQUENCE[step : step + 1])
        joined = xp.concat([row, state], axis=1)
        update = 1 / (1 + xp.exp(-joined @ x["update"]))
        reset = 1 / (1 + xp.exp(-joined @ x["reset"]))
        candidate = xp.tanh(xp.concat([row, reset * state], axis=1) @ x["candidate"])
        state = update * state + (1 - update) * candidate
    return xp.sum(state**2)


def _message_inputs(rng: np.random.Generator) -> Any:
    return {"message": rng.standard_normal((6, 4)) / 2, "update": rng.standard_normal((7, 3)) / 2}


@program(_message_inputs, "matmul", "gather", "pytree", "numpy_constants")
def message_passing(xp: Any, x: Any) -> Any:
    """Two rounds of messages along the edges of a graph, summed at the nodes."""
    nodes = xp.asarray(_NODES)
    for _ in range(2):
        ends = [xp.take(nodes, xp.asarray(index), axis=0) for index in (_SENDERS, _RECEIVERS)]
        messages = xp.tanh(xp.concat(ends, axis=1) @ x["message"])
        nodes = xp.tanh(xp.concat([nodes, xp.asarray(_INCIDENCE) @ messages], axis=1) @ x["update"])
    return xp.sum(nodes**2)


@program(normal(2, 3), "numpy_constants", "index")
def convolution_from_parts(xp: Any, x: Any) -> Any:
    """Two convolutions with kernels of three, a softplus between them, by shifted sums."""
    signal = xp.asarray(_SIGNAL)
    for layer in range(2):
        width = 8 - 2 * (layer + 1)
        kernel = x[layer, :]
        signal = kernel[0] * signal[:width] + kernel[1] * signal[1 : width + 1] + kernel[2] * signal[2 : width + 2]
        signal = xp.log1p(xp.exp(signal))
    return xp.mean(signal**2)


@program(normal(5, 3))
def batch_norm_from_parts(xp: Any, x: Any) -> Any:
    """Normalisation over a batch, then a cubic."""
    centred = x - xp.mean(x, axis=0)
    normalised = centred / xp.sqrt(xp.mean(centred**2, axis=0) + 1e-5)
    return xp.sum((normalised + x) ** 3) / 15


def _experts_inputs(rng: np.random.Generator) -> Any:
    return {"gate": rng.standard_normal((4, 2)), "experts": rng.standard_normal((2, 4, 3)) / 2}


@program(_experts_inputs, "matmul", "pytree", "numpy_constants")
def mixture_of_experts(xp: Any, x: Any) -> Any:
    """Two experts behind a soft gate; the experts are one product of a stack of matrices."""
    batch = xp.asarray(_BATCH)
    gate = xp.exp(batch @ x["gate"])
    gate = gate / xp.sum(gate, axis=-1, keepdims=True)
    outputs = xp.tanh(xp.matmul(batch, x["experts"]))
    return xp.sum((xp.matrix_transpose(gate)[:, :, None] * outputs) ** 2)


@program(normal(4, 3), "matmul", "norm", "numpy_constants")
def contrastive_loss(xp: Any, x: Any) -> Any:
    """Cosines of embeddings of a batch, each to be closest to itself shifted by one."""
    embedded = xp.tanh(xp.asarray(_BATCH) @ x)
    embedded = embedded / xp.sqrt(xp.sum(embedded**2, axis=-1, keepdims=True))
    cosines = 2 * embedded @ xp.matrix_transpose(xp.roll(embedded, 1, axis=0))
    return xp.mean(xp.log(xp.sum(xp.exp(cosines), axis=-1)) - xp.sum(xp.asarray(_PAIRS) * cosines, axis=-1))


def _autoencoder_inputs(rng: np.random.Generator) -> Any:
    return {"encoder": rng.standard_normal((4, 4)) / 2, "decoder": rng.standard_normal((2, 4)) / 2}


@program(_autoencoder_inputs, "matmul", "pytree", "numpy_constants")
def variational_autoencoder(xp: Any, x: Any) -> Any:
    """The loss of an autoencoder with two normal latents, their noise fixed."""
    encoded = xp.asarray(_BATCH) @ x["encoder"]
    mean, log_scale = encoded[:, :2], encoded[:, 2:] / 2
    decoded = xp.tanh((mean + xp.exp(log_scale) * xp.asarray(_PAIRS[:, :2])) @ x["decoder"])
    divergence = xp.sum(mean**2 + xp.exp(2 * log_scale) - 1 - 2 * log_scale) / 2
    return xp.sum((decoded - xp.asarray(_BATCH)) ** 2) + divergence


@program(lambda rng: {"state": rng.standard_normal((4, 4)) / 8, "input": rng.standard_normal(4)}, "matmul", "pytree")
def fixed_point_layer(xp: Any, x: Any) -> Any:
    """An implicit layer: z = tanh(Az + b), iterated until it stands still to rounding."""
    z = 0.0 * x["input"]
    for _ in range(30):
        z = xp.tanh(xp.matmul(x["state"], z) + x["input"])
    return xp.sum(z**2)


SCENARIOS = collect(dict(globals()))
