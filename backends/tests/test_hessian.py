"""The Hessian, its diagonal, the Laplacian and Jacobians, on every engine, against closed forms."""

import functools
import warnings

import numpy as np
import pytest

import nestgrad as ng

ENGINES = ["autograd", "jax", "torch", "tensorflow"]
A = np.array([[1.0, 2.0, -1.0], [0.5, -1.5, 1.0]])
X = np.array([0.3, -0.7, 1.1])
HESSIANS = ["auto", "FR", "RF", "RR"]
SECOND = [*HESSIANS, "FF"]


@pytest.fixture(params=ENGINES)
def backend(request, x64):
    """Each bundled backend in turn, with 64 bits."""
    pytest.importorskip(request.param)
    return ng.get_backend(request.param)


def f(xp, a, x):
    """Σ sin(Ax) · x₀, whose Hessian is -x₀ Aᵀ diag(sin Ax) A + e₀ cᵀ + c e₀ᵀ with c = Aᵀ cos Ax."""
    return xp.sum(xp.sin(xp.matmul(a, x))) * x[0]


HESSIAN = -X[0] * A.T @ np.diag(np.sin(A @ X)) @ A
HESSIAN[0] += A.T @ np.cos(A @ X)
HESSIAN[:, 0] += A.T @ np.cos(A @ X)


def on(backend):
    return functools.partial(f, backend.xp, backend.asarray(A)), backend.asarray(X)


@pytest.mark.parametrize("chunk_size", [None, 2, 1])
@pytest.mark.parametrize("nesting", HESSIANS)
def test_the_hessian(backend, nesting, chunk_size):
    function, x = on(backend)
    found = ng.hessian(function, nesting, chunk_size=chunk_size, backend=backend)(x)
    np.testing.assert_allclose(backend.to_numpy(found), HESSIAN, atol=1e-14)


@pytest.mark.parametrize("nesting", SECOND)
def test_its_diagonal_and_its_trace(backend, nesting):
    function, x = on(backend)
    diagonal = ng.hessian_diagonal(function, nesting, chunk_size=2, backend=backend)(x)
    np.testing.assert_allclose(backend.to_numpy(diagonal), np.diag(HESSIAN), atol=1e-14)
    trace = ng.laplacian(function, nesting, backend=backend)(x)
    assert tuple(trace.shape) == ()
    np.testing.assert_allclose(backend.to_numpy(trace), np.trace(HESSIAN), atol=1e-14)


@pytest.mark.parametrize("engine", ["jax", "torch", "tensorflow"])
def test_compiled(engine, x64):
    pytest.importorskip(engine)
    backend = ng.get_backend(engine)
    options = {"backend": backend, "compile": "traced" if engine == "torch" else True}
    function, x = on(backend)
    for found, expected in (
        (ng.hessian(function, chunk_size=2, **options)(x), HESSIAN),
        (ng.hessian_diagonal(function, **options)(x), np.diag(HESSIAN)),
        (ng.laplacian(function, **options)(x), np.trace(HESSIAN)),
        (ng.jacobian(lambda x: 2 * x, nesting="F", **options)(x), 2 * np.eye(3)),
    ):
        np.testing.assert_allclose(backend.to_numpy(found), expected, atol=1e-14)


def test_containers_in_containers(backend):
    """(Σ a³)(Σ b)², with blocks of the shapes of both."""
    xp = backend.xp
    point = {"a": backend.asarray(np.array([1.0, 2.0])), "b": [backend.asarray(np.ones((1, 3)))]}
    found = ng.hessian(lambda x: xp.sum(x["a"] ** 3) * xp.sum(x["b"][0]) ** 2, backend=backend)(point)
    np.testing.assert_allclose(backend.to_numpy(found["a"]["a"]), np.diag([54.0, 108.0]))
    np.testing.assert_allclose(
        backend.to_numpy(found["a"]["b"][0]), 6 * np.array([3.0, 12.0])[:, None, None] * np.ones((1, 3))
    )
    np.testing.assert_allclose(backend.to_numpy(found["b"][0]["a"]), 6 * np.ones((1, 3, 1)) * [3.0, 12.0])
    np.testing.assert_allclose(backend.to_numpy(found["b"][0]["b"][0]), np.full((1, 3, 1, 3), 18.0))
    diagonal = ng.hessian_diagonal(lambda x: xp.sum(x["a"] ** 3) * xp.sum(x["b"][0]) ** 2, backend=backend)(point)
    np.testing.assert_allclose(backend.to_numpy(diagonal["b"][0]), np.full((1, 3), 18.0))


