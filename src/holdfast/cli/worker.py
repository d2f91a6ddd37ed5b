"""``holdfast worker``: a process that only runs jobs.

On PostgreSQL it refuses to start while migrations are missing. SIGINT or SIGTERM: it claims nothing more, lets jobs end
within the grace, gives the rest back and ends with 0.
"""

import re
from typing import Annotated, Final

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
    tasks: Tasks = None,
    database_url: Database = None,
) -> None:
    """Start a worker process."""
    carried = () if tags is None else names_of(tags, "--tags")
    for tag in carried:
        if re.fullmatch(_TAG, tag) is None:
            raise typer.BadParameter(f"{tag!r} is no tag: it must match {_TAG}, as in jobs", param_hint="--tags")
    names = (ALL_QUEUES,) if queues is None else names_of(queues, "--queues")
    from holdfast.cli.serve import Plan, start  # here, so that --help needn't load the engine

    start(
        Plan("worker", queues=names),
        worker_concurrency=concurrency,
        worker_tags=None if tags is None else ",".join(carried),
        tasks=tasks_of(tasks),
        database_url=database_url,
    )
