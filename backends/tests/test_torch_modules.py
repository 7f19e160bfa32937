"""Modules of torch as functions of their parameters, against torch.func.functional_call."""

import copy
import threading

import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")

F64 = torch.float64
X = torch.linspace(-1.0, 1.0, 12, dtype=F64).reshape(6, 2)
Y = torch.linspace(0.0, 1.0, 6, dtype=F64)[:, None]


def made(build):
    torch.manual_seed(0)
    return build().double()


class Tied(torch.nn.Module):
    """One layer under two names, and one matrix in two layers."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(2, 2)
        self.second = self.first
        self.last = torch.nn.Linear(2, 1)
        self.again = torch.nn.Linear(2, 1)
        self.again.weight = self.last.weight

    def forward(self, x):
        return self.last(torch.tanh(self.second(self.first(x)))) + self.again(x)


class Bound(torch.nn.Module):
    """It holds a method of its own."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)
        self.activation = self.scaled

    def scaled(self, x):
        return torch.tanh(x) * self.layer.bias

    def forward(self, x):
        return self.activation(self.layer(x))


class Recurrent(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.cells = torch.nn.LSTM(2, 3)
        self.last = torch.nn.Linear(3, 1)

    def forward(self, x):
        return self.last(self.cells(x)[0])


class Checkpointed(torch.nn.Module):
    """What it computes is computed again by the pullback, when the call is over."""

    def __init__(self):
        super().__init__()
        self.inside = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh())
        self.last = torch.nn.Linear(3, 1)

        self.is_plain = False

    def forward(self, x):
        if self.is_plain:
            return self.last(self.inside(x))
        return self.last(torch.utils.checkpoint.checkpoint(self.inside, x, use_reentrant=False))


def multilayer():
    return torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))


def normalised():
    return torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3), torch.nn.Tanh(), torch.nn.Linear(3, 1))


class Exponential(torch.nn.Module):
    """A parametrisation."""

    def forward(self, weight):
        return torch.exp(weight)


def parametrised():
    net = multilayer()
    torch.nn.utils.parametrize.register_parametrization(net[0], "weight", Exponential())
    return net


def partly_frozen():
    net = multilayer()
    net[0].requires_grad_(False)
    return net


MODULES = (multilayer, normalised, parametrised, partly_frozen, Tied, Bound, Recurrent, Checkpointed)
each_module = pytest.mark.parametrize("build", MODULES)


def other(parameters):
    """Parameters that are not the module's own, and a direction."""
    return {name: (p.detach() + 0.1 * torch.cos(p.detach())) for name, p in parameters.items()}


def along(parameters):
    return {name: torch.cos(3 * p.detach()) for name, p in parameters.items()}


def by_torch(module, theta, v):
    """∇²loss·v by a double backward through torch.func.functional_call, of a copy of the module.

    It leaves other parameters behind in a layer that has two names, and a checkpoint is computed again without them.
    """
    module = copy.deepcopy(module)
    module.is_plain = True
    theta = {name: p.clone().requires_grad_() for name, p in theta.items()}
    buffers = {name: buffer.clone() for name, buffer in module.named_buffers()}
    value = torch.func.functional_call(module, {**theta, **buffers}, (X,)).sub(Y).square().mean()
    gradient = torch.autograd.grad(value, list(theta.values()), create_graph=True)
    product = sum((g * v[name]).sum() for g, name in zip(gradient, theta, strict=True))
    found = torch.autograd.grad(product, list(theta.values()), materialize_grads=True)
    return dict(zip(theta, found, strict=True))


def close(found, expected):
    assert list(found) == list(expected)
    for name in expected:
        torch.testing.assert_close(found[name].detach(), expected[name].detach(), rtol=1e-9, atol=1e-11)


@each_module
@pytest.mark.parametrize("nesting", ["FR", "RR", "auto"])
def test_a_product_along_parameters(build, nesting):
    module = made(build)
    before = {name: one.detach().clone() for name, one in module.state_dict().items()}
    call, parameters = ng.functional_call(module)
    theta, v = other(parameters), along(parameters)
    operator = ng.hvp(lambda theta: (call(theta, X) - Y).square().mean(), nesting)
    if build is Checkpointed and nesting == "FR":
        with pytest.raises(ng.UnsupportedNestingError, match="saved_tensors_hooks"):
            operator(theta, v)
        return
    found = operator(theta, v)
    close(found, by_torch(module, theta, v))
    close(module.state_dict(), before)
    assert all(p.grad is None for p in module.parameters())


@pytest.mark.parametrize("build", [multilayer, normalised, parametrised, partly_frozen, Tied, Bound])
def test_compiled(build):
    module = made(build)
    call, parameters = ng.functional_call(module)
    theta, v = other(parameters), along(parameters)
    operator = ng.hvp(lambda theta: (call(theta, X) - Y).square().mean(), "RR", compile="traced")
    before = {name: one.detach().clone() for name, one in module.state_dict().items()}
    for _ in range(2):
        close(operator(theta, v), by_torch(module, theta, v))
    close(module.state_dict(), before)


