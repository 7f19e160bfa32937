"""A module as x is opened by itself."""

import numpy as np
import pytest

import nestgrad as ng

POINTS = np.linspace(-1.0, 1.0, 12).reshape(6, 2)
TARGETS = np.linspace(0.0, 1.0, 6)[:, None]


class Case:
    """A network of an engine, a loss of it as its user would write it, and a direction."""

    def __init__(self, kind):
        self.kind, self.engine = kind, "torch" if kind == "torch" else "tensorflow"
        getattr(self, kind)()

    def torch(self):
        torch = pytest.importorskip("torch")
        torch.manual_seed(0)
        self.module = torch.nn.Sequential(
            torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3), torch.nn.Tanh(), torch.nn.Linear(3, 1)
        ).double()
        self.data = torch.tensor(POINTS), torch.tensor(TARGETS)
        self.loss = lambda module, x, y: (module(x) - y).square().mean() + module[0].weight.square().sum()
        self.array, self.number = torch.as_tensor, lambda value: torch.tensor(value, dtype=torch.float64)

    def keras(self):
        tf = pytest.importorskip("tensorflow")
        keras = pytest.importorskip("keras")
        keras.utils.set_random_seed(0)
        self.module = keras.Sequential(
            [
                keras.layers.Input((2,)),
                keras.layers.Dense(3, "tanh", name="hidden", dtype="float64"),
                keras.layers.BatchNormalization(name="norm", dtype="float64"),
                keras.layers.Dense(1, name="last", dtype="float64"),
            ],
            name="net",
        )
        self.data = tf.constant(POINTS), tf.constant(TARGETS)
        self.loss = lambda module, x, y: (
            tf.reduce_mean((module(x, training=True) - y) ** 2) + tf.reduce_sum(module.layers[0].kernel ** 2)
        )
        self.array, self.number = tf.constant, lambda value: tf.constant(value, tf.float64)

    def tf_module(self):
        tf = pytest.importorskip("tensorflow")

        class Layer(tf.Module):
            def __init__(self, rows, columns):
                super().__init__()
                self.kernel = tf.Variable(np.cos(np.arange(rows * columns).reshape(rows, columns)))
                self.count = tf.Variable(np.zeros(columns), trainable=False)

            def __call__(self, x):
                self.count.assign_add(tf.reduce_sum(x @ self.kernel, axis=0) + 1.0)
                return tf.tanh(x @ self.kernel)

        class Net(tf.Module):
            def __init__(self):
                super().__init__()
                self.layers = [Layer(2, 3), Layer(3, 1)]

            def __call__(self, x):
                return self.layers[1](self.layers[0](x))

        self.module = Net()
        self.data = tf.constant(POINTS), tf.constant(TARGETS)
        self.loss = lambda module, x, y: (
            tf.reduce_mean((module(x) - y) ** 2) + tf.reduce_sum(module.layers[0].kernel ** 2)
        )
        self.array, self.number = tf.constant, lambda value: tf.constant(value, tf.float64)

    def state(self, module):
        """What the module writes when it is called."""
        if self.kind == "torch":
            return module[1].running_mean
        return module.layers[0].count.value() if self.kind == "tf_module" else module.layers[1].moving_mean.value

    def of_parameters(self, parameters, x, y):
        """The loss by `functional_call`."""
        backend = ng.get_backend(self.engine)
        return backend.evaluate_module(self.module, lambda module: self.loss(module, x, y), parameters)[0]

    def plain(self, array):
        return ng.get_backend(self.engine).to_numpy(array)

    def along(self):
        _, parameters = ng.functional_call(self.module)
        backend = ng.get_backend(self.engine)
        return {name: self.array(np.cos(3 * backend.to_numpy(one))) for name, one in parameters.items()}


@pytest.fixture(params=["torch", "keras", "tf_module"])
def case(request):
    return Case(request.param)


def numbers(case, tree):
    backend = ng.get_backend(case.engine)
    return {name: backend.to_numpy(one) for name, one in tree.items()}


def close(case, found, expected):
    assert list(found) == list(expected)
    for name, one in numbers(case, expected).items():
        np.testing.assert_allclose(numbers(case, found)[name], one, rtol=1e-7, atol=1e-9)


def parameters_of(case):
    return ng.functional_call(case.module)[1]


@pytest.mark.parametrize("which", [0, 1])
def test_a_module(case, which):
    v, x = case.along(), parameters_of(case)
    before = numbers(case, {**x, **ng.get_backend(case.engine).open_module(case.module)[1]})
    operator = ng.hvp(case.loss, compile=(False, "traced" if case.kind == "torch" else True)[which])
    expected = ng.hvp(case.of_parameters)(x, v, *case.data)
    for _ in range(3):
        close(case, operator(case.module, v, *case.data), expected)
    after = numbers(case, {**x, **ng.get_backend(case.engine).open_module(case.module)[1]})
    for name, one in before.items():
        np.testing.assert_array_equal(after[name], one)


