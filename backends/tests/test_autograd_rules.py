"""The law of a rule: each nesting of an operation is right or refused; never wrong, not finite or an engine error."""

from operator import attrgetter

import autograd.numpy as anp
import numpy as np
import pytest

import nestgrad as ng
from nestgrad_autograd import _namespace as xp

RNG = np.random.default_rng(0)
VECTOR, POSITIVE = RNG.standard_normal(4), RNG.uniform(0.3, 0.8, 4)
MATRIX, SQUARE = RNG.standard_normal((2, 3)), RNG.standard_normal((3, 3))
CUBE, BLOCK = RNG.standard_normal((3, 3, 3)), RNG.standard_normal((2, 3, 2))
SPD = SQUARE @ SQUARE.T + 3 * np.eye(3)
MASK = np.array([[True, False, True], [False, True, True]])
ROWS = np.array([0, 2, 2, 1])

RULES = {
    # reductions
    "mean axis": (lambda x: anp.mean(x, axis=-1, keepdims=True), MATRIX),
    "sum axes": (lambda x: anp.sum(x, axis=(0, -1)), BLOCK),
    "max axis": (lambda x: anp.max(x, axis=-2), BLOCK),
    "max axes keepdims": (lambda x: anp.max(x, axis=(-1, -2), keepdims=True), CUBE),
    "min axes": (lambda x: anp.min(x, axis=(0, 1)), BLOCK),
    "max axes": (lambda x: anp.max(x, axis=(-2, -1)), CUBE),
    "max initial": (lambda x: anp.max(x, axis=0, initial=0.7), np.array([[0.1, 1.0], [0.3, 0.4]])),
    "var ddof": (lambda x: anp.var(x, axis=-1, ddof=1), MATRIX),
    "std ddof": (lambda x: anp.std(x, axis=0, ddof=1), MATRIX),
    "var axes": (lambda x: anp.var(x, axis=(0, 2)), BLOCK),
    "std axes": (lambda x: anp.std(x, axis=(0, -1)), BLOCK),
    "var correction": (lambda x: xp.var(x, axis=-1, correction=1), MATRIX),
    "std correction": (lambda x: xp.std(x, correction=1), VECTOR),
    "sum where": (lambda x: anp.sum(x, where=MASK), MATRIX),
    "mean where": (lambda x: anp.mean(x, where=MASK), MATRIX),
    "prod where": (lambda x: anp.prod(x, where=MASK), MATRIX),
    "prod where, a zero": (lambda x: anp.prod(x, where=MASK[0]), np.array([0.0, 2.0, 3.0])),
    "prod initial": (lambda x: anp.prod(x, initial=3.0), np.array([1.0, 2.0])),
    "prod initial, a zero": (lambda x: anp.prod(x, initial=3.0), np.array([0.0, 2.0])),
    "prod axes": (lambda x: anp.prod(x, axis=(0, -1)), BLOCK),
    "prod axes, a zero": (lambda x: anp.prod(x, axis=(0, 1)), np.array([[0.0, 2.0], [3.0, 4.0]])),
    "sum initial": (lambda x: anp.sum(x, initial=0.7), MATRIX),
    "sum by position": (lambda x: anp.sum(x, -1, None, None, True), MATRIX),
    "max by position": (lambda x: anp.max(x, -1, None, True), MATRIX),
    "var by position": (lambda x: anp.var(x, -1, None, None, 1), MATRIX),
    "var correction, axes": (lambda x: anp.var(x, axis=(0, -1), correction=1, keepdims=True), BLOCK),
    "prod axes keepdims, a zero": (lambda x: anp.prod(x, axis=(-1, 0), keepdims=True), np.arange(8.0).reshape(2, 2, 2)),
    "prod by position, a zero": (lambda x: anp.prod(x, -1, None), np.array([[0.0, 2.0, 1.5], [3.0, 4.0, 0.5]])),
    "cumsum": (lambda x: anp.cumsum(x, axis=-1), MATRIX),
    "cumsum flat": (anp.cumsum, MATRIX),
    # shapes
    "transpose": (lambda x: anp.transpose(x, (2, 0, 1)), BLOCK),
    "permute_dims negative": (lambda x: xp.permute_dims(x, (-1, 0, 1)), CUBE),
    "transpose negative": (lambda x: anp.transpose(x, (-1, 0)), SQUARE),
    "moveaxis negative": (lambda x: anp.moveaxis(x, (-1, 0), (0, -1)), BLOCK),
    "roll": (lambda x: anp.roll(x, 1, axis=-1), MATRIX),
    "roll tuple": (lambda x: xp.roll(x, (1, 2), axis=(0, 1)), MATRIX),
    "roll keyword": (lambda x: xp.roll(x, shift=1), MATRIX),
    "flip": (xp.flip, MATRIX),
    "flip axes": (lambda x: xp.flip(x, axis=(0, -1)), BLOCK),
    "repeat": (lambda x: anp.repeat(x, 2, axis=1), MATRIX),
    "repeat negative axis": (lambda x: xp.repeat(x, 2, axis=-1), MATRIX),
    "repeat counts": (lambda x: anp.repeat(x, np.array([1, 2, 3]), axis=1), MATRIX),
    "tile": (lambda x: anp.tile(x, (2, 3)), MATRIX),
    "tile short": (lambda x: xp.tile(x, (2,)), MATRIX),
    "tile number": (lambda x: xp.tile(x, 2), MATRIX),
    "tile longer": (lambda x: xp.tile(x, [2, 1, 3]), MATRIX),
    "pad": (lambda x: anp.pad(x, ((1, 2), (0, 1)), "constant"), MATRIX),
    "pad maximum": (lambda x: anp.pad(x, 2, "maximum"), VECTOR),
    "pad reflect odd": (lambda x: anp.pad(x, 2, "reflect", reflect_type="odd"), VECTOR),
    "pad edge": (lambda x: anp.pad(x, 2, "edge"), VECTOR),
    "reshape F": (lambda x: anp.reshape(x, (3, 2), order="F"), MATRIX),
    "reshape A": (lambda x: anp.reshape(x.T, (2, 3), order="A"), MATRIX),
    "broadcast_to": (lambda x: xp.broadcast_to(x, (2, 4)), VECTOR),
    "broadcast_to a list": (lambda x: xp.broadcast_to(x, [2, 4]), VECTOR),
    "concat negative": (lambda x: xp.concat([x, x**2], axis=-1), MATRIX),
    "concat flat": (lambda x: xp.concat([x, x**2], axis=None), MATRIX),
    "stack negative": (lambda x: xp.stack([x, x**2], axis=-1), MATRIX),
    "split": (lambda x: anp.split(x, [1], axis=-1)[1], MATRIX),
    "partition axis": (lambda x: anp.partition(x, 1, axis=0), SQUARE),
    "full": (lambda x: xp.full((2, 3), x), np.array(0.3)),
    "full of a row": (lambda x: anp.full((2, 3), x), SQUARE[0]),
    "full_like": (lambda x: xp.full_like(np.ones(3), x[0] ** 2), VECTOR),
    "full_like of itself": (lambda x: anp.full_like(x, x[0] ** 2) * x, VECTOR),
    "full_like of a row": (lambda x: anp.full_like(MATRIX, x**2), SQUARE[0]),
    "unstack": (lambda x: xp.unstack(x, axis=-1)[1] ** 2, MATRIX),
    "diag": (lambda x: anp.diag(x, 1), SQUARE),
    "diag of a rectangle": (anp.diag, MATRIX),
    "array of entries": (lambda x: xp.sin(anp.array([x[0], x[1] ** 2, 3.0])), VECTOR),
    "asarray of entries": (lambda x: xp.sin(xp.asarray([x[0], x[1] ** 2])), VECTOR),
    # selection
    "getitem repeated": (lambda x: x[ROWS], SQUARE),
    "getitem mask": (lambda x: x[MASK], MATRIX),
    "take repeated": (lambda x: xp.take(x, ROWS, axis=-1), SQUARE),
    "where": (lambda x: anp.where(MASK, x, x**2), MATRIX),
    "where broadcasts": (lambda x: anp.where(MASK, x, 2.0), SQUARE[0]),
    "where of a column and a number": (lambda x: anp.where(MASK, anp.reshape(x, (2, 1)), x[0] ** 2), VECTOR[:2]),
    "where with an array of more axes": (lambda x: anp.where(MASK[0], x, MATRIX), SQUARE[0]),
    "where of a number": (lambda x: anp.where(True, x, np.ones(3)), np.array(0.3)),
    "clip": (lambda x: anp.clip(x, -0.5, 0.5), VECTOR),
    "clip keywords": (lambda x: xp.clip(x, min=-0.5, max=0.5), VECTOR),
    "clip above": (lambda x: xp.clip(x, max=0.5), VECTOR),
    "clip between traced bounds": (lambda x: xp.clip(x**2, min=x[2] / 3, max=x[1] ** 2 + 1), VECTOR),
    "clip broadcasts": (lambda x: anp.clip(x, np.full((2, 3), -0.5), 0.5), SQUARE[0]),
    "maximum": (lambda x: anp.maximum(x, x[::-1] ** 2), VECTOR),
    "linspace": (lambda x: xp.linspace(x[0], x[1], 5), VECTOR),
    "linspace to a row": (lambda x: anp.linspace(x[0], np.ones(3), 4), VECTOR),
    "linspace without its end": (lambda x: xp.linspace(x[0], x[1], 5, endpoint=False), VECTOR),
    "diff, a traced keyword": (lambda x: anp.diff(x, prepend=x[:1] ** 2), VECTOR),
    # points
    "power at 0": (lambda x: x**3 + x**2 + x, np.array([0.0, 1.0, -0.4])),
    "power of an array at 0": (lambda x: x ** np.array([2.0, 3.0]), np.array([0.0, -0.3])),
    "norm at 0": (lambda x: anp.linalg.norm(x, axis=1) ** 2, np.array([[0.0, 0.0], [0.3, 0.4]])),
    "std at 0": (lambda x: anp.std(x, axis=1) ** 2, np.array([[0.2, 0.2], [0.3, 0.4]])),
    "sinc at 0": (anp.sinc, np.array([0.0, 0.3])),
    "det of a singular matrix": (anp.linalg.det, np.array([[1.0, 2.0], [2.0, 4.0]])),
    "eigenvalues, some equal": (lambda x: anp.sum(anp.linalg.eigh(x)[0] ** 3), np.diag([1.0, 1.0, 2.0])),
    # linear algebra
    "einsum": (lambda x: anp.einsum("ij,kj->ik", x, x**2), MATRIX),
    "einsum diagonal": (lambda x: anp.einsum("ii->i", x), SQUARE),
    "tensordot": (lambda x: anp.tensordot(x, x**2, ([-1, 0], [0, 1])), CUBE),
    "kron": (lambda x: anp.kron(x, x**2), MATRIX),
    "kron of cubes": (lambda x: anp.kron(x, x**2), BLOCK),
    "cross": (lambda x: anp.cross(x, x[::-1] ** 2), MATRIX),
    "cross broadcasts": (lambda x: anp.cross(x, MATRIX), SQUARE[0]),
    "outer of matrices": (lambda x: anp.outer(x, np.arange(2.0)), MATRIX),
    "norm": (lambda x: anp.linalg.norm(x, axis=-1), MATRIX),
    "norm keepdims": (lambda x: anp.linalg.norm(x, axis=-1, keepdims=True), SQUARE),
    "norm axes": (lambda x: anp.linalg.norm(x, axis=(0, 1)), CUBE),
    "norm negative axes": (lambda x: anp.linalg.norm(x, axis=(-2, -1)), CUBE),
    "norm inf": (lambda x: anp.linalg.norm(x, np.inf), VECTOR),
    "norm nuclear": (lambda x: anp.linalg.norm(x, "nuc", axis=(-1, 0)), BLOCK),
    "vector_norm inf": (lambda x: xp.linalg.vector_norm(x, ord=np.inf), VECTOR),
    "vector_norm -inf": (lambda x: xp.linalg.vector_norm(x, ord=-np.inf, axis=-1), MATRIX),
    "vector_norm 0": (lambda x: xp.linalg.vector_norm(x, ord=0) * x, VECTOR),
    "trace": (lambda x: xp.linalg.trace(x, offset=1) ** 2, BLOCK),
    "diagonal": (lambda x: xp.linalg.diagonal(x, offset=-1), SQUARE[:, :2]),
    "vecdot": (lambda x: xp.linalg.vecdot(x, x**2, axis=0), MATRIX),
    "vector_norm 3": (lambda x: xp.linalg.vector_norm(x, ord=3, axis=-1, keepdims=True), MATRIX),
    "solve": (lambda x: anp.linalg.solve(x, x[0] ** 2), SPD),
    "solve of several": (lambda x: anp.linalg.solve(SPD, x), RNG.standard_normal((2, 3, 1))),
    "cholesky": (lambda x: anp.linalg.cholesky((x + x.T) / 2), SPD),
    "cholesky, one triangle": (anp.linalg.cholesky, SPD),
    "cholesky of several": (anp.linalg.cholesky, np.stack([SPD, SPD + np.eye(3)])),
    "eigh upper": (lambda x: anp.linalg.eigh(x, "U")[1] ** 2, SPD),
    "eigenvectors whose cotangent is zero": (
        lambda x: (anp.linalg.eigh(x)[1] ** 2 - np.linalg.eigh(SPD)[1] ** 2) ** 2 / 2,
        SPD,
    ),
    "eigenvectors": (lambda x: anp.linalg.eigh(x)[1] ** 2, SPD),
    "pinv": (anp.linalg.pinv, RNG.standard_normal((3, 2))),
    "svd": (lambda x: anp.linalg.svd(x, full_matrices=False)[0] ** 2, RNG.standard_normal((3, 2))),
    "rfft": (lambda x: anp.abs(anp.fft.rfft(x)) ** 2, VECTOR),
    "rfft backward": (lambda x: anp.abs(anp.fft.rfft(x, norm="backward")) ** 2, VECTOR),
    "irfft forward": (lambda x: anp.fft.irfft(x + 1j * x**2, norm="forward"), VECTOR),
    "fft backward": (lambda x: anp.abs(anp.fft.fft(x, norm="backward")) ** 2, VECTOR),
}

