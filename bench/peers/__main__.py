"""``python -m bench.peers [--only NAME …] [--repeat N] [--scale F] [--json FILE]``."""

import argparse
from pathlib import Path

from bench import machine
from bench.peers import install
from bench.peers.session import Standing, rounds, servers_for
from bench.peers.systems import OURS, SYSTEMS
from bench.report import say, write_json


def main() -> None:
    chosen = _arguments()
    systems = [system for system in SYSTEMS if not chosen.only or system.name in chosen.only or system is OURS[0]]
    told = machine.facts()
    say(machine.line(told))
    say("PostgreSQL: fsync and synchronous_commit on. Redis (Valkey): append-only file, flushed every second.\n")
    with servers_for(systems) as servers:
        standings = rounds(systems, servers, chosen.repeat, chosen.tries or 3 * chosen.repeat, chosen.scale, say)
    say("")
    for line in table(standings, chosen.repeat):
        say(line)
    dropped = sum(standing.figure(chosen.repeat).dropped for standing in standings if _ran(standing))
    say(f"\n{dropped} repetitions dropped, in which others and steal took more than a quarter of a core.")
    say("Keeps: what is on record of a job that has succeeded. DISTURBED: too few quiet repetitions; all were taken.")
    if chosen.json is not None:
        figures = [standing.figure(chosen.repeat) for standing in standings if _ran(standing)]
        problems = {standing.system.name: standing.problem for standing in standings if standing.problem}
        write_json(chosen.json, told, figures, problems=problems, scale=chosen.scale)


def table(standings: list[Standing], wanted: int) -> list[str]:
    """The comparison, best first: rate, its range, and ours on PostgreSQL as a multiple of it."""
    ran = sorted((s for s in standings if _ran(s)), key=lambda s: -s.figure(wanted).value)
    ours = next((s.figure(wanted).value for s in ran if s.system is OURS[0]), None)
    lines = [f"{'system':<18} {'version':<10} {'store':<9} {'jobs/s':>8} {'range':>17} {'ours is':>9}  keeps; settings"]
    for standing in ran:
        system, figure = standing.system, standing.figure(wanted)
        spread = f"{min(figure.values):,.0f} … {max(figure.values):,.0f}"
        ratio = "" if ours is None else f"{ours / figure.value:.2f} x"
        marks = f"  {figure.dropped} dropped" * bool(figure.dropped) + "  DISTURBED" * figure.disturbed
        lines.append(
            f"{system.name:<18} {install.versions(system):<10} {system.store:<9} {figure.value:>8,.0f} {spread:>17} "
            f"{ratio:>9}  {system.keeps}; {system.settings}{marks}"
        )
    return lines + [f"{s.system.name:<18} {s.problem}" for s in standings if s.problem]


def _ran(standing: Standing) -> bool:
    return bool(standing.quiet or standing.disturbed)


def _arguments() -> argparse.Namespace:
    names = [system.name for system in SYSTEMS]
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description="Measure other job systems beside ours.")
    parser.add_argument("--only", choices=names, action="append", help="only this system, beside ours on PostgreSQL")
    parser.add_argument("--repeat", type=int, default=5, help="quiet repetitions of each (default 5)")
    parser.add_argument("--tries", type=int, help="give up after so many rounds (default three times --repeat)")
    parser.add_argument("--scale", type=float, default=1.0, help="a fraction of the jobs, to try it (default 1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures and the machine's facts")
    return parser.parse_args()


if __name__ == "__main__":
    main()
