"""Modules of TensorFlow and of Keras as functions of their parameters, against differences of their gradients."""

import numpy as np
import pytest

import nestgrad as ng

tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")

X = np.linspace(-1.0, 1.0, 12).reshape(6, 2)
Y = np.linspace(0.0, 1.0, 6)[:, None]


def kernel(*shape):
    return tf.Variable(np.cos(np.arange(np.prod(shape)).reshape(shape)))


class Last(tf.Module):
    """It holds a method of its own, and is traced."""

    def __init__(self):
        super().__init__()
        self.kernel = kernel(3, 1)
        self.activation = self.scaled

    def scaled(self, x):
        return x * self.kernel.read_value()[0, 0]

    @tf.function
    def __call__(self, x):
        return self.activation(x @ self.kernel)


class Multilayer(tf.Module):
    """Variables in a list, in a dictionary and in a part, and one of them in two places."""

    def __init__(self):
        super().__init__()
        self.layers = [kernel(2, 3), kernel(3, 3)]
        self.named = {"bias": kernel(3), "text": "bias"}
        self.last = Last()
        self.again = self.layers[1]
        self.calls = tf.Variable(0, trainable=False)

    def __call__(self, x, training=True):
        self.calls.assign_add(1)
        for layer in (*self.layers, self.again):
            x = tf.tanh(x @ layer + self.named["bias"])
        return self.last(x)


def normalised():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.layers.Input((2,)),
            keras.layers.Dense(3, activation="tanh", name="hidden", dtype="float64"),
            keras.layers.BatchNormalization(name="normal", dtype="float64"),
            keras.layers.Dense(1, name="last", dtype="float64"),
        ],
        name="net",
    )


def partly_frozen():
    net = normalised()
    net.layers[0].trainable = False
    return net


def shared():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((2,), dtype="float64")
    layer = keras.layers.Dense(2, activation="tanh", dtype="float64", name="hidden")
    return keras.Model(inputs, keras.layers.Dense(1, dtype="float64", name="last")(layer(layer(inputs))))


MODULES = (Multilayer, normalised, partly_frozen, shared)
each_module = pytest.mark.parametrize("build", MODULES)


def data(parameters):
    dtype = next(iter(parameters.values())).dtype
    return tf.constant(X, dtype), tf.constant(Y, dtype)


def squares(output, targets):
    return tf.reduce_mean((output - targets) ** 2)


def by_differences(module, parameters, v):
    """∇²loss·v by differences of the gradient that a tape has over the module's own variables, which are moved."""
    inputs, targets = data(parameters)
    variables, at = list(parameters.values()), numbers(parameters)

    def gradient(step):
        for name, one in parameters.items():
            one.assign(at[name] + step * v[name])
        with tf.GradientTape() as tape:
            loss = squares(module(inputs, training=True), targets)
        return tape.gradient(loss, variables)

    ends = [gradient(step) for step in (2e-3, 1e-3, -1e-3, -2e-3)]
    found = [(8 * (p - m) - (pp - mm)) / 12e-3 for pp, p, m, mm in zip(*ends, strict=True)]
    return dict(zip(parameters, found, strict=True))


def along(parameters):
    return {name: tf.cos(3 * tf.convert_to_tensor(one)) for name, one in parameters.items()}


def numbers(named):
    return {name: tf.convert_to_tensor(one).numpy() for name, one in named.items()}


def close(found, expected):
    assert list(found) == list(expected)
    for name, one in expected.items():
        np.testing.assert_allclose(found[name], one, rtol=1e-6, atol=1e-7, err_msg=name)


@each_module
@pytest.mark.parametrize("nesting", ["FR", "RF", "RR", "auto"])
@pytest.mark.parametrize("compiled", [False, True])
def test_a_product_along_parameters(build, nesting, compiled):
    module = build()
    call, parameters = ng.functional_call(module)
    inputs, targets = data(parameters)
    tensors, v = {name: tf.convert_to_tensor(one) for name, one in parameters.items()}, along(parameters)
    operator = ng.hvp(lambda theta: squares(call(theta, inputs, training=True), targets), nesting, compile=compiled)
    before = numbers(ng.functional_call(module, has_aux=True)[0](parameters, inputs, training=False)[1])
    for theta in (parameters, tensors):
        close(numbers(operator(theta, v)), numbers(by_differences(*fresh(build), v)))
    close(numbers(parameters), numbers(tensors))
    after = numbers(ng.functional_call(module, has_aux=True)[0](parameters, inputs, training=False)[1])
    close(after, before)


def fresh(build):
    """Another one that is equal, and its variables."""
    module = build()
    return module, ng.functional_call(module)[1]