WITH_F, WITH_R, ALL = ("F", "FF", "FR", "RF"), ("R", "FR", "RF", "RR"), ("F", "R", "FF", "FR", "RF", "RR")
REFUSED = {
    **dict.fromkeys(
        [
            "max initial", "sum where", "mean where", "prod where", "prod where, a zero", "sum initial", "pad maximum",
            "pad reflect odd", "reshape A", "partition axis", "linspace to a row",
            "diff, a traced keyword", "sinc at 0", "det of a singular matrix", "kron of cubes", "norm keepdims",
            "norm inf", "irfft forward", "norm at 0", "std at 0",
        ],
        ALL,
    ),
    **dict.fromkeys(
        [
            "repeat counts", "pad edge", "full of a row", "diag of a rectangle", "linspace without its end",
            "einsum diagonal", "cross broadcasts", "outer of matrices",
        ],
        WITH_R,
    ),
    **dict.fromkeys(
        [
            "solve", "solve of several", "cholesky", "cholesky, one triangle", "cholesky of several", "eigh upper",
            "eigenvectors", "eigenvectors whose cotangent is zero", "pinv", "svd", "rfft", "rfft backward",
            "fft backward",
        ],
        WITH_F,
    ),
    "eigenvalues, some equal": (*WITH_F, "RR"),
    "norm nuclear": ("FF", "FR"),
}  # fmt: skip


