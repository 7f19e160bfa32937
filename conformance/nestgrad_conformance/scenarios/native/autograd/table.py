"""What users of autograd call. Data only, written by docs/update.py from the rows above the functions."""

from __future__ import annotations

from functools import partial

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import (
    native,
    rotated,
    singular,
    square,
    symmetric,
    twice_symmetric,
    zero_inside,
    zero_row,
)

_arrays = partial(native, "autograd", "arrays")
_control_flow = partial(native, "autograd", "control_flow")
_custom_rules = partial(native, "autograd", "custom_rules")
_densities = partial(native, "autograd", "densities")
_fourier = partial(native, "autograd", "fourier")
_inner_transforms = partial(native, "autograd", "inner_transforms")
_layers = partial(native, "autograd", "layers")
_linalg = partial(native, "autograd", "linalg")
_normalisation = partial(native, "autograd", "normalisation")
_points = partial(native, "autograd", "points")
_recurrent = partial(native, "autograd", "recurrent")
_special = partial(native, "autograd", "special")

SCENARIOS = (
    _arrays("containers", normal(3), "containers"),
    _arrays("flattened", normal(3)),
    _arrays("assembled", normal(3)),
    _arrays("indices", normal(4)),
    _arrays("selections", normal(4), "where"),
    _arrays("extrema", normal(3, 4), "sort"),
    _arrays("cumulative", normal(4, 2), "cumulative_sum"),
    _arrays("rearranged", normal(3, 4)),
    _arrays("products", normal(3, 3)),
    _arrays("tiled", normal(2, 2)),
    _arrays("sorted_rows", normal(3, 3), "sort_axis"),
    _arrays("negative_axes", normal(2, 2, 2)),
    _arrays("filled_like", normal(3)),
    _control_flow("gradient_descent", normal(3), "nested"),
    _custom_rules("primitive_both", normal(3), "custom_rule", order=3),
    _custom_rules("primitive_reverse", normal(3), "custom_rule", "custom_reverse"),
    _custom_rules("checkpoint", normal(4), "checkpoint"),
    _custom_rules("primitive_saved_output", uniform(0.5, 1.5, 3), "custom_rule"),
    _custom_rules("primitive_constant_argument", normal(3), "custom_rule"),
    _custom_rules("primitive_linear", normal(3), "custom_rule"),
    _custom_rules("primitive_many_arguments", normal(3), "custom_rule", "custom_reverse"),
    _custom_rules("untraced", normal(3), "custom_rule"),
    _custom_rules("fixed_point", normal(3), "fixed_point"),
    _custom_rules("odeint", normal(2), "odeint"),
    _densities("normal_density", normal(4), "stats", "logpdf"),
    _densities("multivariate_normal", normal(3, 3), "stats", "logpdf"),
    _densities("normal_family", normal(4), "stats", "logpdf"),
    _densities("student", normal(3, 3), "stats", "logpdf"),
    _densities("student_in_freedom", uniform(0.5, 2.5, 3), "stats", "logpdf"),
    _densities("beta_density", uniform(0.2, 0.8, 4), "stats", "logpdf"),
    _densities("gamma_density", uniform(0.5, 2.5, 4), "stats", "logpdf"),
    _densities("poisson_density", uniform(0.5, 2.5, 4), "stats", "logpdf"),
    _densities("dirichlet_density", normal(3), "stats", "logpdf"),
    _densities("multivariate_normal_entropy", normal(3, 3), "stats", "logpdf"),
    _fourier("fourier", normal(6), "fft"),
    _fourier("real_fourier", normal(6), "fft"),
    _fourier("fourier_2d", normal(3, 4), "fft"),
    _inner_transforms("grad_inside", normal(3), "nested"),
    _inner_transforms("operators_inside", normal(3), "nested"),
    _inner_transforms("modes_inside", normal(3), "nested"),
    _layers("convolution", normal(4, 4), "convolution"),
    _layers("embedding", normal(5, 2), "embedding"),
    _layers("attention", normal(4, 3), "attention"),
    _layers("convolution_of_channels", normal(4, 4), "convolution"),
    _linalg("einsum", normal(3, 3)),
    _linalg("eigh", normal(3, 3), "linalg", "eigh"),
    _linalg("svd", normal(3, 4), "linalg", "svd"),
    _linalg("nuclear_norm", normal(3, 4), "norm", "nuclear_norm"),
    _linalg("triangles", normal(3, 3), "diagonal", "numpy_diagonal"),
    _linalg("largest_as_a_norm", normal(4), "norm_infinite"),
    _linalg("kronecker", normal(2, 2, 2), "kron"),
    _linalg("cholesky_of_one_triangle", symmetric, "linalg", "cholesky"),
    _linalg("eigenvectors_at_rest", twice_symmetric, "linalg", "eigh"),
    _linalg("solve", square, "linalg", "solve"),
    _linalg("slogdet", square, "linalg", "slogdet"),
    _linalg("det_of_a_singular_matrix", singular, "linalg", "det", "det_singular"),
    _linalg("inverse", square, "linalg", "inv"),
    _linalg("pseudo_inverse", normal(4, 3), "linalg", "pinv"),
    _linalg("cholesky", normal(3, 3), "linalg", "cholesky"),
    _linalg("eig", normal(3, 3), "linalg", "eig"),
    _linalg("singular_vectors", normal(3, 4), "linalg", "svd"),
    _linalg("sqrtm", normal(3, 3), "linalg", "sqrtm"),
    _linalg("solve_triangular", square, "linalg", "triangular_solve"),
    _linalg("solve_banded", normal(4, 4), "linalg", "solve_banded"),
    _linalg("sylvester", square, "linalg", "sylvester"),
    _normalisation("moments", normal(3, 5), "moments"),
    _normalisation("layer_norm", normal(4, 5), "layer_norm", order=3),
    _normalisation("batch_norm", normal(4, 3), "batch_norm"),
    _points("power_at_zero", zero_inside, "power_zero"),
    _points("norm_at_zero", zero_row, "norm_zero"),
    _points("norm_of_a_square", normal(3, 4), "norm"),
    _points("half_guarded_root", normal(4), "where", "where_guard"),
    _points("maximum_of_ties", normal(4), "max"),
    _points("product_with_a_zero", zero_inside, "prod"),
    _points("std_at_zero", zero_row, "std_zero"),
    _points("sinc", normal(4), "sinc_zero"),
    _points("equal_eigenvalues", rotated([1.0, 1.0, 2.0]), "linalg", "eig", "equal_values"),
    _points("equal_singular_values", rotated([1.0, 1.0, 2.0]), "linalg", "svd", "equal_values"),
    _recurrent("recurrence", normal(3, 3), "recurrent"),
    _special("gamma", uniform(0.5, 2.5, 4), "special", "gammaln"),
    _special("log_sum_exp", normal(3, 4), "special"),
    _special("elementary", uniform(0.2, 0.8, 4)),
    _special("pairs", uniform(0.2, 0.8, 4)),
    _special("hypot", normal(4), "hypot", "numpy_hypot"),
    _special("sinc_away", uniform(0.2, 0.8, 4)),
    _special("complex_inside", normal(3), "complex"),
    _special("remainders", uniform(0.4, 0.6, 4)),
    _special("bessel", uniform(0.5, 2.5, 4), "special", "bessel"),
    _special("bessel_modified", uniform(0.5, 2.5, 4), "special", "bessel"),
    _special("beta_family", uniform(0.5, 2.5, 4), "special", "betaln"),
    _special("betainc", uniform(0.2, 0.8, 4), "special", "betainc"),
    _special("gammainc", uniform(0.5, 2.5, 4), "special", "igamma"),
    _special("gamma_function", uniform(0.5, 2.5, 4), "special", "gamma"),
    _special("error_functions", uniform(0.2, 0.8, 4), "special", "erf"),
)