@each_module
def test_other_parameters(build):
    module = build()
    call, parameters = ng.functional_call(module)
    inputs, _ = data(parameters)
    theta = {name: one + 0.1 * tf.cos(tf.convert_to_tensor(one)) for name, one in parameters.items()}
    found = call(theta, inputs, training=False)
    for name, one in parameters.items():
        one.assign(theta[name])
    np.testing.assert_allclose(found, module(inputs, training=False), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("compiled", [False, True])
def test_state_as_aux_and_back(compiled):
    module = normalised()
    call, parameters = ng.functional_call(module, has_aux=True)
    inputs, targets = data(parameters)

    def loss(theta, state):
        output, state = call({**theta, **state}, inputs, training=True)
        return squares(output, targets), state

    operator = ng.gradient(loss, has_aux=True, compile=compiled)
    state = {}
    for _ in range(3):
        _, state = operator(parameters, state)
    assert not module.layers[1].moving_mean.numpy().any()
    for _ in range(3):
        module(inputs, training=True)
    close(numbers(state), {one.path: one.numpy() for one in module.non_trainable_variables})


def test_frozen_variables_are_state():
    call, parameters = ng.functional_call(partly_frozen(), has_aux=True)
    _, state = call(parameters, data(parameters)[0])
    assert [name.rpartition("/")[2] for name in parameters] == ["gamma", "beta", "kernel", "bias"]
    assert {"kernel", "bias", "moving_mean", "moving_variance"} == {name.rpartition("/")[2] for name in state}


def test_names_are_attributes():
    _, parameters = ng.functional_call(Multilayer())
    assert list(parameters) == ["again", "layers.0", "named.bias", "last.kernel"]


def test_state_of_a_module():
    module = Multilayer()
    call, parameters = ng.functional_call(module, has_aux=True)
    _, state = call(parameters, X)
    assert (int(state["calls"]), int(module.calls)) == (1, 0)
    _, state = call({**parameters, **state}, X)
    assert int(state["calls"]) == 2


def test_losses_of_layers():
    keras.utils.set_random_seed(0)
    layer = keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.5), name="dense", dtype="float64")
    layer.build((None, 2))

    def loss(layer):
        return tf.reduce_sum(layer(tf.constant(X))) + tf.add_n(layer.losses)

    gradient = ng.gradient(loss)(layer)
    np.testing.assert_allclose(gradient["dense/kernel"], X.sum(axis=0)[:, None] + layer.kernel.numpy(), atol=1e-12)


def test_inside_a_graph():
    call, parameters = ng.functional_call(Multilayer())
    v = along(parameters)

    @tf.function
    def product(theta, v):
        return ng.hvp(lambda theta: squares(call(theta, X), Y))(theta, v)

    close(numbers(product(parameters, v)), numbers(by_differences(*fresh(Multilayer), v)))


class Closed(tf.Module):
    """What it is called by holds the module itself, and not what it is called of."""

    def __init__(self):
        super().__init__()
        self.kernel = kernel(2, 1)
        self.forward = tf.function(lambda x: x @ self.kernel)

    def __call__(self, x):
        return self.forward(x)


def test_what_is_read_from_the_module_itself_is_refused():
    call, parameters = ng.functional_call(Closed())
    theta = {name: tf.convert_to_tensor(one) for name, one in parameters.items()}
    for _ in range(2):
        with pytest.raises(ng.NotDifferentiableError, match="kernel is read from the Closed itself"):
            ng.gradient(lambda theta: squares(call(theta, X), Y))(theta)


def test_variables_that_are_not_there_yet():
    for module in (keras.layers.Dense(3), keras.Sequential([keras.layers.Dense(3)]), tf.Module()):
        with pytest.raises(ng.NotDifferentiableError, match=r"[cC]all it once"):
            ng.functional_call(module)


def test_variables_of_one_path():
    class Twins(keras.Layer):
        def __init__(self):
            super().__init__()
            self.one, self.other = (keras.layers.Dense(1, name="twin") for _ in range(2))

        def call(self, x):
            return self.one(x) + self.other(x)

    twins = Twins()
    twins(X)
    with pytest.raises(ng.NotDifferentiableError, match="have the path 'twins/twin/kernel'"):
        ng.functional_call(twins)


@pytest.mark.parametrize(
    "what",
    [tf.Variable(1.0), tf.constant(1.0), tf.nn.relu, keras.layers.Dense],
    ids=["variable", "tensor", "function", "class"],
)
def test_what_is_no_module(what):
    with pytest.raises(TypeError, match="functional_call takes a module"):
        ng.functional_call(what)
