"""Keras on each engine that it runs on, in a process of its own: it has one."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("keras")

PROGRAM = """
import keras, numpy as np, nestgrad as ng
ops = keras.ops
keras.utils.set_random_seed(0)
keras.config.set_floatx("float64")
net = keras.Sequential([
    keras.layers.Input((2,)),
    keras.layers.Dense(3, activation="tanh", name="hidden"),
    keras.layers.BatchNormalization(name="normal"),
    keras.layers.Dense(1, name="last"),
], name="net")
x = ops.convert_to_tensor(np.sin(np.arange(12.0) ** 2).reshape(6, 2))
call, parameters = ng.functional_call(net, has_aux=True)
theta = {name: ops.convert_to_tensor(one) for name, one in parameters.items()}
v = {name: ops.convert_to_tensor(np.cos(3 * ops.convert_to_numpy(one)), dtype="float64") for name, one in theta.items()}
moved = lambda t: {name: one + t * v[name] for name, one in theta.items()}

def loss(theta):
    output, state = call(theta, x, training=True)
    return ops.mean(output**4), state

def of_net(net, x):
    return ops.mean(net(x, training=True)**4)

numbers = lambda named: {name: ops.convert_to_numpy(one) for name, one in named.items()}
ends = [numbers(ng.gradient(loss, has_aux=True)(moved(t))[0]) for t in (-2e-3, -1e-3, 1e-3, 2e-3)]
expected = {name: (8 * (ends[2][name] - ends[1][name]) - (ends[3][name] - ends[0][name])) / 12e-3 for name in theta}
before = numbers(ng.functional_call(net, has_aux=True)[0](parameters, x)[1])
for compiled in COMPILED:
    found, state = ng.hvp(loss, has_aux=True, compile=compiled)(theta, v)
    operator = ng.hvp(of_net, compile=compiled)
    for product in (found, operator(net, v, x), operator(net, v, x)):
        for name, one in numbers(product).items():
            np.testing.assert_allclose(one, expected[name], rtol=1e-3, atol=1e-3)  # some of Keras's own is float32
    assert not np.allclose(ops.convert_to_numpy(state["net/normal/moving_mean"]), before["net/normal/moving_mean"])
after = numbers(ng.functional_call(net, has_aux=True)[0](parameters, x)[1])
assert all((after[name] == one).all() for name, one in before.items())
net(x, training=True)
of_keras = {one.path: ops.convert_to_numpy(one.value) for one in net.non_trainable_variables}
for name, one in numbers(state).items():
    np.testing.assert_allclose(one, of_keras[name])
"""


@pytest.mark.parametrize(("engine", "compiled"), [("jax", "[False, True]"), ("torch", "[False]")])
def test_keras(engine, compiled):
    pytest.importorskip(engine)
    environment = os.environ | {"KERAS_BACKEND": engine, "JAX_ENABLE_X64": "1"}
    program = PROGRAM.replace("COMPILED", compiled)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
