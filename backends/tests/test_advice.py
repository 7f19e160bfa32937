"""What an error recommends works: followed to the letter, on the same inputs, against values."""

import pytest

import nestgrad as ng


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def jax():
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        yield jax


def along(f, x, v, h=1e-3):
    """D²f(x)[v, v] from values."""
    return (-f(x + 2 * h * v) + 16 * f(x + h * v) - 30 * f(x) + 16 * f(x - h * v) - f(x - 2 * h * v)) / (12 * h * h)


def torch_cases(torch):
    F = torch.nn.functional
    bags = torch.tensor([[0, 1], [2, 3]])
    return {
        "cdist": (
            lambda x, **how: torch.cdist(x, x.flip(0) + 1, **how).pow(3).sum(),
            'compute_mode="use_mm_for_euclid_dist"',
            lambda x: torch.cdist(x, x.flip(0) + 1, compute_mode="use_mm_for_euclid_dist").pow(3).sum(),
        ),
        "cdist written out": (
            lambda x: torch.cdist(x, x.flip(0) + 1).pow(3).sum(),
            "(x[:, None] - y).norm(dim=-1)",
            lambda x: (x[:, None] - (x.flip(0) + 1)).norm(dim=-1).pow(3).sum(),
        ),
        "embedding_bag": (
            lambda x: F.embedding_bag(bags, x, mode="sum").pow(3).sum(),
            "Write embedding(indices, weight)",
            lambda x: F.embedding(bags, x).sum(1).pow(3).sum(),
        ),
    }


@pytest.mark.parametrize("name", ["cdist", "cdist written out", "embedding_bag"])
def test_torch(torch, name):
    f, advice, instead = torch_cases(torch)[name]
    torch.manual_seed(0)
    x, v = torch.randn(2, 4, 3, dtype=torch.float64)
    with pytest.raises(ng.UnsupportedNestingError) as caught:
        ng.hvp(f)(x, v)
    assert advice in caught.value.instead
    torch.testing.assert_close((ng.hvp(instead)(x, v) * v).sum(), along(f, x, v), rtol=1e-6, atol=0)


def test_singular_vectors_of_jax(jax):
    jnp = jax.numpy

    def f(x, **how):
        _u, s, v = jnp.linalg.svd(x.reshape(3, 2), **how)
        return jnp.sum(s**3) * jnp.sum(v**4)

    x, v = jnp.array([1.0, 2.0, -1.0, 0.5, 3.0, 1.5]), jnp.array([1.0, 0.0, 2.0, -1.0, 0.5, 1.0])
    with pytest.raises(ng.UnsupportedNestingError, match="Pass full_matrices=False") as caught:
        ng.hvp(f)(x, v)
    assert caught.value.operation == "svd"
    found = ng.hvp(lambda x: f(x, full_matrices=False))(x, v) @ v
    assert abs(found - along(f, x, v)) < 1e-6 * abs(found)


def test_a_loop_of_jax_by_name(jax):
    jnp = jax.numpy

    def f(x):
        return jnp.sum(jax.lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * x), (0, jnp.ones_like(x)))[1])

    x = jnp.array([1.0, 2.0])
    with pytest.raises(ng.UnsupportedNestingError, match="nesting='auto' can") as caught:
        ng.hvp(f, "FR")(x, x)
    with pytest.warns(ng.NestingFallbackWarning):
        assert jnp.allclose(ng.hvp(f)(x, x), 6 * x * x)
    with pytest.raises(ng.UnsupportedNestingError, match="Use 'F'") as caught:
        ng.gradient(f)(x)
    assert jnp.allclose(ng.derivative(f, caught.value.use)(x, x), 3 * x**2 @ x)
    with pytest.raises(ng.UnsupportedNestingError, match="Forward mode works here"):
        ng.vjp(f, x)[1](1.0)
    with pytest.raises(ng.UnsupportedNestingError, match="Use 'FF'") as caught:
        ng.reverse_over_reverse(f)(x, x)
    assert jnp.allclose(ng.derivative(f, caught.value.use)(x, x, x), 6 * x * x @ x)


def test_what_blocks_is_named_where_the_message_of_jax_names_nothing(jax):
    jnp = jax.numpy

    @jax.custom_batching.custom_vmap
    def square(x):
        return x**2

    square.def_vmap(lambda size, batched, x: (x**2, batched[0]))
    x = jnp.array([1.0, 2.0])
    with pytest.raises(ng.UnsupportedNestingError) as caught:
        ng.gradient(lambda x: jnp.sum(square(x)))(x)
    assert caught.value.operation == "custom_vmap"
    with pytest.raises(ng.UnsupportedNestingError) as caught:
        ng.gradient(lambda x: jax.lax.reduce_window(x, 0.0, lambda a, b: a * b + a, (2,), (1,), "VALID").sum())(x)
    assert caught.value.operation == "reduce_window"


def test_inside_a_loss_the_advice_speaks_of_the_call_that_failed(torch):
    x, v = torch.tensor([[0.0, 1.0], [2.0, 4.0]], dtype=torch.float64), torch.ones(2, 2, dtype=torch.float64)
    w = torch.ones(2, dtype=torch.float64, requires_grad=True)
    with pytest.raises(ng.UnsupportedNestingError, match="Reverse mode works here"):
        ng.jvp(lambda x: torch.cdist(w * x, x + 1).sum(), (x,), (v,))