def _scalar(f, x):
    weight = np.random.default_rng(7).uniform(0.5, 1.5, np.shape(f(x)))
    return lambda x: anp.sum(weight * (lambda y: y + 0.3 * y * y)(f(x)))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("rule", RULES)
def test_rule(law, nestings, rule):
    f, x = RULES[rule]
    refused = REFUSED.get(rule, ())
    law(_scalar(f, x), x, [nesting for nesting in nestings(1, 2) if nesting not in refused])
    for nesting in refused:
        with pytest.raises(ng.UnsupportedNestingError) as caught:
            ng.derivative(_scalar(f, x), nesting, backend="autograd")(x, *[x] * ng.Nesting(nesting).directions)
        assert caught.value.operation
        assert caught.value.use is None or caught.value.use.code not in refused


STANDARD = {
    "acos": POSITIVE, "asin": POSITIVE, "atan": POSITIVE, "acosh": 1 + POSITIVE, "asinh": VECTOR, "atanh": POSITIVE,
    "matrix_transpose": BLOCK, "cumulative_sum": VECTOR,
}  # fmt: skip
CALLS = {
    "atan2": (lambda x: xp.atan2(x[:2], x[2:]), POSITIVE),
    "pow": (lambda x: xp.pow(x, x[::-1]), POSITIVE),
    "concat": (lambda x: xp.concat([x, x**2]), VECTOR),
    "permute_dims": (lambda x: xp.permute_dims(x, (2, 0, 1)), BLOCK),
    "asarray": (lambda x: xp.asarray(x) ** 2, VECTOR),
    "broadcast_to": (lambda x: xp.broadcast_to(x, (3, 4)), VECTOR),
    "take": (lambda x: xp.take(x, ROWS, axis=0), SQUARE),
    "clip": (lambda x: xp.clip(x, 0.1, 0.5), POSITIVE),
    "flip": (xp.flip, MATRIX),
    "full_like": (lambda x: xp.full_like(np.ones(3), x[0] ** 2), VECTOR),
    "unstack": (lambda x: xp.unstack(x)[1] ** 2, MATRIX),
    "vecdot": (lambda x: xp.vecdot(x, x**2), MATRIX),
    "linalg.diagonal": (xp.linalg.diagonal, MATRIX),
    "linalg.matmul": (lambda x: xp.linalg.matmul(x, x**2), SQUARE),
    "linalg.outer": (lambda x: xp.linalg.outer(x, x**2), VECTOR),
    "linalg.tensordot": (lambda x: xp.linalg.tensordot(x, x**2, axes=1), SQUARE),
    "linalg.trace": (xp.linalg.trace, BLOCK),
    "linalg.vecdot": (lambda x: xp.linalg.vecdot(x, x**2), MATRIX),
    "vector_norm": (xp.linalg.vector_norm, VECTOR),
    "linalg.matrix_transpose": (xp.linalg.matrix_transpose, SQUARE),
    "astype": (lambda x: xp.imag(xp.astype(x, np.complex128) ** 2 * 1j), VECTOR),
    "astype of integers": (lambda x: x * xp.astype(xp.astype(x, np.int64), np.float64), np.array([1.5, -2.4, 0.6])),
    "broadcast_arrays": (lambda x: xp.broadcast_arrays(x[:, None], x**2)[0] * x, VECTOR),
    "copysign": (lambda x: xp.copysign(x, x[::-1]), VECTOR),
    "cumulative_sum initial": (lambda x: xp.cumulative_sum(x, axis=1, include_initial=True), MATRIX),
    "diff": (lambda x: xp.diff(x, prepend=x[:1] ** 2, append=x[:2]), VECTOR),
    "hypot": (lambda x: xp.hypot(x, x[::-1] ** 2), VECTOR),
    "hypot on an axis": (lambda x: xp.hypot(x, np.array([0.0, 1.0])), np.array([0.7, 0.0])),
    "meshgrid": (lambda x: xp.meshgrid(x[:2], x[1:])[0] * xp.meshgrid(x[:2], x[1:])[1], VECTOR),
    "positive": (xp.positive, VECTOR),
    "power of the exponent 0": (lambda x: x[:2] ** x[2:], np.array([0.7, 1.3, 0.0, 1.0])),
    "repeat": (lambda x: xp.repeat(x, np.array([2, 0, 1, 3])), VECTOR),
    "sort": (lambda x: xp.sort(x, descending=True), np.array([0.3, 1.1, -0.6])),
    "take_along_axis": (lambda x: xp.take_along_axis(x, np.array([[2, 0], [1, 1]]), axis=1), MATRIX),
    "linalg.cross": (lambda x: xp.linalg.cross(x, x[::-1] ** 2), MATRIX),
    "linalg.matrix_norm": (lambda x: xp.linalg.matrix_norm(x, ord=1), MATRIX),
    "linalg.matrix_power": (lambda x: xp.linalg.matrix_power(x, 3), SQUARE),
}


