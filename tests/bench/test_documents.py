"""The document of the benchmarks names every measurement and every peer."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.measurements import MEASUREMENTS
from bench.peers.systems import PEERS

TEXT = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text()


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_each_measurement_is_described(name: str) -> None:
    assert f"| `{name}` |" in TEXT


@pytest.mark.parametrize("title", [system.title for system in PEERS])
def test_each_peer_is_described(title: str) -> None:
    assert f"| {title} |" in TEXT
