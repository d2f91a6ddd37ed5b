"""``python -m bench [drain|pickup|steps|webhooks …] [--store sqlite|postgres] [--repeat N]``."""

import argparse
import statistics
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

from bench.drain import JOBS, drain
from bench.instance import STORES, database
from bench.pickup import SAMPLES, pickup
from bench.steps import RUNS, STEPS, steps
from bench.webhooks import CONNECTIONS, webhooks

MEASUREMENTS = ("drain", "pickup", "steps", "webhooks")
T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("measurement", nargs="*", help=f"any of {', '.join(MEASUREMENTS)}; all without")
    parser.add_argument("--store", choices=STORES, action="append", help="only this store")
    parser.add_argument("--repeat", type=int, default=3, help="repetitions of the drain (default 3)")
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.measurement) - set(MEASUREMENTS))
    if unknown:
        parser.error(f"unknown measurement {unknown[0]}; choose from {', '.join(MEASUREMENTS)}")
    for store in chosen.store or STORES:
        for name in chosen.measurement or MEASUREMENTS:
            _measure(name, store, chosen.repeat)


def _measure(name: str, store: str, repeat: int) -> None:
    match name:
        case "drain":
            rates = []
            for _ in range(repeat):
                with database(store) as (url, _folder):
                    rates.append(_run(drain(url)))
            inserted, drained = (statistics.median(column) for column in zip(*rates, strict=True))
            _say(store, f"drain of {JOBS:,} no-op jobs", f"{drained:,.0f} jobs/s (inserted in bulk {inserted:,.0f}/s)")
        case "pickup":
            with database(store) as (url, _folder):
                waits = _run(pickup(url))
            _say(store, f"pickup, idle worker, {SAMPLES} samples", _percentiles(waits))
        case "steps":
            with database(store) as (url, _folder):
                took = _run(steps(url))
            _say(store, f"run of {STEPS} sequential steps, {RUNS} runs", _percentiles(took))
        case "webhooks":
            with database(store) as (url, folder):
                rate, waits = _run(webhooks(url, folder))
            _say(store, f"webhooks accepted, {CONNECTIONS} connections", f"{rate:,.0f}/s, {_percentiles(waits)}")


def _run(work: Coroutine[Any, Any, T]) -> T:
    return uvloop.run(work)


def _percentiles(values: list[float]) -> str:
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return f"p50 {cuts[49]:.2f} ms, p99 {cuts[98]:.2f} ms"


def _say(store: str, what: str, figure: str) -> None:
    sys.stdout.write(f"{store:<9} {what:<42} {figure}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
