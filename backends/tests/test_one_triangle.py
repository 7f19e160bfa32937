"""What an engine reads from one triangle of a matrix is differentiated as it is read."""

import numpy as np
import pytest

import nestgrad as ng

A = np.array([[4.0, 1.0, 0.5], [1.0, 5.0, 0.3], [0.5, 0.3, 6.0]])
V = np.array([[0.3, -1.0, 0.7], [0.2, 0.5, -0.4], [-0.6, 0.9, 0.1]])  # not symmetric


def log_det(factor, xp):
    """log det A by its factor; a power keeps the second derivative from being that of log alone."""
    return 2 * xp.sum(xp.log(xp.diagonal(factor))) ** 2


def expected(lower):
    """Gradient and Hessian-vector product of 2 (½ log det S)², S being a triangle and its mirror image.

    With M = S⁻¹ and D the mirrored direction: ∂ log det = ⟨M, D⟩ and ∂M = -M D M.
    """

    def mirrored(a):
        part = np.tril(a, -1) if lower else np.triu(a, 1)
        return part + part.T + np.diag(np.diag(a))

    def back(m):  # the adjoint of mirrored
        part = np.tril(m + m.T, -1) if lower else np.triu(m + m.T, 1)
        return part + np.diag(np.diag(m))

    s, d = mirrored(A), mirrored(V)
    m = np.linalg.inv(s)
    half = np.linalg.slogdet(s)[1] / 2
    gradient = back(m)
    return 2 * half * gradient, np.sum(m * d) * gradient - 2 * half * back(m @ d @ m)


def torch_functions():
    torch = pytest.importorskip("torch")
    A_, V_ = torch.tensor(A), torch.tensor(V)
    return (
        A_,
        V_,
        torch,
        {
            "linalg.cholesky": (lambda a: log_det(torch.linalg.cholesky(a), torch), True),
            "linalg.cholesky, upper": (lambda a: log_det(torch.linalg.cholesky(a, upper=True), torch), False),
            "cholesky_ex": (lambda a: log_det(torch.linalg.cholesky_ex(a).L, torch), True),
            "method": (lambda a: log_det(a.cholesky(True), torch), False),
            "eigvalsh": (lambda a: torch.sum(torch.log(torch.linalg.eigvalsh(a))) ** 2 / 2, True),
            "eigvalsh, U": (lambda a: torch.sum(torch.log(torch.linalg.eigvalsh(a, "U"))) ** 2 / 2, False),
            "eigh, keywords": (lambda a: torch.sum(torch.log(torch.linalg.eigh(input=a, UPLO="U")[0])) ** 2 / 2, False),
        },
    )


def jax_functions():
    jax = pytest.importorskip("jax")
    jnp, linalg = jax.numpy, jax.scipy.linalg
    return (
        jnp.asarray(A),
        jnp.asarray(V),
        jnp,
        {
            "scipy": (lambda a: log_det(linalg.cholesky(a), jnp), False),
            "scipy, lower": (lambda a: log_det(linalg.cholesky(a, lower=True), jnp), True),
            "cho_factor": (lambda a: log_det(linalg.cho_factor(a)[0], jnp), False),
            "jit": (lambda a: jax.jit(lambda a: log_det(linalg.cholesky(a), jnp))(a), False),
            "checkpoint": (lambda a: jax.checkpoint(lambda a: log_det(linalg.cholesky(a), jnp))(a), False),
            "vmap": (lambda a: jnp.sum(jax.vmap(lambda a: log_det(linalg.cholesky(a), jnp))(a[None])), False),
            "eigh": (lambda a: jnp.sum(jnp.log(jnp.linalg.eigh(a, "U", symmetrize_input=False)[0])) ** 2 / 2, False),
        },
    )


def tensorflow_functions():
    tf = pytest.importorskip("tensorflow")

    def by_parts(a):
        return 2 * tf.reduce_sum(tf.math.log(tf.linalg.diag_part(tf.linalg.cholesky(a)))) ** 2

    logdet = lambda a: tf.linalg.logdet(a) ** 2 / 2  # noqa: E731
    return tf.constant(A), tf.constant(V), tf, {"cholesky": (by_parts, True), "logdet": (logdet, True)}


ENGINES = {"torch": torch_functions, "jax": jax_functions, "tensorflow": tensorflow_functions}
COUNTS = {"torch": 7, "jax": 7, "tensorflow": 2}
REFUSED = {("method", "FR"), ("method", "RF"), ("eigh, keywords", "RF")}  # torch has no rule, or one that gives nan
CASES = [(engine, index) for engine, count in COUNTS.items() for index in range(count)]


@pytest.fixture(autouse=True)
def _double(request):
    if request.node.callspec.params["engine"] == "jax":
        jax = pytest.importorskip("jax")
        with jax.enable_x64(True):
            yield
    else:
        yield


@pytest.mark.filterwarnings("ignore:torch.cholesky is deprecated:UserWarning")
@pytest.mark.parametrize(("engine", "index"), CASES)
def test_the_derivative_is_that_of_the_triangle(engine, index):
    a, v, _, functions = ENGINES[engine]()
    assert len(functions) == COUNTS[engine]
    name, (f, lower) = list(functions.items())[index]
    gradient, hvp = expected(lower)
    np.testing.assert_allclose(ng.gradient(f)(a), gradient, rtol=1e-9, atol=1e-12)
    for nesting in ("RR", "FR", "RF"):
        if (name, nesting) not in REFUSED:
            np.testing.assert_allclose(ng.hvp(f, nesting)(a, v), hvp, rtol=1e-9, atol=1e-12)


@pytest.mark.filterwarnings(
    "ignore:Dynamo:UserWarning", "ignore::DeprecationWarning:torch", "ignore::FutureWarning:torch"
)
@pytest.mark.parametrize("engine", ENGINES)
def test_compiled_too(engine):
    a, v, _, functions = ENGINES[engine]()
    f, lower = next(iter(functions.values()))
    np.testing.assert_allclose(ng.hvp(f, "FR", compile=True)(a, v), expected(lower)[1], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("engine", ["jax"])
def test_what_jax_makes_symmetric_is_its_own(engine):
    a, _, jnp, _ = jax_functions()
    f = lambda a: log_det(jnp.linalg.cholesky(a), jnp)  # noqa: E731
    cells = ng.diagnose(f, a, nestings=["R", "FR", "RF"]).cells
    assert [cell.route for cell in cells] == ["native"] * 3
    gradient = ng.gradient(f)(a)
    np.testing.assert_allclose(gradient, gradient.T, rtol=1e-12)


@pytest.mark.parametrize("engine", ["torch"])
def test_a_factor_is_read_from_its_triangle(engine):
    torch = pytest.importorskip("torch")
    factor, b = torch.linalg.cholesky(torch.tensor(A)) + torch.triu(torch.tensor(V), 1), torch.tensor(V[:, :1])
    solve = lambda factor: torch.sum(torch.cholesky_solve(b, torch.tril(factor)) ** 3)  # noqa: E731
    plain = lambda factor: torch.sum(torch.cholesky_solve(b, factor) ** 3)  # noqa: E731
    inverse = lambda factor: torch.sum(torch.cholesky_inverse(torch.tril(factor)) ** 3)  # noqa: E731
    direct = lambda factor: torch.sum(factor.cholesky_inverse() ** 3)  # noqa: E731
    for read, given in ((solve, plain), (inverse, direct)):
        assert torch.equal(read(factor), given(factor))
        torch.testing.assert_close(ng.gradient(given)(factor), torch.func.grad(read)(factor))
