"""`batched=True`: the Laplacian and the diagonal of each row's own function, on every engine, against a closed form."""

import numpy as np
import pytest

import nestgrad as ng

RNG = np.random.default_rng(3)
X, W = RNG.normal(size=(6, 3)), RNG.normal(size=(3, 4))
NESTINGS = ["auto", "FR", "RF", "RR", "FF"]


def diagonals(x, w):
    """Of u(x) = Σ tanh(x W), with tanh'' = -2 tanh (1 - tanh²)."""
    t = np.tanh(x @ w)
    return (-2 * t * (1 - t**2)) @ (w**2).T


@pytest.fixture(params=["autograd", "jax", "torch", "tensorflow"])
def backend(request, x64):
    """Each bundled backend in turn, with 64 bits."""
    pytest.importorskip(request.param)
    return ng.get_backend(request.param)


def rows_of(backend):
    xp, w = backend.xp, backend.asarray(W)
    return lambda x: xp.sum(xp.tanh(xp.matmul(x, w)), axis=1)


@pytest.mark.parametrize("chunk_size", [None, 1])
@pytest.mark.parametrize("nesting", NESTINGS)
def test_each_row_has_its_own(backend, nesting, chunk_size):
    options = {"batched": True, "chunk_size": chunk_size, "backend": backend}
    diagonal = ng.hessian_diagonal(rows_of(backend), nesting, **options)(backend.asarray(X))
    np.testing.assert_allclose(backend.to_numpy(diagonal), diagonals(X, W), atol=1e-13)
    trace = ng.laplacian(rows_of(backend), nesting, **options)(backend.asarray(X))
    np.testing.assert_allclose(backend.to_numpy(trace), diagonals(X, W).sum(1), atol=1e-13)


@pytest.mark.parametrize("engine", ["jax", "torch", "tensorflow"])
def test_compiled(engine, x64):
    pytest.importorskip(engine)
    backend = ng.get_backend(engine)
    execution = "traced" if engine == "torch" else True
    found = ng.laplacian(rows_of(backend), batched=True, backend=backend, compile=execution)(backend.asarray(X))
    np.testing.assert_allclose(backend.to_numpy(found), diagonals(X, W).sum(1), atol=1e-13)


def test_rows_of_containers(backend):
    xp, u = backend.xp, rows_of(backend)

    def joined(x):
        return u(xp.concat([x["two"], x["one"][:, None]], axis=1))

    point = {"two": backend.asarray(X[:, :2]), "one": backend.asarray(X[:, 2])}
    found = ng.hessian_diagonal(joined, batched=True, backend=backend)(point)
    np.testing.assert_allclose(backend.to_numpy(found["two"]), diagonals(X, W)[:, :2], atol=1e-13)
    np.testing.assert_allclose(backend.to_numpy(found["one"]), diagonals(X, W)[:, 2], atol=1e-13)


def test_parameters_can_be_differentiated_afterwards(backend):
    """The Laplacian of Σ w x³ is 6 Σ w x in each row, and the sum's gradient in w is 6 Σₙ x."""
    xp, x = backend.xp, backend.asarray(X)
    for nesting in NESTINGS:
        of = lambda w, nesting=nesting: ng.laplacian(  # noqa: E731
            lambda x: xp.sum(w * x**3, axis=1), nesting, batched=True, backend=backend
        )(x)
        found = ng.gradient(lambda w, of=of: xp.sum(of(w)), backend=backend)(backend.asarray(np.ones(3)))
        np.testing.assert_allclose(backend.to_numpy(found), 6 * X.sum(0), atol=1e-12)


def test_arguments_and_aux(backend):
    xp = backend.xp
    f = lambda x, scale: (scale * xp.sum(x**3, axis=1), "aux")  # noqa: E731
    found, aux = ng.laplacian(f, batched=True, has_aux=True, backend=backend)(backend.asarray(X), 2.0)
    np.testing.assert_allclose(backend.to_numpy(found), 12 * X.sum(1))
    assert aux == "aux"


DEPENDENT = {
    "a mean over the batch": lambda xp, u, x: u(x) - xp.mean(u(x)),
    "a normalisation": lambda xp, u, x: u((x - xp.mean(x, axis=0)) / xp.std(x, axis=0)),
    "rows that are moved": lambda xp, u, x: u(xp.roll(x, 1, axis=0)),
    "a sum before": lambda xp, u, x: u(xp.cumulative_sum(x, axis=0)),
}


