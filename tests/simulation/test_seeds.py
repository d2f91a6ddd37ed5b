"""The real engine on the real store, in simulated time, under seeded faults: whatever happens, everything holds.

A seed that fails prints itself and the command that replays it. The whole gate lives the first 40 seeds; those under
the chaos mark go on to 21,000.
"""

import pytest

from tests.simulation.cluster import run_seed

CHUNK = 20


def violations_of(seeds: range) -> list[str]:
    """What is wrong with these seeds, and how to see it again."""
    found: list[str] = []
    for seed in seeds:
        for sentence in run_seed(seed).violations:
            found.append(f"seed {seed}: {sentence}")
    if found:
        found.append(f"replay: python -m tests.simulation {found[0].split(':')[0].removeprefix('seed ')}")
    return found


@pytest.mark.parametrize("first", range(0, 2 * CHUNK, CHUNK))
def test_nothing_is_lost_doubled_or_stuck(first: int) -> None:
    assert violations_of(range(first, first + CHUNK)) == []


@pytest.mark.chaos
@pytest.mark.timeout(300)
@pytest.mark.parametrize("first", range(0, 21_000, 1_000))
def test_many_more_seeds(first: int) -> None:
    assert violations_of(range(first, first + 1_000)) == []