@pytest.mark.parametrize("name", [*STANDARD, *CALLS])
def test_an_alias_of_the_namespace_has_both_modes(law, nestings, name):
    f, x = CALLS.get(name) or (getattr(xp, name), STANDARD[name])
    law(_scalar(f, x), x, nestings(1, 2, 3))


@pytest.mark.parametrize("name", ["flip", "unstack", "vecdot", "linalg.vecdot", "linalg.diagonal", "linalg.trace"])
def test_an_alias_has_the_values_of_numpy(name):
    function, numpys = (attrgetter(name)(namespace) for namespace in (xp, np))
    args = (BLOCK, CUBE[:2, :, :2]) if "vecdot" in name else (BLOCK,)
    np.testing.assert_allclose(function(*args), numpys(*args), rtol=1e-12)
    for options in {"flip": ({"axis": -1}, {"axis": (0, 2)}), "unstack": ({"axis": -1},)}.get(name, ()):
        np.testing.assert_array_equal(function(*args, **options), numpys(*args, **options))
    for offset in range(-3, 3) if name in ("linalg.diagonal", "linalg.trace") else ():
        np.testing.assert_allclose(function(BLOCK, offset=offset), numpys(BLOCK, offset=offset), rtol=1e-12)


def test_the_values_of_vector_norms():
    for x in (MATRIX, MATRIX + 1j * MATRIX**2):
        for options in [{"ord": o} for o in (0, 1, 2, 3, np.inf, -np.inf)] + [{"axis": 0, "keepdims": True}]:
            np.testing.assert_allclose(xp.linalg.vector_norm(x, **options), np.linalg.vector_norm(x, **options))