@each_module
def test_the_call_is_the_modules(build):
    module = made(build)
    call, parameters = ng.functional_call(module)
    assert all(p.requires_grad for p in parameters.values())
    assert list(parameters) == [name for name, p in module.named_parameters() if p.requires_grad]
    torch.testing.assert_close(call(parameters, X), module(X))


def test_state_as_aux_and_back():
    module = made(normalised)
    call, parameters = ng.functional_call(module, has_aux=True)

    def loss(theta, state):
        output, state = call({**theta, **state}, X)
        return output.square().mean(), state

    state = {}
    for _ in range(3):
        _, state = ng.gradient(loss, has_aux=True)(parameters, state)
    assert module[1].num_batches_tracked == 0
    for _ in range(3):
        module(X)
    close(state, dict(module.named_buffers()))
    _, state = ng.hvp(loss, "FR", has_aux=True)(parameters, along(parameters), {})
    module(X)
    close(state, dict(module.named_buffers()))


def test_frozen_parameters_are_state():
    module = made(partly_frozen)
    call, parameters = ng.functional_call(module, has_aux=True)
    assert list(parameters) == ["2.weight", "2.bias"]
    _, state = call(parameters, X)
    assert list(state) == ["0.weight", "0.bias"]
    zeros = {name: torch.zeros_like(one) for name, one in state.items()}
    torch.testing.assert_close(call({**parameters, **zeros}, X)[0], parameters["2.bias"].expand(6, 1))


def test_parameters_follow_an_optimiser_step():
    module = made(multilayer)
    call, parameters = ng.functional_call(module)
    operator = ng.gradient(lambda theta: call(theta, X).square().mean())
    for _ in range(2):
        module.zero_grad()
        module(X).square().mean().backward()
        close(operator(parameters), {name: p.grad for name, p in module.named_parameters()})
        with torch.no_grad():
            for p in module.parameters():
                p -= 0.5 * p.grad


def test_a_compiled_module_is_the_one_that_was_compiled():
    module = made(multilayer)
    call, parameters = ng.functional_call(torch.compile(module, backend="eager"))
    assert next(iter(parameters)) == "_orig_mod.0.weight"
    theta = {name: torch.zeros_like(p) for name, p in parameters.items()}
    assert not call(theta, X).any()


def test_threads_do_not_see_each_others_parameters():
    module = made(multilayer)
    call, parameters = ng.functional_call(module)
    inside, looked = threading.Event(), threading.Event()

    def waiting(part, inputs):
        inside.set()
        looked.wait(10)

    handle = module[1].register_forward_pre_hook(waiting)
    outcome = []
    zeros = {name: torch.zeros_like(p) for name, p in parameters.items()}
    thread = threading.Thread(target=lambda: outcome.append(call(zeros, X)))
    thread.start()
    assert inside.wait(10)
    assert all(module.get_parameter(name) is p for name, p in parameters.items())
    looked.set()
    thread.join()
    handle.remove()
    assert not outcome[0].any()


def test_single_precision_and_mixed_dtypes():
    module = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1).to(torch.bfloat16))
    module[0].register_forward_hook(lambda part, inputs, output: output.to(torch.bfloat16))
    call, parameters = ng.functional_call(module)
    gradient = ng.gradient(lambda theta: call(theta, X.float()).float().square().mean())(parameters)
    assert [g.dtype for g in gradient.values()] == [torch.float32] * 2 + [torch.bfloat16] * 2


def test_what_f_reads_from_the_module_is_refused():
    module = made(multilayer)
    _, parameters = ng.functional_call(module)
    with pytest.raises(ng.UnsupportedNestingError, match="functional_call"):
        ng.gradient(lambda theta: module(X).square().mean())(parameters)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda theta: {}, "has no '0.weight'"),
        (lambda theta: {**theta, "0.wieght": Y}, r"parameters\['0.wieght'\].* Did you mean '0.weight'"),
        (lambda theta: {**theta, "0.bias": Y}, r"parameters\['0.bias'\] must match .* \(3,\): its shape is \(6, 1\)"),
        (lambda theta: {**theta, "0.bias": 1.0}, r"parameters\['0.bias'\] must .* it is a float"),
        (lambda theta: list(theta.values()), "got a list"),
    ],
)
def test_parameters_that_do_not_fit(change, message):
    call, parameters = ng.functional_call(made(multilayer))
    with pytest.raises(ng.StructureMismatchError, match=message):
        call(change(parameters), X)


@pytest.mark.parametrize(
    "what",
    [3, "net", X, len, [torch.nn.Linear(1, 1)], torch.nn.Linear],
    ids=["number", "name", "tensor", "builtin", "list", "class"],
)
def test_what_is_no_module(what):
    with pytest.raises(TypeError, match="functional_call takes a module"):
        ng.functional_call(what)


def test_parameters_without_a_shape():
    with pytest.raises(ng.NotDifferentiableError, match="Call the module once"):
        ng.functional_call(torch.nn.LazyLinear(3))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_scripts():
    with pytest.raises(ng.NotDifferentiableError, match="scripted from"):
        ng.functional_call(torch.nn.Sequential(torch.jit.script(multilayer())))
