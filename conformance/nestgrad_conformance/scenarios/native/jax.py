"""What users of JAX call. Data only: the functions are named here and resolved in the worker."""

from __future__ import annotations

from functools import partial

from nestgrad_conformance.scenarios._scenario import normal, uniform

from ._entry import native, square

_jax = partial(native, "jax", "native_jax")
_jax_nn = partial(native, "jax", "native_jax_nn")

SCENARIOS = (
    _jax("scan", normal(3), "control_flow", order=3, sample=True),
    _jax("cond", uniform(0.5, 1.5, 3), "control_flow"),
    _jax("fori_loop", normal(3), "control_flow"),
    _jax("while_loop", normal(3), "control_flow", "while_loop"),
    _jax("custom_jvp", normal(3), "custom_rule", order=3, sample=True),
    _jax("custom_vjp", normal(3), "custom_rule", "custom_vjp", "custom_vjp_recursive"),
    _jax("custom_vjp_plain", normal(3), "custom_rule", "custom_vjp"),
    _jax("pure_callback", normal(3), "pure_callback"),
    _jax_nn("layer_norm", normal(4, 5), "layer_norm"),
    _jax_nn("batch_norm", normal(4, 3), "batch_norm"),
    _jax_nn("attention", normal(4, 3), "attention"),
    _jax_nn("convolution", normal(4, 5), "convolution"),
    _jax_nn("max_pool", normal(4, 4), "max_pool"),
    _jax_nn("mean_pool", normal(3, 4)),
    _jax_nn("embedding", normal(5, 2), "embedding"),
    _jax_nn("recurrent_cell", normal(3, 3), "recurrent"),
    _jax_nn("dropout", normal(4, 3), "dropout"),
    _jax_nn("activations", normal(5)),
    _jax_nn("glu", normal(3, 4)),
    _jax_nn("cross_entropy", normal(3, 5), "loss"),
    _jax_nn("log_sum_exp", normal(2, 4)),
    _jax_nn("checkpoint", normal(4), "checkpoint"),
    _jax_nn("lax_map", normal(3, 2), "control_flow"),
    _jax_nn("associative_scan", normal(4), "control_flow"),
    _jax_nn("switch", normal(3), "control_flow"),
    _jax_nn("custom_root", normal(3), "custom_rule"),
    _jax_nn("odeint", normal(2), "custom_rule", "custom_vjp", "odeint"),
    _jax_nn("grad_inside", normal(3), "nested"),
    _jax_nn("vmapped", normal(3, 3)),
    _jax_nn("jitted", normal(3)),
    _jax_nn("scatter", normal(4), "scatter"),
    _jax_nn("segment_sum", normal(5), "segment"),
    _jax_nn("segment_prod", normal(5), "segment_prod"),
    _jax_nn("special", uniform(0.5, 1.5, 4), "special"),
    _jax_nn("eigh", normal(3, 3), "linalg", "eigh"),
    _jax_nn("svd", normal(3, 4), "linalg", "svd"),
    _jax_nn("qr", normal(4, 3), "linalg", "qr"),
    _jax_nn("slogdet", square, "linalg", "slogdet"),
    _jax_nn("expm", normal(3, 3), "linalg", "expm"),
    _jax_nn("fourier", normal(6), "fft"),
    _jax_nn("sort", normal(5), "sort"),
    _jax_nn("cumulative", normal(4), "cumulative_prod"),
    _jax_nn("unique", normal(4), "unique"),
    _jax_nn("moments", normal(3, 5), "moments"),
    _jax_nn("norms", normal(3, 4), "norm", "linalg"),
)