def test_no_entries_and_one(backend):
    xp = backend.xp
    none, one = backend.asarray(np.zeros((0,))), backend.asarray(np.array(2.0))
    empty = ng.hessian(lambda x: xp.sum(x**3), backend=backend)(none)
    assert tuple(empty.shape) == (0, 0)
    assert float(ng.laplacian(lambda x: xp.sum(x**3), backend=backend)(none)) == 0.0
    assert tuple(ng.hessian(lambda x: x**3, backend=backend)(one).shape) == ()
    assert float(ng.hessian(lambda x: x**3, backend=backend)(one)) == 12.0


def test_the_aux_comes_beside(backend):
    function, x = on(backend)
    for nesting in HESSIANS:
        found, aux = ng.hessian(lambda x: (function(x), {"aux": x}), nesting, backend=backend, has_aux=True)(x)
        np.testing.assert_allclose(backend.to_numpy(found), HESSIAN, atol=1e-14)
        np.testing.assert_array_equal(backend.to_numpy(aux["aux"]), X)
    found, aux = ng.jacobian(lambda x: (2 * x, "aux"), backend=backend, has_aux=True)(x)
    assert aux == "aux"


@pytest.mark.parametrize("operator", [ng.hessian, ng.hessian_diagonal, ng.laplacian])
def test_by_double_reverse_the_aux_is_of_the_one_evaluation(backend, operator):
    """A layer's running statistics move once, and a mask that is returned is the one that was applied."""
    xp, calls = backend.xp, []

    def f(x):
        calls.append(1)
        return xp.sum(x**3), x

    operator(f, "RR", backend=backend, has_aux=True)(backend.asarray(X))
    assert len(calls) == 1


def test_parameters_can_be_differentiated_afterwards(backend):
    """The Laplacian of Σ w sin x is -Σ w sin x, and its gradient in w is -sin x."""
    xp, x = backend.xp, backend.asarray(X)
    for nesting in SECOND:
        loss = lambda w, nesting=nesting: ng.laplacian(lambda x: xp.sum(w * xp.sin(x)), nesting, backend=backend)(x)  # noqa: E731
        found = ng.gradient(loss, backend=backend)(backend.asarray(np.ones(3)))
        np.testing.assert_allclose(backend.to_numpy(found), -np.sin(X), atol=1e-14)


@pytest.mark.parametrize("nesting", ["auto", "R", "F"])
def test_jacobians_of_containers(backend, nesting):
    xp, a = backend.xp, backend.asarray(A)

    def several(x, scale):
        return {"sin": xp.sin(xp.matmul(a, x)) * scale, "sum": (xp.sum(x),)}

    given = backend.asarray(X), backend.asarray(np.array(2.0))
    found = ng.jacobian(several, (0, 1), nesting, chunk_size=2, backend=backend)(*given)
    np.testing.assert_allclose(backend.to_numpy(found["sin"][0]), 2 * np.cos(A @ X)[:, None] * A)
    np.testing.assert_allclose(backend.to_numpy(found["sin"][1]), np.sin(A @ X))
    np.testing.assert_allclose(backend.to_numpy(found["sum"][0][0]), np.ones(3))
    assert float(found["sum"][0][1]) == 0.0


def test_f_is_evaluated_once_by_double_reverse(backend):
    function, x = on(backend)
    calls = []
    counted = lambda x: calls.append(1) or function(x)  # noqa: E731
    for operator in (ng.hessian, ng.hessian_diagonal, ng.laplacian):
        made = operator(counted, "RR", backend=backend)
        made(x)
        calls.clear()
        made(x)
        assert len(calls) == 1
    made = ng.jacobian(lambda x: 2 * counted(x) * x, nesting="R", backend=backend)
    made(x)
    calls.clear()
    made(x)
    assert len(calls) == 1


