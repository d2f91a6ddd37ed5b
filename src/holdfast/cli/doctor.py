"""``holdfast doctor``: what an operator should know, each line ``ok``, ``warn`` or ``fail`` with what to do about it.

It opens the store itself and needs no server. A database file that isn't there yet is said, not made.
Exit 1 when anything failed.
"""

import asyncio
from typing import Any

import typer

from holdfast.cli.failures import PROBLEM
from holdfast.cli.options import Database, Json, Tasks, example, new_app, tasks_of
from holdfast.cli.screen import print_json, say, state

app = new_app()


@app.command(epilog=example("holdfast doctor", "holdfast doctor --json | jq '.checks[] | select(.result != \"ok\")'"))
def doctor(database_url: Database = None, tasks: Tasks = None, as_json: Json = False) -> None:
    """Check settings, store, workers and invariants."""
    from holdfast.cli.checks import examine  # here, so that --help needn't load the engine
    from holdfast.observe.logs import configure
    from holdfast.settings import load

    configure(None, "error")  # what the checks meet is told by the checks
    settings, checks = asyncio.run(examine(load(database_url=database_url, tasks=tasks_of(tasks))))
    failed = any(check.result == "fail" for check in checks)
    if as_json:
        shapes = [{"name": c.name, "result": c.result, "message": c.message, "hint": c.hint} for c in checks]
        print_json({"healthy": not failed, "settings": settings, "checks": shapes})
    else:
        _tell(settings, checks)
    if failed:
        raise typer.Exit(PROBLEM)


def _tell(settings: dict[str, str], checks: list[Any]) -> None:
    say(("Settings in force", "bold"))
    for name, value in settings.items():
        say((f"  {name:<31} ", "dim"), value or ("not set", "dim"))
    say()
    say(("Checks", "bold"))
    for check in checks:
        say("  ", state(check.result), f"{'':<{5 - len(check.result)}}{check.name}: {check.message}")
        if check.hint:
            say((f"           {check.hint}", "dim"))
