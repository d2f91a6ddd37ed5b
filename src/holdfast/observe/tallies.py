"""Counters and histograms that cost next to nothing to feed: a few are fed for every job.

They take no lock: each is fed from one thread, the event loop's. A scrape reads them as they stand, also from another
thread; it may see a histogram's sum and counts a sample apart.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

_INFINITE: Final = "+Inf"


class CounterTally(Collector):
    """A counter for each combination of its labels' values."""

    def __init__(self, name: str, about: str, labels: Sequence[str], registry: CollectorRegistry) -> None:
        self._name, self._about, self._labels = name, about, labels
        self._counts: dict[tuple[str, ...], int] = {}
        registry.register(self)

    def add(self, *values: str) -> None:
        self._counts[values] = self._counts.get(values, 0) + 1

    def collect(self) -> Iterator[Metric]:
        family = CounterMetricFamily(self._name, self._about, labels=self._labels)
        for values, count in list(self._counts.items()):
            family.add_metric(values, count)
        yield family


class HistogramTally(Collector):
    """A histogram for each value of its one label; ``buckets`` are upper bounds, rising."""

    def __init__(
        self, name: str, about: str, label: str, buckets: Sequence[float], registry: CollectorRegistry
    ) -> None:
        self._name, self._about, self._label = name, about, label
        self._buckets = tuple(buckets)
        self._bounds = [*(str(float(bound)) for bound in buckets), _INFINITE]
        self._counts: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}
        registry.register(self)

    def observe(self, value: str, amount: float) -> None:
        counts = self._counts.get(value)
        if counts is None:
            counts = self._counts[value] = [0] * len(self._bounds)
            self._sums[value] = 0.0
        counts[bisect_left(self._buckets, amount)] += 1
        self._sums[value] += amount

    def collect(self) -> Iterator[Metric]:
        family = HistogramMetricFamily(self._name, self._about, labels=[self._label])
        for value, counts in list(self._counts.items()):
            buckets = list(zip(self._bounds, accumulate(counts), strict=True))
            family.add_metric([value], buckets, self._sums.get(value, 0.0))
        yield family