def test_no_more_rows_at_a_time_than_the_docstring_says(monkeypatch):
    jax = pytest.importorskip("jax")
    backend, seen = ng.get_backend("jax"), []

    class Spy(type(backend)):
        def vmap(self, f, in_axes=0):
            return lambda rows: seen.append(rows.shape[0]) or super(Spy, self).vmap(f, in_axes)(rows)

    x = jax.numpy.ones(2000, dtype="float32")
    found = ng.laplacian(lambda x: jax.numpy.sum(x**3), "FR", backend=Spy(), compile=True)(x)
    assert float(found) == 6 * 2000
    assert max(seen) * 2000 <= 2**20
    assert sum(seen) == 2000 * (len(seen) // 4)
    seen.clear()
    ng.laplacian(lambda x: jax.numpy.sum(x**3), "FR", backend=Spy(), chunk_size=700, compile=True)(x)
    assert set(seen) == {700, 600}


def test_what_reverse_mode_cannot_forward_modes_can(x64):
    jax = pytest.importorskip("jax")
    jnp = jax.numpy

    def loop(x):
        return jnp.sum(jax.lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * x), (0, x))[1])  # x⁴

    x = jnp.array([1.0, 2.0])
    with pytest.warns(ng.NestingFallbackWarning):
        np.testing.assert_allclose(ng.hessian(loop)(x), np.diag([12.0, 48.0]))
    np.testing.assert_allclose(ng.laplacian(loop)(x), 60.0)  # by forward modes in the first place
    with pytest.warns(ng.NestingFallbackWarning):
        np.testing.assert_allclose(ng.jacobian(loop)(x), [4.0, 32.0])
    with pytest.raises(ng.UnsupportedNestingError, match=r"jacobian\(f, nesting='F'\) is the same") as caught:
        ng.gradient(loop)(x)
    assert caught.value.use == ng.Nesting("F")


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

    x = torch.tensor([1.0, 2.0], dtype=torch.float64)
    for operator in (ng.hessian, ng.hessian_diagonal, ng.laplacian):
        with pytest.raises(ng.VerificationError, match="Hides"):
            operator(lambda x: Hides.apply(x).sum(), "RR")(x)
        operator(lambda x: Hides.apply(x).sum(), "RR", verify=False)(x)


def test_results_are_the_users_to_differentiate_or_not():
    torch = pytest.importorskip("torch")
    for is_variable in (False, True):
        x = torch.tensor(X, requires_grad=is_variable)
        for nesting in HESSIANS:
            assert ng.hessian(lambda x: (x**3).sum(), nesting)(x).requires_grad is is_variable
            assert ng.laplacian(lambda x: (x**3).sum(), nesting)(x).requires_grad is is_variable
        for nesting in "RF":
            assert ng.jacobian(lambda x: x**2, nesting=nesting)(x).requires_grad is is_variable


class Drawing:
    """Σ w x³ + x₀ Σ w x² for a w that is drawn at each evaluation."""

    def __init__(self, backend):
        self.xp, self.of, self.random = backend.xp, backend.name, np.random.default_rng(0)
        self.drawn = []

    def weights(self, x):
        if self.of == "torch":
            return self.xp.rand(3, dtype=x.dtype)
        if self.of == "tensorflow":
            import tensorflow as tf

            return tf.random.uniform((3,), dtype=x.dtype)
        return self.xp.asarray(self.random.random(3))

    def __call__(self, x):
        return self.xp.sum(self.terms(x))

    def terms(self, x):
        w = self.weights(x)
        return w * x**3 + x[0] * w * x**2


def is_of_one_w(hessian):
    """The diagonal tells w, and the first row holds 2 w x."""
    w = np.diag(hessian) / (6 * X + 2 * X[0])
    w[0] = hessian[0, 0] / (12 * X[0])
    return np.allclose(hessian[0, 1:], (2 * w * X)[1:]) and np.allclose(hessian[1:, 0], (2 * w * X)[1:])