def test_first_order(case):
    v, x = case.along(), parameters_of(case)
    gradient = ng.gradient(case.loss)(case.module, *case.data)
    close(case, gradient, ng.gradient(case.of_parameters)(x, *case.data))
    of_module = lambda module: case.loss(module, *case.data)  # noqa: E731
    value, derivative = ng.jvp(of_module, (case.module,), (v,))
    backend = ng.get_backend(case.engine)
    expected = sum(np.sum(one * backend.to_numpy(v[name])) for name, one in numbers(case, gradient).items())
    assert float(case.plain(derivative)) == pytest.approx(expected)
    assert float(case.plain(value)) == pytest.approx(float(case.plain(of_module(case.module))))
    close(case, ng.vjp(of_module, case.module)[1](case.number(1.0))[0], gradient)


def test_explained_and_diagnosed(case):
    explanation = ng.explain(case.loss, case.module, *case.data)
    assert explanation["RR"].status in ("runs", "repaired")
    pytest.importorskip("msgspec")
    diagnosis = ng.diagnose(case.loss, case.module, *case.data, nestings=["R", "RR"])
    assert [cell.outcome for cell in diagnosis.cells] == ["correct", "correct"]


def test_a_direction_may_be_a_module(case):
    v = parameters_of(case)
    close(case, ng.hvp(case.loss)(case.module, case.module, *case.data), ng.hvp(case.loss)(case.module, v, *case.data))


def test_in_a_container_and_as_one_of_several(case):
    c = case.number(2.0)

    def scaled(given, x, y):
        return case.loss(given["net"], x, y) * given["c"] ** 2

    found = ng.gradient(scaled)({"net": case.module, "c": c}, *case.data)
    single = ng.gradient(case.loss)(case.module, *case.data)
    close(case, found["net"], {name: 4 * one for name, one in single.items()})
    value = float(case.plain(case.loss(case.module, *case.data)))
    assert float(case.plain(found["c"])) == pytest.approx(4 * value)
    of = lambda module: case.loss(module, *case.data)  # noqa: E731
    other = Case(case.kind)
    gradients = ng.gradient(lambda one, c, other: of(one) * c + of(other), argnums=(0, 1, 2))
    first, second, third = gradients(case.module, c, other.module)
    close(case, first, {name: 2 * one for name, one in single.items()})
    assert float(case.plain(second)) == pytest.approx(value)
    close(case, third, single)


def test_the_same_arrays_in_two_places(case):
    part = case.module[0] if case.engine == "torch" else case.module.layers[0]
    for two in ((case.module, case.module), (case.module, part)):
        with pytest.raises(ng.NotDifferentiableError, match="the same arrays"):
            ng.gradient(lambda both: case.loss(both[0], *case.data))(two)
        with pytest.raises(ng.NotDifferentiableError, match="the same arrays"):
            ng.gradient(lambda *both: case.loss(both[0], *case.data), argnums=(0, 1))(*two)


def test_a_penalty_on_a_gradient(case):
    """∇‖∇f‖² = 2∇²f·∇f."""
    backend = ng.get_backend(case.engine)
    penalty = ng.nested_gradient(lambda g: sum(backend.xp.sum(one**2) for one in g.values()), case.loss)
    gradient = ng.gradient(case.loss)(case.module, *case.data)
    expected = ng.hvp(case.loss)(case.module, {name: 2 * one for name, one in gradient.items()}, *case.data)
    close(case, penalty(case.module, *case.data), expected)


def test_state_as_aux(case):
    """What f returns of the module that it is given is of its call alone."""
    before = case.plain(case.state(case.module)).copy()
    gradient, state = ng.gradient(lambda *args: (case.loss(*args), case.state(args[0])), has_aux=True)(
        case.module, *case.data
    )
    close(case, gradient, ng.gradient(case.loss)(case.module, *case.data))
    np.testing.assert_array_equal(case.plain(case.state(case.module)), before)
    case.loss(case.module, *case.data)
    np.testing.assert_allclose(case.plain(state), case.plain(case.state(case.module)))
    assert not np.allclose(case.plain(state), before)


def test_a_direction_that_does_not_fit(case):
    with pytest.raises(ng.StructureMismatchError, match="structure of its primal"):
        ng.hvp(case.loss)(case.module, {"other": case.number(1.0)}, *case.data)
    v = case.along()
    name = next(iter(v))
    with pytest.raises(ng.StructureMismatchError, match=rf"v\['{name}'\] must match its primal: its shape is \(\)"):
        ng.hvp(case.loss)(case.module, v | {name: case.number(1.0)}, *case.data)


def test_a_module_without_parameters(case):
    if case.kind == "torch":
        case.module.requires_grad_(False)
    elif case.kind == "keras":
        case.module.trainable = False
    else:
        pytest.skip("a variable is trained or not from the start")
    with pytest.raises(ng.NotDifferentiableError, match="x holds no array"):
        ng.gradient(case.loss)(case.module, *case.data)


def test_what_is_read_from_the_module_itself_is_refused():
    case = Case("torch")
    with pytest.raises(ng.UnsupportedNestingError, match="reads the tensor that was passed as x from elsewhere"):
        ng.gradient(lambda given: case.loss(case.module, *case.data))(case.module)
