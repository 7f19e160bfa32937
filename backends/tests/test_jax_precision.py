"""Types and devices, in programs of their own: as a user would set them up."""

import os
import subprocess
import sys
import textwrap

import pytest

pytest.importorskip("jax")


def run(program, **environment):
    """Run a program with fresh engines and warnings as errors."""
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", **environment}
    environment.pop("JAX_ENABLE_X64", None)
    environment.pop("NESTGRAD_BACKEND", None)
    source = "import jax, jax.numpy as jnp, numpy as np, nestgrad as ng\n" + textwrap.dedent(program)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", source], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_without_64_bits():
    run("""
    f = lambda x: jnp.sum(jnp.sin(x) * x**2)
    x32, x64 = np.array([0.3, -0.7], np.float32), np.array([0.3, -0.7])
    for call in (
        lambda: ng.gradient(f, backend="jax")(x64),
        lambda: ng.hvp(f, backend="jax", compile=True)(x64, x64),
        lambda: ng.jvp(f, (x64,), (x64,), backend="jax"),
        lambda: ng.vjp(f, x64, backend="jax"),
    ):
        try:
            call()
        except ng.PrecisionLossError as error:
            assert "jax_enable_x64" in str(error) and "float32" in str(error)
        else:
            raise SystemExit("float64 was cast to float32")
    try:
        ng.hvp(f)(jnp.asarray(x32), x64)
    except ng.StructureMismatchError as error:
        assert "float64" in str(error)
    else:
        raise SystemExit("a float64 direction was cast")
    for nesting in ("FR", "RF", "RR"):
        for x, v in ((jnp.asarray(x32),) * 2, (jnp.asarray(x32), x32), (x32, x32)):
            for compiled in (False, True):
                result = ng.hvp(f, nesting, backend="jax", compile=compiled)(x, v)
                assert result.dtype == jnp.float32 and isinstance(result, jax.Array)
    assert ng.hvp(lambda x: x**3, backend="jax")(2.0, 1.0).dtype == jnp.float32
    assert ng.gradient(lambda x: 2.5, backend="jax")(x32).dtype == jnp.float32
    assert not jax.config.jax_enable_x64
    """)


def test_with_64_bits():
    run("""
    jax.config.update("jax_enable_x64", True)
    x = np.array([0.3, -0.7])
    f = lambda x: jnp.sum(x**3)
    for nesting in ("FR", "RF", "RR"):
        assert ng.hvp(f, nesting, backend="jax")(x, x).dtype == jnp.float64
        for dtype in (jnp.bfloat16, jnp.float16, jnp.float32):
            low = jnp.asarray(x, dtype)
            for op in (ng.hvp(f, nesting), ng.hvp(f, nesting, compile=True), jax.jit(ng.hvp(f, nesting))):
                result = op(low, low)
                assert result.dtype == dtype and np.allclose(np.asarray(result, float), 6 * x * x, rtol=3e-2)
            try:
                ng.hvp(f, nesting)(low, jnp.asarray(x))
            except ng.StructureMismatchError as error:
                assert "dtype" in str(error)
            else:
                raise SystemExit("a direction of another dtype")
    # weakly typed numbers fit, whichever side they are on
    cube = lambda x: x**3
    for x, v in ((2.0, 1.0), (jnp.asarray(2.0), 1), (jnp.float32(2), 1.0), (jnp.asarray(2.0), np.float64(1))):
        assert float(ng.hvp(cube, backend="jax")(x, v)) == 12
        assert float(ng.derivative(cube, "FF", backend="jax")(x, v, v)) == 12
    assert ng.hvp(cube)(jnp.float32(2), 1.0).dtype == jnp.float32
    value, pullback = ng.vjp(lambda z: z**3, jnp.asarray(1 + 2j))
    assert pullback(jnp.asarray(1 + 0j))[0] == -9 + 12j  # jax's own convention
    """)


def test_two_devices():
    run(
        """
        one, two = jax.devices()
        f = lambda x: jnp.sum(x**3)
        x = np.array([1.0, 2.0], np.float32)
        for nesting in ("FR", "RF", "RR"):
            for compiled in (False, True):
                op = ng.hvp(f, nesting, compile=compiled)
                for device in (one, two):
                    here = jax.device_put(x, device)
                    assert op(here, here).devices() == {device}
                    assert op(here, x).devices() == {device}  # NumPy has no device
                    assert op(here, jnp.asarray(x)).devices() == {device}  # nor has an array that nobody placed
                for _ in range(2):  # at first, and when the plan is there
                    try:
                        op(jax.device_put(x, two), jax.device_put(x, one))
                    except ng.StructureMismatchError as error:
                        assert "device" in str(error)
                    else:
                        raise SystemExit("a direction on another device")
        assert ng.gradient(f)(jax.device_put(x, two)).devices() == {two}
        mesh = jax.make_mesh((2,), ("i",), axis_types=(jax.sharding.AxisType.Auto,))
        sharded = jax.device_put(x, jax.NamedSharding(mesh, jax.P("i")))
        for op in (ng.hvp(f), ng.hvp(f, compile=True)):
            result = op(sharded, sharded)
            assert len(result.devices()) == 2 and np.allclose(result, 6 * x * x)
        """,
        XLA_FLAGS="--xla_force_host_platform_device_count=2",
    )