@pytest.mark.parametrize("compile", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize("chunk_size", [None, 2])
@pytest.mark.parametrize("nesting", HESSIANS)
def test_a_function_that_draws_is_one_function_or_refused(backend, nesting, chunk_size, compile):  # noqa: A002
    if compile and backend.name != "tensorflow":
        pytest.skip("jax freezes what NumPy draws; torch is below")
    options = {"backend": backend, "chunk_size": chunk_size, "compile": compile}
    operator, x = ng.hessian(Drawing(backend), nesting, **options), backend.asarray(X)
    with warnings.catch_warnings(action="ignore", category=ng.NestingFallbackWarning):
        try:
            assert is_of_one_w(backend.to_numpy(operator(x)))
        except ng.UnsupportedNestingError as error:
            refused = error
        else:
            return
    assert nesting in ("FR", "RF")
    assert (refused.operation, refused.use) == ("random numbers", ng.Nesting("RR"))


@pytest.mark.parametrize("compile", [False, True], ids=["eager", "compiled"])
def test_forward_modes_of_a_function_that_draws(compile):  # noqa: A002
    """In TensorFlow each row would draw its own."""
    pytest.importorskip("tensorflow")
    f, options = Drawing(ng.get_backend("tensorflow")), {"backend": "tensorflow", "compile": compile}
    x = ng.get_backend("tensorflow").asarray(X)
    for operator in (ng.hessian_diagonal(f, "FF", **options), ng.laplacian(f, "FF", **options)):
        with pytest.raises(ng.UnsupportedNestingError, match=r"draws .* Use 'RR'"):
            operator(x)
    with pytest.raises(ng.UnsupportedNestingError, match=r"draws .* Use 'R'"):
        ng.jacobian(f.terms, nesting="F", **options)(x)


def test_torch_draws_once_for_all_rows():
    """As along one direction, so that the numbers are those of `hvp` and of reverse mode."""
    torch = pytest.importorskip("torch")
    x, f = torch.tensor(X), Drawing(ng.get_backend("torch"))

    def seeded(operator, *directions):
        torch.manual_seed(0)
        return operator(x, *directions)

    expected = torch.stack([seeded(ng.hvp(f, "RR"), e) for e in torch.eye(3, dtype=x.dtype)])
    for nesting in HESSIANS:
        torch.testing.assert_close(seeded(ng.hessian(f, nesting)), expected)
        torch.testing.assert_close(seeded(ng.laplacian(f, nesting)), expected.trace())
    torch.testing.assert_close(seeded(ng.laplacian(f, "FF")), expected.trace())
    torch.testing.assert_close(*(seeded(ng.jacobian(f.terms, nesting=one)) for one in "RF"))


@pytest.mark.parametrize("chunk_size", [None, 1])
def test_torch_compiles_draws_by_double_reverse_alone(chunk_size):
    """In a program nobody sees whether several maps drew the same."""
    torch = pytest.importorskip("torch")
    x, options = torch.tensor(X), {"compile": "traced", "chunk_size": chunk_size}
    f = lambda x: (torch.rand(3, dtype=x.dtype) * x**3).sum()  # noqa: E731
    with pytest.raises(ng.UnsupportedNestingError) as caught:
        ng.hessian(f, "FR", **options)(x)
    assert caught.value.use == ng.Nesting("RR")
    assert ng.hessian(f, "RR", **options)(x).shape == (3, 3)


@pytest.mark.parametrize("nesting", ["R", "F"])
def test_a_jacobian_evaluates_f_for_its_passes_alone_and_has_the_dtypes_of_x(backend, nesting):
    xp, calls = backend.xp, []

    def f(x):
        calls.append(1)
        return x["wide"] * xp.astype(x["narrow"], xp.float64), x["narrow"] ** 2

    x = {"wide": backend.asarray(X), "narrow": backend.asarray(np.float32(2.0))}
    found = ng.jacobian(f, nesting=nesting, backend=backend)(x)
    one_by_one = nesting == "F" and backend.name in ("autograd", "tensorflow")
    assert len(calls) == (4 if one_by_one else 1)
    np.testing.assert_allclose(backend.to_numpy(found[0]["narrow"]), X)
    for row in found:
        for name, leaf in x.items():
            assert row[name].dtype == leaf.dtype


@pytest.mark.parametrize("operator", [ng.hessian, ng.hessian_diagonal, ng.laplacian, ng.jacobian])
@pytest.mark.parametrize("chunk_size", [0, -1, 1.5, "2"])
def test_a_chunk_that_is_no_number_of_rows(operator, chunk_size):
    with pytest.raises(ValueError, match="chunk_size is a positive integer"):
        operator(lambda x: x, chunk_size=chunk_size)


def test_a_chunk_may_be_an_integer_of_numpy(backend):
    function, x = on(backend)
    found = ng.hessian(function, chunk_size=np.int64(2), backend=backend)(x)
    np.testing.assert_allclose(backend.to_numpy(found), HESSIAN, atol=1e-14)


def test_bad_input_is_a_typed_error(backend):
    xp, x = backend.xp, backend.asarray(X)
    with pytest.raises(ng.InvalidNestingError, match="Hessian-vector product"):
        ng.hessian(xp.sum, "FF")
    with pytest.raises(ng.InvalidNestingError, match="second derivative"):
        ng.laplacian(xp.sum, "R")
    with pytest.raises(ng.InvalidNestingError, match="Jacobian"):
        ng.jacobian(xp.sum, nesting="FR")
    for operator in (ng.hessian, ng.hessian_diagonal, ng.laplacian):
        with pytest.raises(ng.NonScalarOutputError, match=r"returned shape \(3,\)"):
            operator(lambda x: 2 * x, backend=backend)(x)
        with pytest.raises(ng.NotDifferentiableError, match="dtype int"):
            operator(xp.sum, backend=backend)(np.array([1, 2]))
    for output in (None, {}, "text", 3):
        with pytest.raises(ng.NotDifferentiableError, match=r"no array|must return real floating arrays"):
            ng.jacobian(lambda x, output=output: output, nesting="R", backend=backend)(x)
    with pytest.raises(ng.NotDifferentiableError, match="complex"):
        ng.jacobian(lambda x: xp.astype(x, xp.complex128), nesting="R", backend=backend)(x)


def test_what_the_user_raises_is_raised(backend):
    class Mine(Exception):
        pass

    def raises(x):
        raise Mine

    for operator in (ng.hessian, ng.hessian_diagonal, ng.laplacian, ng.jacobian):
        with pytest.raises(Mine):
            operator(raises, backend=backend)(backend.asarray(X))
