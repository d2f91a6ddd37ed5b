"""Repetitions and what came of them.

A measurement gives ``Bench.repeat`` one repetition as a function. It is called until enough quiet repetitions are there
(see ``bench.noise``) or the tries are used up; disturbed ones are dropped and counted. When too few are quiet, the
figure is taken from the least disturbed ones and marked as disturbed. A figure is the median of its repetitions.
"""

import statistics
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.noise import Meter, Noise
from bench.stores import Stores

Values = Mapping[str, float]
Kept = tuple[Values, Noise]
Repetition = Callable[[Meter], Awaitable[Values]]


@dataclass(frozen=True, slots=True)
class Scale:
    """How much: full figures, or a fraction of them while something is being tried."""

    fraction: float = 1.0
    minutes: float = 10.0
    load: float = 0.6

    def of(self, full: int, least: int = 500) -> int:
        return max(int(full * self.fraction), least)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit; ``values`` are those of the repetitions that it is the median of."""

    measurement: str
    store: str
    what: str
    name: str
    unit: str
    values: tuple[float, ...]
    dropped: int = 0
    disturbed: bool = False
    noises: tuple[Noise, ...] = ()

    @property
    def value(self) -> float:
        return statistics.median(self.values)

    def told(self) -> dict[str, Any]:
        return {
            "measurement": self.measurement,
            "store": self.store,
            "what": self.what,
            "name": self.name,
            "unit": self.unit,
            "value": self.value,
            "repetitions": list(self.values),
            "dropped": self.dropped,
            "disturbed": self.disturbed,
            "noise": [noise.told() for noise in self.noises],
        }


@dataclass(slots=True)
class Bench:
    """One session of measurements. ``say`` is told each figure as soon as it is there."""

    say: Callable[[Figure], None]
    stores: Stores = field(default_factory=Stores)
    scale: Scale = field(default_factory=Scale)
    repetitions: int = 3
    tries: int = 9
    meter: Callable[[], Meter] = Meter
    measurement: str = ""
    figures: list[Figure] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    async def repeat(
        self, store: str, what: str, units: Mapping[str, str], once: Repetition, times: int | None = None
    ) -> dict[str, float]:
        """The medians by name. ``units`` names every value that ``once`` gives."""
        wanted = times or self.repetitions
        quiet, dropped = await self._until_quiet(once, wanted, max(self.tries, wanted))
        disturbed = len(quiet) < wanted
        if disturbed:
            dropped.sort(key=lambda kept: _sum(kept[1]))
            missing = wanted - len(quiet)
            quiet, dropped = quiet + dropped[:missing], dropped[missing:]
        noises = tuple(noise for _, noise in quiet)
        for name, unit in units.items():
            values = tuple(values[name] for values, _ in quiet)
            self.tell(Figure(self.measurement, store, what, name, unit, values, len(dropped), disturbed, noises))
        return {figure.name: figure.value for figure in self.figures[-len(units) :]}

    def derive(self, store: str, what: str, name: str, value: float, unit: str = "x") -> None:
        """A figure that follows from others, such as a ratio."""
        self.tell(Figure(self.measurement, store, what, name, unit, (value,)))

    def tell(self, figure: Figure) -> None:
        """Puts a figure on record, and tells it."""
        self.figures.append(figure)
        self.say(figure)

    async def _until_quiet(self, once: Repetition, wanted: int, tries: int) -> tuple[list[Kept], list[Kept]]:
        quiet: list[Kept] = []
        dropped: list[Kept] = []
        while len(quiet) < wanted and len(quiet) + len(dropped) < tries:
            meter = self.meter()
            values = await once(meter)
            noise = meter.noise()
            (quiet if noise.quiet else dropped).append((values, noise))
        return quiet, dropped


def _sum(noise: Noise) -> float:
    return (noise.others or 0) + (noise.steal or 0)
