"""auto on torch: what a refused attempt wrote or drew is undone, so that f has been evaluated once by what stays."""

import _thread
import concurrent.futures
import threading

import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")
from nestgrad_torch._effects import Effects  # noqa: E402  # which needs torch

F = torch.nn.functional

pytestmark = pytest.mark.filterwarnings("ignore::nestgrad.NestingFallbackWarning")

X = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 7.0], dtype=torch.float64)
V = torch.tensor([1.0, -1.0, 0.5, 0.0, 2.0, 1.0], dtype=torch.float64)
ONE = torch.ones((), dtype=torch.float64)


def refused_by_reverse_modes_alone(x):
    """A product with one factor that is much smaller: RR is refused, FR is right."""
    return torch.prod(torch.cat([x, torch.full((1,), 1e-8, dtype=x.dtype)]))


@pytest.fixture(autouse=True)
def _threads_of_other_tests(monkeypatch):
    """What other tests of this process have left running draws nothing, and may not wait where it is known to."""
    left, alive = set(threading.enumerate()) - {threading.current_thread()}, threading.enumerate
    monkeypatch.setattr(threading, "enumerate", lambda: [thread for thread in alive() if thread not in left])


class Statistics:
    """Batch normalisation in training, which moves its statistics."""

    def __init__(self):
        self.mean, self.variance = torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)

    def __call__(self, x):
        return (F.batch_norm(x.reshape(2, 3), self.mean, self.variance, training=True) ** 3).sum()

    def state(self):
        return torch.cat([self.mean, self.variance])


class Draws:
    """Random numbers, from torch's own generator, one of the user's, and a dropout."""

    def __init__(self):
        torch.manual_seed(0)
        self.generator = torch.Generator().manual_seed(1)

    def __call__(self, x):
        noise = torch.randn(6, generator=self.generator, dtype=x.dtype)
        return (F.dropout(x, 0.5) ** 3).sum() + (torch.rand_like(x) * noise * x**2).sum()

    def state(self):
        return torch.cat([torch.get_rng_state(), self.generator.get_state()]).double()


class Writes:
    """What it writes into a tensor that it captures, in one of several ways."""

    def __init__(self, write):
        self.write, self.tensor = write, torch.tensor([3.0, 4.0], dtype=torch.float64)

    def __call__(self, x):
        with torch.no_grad():
            self.write(self.tensor)
        return (x**3).sum()

    def state(self):
        return self.tensor


WRITES = {
    "add_": lambda t: t.add_(1),
    "iadd": lambda t: t.__iadd__(1),
    "setitem": lambda t: t.__setitem__(0, 7.0),
    "out": lambda t: torch.add(t, 1, out=t),
    "a view": lambda t: t[:1].mul_(2),
    "copy_": lambda t: t.copy_(2 * t),
    "foreach": lambda t: torch._foreach_add_([t], 1),
    "operator": lambda t: torch.ops.aten.mul_(t, 2),
    "shape": lambda t: t.unsqueeze_(0),
    "relu": lambda t: F.relu(t.sub_(5), inplace=True),
    "random_": lambda t: t.random_(),
    "put_": lambda t: t.put_(torch.tensor([1]), 9 * ONE.reshape(1)),
    "polygamma_": lambda t: t.polygamma_(1),
    "index_put_": lambda t: t.index_put_((torch.tensor([1]),), 9 * ONE),
}


def kinds():
    yield pytest.param(Statistics, id="statistics")
    yield pytest.param(Draws, id="draws")
    for name, write in WRITES.items():
        yield pytest.param(lambda write=write: Writes(write), id=name)


@pytest.mark.parametrize("kind", [*kinds()])
def test_after_auto_all_is_as_after_the_chosen_nesting_alone(kind):
    def f_of(part):
        return lambda x: part(x) + refused_by_reverse_modes_alone(x)

    alone = kind()
    try:
        expected = ng.hvp(f_of(alone), "FR")(X, V)
    except ng.UnsupportedNestingError:  # torch.func lets f write no captured tensor: then all is as it was before
        alone = part = kind()
        with pytest.raises(ng.UnsupportedNestingError, match="tried"):
            ng.hvp(f_of(part), nesting="auto")(X, V)
        before = kind()
    else:
        before, part = alone, kind()
        torch.testing.assert_close(ng.hvp(f_of(part))(X, V), expected)
    if isinstance(part, Draws):
        after = part.state()
        alone = kind()
        ng.hvp(f_of(alone), "FR")(X, V)
        assert torch.equal(after, alone.state())
    else:
        torch.testing.assert_close(part.state(), before.state())