def test_every_function_of_the_namespace_is_tested():
    own = {name for name, value in vars(xp).items() if callable(value) and not name.startswith("_")}
    own -= {"Any", "Sequence", "isbox"}
    assert own <= {*STANDARD, *CALLS, "isdtype", "cumulative_prod"}
    for nesting in ("R", "RR", "F", "FR"):
        v = [VECTOR] * ng.Nesting(nesting).directions
        with pytest.raises(ng.UnsupportedNestingError, match="cumprod"):
            ng.derivative(lambda x: xp.sum(xp.cumulative_prod(x)), nesting, backend="autograd")(VECTOR, *v)


@pytest.mark.parametrize("name", ["jn", "yn", "iv", "ive", "polygamma"])
def test_the_order_of_a_special_function_is_no_variable(name):
    f = getattr(pytest.importorskip("autograd.scipy.special"), name)
    x = np.array([1.0, 0.7])
    with pytest.raises(ng.UnsupportedNestingError, match="takes the order"):
        ng.gradient(lambda z: f(z[0], z[1]), backend="autograd")(x)
    slope = (f(1, 0.7 + 1e-6) - f(1, 0.7 - 1e-6)) / 2e-6
    assert ng.gradient(lambda z: f(1, z[1]), backend="autograd")(x)[1] == pytest.approx(slope, rel=1e-7)
