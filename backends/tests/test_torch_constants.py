"""What torch takes for a constant though it varies is refused; where it is one, nothing is."""

import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")
F = torch.nn.functional

pytestmark = [
    pytest.mark.filterwarnings("ignore:Dynamo:UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:torch"),
    pytest.mark.filterwarnings("ignore::FutureWarning:torch"),
]
F64 = torch.float64
X = torch.tensor([[0.3, -1.2, 0.7], [0.5, 0.2, -0.4]], dtype=F64)
W = torch.tensor([0.5, 1.5, 0.8], dtype=F64)
CLASSES, SHARES = torch.tensor([0, 2]), torch.full((2, 3), 0.3, dtype=F64)
IN_CHUNKS = {"options": torch.nn.LinearCrossEntropyOptions(batch_chunk_size=2)}

WEIGHTS = {
    "cross_entropy": lambda x, w: F.cross_entropy(x, CLASSES, w),
    "nll_loss": lambda x, w: F.nll_loss(x, CLASSES, weight=w) ** 2,
    "binary_cross_entropy": lambda x, w: F.binary_cross_entropy(torch.sigmoid(x), SHARES, weight=w),
    "batch_norm": lambda x, w: torch.sum(F.batch_norm(x, w, W) ** 2),
    "variance": lambda x, w: torch.sum(F.batch_norm(x, W, running_var=w) ** 2),
}
REFUSED = {
    "chunks": (lambda x: F.linear_cross_entropy(x, SHARES, CLASSES[:1].expand(2), **IN_CHUNKS), "F RR FR RF"),
    "chunks, weight": (lambda x: F.linear_cross_entropy(X, X, CLASSES * 0, weight=x[:, 0], **IN_CHUNKS), "R F RR"),
    "layer_norm": (lambda x: torch.sum(torch.native_layer_norm(x, (3,), None, None, 1e-5)[1] ** 2), "R F RR FR RF"),
    "normal": (lambda x: torch.sum(torch.normal(x, 1.0)), "R F RR FR RF"),
    "normal, std": (lambda x: torch.sum(torch.normal(0.0, std=x**2)), "R F RR FR RF"),
    "scatter": (lambda x: torch.sum(torch.as_strided_scatter(x, W, (3,), (1,)) ** 2), "R RR FR RF"),
    "scatter, method": (lambda x: torch.sum(x.as_strided_scatter(W, (3,), (1,)) ** 2), "R RR FR RF"),
}


def derivative(f, nesting, x, **options):
    return ng.derivative(f, nesting, **options)(x, *[torch.ones_like(x)] * ng.Nesting(nesting).directions)


@pytest.mark.parametrize("nesting", ["R", "F", "RR", "FR", "RF"])
@pytest.mark.parametrize("name", WEIGHTS)
def test_a_weight_that_varies_is_refused(name, nesting):
    with pytest.raises(ng.UnsupportedNestingError, match=r"constant|no derivative in its"):
        derivative(lambda w: WEIGHTS[name](X, w), nesting, W)


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_weight_that_is_constant_is_not(name):
    f = lambda x: WEIGHTS[name](x, W)  # noqa: E731
    step = 1e-5 * torch.ones_like(X)
    slopes = (derivative(f, "R", X + step) - derivative(f, "R", X - step)) / 2e-5
    for nesting in ("RR", "FR", "RF"):
        torch.testing.assert_close(derivative(f, nesting, X), slopes, rtol=1e-7, atol=1e-7)
    torch.testing.assert_close(derivative(f, "F", X), (f(X + step) - f(X - step)) / 2e-5, rtol=1e-7, atol=1e-7)


def test_a_weight_that_is_constant_is_compiled():
    f = lambda x: WEIGHTS["cross_entropy"](x, W)  # noqa: E731
    torch.testing.assert_close(derivative(f, "FR", X, compile=True), derivative(f, "FR", X))


@pytest.mark.parametrize(
    ("name", "nesting"), [(name, nesting) for name in REFUSED for nesting in REFUSED[name][1].split()]
)
def test_refused(name, nesting):
    with pytest.raises(ng.UnsupportedNestingError):
        derivative(REFUSED[name][0], nesting, X)


def test_what_is_right_stays():
    plain = lambda x: F.linear_cross_entropy(x, SHARES, CLASSES * 0)  # noqa: E731
    chunked = lambda x: F.linear_cross_entropy(x, SHARES, CLASSES * 0, **IN_CHUNKS)  # noqa: E731
    torch.testing.assert_close(derivative(chunked, "R", X), derivative(plain, "R", X))
    written = lambda w: torch.sum(torch.as_strided_scatter(X, w**2, (3,), (1,)) ** 2)  # noqa: E731
    torch.testing.assert_close(derivative(written, "R", W), 4 * W**3)
    torch.testing.assert_close(derivative(written, "FR", W), 12 * W**2)
    drawn = lambda x: torch.sum(x**2 * torch.normal(torch.zeros_like(x.detach()), 0.0))  # noqa: E731
    torch.testing.assert_close(derivative(drawn, "R", X), torch.zeros_like(X))
