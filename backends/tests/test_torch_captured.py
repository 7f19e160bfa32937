"""An x that f reads through a closure, as its module's parameters, is refused; what is meant as a constant is held."""

import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")
optree = pytest.importorskip("optree")

F64 = torch.float64
INPUTS = torch.tensor([[0.3, -0.7], [1.1, 0.4]], dtype=F64)
WEIGHT = torch.tensor([0.5, -1.5, 2.0], dtype=F64, requires_grad=True)
PLAIN = WEIGHT.detach().clone()


def module():
    return torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1)).double()


NET, FROZEN = module(), module().requires_grad_(False)
NORM = torch.nn.BatchNorm1d(2).double().eval()
BUFFERS = {name: buffer for name, buffer in NORM.named_buffers() if buffer.is_floating_point()}


def loss(net):
    return net(INPUTS).square().sum()


def named(net):
    return dict(net.named_parameters())


def penalty(tensors):
    return sum(tensor.square().sum() for tensor in tensors)


def called(net, parameters):
    return torch.func.functional_call(net, parameters, (INPUTS,)).square().sum()


def detached(tree):
    return {name: leaf.detach() for name, leaf in tree.items()}


REFUSED = {
    "tuple": (lambda p: loss(NET), tuple(NET.parameters())),
    "dict": (lambda p: loss(NET), named(NET)),
    "some of them": (lambda p: loss(NET), {"weight": NET[0].weight}),
    "beside others": (lambda p: called(NET, {"0.weight": p["0.weight"]}), named(NET)),
    "detached": (lambda p: loss(NET), detached(named(NET))),
    "frozen": (lambda p: loss(FROZEN), named(FROZEN)),
    "frozen and detached": (lambda p: loss(FROZEN), detached(named(FROZEN))),
    "buffers": (lambda p: loss(NORM), BUFFERS),
    "tensor": (lambda w: (WEIGHT**3).sum(), WEIGHT),
    "views": (lambda w: (WEIGHT[None] * WEIGHT.view(3, 1) * WEIGHT[0]).sum(), WEIGHT),
    "detached tensor": (lambda w: (WEIGHT**3).sum(), WEIGHT.detach()),
    "no variable": (lambda w: (PLAIN**3).sum(), PLAIN),
    "penalty in the argument": (lambda p: loss(NET) + penalty(p.values()), named(NET)),
    "penalty in the module": (lambda p: called(NET, p) + penalty(NET.parameters()), named(NET)),
}
GIVEN = {
    "from the argument": (lambda p: called(NET, p), named(NET)),
    "frozen": (lambda p: called(FROZEN, p), named(FROZEN)),
    "detached": (lambda p: called(NET, p), detached(named(NET))),
    "parameters held": (
        lambda p: called(NET, p) + penalty(p[name] - held.detach() for name, held in NET.named_parameters()),
        named(NET),
    ),
    "tensor held": (lambda w: ((w - WEIGHT) ** 2).sum() + (w**3).sum(), WEIGHT),
    "other parameters": (lambda w: (w**3).sum() * loss(NET), WEIGHT),
    "unused": (lambda p: (p["used"] ** 3).sum(), {"used": PLAIN, "not": PLAIN.clone()}),
    "shapes": (lambda p: called(NET, p) / sum(q.numel() for q in NET.parameters()), named(NET)),
    "like it": (lambda w: (w**3 + torch.ones_like(WEIGHT)).sum(), WEIGHT),
    "constant": (lambda w: torch.zeros((), dtype=F64), PLAIN),
    "itself": (lambda p: p["x"], {"x": torch.tensor(2.0, dtype=F64, requires_grad=True)}),
}


def along(x):
    """A direction that depends on x, which is no reading of f's."""
    return optree.tree_map(torch.cos, x)


def of_gradient(y):
    return penalty(optree.tree_leaves(y))


CALLS = {
    "gradient": lambda f, x: ng.gradient(f)(x),
    "gradient without a graph": lambda f, x: torch.no_grad()(ng.gradient(f))(x),
    "value_and_gradient": lambda f, x: ng.value_and_gradient(f)(x),
    "hvp": lambda f, x: ng.hvp(f)(x, along(x)),
    "gradient_and_hvp": lambda f, x: ng.gradient_and_hvp(f)(x, along(x)),
    "vjp": lambda f, x: ng.vjp(f, x),
    "jvp": lambda f, x: ng.jvp(f, (x,), (along(x),)),
    **{code: lambda f, x, code=code: ng.derivative(f, code)(x, along(x)) for code in ("F", "FR", "RF", "RR")},
    **{code: lambda f, x, code=code: ng.derivative(f, code)(x, along(x), along(x)) for code in ("FF", "RRR", "FFR")},
    **{
        f"nested_gradient {code}": lambda f, x, code=code: ng.nested_gradient(of_gradient, f, nesting=code)(x)
        for code in ("FR", "RF", "RR")
    },
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


@each_call
@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_is_read_from_elsewhere_is_refused(case, call):
    with pytest.raises(ng.UnsupportedNestingError, match="functional_call"):
        call(*case)


@each_call
@pytest.mark.parametrize("case", GIVEN.values(), ids=GIVEN)
def test_what_is_read_from_the_argument_or_meant_as_a_constant_is_not(case, call):
    call(*case)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of TorchScript
def test_what_scripted_code_reads_is_found_in_the_graph():
    scripted = torch.jit.script(module())
    for _ in range(3):
        with pytest.raises(ng.UnsupportedNestingError, match="functional_call"):
            ng.hvp(lambda p: loss(scripted))(named(scripted), named(scripted))


def test_at_a_call_that_is_not_watched():
    held = {"net": module()}
    operator = ng.gradient(lambda p: loss(held["net"]) + penalty(p.values()))
    other = named(module())
    for _ in range(3):  # calls 1 and 2 are watched, as 4 is
        operator({name: torch.zeros_like(leaf) for name, leaf in other.items()})
    with pytest.raises(ng.UnsupportedNestingError, match="functional_call"):
        operator(named(held["net"]))


@pytest.mark.parametrize("nesting", ["R", "F", "FR", "RF", "RR"])
def test_compiled(nesting):
    def compiled(f, x):
        directions = [optree.tree_map(torch.detach, along(x))] * (nesting != "R")
        return ng.derivative(f, nesting, compile="traced")(x, *directions)

    for name in ("dict", "tensor", "penalty in the argument"):
        with pytest.raises(ng.UnsupportedNestingError, match="functional_call"):
            compiled(*REFUSED[name])
    for name in ("from the argument", "tensor held"):
        compiled(*GIVEN[name])


def test_a_gradient_inside_another_in_another_argument_leaves_no_graph():
    """What the inner tape has put in the place of x is nobody's: neither x, y nor anything captured requires grad."""
    x, y = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 5.0])

    def inner(y):
        return ng.vjp(lambda x: (x * x * y).sum(), x)[1](torch.ones(()))[0]

    def both(x, y):
        return ng.vjp(lambda x, y: (x * x * y).sum(), x, y)[1](torch.ones(()))

    (mixed,) = ng.vjp(inner, y)[1](torch.ones(2))
    assert not mixed.requires_grad
    torch.testing.assert_close(mixed, 2 * x)
    (mixed,) = ng.vjp(lambda y: both(x, y), y)[1]((torch.ones(2), torch.ones(2)))
    assert not mixed.requires_grad
    torch.testing.assert_close(mixed, 2 * x)
