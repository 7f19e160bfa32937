"""A function that was watched is not watched in each call: what could so be missed is refused all the same."""

import gc
import weakref

import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")
known = pytest.importorskip("nestgrad_torch._guard.known")
graph = pytest.importorskip("nestgrad_torch._graph")

F64 = torch.float64
X = torch.tensor([0.6, 1.1, 0.7, 1.3, 0.9], dtype=F64)
V = torch.tensor([0.3, -0.4, 0.5, 0.1, -0.2], dtype=F64)
J = torch.special.bessel_j0  # torch has no derivative of it, and it leaves no node
FLAG = {"on": False}


@pytest.fixture(autouse=True)
def _flag_down():
    FLAG["on"] = False


def hidden(x, condition):
    """The same graph whether J is in it or not."""
    return ((J(x) if condition else torch.ones_like(x)) * x * x).sum()


def written(c):
    return c.fill_(5.0) if FLAG["on"] else c


def powers(x, exponents):
    return (x ** (exponents.fill_(0.0) if FLAG["on"] else exponents)).sum()


class Hides(torch.autograd.Function):
    """Saves what it has computed for itself."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(torch.cos(x))
        return torch.sin(x)

    @staticmethod
    def backward(ctx, cotangent):
        return cotangent * ctx.saved_tensors[0]


def normalised(x, layer=None):
    layer = torch.nn.BatchNorm1d(1).double() if layer is None else layer
    return (layer.train(FLAG["on"])(x[:, None]) ** 3).sum()


def penalised(x):
    slope = torch.autograd.grad((x**3).sum(), x)[0] if FLAG["on"] else x.detach()
    return (slope * x * x).sum()


CAPTURED, EXPONENTS, LAYER = torch.zeros(2), torch.full((5,), 3.0, dtype=F64), torch.nn.BatchNorm1d(1).double()

# f, arguments of the first calls, arguments of the last ones
CASES = {
    "a value": (lambda x: hidden(x, x.sum() > 0), (-X, V), (X, V)),
    "a value of a list": (lambda x: hidden(x, sum(x.tolist()) > 0), (-X, V), (X, V)),
    "a value of NumPy": (lambda x: hidden(x, x.detach().numpy().sum() > 0), (-X, V), (X, V)),
    "a shape": (lambda x: hidden(x, len(x) > 3), (X[:2], V[:2]), (X, V)),
    "the shape of a selection": (lambda x: hidden(x, x[x > 0].shape[0] > 0), (-X, V), (X, V)),
    "the shape of what is unique": (lambda x: hidden(x, len(torch.unique(x > 0)) > 1), (X, V), (X * V.sign(), V)),
    "the length of a range": (lambda x: hidden(x, len(torch.arange(x.detach()[0].ceil())) > 3), (X, V), (X + 5, V)),
    "an argument": (lambda x, n: hidden(x, n > 3), (X, V, 1), (X, V, 5)),
    "an argument in a container": (lambda x, n: hidden(x, n["n"] > 3), (X, V, {"n": 1}), (X, V, {"n": 5})),
    "an array of NumPy": (lambda x, n: hidden(x, n[0] > 3), (X, V, V.numpy()), (X, V, 9 + V.numpy())),
    "the value of an argument": (
        lambda x, t: hidden(x, t.item() > 3),
        (X, V, torch.tensor(1.0)),
        (X, V, torch.tensor(5.0)),
    ),
    "a captured tensor changed in place": (lambda x: hidden(x, written(CAPTURED)[0] > 1), (X, V), (X, V)),
    "another graph": (lambda x: (x * x + J(x)).sum() if FLAG["on"] else (x * x).sum(), (X, V), (X, V)),
    "an exponent": (lambda x: powers(x, EXPONENTS), (X, V), (X, V)),
    "a zero norm": (lambda x: x.norm() ** 2, (X, V), (0 * X, V)),
    "a rule that hides": (lambda x: (Hides.apply(x) if FLAG["on"] else torch.sin(x)).pow(3).sum(), (X, V), (X, V)),
    "a gradient inside": (penalised, (X, V), (X, V)),
}


@pytest.mark.parametrize("name", CASES)
def test_refused_after_calls_that_were_right(name):
    f, first, last = CASES[name]
    op = ng.hvp(f)
    for _ in range(20):
        op(*first)
    FLAG["on"] = True
    for _ in range(3):
        with pytest.raises(ng.UnsupportedNestingError):
            op(*last)


def test_batch_norm_in_training_after_evaluation():
    op = ng.forward_over_reverse(lambda x: normalised(x, LAYER))
    for _ in range(20):
        op(X, V)
    FLAG["on"] = True
    with pytest.raises(ng.UnsupportedNestingError):
        op(X, V)


def test_two_functions_of_one_graph():
    ones = torch.ones(5, dtype=F64)
    for _ in range(20):
        ng.hvp(lambda x: (x * ones * x).sum())(X, V)
    with pytest.raises(ng.UnsupportedNestingError):
        ng.hvp(lambda x: (x * J(x) * x).sum())(X, V)


def test_a_flag_of_pythons_is_seen_at_the_next_power_of_two_and_from_then_on():
    op = ng.hvp(lambda x: hidden(x, FLAG["on"]))
    for _ in range(20):
        op(X, V)
    FLAG["on"] = True
    outcomes = []
    for _ in range(21, 40):
        try:
            outcomes.append(op(X, V) is None)
        except ng.UnsupportedNestingError:
            outcomes.append(True)
    assert outcomes == [call >= 32 for call in range(21, 40)]


def test_a_flag_of_pythons_is_seen_at_once_where_every_call_is_watched():
    op = ng.hvp(lambda x: hidden(x, FLAG["on"]), verify="always")
    for _ in range(20):
        op(X, V)
    FLAG["on"] = True
    with pytest.raises(ng.UnsupportedNestingError):
        op(X, V)


def test_g_of_a_nested_gradient_is_known_by_itself():
    op = ng.nested_gradient(lambda y: hidden(y, FLAG["on"]), lambda x: (x**3).sum(), verify="always")
    op(X)
    FLAG["on"] = True
    with pytest.raises(ng.UnsupportedNestingError):
        op(X)


def count(f):
    calls = []

    def counted(x, *args):
        calls.append(1)
        return f(x, *args)

    return counted, calls


def test_f_is_evaluated_once_in_each_call():
    f, calls = count(lambda x: (x**3).sum())
    op = ng.hvp(f)
    for number in range(1, 20):
        op(X, V)
        assert len(calls) == number


def test_a_new_graph_is_evaluated_once_more_and_then_known():
    f, calls = count(lambda x: x.sin().sum() if FLAG["on"] else x.cos().sum())
    op = ng.gradient(f)
    for _ in range(5):
        op(X)
    FLAG["on"] = True
    torch.testing.assert_close(op(X), X.cos())
    assert len(calls) == 7
    op(X)
    assert len(calls) == 8


def test_an_operator_that_is_made_anew_knows_the_same_function():
    f, _ = count(lambda x: (x**3).sum())
    for _ in range(4):
        ng.hvp(f)(X, V)
    (seen,) = known._functions[f].values()
    assert seen.calls == 4
    assert len(seen.graphs) == 1


def test_what_is_known_dies_with_the_function():
    gc.collect()
    before = len(known._functions)
    f = lambda x: (x**3).sum()  # noqa: E731
    alive = weakref.ref(f)
    op = ng.hvp(f)
    for _ in range(3):
        op(X, V)
    assert len(known._functions) == before + 1
    del f, op
    gc.collect()
    assert alive() is None
    assert len(known._functions) == before


def test_what_is_known_is_bounded():
    def f(x, n):
        for _ in range(n):
            x = x * 1.5
        return x.sum()

    op = ng.gradient(f)
    for n in range(1, 200):
        op(X, n)
    assert len(known._functions[f]) <= known._MAX_KINDS


def test_a_class_of_the_users_is_not_kept_alive():
    class Mine(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return 2 * x

        @staticmethod
        def backward(ctx, cotangent):
            return 2 * cotangent

    alive = weakref.ref(Mine)
    f = lambda x, rule: rule.apply(x).sum()  # noqa: E731
    for _ in range(3):
        ng.hvp(f)(X, V, Mine)
    del Mine
    gc.collect()
    assert alive() is None


def test_graphs_of_the_same_nodes_that_are_connected_otherwise_differ():
    x, y = (torch.ones(2, dtype=F64, requires_grad=True) for _ in range(2))
    one = torch.cat([torch.cat([x]), torch.sin(y)]).sum()
    other = torch.cat([torch.cat([torch.sin(y), x])]).sum()
    first, second = graph.Graph(one, (x, y)), graph.Graph(other, (x, y))
    assert [type(node) for node in first.nodes] == [type(node) for node in second.nodes]
    assert first.signature != second.signature
    assert first.signature == graph.Graph(torch.cat([torch.cat([x]), torch.sin(y)]).sum(), (x, y)).signature


def _writes_into_a_view(write):
    def f(x):
        a = x[:2].clone()
        write(a, x[2:])
        return a.sum()

    return f


IN_PLACE = {
    "pow_": lambda a, y: a[:2].pow_(y),
    "ipow": lambda a, y: a.view(2, 1).__ipow__(y[:, None]),
    "float_power_": lambda a, y: a[:2].float_power_(y),
    "aten": lambda a, y: torch.ops.aten.pow_(a[:2], y),
    "chained": lambda a, y: a[:2].sub_(1).add_(1).pow_(y),
    "of an entry": lambda a, y: a[0].pow_(y[0]),
    "sinc_": lambda a, y: a[:2].sub_(a[:2].detach()).sinc_(),
    "aten sinc_": lambda a, y: torch.ops.aten.sinc_(a[:2].sub_(a[:2].detach())),
}


@pytest.mark.parametrize("write", IN_PLACE.values(), ids=IN_PLACE)
@pytest.mark.parametrize("nesting", ["RR", "FR", "RF"])
def test_what_is_wrong_is_refused_where_it_is_written_into_a_view(write, nesting):
    """The graph shows that a view was written into, and not by what."""
    x, v = torch.tensor([0.5, 1.0, 0.0, 1.0]).double(), torch.tensor([1.0, -0.5, 0.3, 0.8]).double()
    op = ng.derivative(_writes_into_a_view(write), nesting)
    for _ in range(6):
        with pytest.raises(ng.UnsupportedNestingError, match=r"pow|sinc"):
            op(x, v)


@pytest.mark.parametrize("nesting", ["RR", "FR"])
def test_a_view_that_is_written_into_is_looked_at_after_good_calls(nesting):
    op = ng.derivative(_writes_into_a_view(lambda a, y: a[:1].pow_(y[:1])), nesting)
    good, bad, v = (torch.tensor(values).double() for values in ([1.3, 0.7, 1.9, 0.4], [0.5, 1.0, 0.0, 1.0], [1.0] * 4))
    for _ in range(5):
        op(good, v)
    for _ in range(6):
        with pytest.raises(ng.UnsupportedNestingError, match="pow"):
            op(bad, v)
