"""``python -m bench [NAME …] [--store sqlite|postgres] [--repeat N] [--json FILE] …``."""

import argparse
import sys
import traceback
from pathlib import Path

import uvloop

from bench import machine, report
from bench.bench import Bench, Scale
from bench.measurements import MEASUREMENTS
from bench.stores import STORES, Stores
from holdfast.observe.logs import configure


def main() -> None:
    chosen = _arguments()
    configure("console", "error")
    told = machine.facts()
    report.say(report.heading(told))
    with Stores() as stores:
        bench = _bench(chosen, stores)
        try:
            uvloop.run(_measure(bench, chosen.measurement or list(MEASUREMENTS), chosen.store or list(STORES)))
        finally:
            if chosen.json is not None:
                report.write_json(chosen.json, told, bench.figures, scale=chosen.scale, failures=bench.failures)
    _close(bench)


def _bench(chosen: argparse.Namespace, stores: Stores) -> Bench:
    return Bench(
        say=lambda figure: report.say(report.row(figure)),
        stores=stores,
        scale=Scale(chosen.scale, chosen.minutes, chosen.load),
        repetitions=chosen.repeat,
        tries=chosen.tries or 3 * chosen.repeat,
    )


async def _measure(bench: Bench, names: list[str], stores: list[str]) -> None:
    for name in names:
        bench.measurement = name
        for store in stores:
            try:
                await MEASUREMENTS[name](store, bench)
            except Exception as error:
                traceback.print_exc()
                bench.failures.append(f"{name} on {store}: {type(error).__name__}: {error}")


def _close(bench: Bench) -> None:
    figures = bench.figures
    dropped = sum({id(figure.noises): figure.dropped for figure in figures}.values())
    report.say(f"\n{dropped} repetitions dropped, in which others and steal took more than a quarter of a core.")
    if any(figure.disturbed for figure in figures):
        report.say("DISTURBED: too few quiet repetitions; the least disturbed ones stand in.")
    for failure in bench.failures:
        report.say(f"FAILED: {failure}")
    if bench.failures:
        sys.exit(1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure one process on this machine.")
    parser.add_argument("measurement", nargs="*", help=f"any of {', '.join(MEASUREMENTS)}; all without")
    parser.add_argument("--store", choices=STORES, action="append", help="only this store")
    parser.add_argument("--repeat", type=int, default=3, help="quiet repetitions of each figure (default 3)")
    parser.add_argument("--tries", type=int, help="give up after so many repetitions (default three times --repeat)")
    parser.add_argument("--scale", type=float, default=1.0, help="a fraction of the jobs, to try it (default 1)")
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the steady load (default 10)")
    parser.add_argument("--load", type=float, default=0.6, help="steady load, share of the drain rate (default 0.6)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures and the machine's facts")
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.measurement) - set(MEASUREMENTS))
    if unknown:
        parser.error(f"unknown measurement {unknown[0]}; choose from {', '.join(MEASUREMENTS)}")
    return chosen


if __name__ == "__main__":
    main()
