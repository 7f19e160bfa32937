"""A property that many cases share, as one test: thousands of tests take longer to collect and report than to run."""

import functools
import inspect

import pytest


def every(cases):
    """Make a check of one case a test of all, by name: its failure has a line for each case in which the check fails.

    What else the check takes are fixtures or parameters, as in any test. Below the lines is the traceback of the first.
    """

    def test_of(check):
        _, *others = inspect.signature(check).parameters.values()

        @functools.wraps(check)
        def test(**fixtures):
            raised = {name: error for name, case in cases.items() if (error := raised_by(check, case, fixtures))}
            if raised:
                lines = [f"{name}: {type(error).__name__}: {error}" for name, error in raised.items()]
                raise AssertionError("\n".join(lines)) from next(iter(raised.values()))

        test.__signature__ = inspect.Signature(others)
        return test

    return test_of


def raised_by(check, case, fixtures):
    try:
        check(case, **fixtures)
    except (Exception, pytest.fail.Exception) as error:
        return error
    return None
