"""A pullback of an x that was written since: refused, or right for x as it was; never zeros."""

import pytest

import nestgrad as ng

torch = pytest.importorskip("torch")


def written(f, requires_grad, *, unused=False):
    """A pullback of f, called after x was written."""
    x = torch.tensor([1.0, 2.0], requires_grad=requires_grad)
    arguments = (x, torch.tensor([3.0, 4.0], requires_grad=requires_grad)) if unused else (x,)
    _, pullback = ng.vjp((lambda x, y: f(x)) if unused else f, *arguments)
    with torch.no_grad():
        for argument in arguments:
            argument.add_(1.0)
    return pullback(torch.tensor(1.0))


@pytest.mark.parametrize("requires_grad", [False, True])
def test_what_needs_x_is_refused(requires_grad):
    with pytest.raises(ng.UnsupportedNestingError, match="in-place"):
        written(lambda x: (x**3).sum(), requires_grad)


@pytest.mark.parametrize("requires_grad", [False, True])
def test_what_does_not_is_right(requires_grad):
    (found,) = written(lambda x: (torch.tensor([2.0, 5.0]) * x).sum(), requires_grad)
    torch.testing.assert_close(found, torch.tensor([2.0, 5.0]))


@pytest.mark.parametrize("requires_grad", [False, True])
def test_what_f_ignores_has_a_zero(requires_grad):
    _, found = written(lambda x: (2 * x).sum(), requires_grad, unused=True)
    torch.testing.assert_close(found, torch.zeros(2))


def test_the_pullback_of_a_gradient():
    backend = ng.get_backend("torch")
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    _, pullback = backend.gradient_vjp(lambda x: (x**3).sum(), (x,), (0,), (0,))
    with torch.no_grad():
        x.add_(1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        pullback((torch.ones(2),))
