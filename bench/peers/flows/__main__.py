"""``python -m bench.peers.flows [--only NAME …] [--repeat N] [--scale F]``: systems take turns in every round."""

import argparse
import statistics
import tempfile
from collections import defaultdict
from typing import Any

from bench import machine
from bench.peers import install
from bench.peers.flows.laps import SHORT_STEPS, STEPS, WAYS
from bench.peers.session import Broken, Servers, run, servers_for
from bench.peers.systems import FLOWS, System
from bench.report import say

Told = dict[str, Any]


def main() -> None:
    chosen = _arguments()
    systems = [system for system in FLOWS if not chosen.only or system.name in chosen.only]
    told: dict[str, list[Told]] = defaultdict(list)
    problems: dict[str, str] = {}
    say(machine.line(machine.facts()))
    with servers_for(systems) as servers:
        for turn in range(chosen.repeat):
            for system in systems[turn % len(systems) :] + systems[: turn % len(systems)]:
                if system.name not in problems:
                    _turn(system, servers, chosen.scale, told, problems)
    wide, short = f"{WAYS} + join", f"{SHORT_STEPS}-step runs"
    say(f"\n{'system':<18} {'version':<10} {f'{STEPS} steps':>12} {wide:>12} {short:>13}")
    for system in systems:
        say(problems[system.name] if system.name in problems else _line(system, told[system.name]))
    say("\nMedians of all repetitions: milliseconds of one run; runs a second of many that were started at once.")


def _turn(
    system: System, servers: Servers, scale: float, told: dict[str, list[Told]], problems: dict[str, str]
) -> None:
    try:
        words, more = install.command(system)
        with servers.store(system.store) as url, tempfile.TemporaryDirectory() as home:
            answer, noise = run([*words, url, str(scale)], {**more, "PREFECT_HOME": home})
    except (install.Uninstallable, Broken) as error:
        problems[system.name] = f"{system.name:<18} failed: {error}"
        return
    told[system.name].append(answer)
    say(f"{_line(system, [answer])}{'' if noise.quiet else '  disturbed'}")


def _line(system: System, told: list[Told]) -> str:
    steps = statistics.median(time for one in told for time in one["steps"])
    fan = statistics.median(time for one in told for time in one["fan"])
    runs = statistics.median(one["runs"] for one in told)
    return f"{system.name:<18} {install.versions(system):<10} {steps:>9,.1f} ms {fan:>9,.1f} ms {runs:>11,.1f}/s"


def _arguments() -> argparse.Namespace:
    names = [system.name for system in FLOWS]
    parser = argparse.ArgumentParser(prog="python -m bench.peers.flows", description=__doc__)
    parser.add_argument("--only", choices=names, action="append", help="only this system")
    parser.add_argument("--repeat", type=int, default=3, help="rounds (default 3)")
    parser.add_argument("--scale", type=float, default=1.0, help="a fraction of the short runs (default 1)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