def test_what_the_first_choice_did_stays_where_it_is_right():
    statistics, once = Statistics(), Statistics()
    once(X)
    ng.hvp(statistics)(X, V)
    torch.testing.assert_close(statistics.state(), once.state())


def test_no_draw_of_another_thread_is_drawn_again():
    def f(x):
        return (torch.rand_like(x) * x**3).sum() + refused_by_reverse_modes_alone(x)

    torch.manual_seed(0)
    drawn, stop = [], threading.Event()

    def draw():
        while not stop.is_set():
            drawn.append(torch.rand(1, dtype=torch.float64).item())

    other = threading.Thread(target=draw)
    other.start()
    try:
        for _ in range(20):
            ng.hvp(lambda x: f(x))(X, V)
    finally:
        stop.set()
        other.join()
    assert len(set(drawn)) == len(drawn) > 20


def test_threads_that_wait_change_nothing():
    """As those of a pool, of a timer, and what `torch.compile` leaves."""

    def after(nesting):
        draws = Draws()
        ng.hvp(lambda x: draws(x) + refused_by_reverse_modes_alone(x), nesting)(X, V)
        return draws.state()

    alone = after("FR")
    timer = threading.Timer(600, print)
    timer.start()
    try:
        with concurrent.futures.ThreadPoolExecutor() as pool:
            pool.submit(len, "").result()
            assert torch.equal(after("auto"), alone)
    finally:
        timer.cancel()


def test_a_thread_that_was_not_pythons_and_has_ended_changes_nothing():
    """As one of an engine that called back: Python lists it for ever."""

    def after(nesting):
        draws = Draws()
        ng.hvp(lambda x: draws(x) + refused_by_reverse_modes_alone(x), nesting)(X, V)
        return draws.state()

    alone, done = after("FR"), threading.Event()
    _thread.start_new_thread(lambda: (threading.current_thread(), done.set()), ())
    done.wait()
    assert any(isinstance(thread, threading._DummyThread) for thread in threading.enumerate())
    assert torch.equal(after("auto"), alone)


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, u):
        return 3 * ctx.saved_tensors[0] ** 2 * u


def test_what_verification_evaluates_leaves_nothing_and_undoes_no_more():
    statistics, once = Statistics(), Statistics()
    once(X)
    ng.hvp(lambda x: statistics(x) + Cube.apply(x).sum())(X, V)
    torch.testing.assert_close(statistics.state(), once.state())
    before = torch.get_rng_state()
    ng.hvp(lambda x: (F.dropout(x, 0.5) ** 3).sum() + Cube.apply(x).sum())(X, V)
    after = torch.get_rng_state()
    torch.set_rng_state(before)
    F.dropout(X, 0.5)
    assert torch.equal(torch.get_rng_state(), after)


def test_what_it_leaves_is_nothing_either_where_f_was_watched_before():
    """A graph that is known need not be watched; what f does to tensors is not in it."""

    def f(x):
        return (F.dropout(x, 0.5) ** 3).sum()

    for _ in range(4):
        torch.manual_seed(0)
        ng.hvp(f, verify=True)(X, V)
        found = torch.get_rng_state()
        torch.manual_seed(0)
        f(X)
        assert torch.equal(found, torch.get_rng_state())


def test_a_nesting_that_is_refused_again_leaves_nothing_either():
    statistics = Statistics()
    before = statistics.state()

    def f(x):
        return statistics(x) + torch.sqrt((x * x).sum()) ** 2  # whose second derivative is not finite at 0

    for _ in range(4):
        with pytest.raises(ng.NotFiniteError):
            ng.hvp(f)(torch.zeros_like(X), V)
        torch.testing.assert_close(statistics.state(), before)


def test_a_tensor_is_kept_once_however_often_it_is_written():
    tensor, effects = torch.zeros(3), Effects()

    def add():
        for _ in range(10):
            for changed in (tensor, tensor[1:]):
                with effects.seeing(torch.Tensor.add_, {}):
                    changed.add_(1)

    add()
    assert effects.count == 20
    assert len(effects._written) == 2
    effects.undo()
    assert torch.equal(tensor, torch.zeros(3))
