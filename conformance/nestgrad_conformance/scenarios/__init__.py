"""Scenarios: the functions that the suite differentiates, as data."""

from ._errors import ScenarioError as ScenarioError
from ._scenario import TIERS as TIERS
from ._scenario import Scenario as Scenario
from ._scenario import normal as normal
from ._scenario import scenario as scenario
from ._scenario import uniform as uniform
from ._suite import bundled as bundled
from ._suite import load as load
