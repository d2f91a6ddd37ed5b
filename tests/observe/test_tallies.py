"""What the tallies show to a scraper is what was fed, in Prometheus' own terms."""

from prometheus_client import CollectorRegistry, Histogram, generate_latest

from holdfast.observe.tallies import CounterTally, HistogramTally

BUCKETS = (0.001, 0.5, 1, 60)


def shown(registry: CollectorRegistry) -> list[str]:
    text = generate_latest(registry).decode()
    return sorted(line for line in text.splitlines() if not line.startswith("#") and "_created" not in line)


def test_a_counter_counts_each_combination() -> None:
    registry = CollectorRegistry()
    tally = CounterTally("attempts", "Attempts.", ["kind", "reason"], registry)
    for reason in ("succeeded", "retry", "succeeded"):
        tally.add("noop", reason)
    assert shown(registry) == [
        'attempts_total{kind="noop",reason="retry"} 1.0',
        'attempts_total{kind="noop",reason="succeeded"} 2.0',
    ]


def test_a_histogram_shows_what_the_librarys_own_would_show() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    tally = HistogramTally("wait", "Waits.", "queue", BUCKETS, ours)
    peer = Histogram("wait", "Waits.", ["queue"], buckets=BUCKETS, registry=theirs)
    for queue, amount in (("a", 0.0), ("a", 0.001), ("b", 0.25), ("a", 0.5), ("a", 0.75), ("b", 1), ("a", 100.0)):
        tally.observe(queue, amount)
        peer.labels(queue).observe(amount)
    assert shown(ours) == shown(theirs)
