"""What users of HIPS autograd call. Data only: the functions are named here and resolved in the worker."""

from __future__ import annotations

from functools import partial

from nestgrad_conformance.scenarios._scenario import normal, uniform

from ._entry import native

_autograd = partial(native, "autograd", "native_autograd")

SCENARIOS = (
    _autograd("primitive_both", normal(3), "custom_rule", order=3),
    _autograd("primitive_reverse", normal(3), "custom_rule", "custom_reverse"),
    _autograd("checkpoint", normal(4), "checkpoint"),
    _autograd("grad_inside", normal(3), "nested"),
    _autograd("gamma", uniform(0.5, 2.5, 4), "special", "gammaln"),
    _autograd("log_sum_exp", normal(3, 4), "special"),
    _autograd("normal_density", normal(4), "stats", "logpdf"),
    _autograd("multivariate_normal", normal(3, 3), "stats", "logpdf"),
    _autograd("convolution", normal(4, 4), "convolution"),
    _autograd("embedding", normal(5, 2), "embedding"),
    _autograd("fourier", normal(6), "fft"),
    _autograd("einsum", normal(3, 3)),
    _autograd("eigh", normal(3, 3), "linalg", "eigh"),
    _autograd("svd", normal(3, 4), "linalg", "svd"),
    _autograd("moments", normal(3, 5), "moments"),
    _autograd("layer_norm", normal(4, 5), "layer_norm", order=3),
)
