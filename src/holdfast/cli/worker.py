"""``holdfast worker``: a process that only runs jobs, or with ``--processes`` a supervisor of several of them.

On PostgreSQL it refuses to start while migrations are missing. SIGINT or SIGTERM: it claims nothing more, lets jobs end
within the grace, gives the rest back and ends with 0.
"""

import re
from typing import Annotated, Any, Final

import typer

from holdfast.cli.options import Database, Tasks, example, names_of, new_app, tasks_of
from holdfast.model.job import ALL_QUEUES

app = new_app()

_TAG: Final = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"


@app.command(
    epilog=example(
        "holdfast worker",
        "holdfast worker --queues mail,default --concurrency 20 --tasks billing",
        "holdfast worker --queues video --tags gpu --tasks rendering",
        "holdfast worker --processes 4 --concurrency 200",
    )
)
def worker(
    queues: Annotated[
        str | None, typer.Option(metavar="NAMES", help="The queues to serve, with commas between; all of them without.")
    ] = None,
    tags: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Tags that it carries: jobs with one of them come here too.")
    ] = None,
    concurrency: Annotated[int | None, typer.Option(min=1, max=10_000, help="How many jobs run at once.")] = None,
    processes: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Start so many worker processes, each with its own concurrency."),
    ] = None,
    tasks: Tasks = None,
    database_url: Database = None,
    leash: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Start a worker process, or several that are started anew when they end by themselves.

    One process keeps one core busy: take as many as there are cores for it.
    """
    carried = () if tags is None else names_of(tags, "--tags")
    for tag in carried:
        if re.fullmatch(_TAG, tag) is None:
            raise typer.BadParameter(f"{tag!r} is no tag: it must match {_TAG}, as in jobs", param_hint="--tags")
    names = (ALL_QUEUES,) if queues is None else names_of(queues, "--queues")
    settings = {
        "worker_concurrency": concurrency,
        "worker_tags": None if tags is None else ",".join(carried),
        "tasks": tasks_of(tasks),
        "database_url": database_url,
    }
    if processes is not None:
        raise typer.Exit(_supervise(processes, names, settings))
    from holdfast.cli.serve import Plan, start  # here, so that --help needn't load the engine

    start(Plan("worker", queues=names, leash=leash), **settings)


def _supervise(count: int, queues: tuple[str, ...], given: dict[str, Any]) -> int:
    """Several processes of this command. What was given reaches them as variables: others can see arguments."""
    from holdfast.cli.crew import keep_going  # here, so that --help needn't load the settings

    return keep_going(count, queues, given)
