"""Repetitions: disturbed ones are dropped and repeated, and a figure says when too few were quiet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import machine, report
from bench.bench import Bench, Figure, Scale
from bench.noise import Meter, Noise
from bench.percentiles import middle_and_tail, percentile

QUIET, LOUD, LOUDER = (Noise(1.0, others, 0.0, 0.5) for others in (0.1, 0.5, 0.9))


class Told(Meter):
    """A meter that tells one noise after the other."""

    def __init__(self, noises: Iterator[Noise]) -> None:
        super().__init__()
        self._noises = noises

    def noise(self) -> Noise:
        return next(self._noises)


def bench_of(*noises: Noise, repetitions: int = 2, tries: int = 4) -> tuple[Bench, list[Figure]]:
    said: list[Figure] = []
    left = iter(noises)
    bench = Bench(said.append, repetitions=repetitions, tries=tries, measurement="drain", meter=lambda: Told(left))
    return bench, said


async def repeat(bench: Bench, *values: float) -> dict[str, float]:
    left = iter(values)

    async def once(meter: Meter) -> dict[str, float]:
        return {"rate": next(left)}

    return await bench.repeat("sqlite", "drain", {"rate": "jobs/s"}, once)


async def test_a_figure_is_the_median_of_its_quiet_repetitions() -> None:
    bench, said = bench_of(QUIET, LOUD, QUIET)
    assert await repeat(bench, 10.0, 99.0, 20.0) == {"rate": 15.0}
    assert said[0].values == (10.0, 20.0)
    assert said[0].dropped == 1
    assert not said[0].disturbed
    assert said[0].noises == (QUIET, QUIET)


async def test_it_gives_up_and_says_so() -> None:
    bench, said = bench_of(LOUDER, LOUD, QUIET, LOUDER)
    assert await repeat(bench, 1.0, 2.0, 3.0, 4.0) == {"rate": 2.5}
    assert said[0].disturbed
    assert said[0].values == (3.0, 2.0)
    assert said[0].dropped == 2


async def test_a_repetition_that_fails_fails_the_measurement() -> None:
    bench, said = bench_of(QUIET)

    async def once(meter: Meter) -> dict[str, float]:
        raise RuntimeError("a no-op job ended FAILED")

    with pytest.raises(RuntimeError, match="ended FAILED"):
        await bench.repeat("sqlite", "drain", {"rate": "jobs/s"}, once)
    assert said == []


def test_a_ratio_is_a_figure_of_its_own() -> None:
    bench, said = bench_of()
    bench.derive("sqlite", "kept against nothing kept", "ratio", 0.97)
    assert said[0].value == 0.97
    assert bench.figures == said


def test_a_scale_has_a_floor() -> None:
    assert Scale(0.1).of(50_000) == 5_000
    assert Scale(0.001).of(50_000) == 500


def test_percentiles_lie_between_values() -> None:
    assert percentile([3.0], 99) == 3.0
    assert middle_and_tail([float(i) for i in range(101)]) == {"p50": 50.0, "p99": 99.0}


def test_a_row_tells_the_range_and_what_was_dropped() -> None:
    figure = Figure("drain", "sqlite", "drain of 10", "rate", "jobs/s", (10.0, 25_000.0, 26_000.0), 2, True)
    row = report.row(figure)
    assert "25,000 jobs/s" in row
    assert "3: 10.00 … 26,000, 2 dropped, DISTURBED" in row


def test_the_json_holds_the_machine_and_every_repetition(tmp_path: Path) -> None:
    figure = Figure("drain", "sqlite", "drain of 10", "rate", "jobs/s", (10.0, 20.0), 0, False, (QUIET, LOUD))
    report.write_json(tmp_path / "figures.json", {"cpu": "x"}, [figure], scale=1.0)
    told = json.loads((tmp_path / "figures.json").read_text())
    assert told["machine"] == {"cpu": "x"}
    assert told["figures"][0]["value"] == 15.0
    assert told["figures"][0]["repetitions"] == [10.0, 20.0]
    assert told["figures"][0]["noise"][1]["others_cores"] == 0.5


def test_the_machine_is_described() -> None:
    facts = machine.facts()
    assert facts["cores"]
    assert str(facts["postgresql"])[0].isdigit()
    assert str(facts["sqlite"]) in machine.line(facts)