@pytest.mark.parametrize("execution", ["eager", "compiled"])
@pytest.mark.parametrize("name", DEPENDENT)
def test_rows_that_depend_on_others_are_refused(backend, name, execution):
    if execution == "compiled" and backend.name in ("autograd", "torch"):
        pytest.skip("no compiler, or a slow one")
    f, u = DEPENDENT[name], rows_of(backend)
    made = ng.laplacian(lambda x: f(backend.xp, u, x), batched=True, backend=backend, compile=execution != "eager")
    for _ in range(2):
        with pytest.raises(ng.DependentRowsError, match=r"of 6 rows, output \d depends on row \d"):
            made(backend.asarray(X))


def test_where_it_cannot_be_told_there_is_no_number():
    """Forward mode would give one for a loop that reverse mode cannot differentiate, whatever its rows do."""
    jax = pytest.importorskip("jax")
    jnp = jax.numpy

    def u(x):
        powers = jax.lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * x), (0, x))[1]
        return jnp.sum(powers - jnp.mean(powers, axis=0), axis=1)

    for execution in (False, True):
        with pytest.raises(ng.DependentRowsError, match="reverse mode fails"):
            ng.laplacian(u, batched=True, compile=execution)(jnp.asarray(X))


def test_batch_normalisation_in_training_is_refused_and_leaves_nothing():
    torch = pytest.importorskip("torch")
    norm = torch.nn.BatchNorm1d(3, dtype=torch.float64)
    before = norm.running_mean.clone()
    made = ng.laplacian(lambda x: norm(x).pow(3).sum(1), batched=True)
    with pytest.raises(ng.NestgradError):
        made(torch.tensor(X))
    norm.eval()
    expected = (6 * torch.tensor(X) * (1 + norm.eps) ** -1.5).sum(1)
    torch.testing.assert_close(made(torch.tensor(X)), expected)
    assert torch.equal(norm.running_mean, before)


def test_shapes_that_are_no_rows(backend):
    xp, u, x = backend.xp, rows_of(backend), backend.asarray(X)
    for f, shape in ((lambda x: xp.sum(u(x)), r"\(\)"), (lambda x: x, r"\(6, 3\)")):
        with pytest.raises(ng.NonScalarOutputError, match=rf"of shape \(6,\); it returned shape {shape}"):
            ng.laplacian(f, batched=True, backend=backend)(x)
    with pytest.raises(ng.StructureMismatchError, match="first axis is that of the rows"):
        ng.laplacian(lambda x: x, batched=True, backend=backend)(backend.asarray(np.array(1.0)))
    with pytest.raises(ng.StructureMismatchError, match=r"\(6, 3\), \(3, 4\)"):
        ng.laplacian(lambda t: u(t[0]), batched=True, backend=backend)((x, backend.asarray(W)))
    assert tuple(ng.laplacian(u, batched=True, backend=backend)(x[:0]).shape) == (0,)


def test_rules_that_hide_a_second_derivative_are_refused():
    torch = pytest.importorskip("torch")

    class Hides(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, u):
            return u * 3 * ctx.saved_tensors[0].detach() ** 2

    with pytest.raises(ng.VerificationError, match="Hides"):
        ng.laplacian(lambda x: Hides.apply(x).sum(1), "RR", batched=True)(torch.tensor(X))


def test_derivatives_are_as_many_as_numbers_in_a_row():
    """By FF the engine evaluates u once for each, whatever the number of rows; by RR once in all."""
    calls = []

    def u(x):
        calls.append(1)
        return (x**3).sum(1)

    for nesting, expected in (("RR", 1), ("FF", 3)):
        made = ng.laplacian(u, nesting, batched=True, backend="autograd")
        made(X)
        calls.clear()
        made(X)
        assert len(calls) == expected


def test_a_nesting_that_is_refused_itself_says_so():
    """Without batched=True it would be refused as well."""
    jax = pytest.importorskip("jax")

    def u(x):
        halved = jax.lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * x), (0, x))[1]
        return jax.numpy.sum(halved, axis=1)

    made = ng.laplacian(u, "FR", batched=True)
    with pytest.raises(ng.UnsupportedNestingError) as refused:
        made(jax.numpy.asarray(X))
    assert refused.value.operation == "while_loop"
