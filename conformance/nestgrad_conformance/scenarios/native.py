"""Engines' own calls. Data only: the functions are named here and resolved in the worker."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ._scenario import Inputs, Scenario, normal, uniform


def _native(engine: str, module: str, name: str, inputs: Inputs, *features: str, **fields: Any) -> Scenario:
    return Scenario(
        id=f"{engine}_{name}",
        function=f"nestgrad_conformance.scenarios.{module}:{name}",
        inputs=inputs,
        tier="native",
        features=frozenset(features),
        engine=engine,
        **fields,
    )


_jax = partial(_native, "jax", "native_jax")
_torch = partial(_native, "torch", "native_torch")
_torch_code = partial(_native, "torch", "native_torch_code")
_torch_more = partial(_native, "torch", "native_torch_more")


def _square(rng: np.random.Generator) -> Any:
    return rng.standard_normal((3, 3)) / 4 + 2 * np.eye(3)


SCENARIOS = (
    _jax("scan", normal(3), "control_flow", order=3, sample=True),
    _jax("cond", uniform(0.5, 1.5, 3), "control_flow"),
    _jax("fori_loop", normal(3), "control_flow"),
    _jax("while_loop", normal(3), "control_flow", "while_loop"),
    _jax("custom_jvp", normal(3), "custom_rule", order=3, sample=True),
    _jax("custom_vjp", normal(3), "custom_rule", "custom_vjp", "custom_vjp_recursive"),
    _jax("custom_vjp_plain", normal(3), "custom_rule", "custom_vjp"),
    _jax("pure_callback", normal(3), "pure_callback"),
    _torch("layer_norm", normal(3, 5), "layer_norm", "fused", order=3),
    _torch("layer_norm_module", normal(3, 5), "layer_norm", "fused", "parameters"),
    _torch("layer_norm_aten", normal(3, 5), "layer_norm", "fused"),
    _torch("layer_norm_scripted", normal(3, 5), "layer_norm", "fused", "untraceable"),
    _torch("group_norm", normal(2, 4, 3), "group_norm", order=3),
    _torch("instance_norm", normal(2, 2, 4), "batch_norm"),
    _torch("rms_norm", normal(3, 5), "rms_norm", order=3),
    _torch("batch_norm_train", normal(4, 3), "batch_norm", order=3),
    _torch("batch_norm_eval", normal(4, 3)),
    _torch("attention", normal(4, 4), "attention", "flash_attention"),
    _torch("attention_math", normal(4, 4), "attention", order=3),
    _torch("multihead_attention", normal(4, 4), "attention"),
    _torch("conv1d", normal(4, 6), "convolution", order=3),
    _torch("conv2d", normal(4, 6), "convolution"),
    _torch("conv_transpose1d", normal(3, 5), "convolution"),
    _torch("max_pool1d", normal(2, 6), "max_pool"),
    _torch("max_pool2d", normal(2, 4, 4), "max_pool", order=3),
    _torch("avg_pool2d", normal(2, 4, 4)),
    _torch("interpolate", normal(3, 3)),
    _torch("embedding", normal(5, 3), "embedding", order=3),
    _torch("embedding_bag", normal(5, 3), "embedding_bag"),
    _torch("rnn_cell", normal(3, 3), "recurrent", order=3),
    _torch("gru_cell", normal(3, 3), "recurrent"),
    _torch("lstm_cell", normal(3, 3), "recurrent"),
    _torch("dropout_fixed_mask", normal(4, 3), "dropout", "untraceable"),
    _torch("softmax", normal(3, 4), order=3),
    _torch("activations", normal(4, 3)),
    _torch("glu", normal(3, 4), "glu"),
    _torch("cross_entropy", normal(3, 5), "loss", order=3),
    _torch("mse_loss", normal(4), "loss", "mse_loss", order=3),
    _torch("huber_loss", uniform(0.1, 0.9, 4), "loss", "huber_loss"),
    _torch("smooth_l1_loss", uniform(0.1, 0.9, 4), "loss"),
    _torch("soft_margin_loss", normal(4), "loss", "soft_margin_loss"),
    _torch("bce_with_logits", normal(4), "loss"),
    _torch("kl_div", normal(3, 4), "loss"),
    _torch("ctc_loss", normal(5, 4), "loss", "ctc_loss"),
    _torch("cosine_similarity", normal(3, 4)),
    _torch("cosine_embedding_loss", normal(3, 4), "loss", "cosine_embedding_loss", order=3),
    _torch("cdist", normal(4, 3), "cdist"),
    _torch_code("custom_function", normal(3), "custom_rule", "custom_function", order=3),
    _torch_code("custom_function_backward", normal(3), "custom_rule", "custom_function", "custom_function_backward"),
    _torch_code("custom_function_old", normal(3), "custom_rule", "custom_function", "custom_function_old"),
    _torch_code("checkpoint", normal(4), "checkpoint"),
    _torch_code("no_grad_region", normal(4)),
    _torch_code("in_place", normal(4), "in_place"),
    _torch_code("out_of_buffer", normal(4), "in_place"),
    _torch_code("while_values", normal(4), "control_flow", "untraceable"),
    _torch_code("cumulative", normal(4), "cumulative_sum", "logcumsumexp", "cumulative_prod", order=3),
    _torch_code("cumprod_with_a_zero", normal(4), "cumulative_prod_zero", "cumulative_prod"),
    _torch_code("scatter_products", uniform(0.5, 1.5, 5), "scatter_reduce"),
    _torch_code("scatter_sums", normal(5)),
    _torch_code("slogdet", _square, "slogdet", "linalg", order=3),
    _torch_code("inverse", _square, "linalg", order=3),
    _torch_code("solve_triangular", _square, "linalg"),
    _torch_code("lu", _square, "linalg"),
    _torch_code("qr", _square, "linalg"),
    _torch_code("svdvals", normal(3, 4), "linalg"),
    _torch_code("eigvalsh", normal(3, 3), "linalg", "eigvalsh", order=3),
    _torch_code("eigh", normal(3, 3), "linalg", "eigh"),
    _torch_code("matrix_exp", normal(3, 3), "linalg"),
    _torch_code("householder", normal(4, 3), "linalg", "householder_product"),
    _torch_code("fourier", normal(6), "fft"),
    _torch_code("vmapped", normal(3, 3)),
    _torch_code("grad_inside", normal(3), "nested"),
    _torch_more("lstm", normal(4, 3), "recurrent"),
    _torch_more("gru", normal(4, 3), "recurrent"),
    _torch_more(
        "transformer_encoder_layer", normal(3, 4), "layer_norm", "fused", "attention", "flash_attention", "parameters"
    ),
    _torch_more("weight_norm", normal(2, 4)),
    _torch_more("batch_norm_module", normal(4, 3), "batch_norm", "mutates_captured"),
    _torch_more("compiled_inside", normal(4), "compiled_inside"),
    _torch_more("index_put", normal(4)),
    _torch_more("special_functions", uniform(0.5, 1.5, 3)),
    _torch_more("zeta_and_polygamma", uniform(0.5, 1.5, 3)),
    _torch_more("norms", normal(3, 4)),
    _torch_more("spectral_norms", normal(3, 3), "linalg"),
    _torch_more("pseudo_inverse", normal(4, 3), "linalg"),
    _torch_more("least_squares", normal(4, 3), "linalg"),
    _torch_more("normalize", normal(3, 4)),
    _torch_more("pairwise_distance", normal(3, 4)),
    _torch_more("grid_sample", normal(4, 4), "grid_sample"),
    _torch_more("unfold_and_fold", normal(4, 4)),
    _torch_more("pixel_shuffle", normal(4, 2, 2)),
    _torch_more("triplet_margin_loss", normal(3, 4), "loss"),
    _torch_more("multilabel_soft_margin_loss", normal(3, 4), "loss"),
    _torch_more("gaussian_nll_loss", normal(3, 4), "loss"),
    _torch_more("poisson_nll_loss", normal(4), "loss"),
    _torch_more("statistics", normal(3, 4)),
    _torch_more("order_statistics", normal(7)),
    _torch_more("complex_inside", normal(3)),
)
