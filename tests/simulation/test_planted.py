"""The suite notices each of the planted bugs within a bounded number of seeds, and says what is wrong."""

import pytest

from tests.simulation.cluster import run_seed
from tests.simulation.planted import PLANTS, Plant

# No plant needs more than half of this; what the engine does with its randomness may shift that.
MOST = 400


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_caught(plant: Plant) -> None:
    with plant():
        caught = next((outcome for seed in range(MOST) if (outcome := run_seed(seed)).violations), None)
    assert caught is not None, f"{MOST} seeds with the bug {plant.__name__} passed"
    assert run_seed(caught.seed).violations == []  # it is the bug that was caught
