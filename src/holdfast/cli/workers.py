"""``holdfast workers``: list, which it also does when no subcommand is named."""

from typing import Any

import typer

from holdfast.cli.client import call
from holdfast.cli.options import DEFAULT_URL, Json, Url, example, new_list_group
from holdfast.cli.screen import id_beginning, print_json, print_table, when

app = new_list_group("List worker processes.", "holdfast workers")


@app.callback()
def workers(context: typer.Context, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """List worker processes."""
    if context.invoked_subcommand is None:
        list_workers(url, as_json)


@app.command("list", epilog=example("holdfast workers list"))
def list_workers(url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """List worker processes, living and recently gone."""
    items = call(url, lambda client: client.whole("workers"))
    if as_json:
        print_json(items)
        return
    print_table(
        ("name", "id", "state", "running", "queues", "tags", "last heartbeat"),
        map(_row, items),
        "No worker was seen; start one with `holdfast worker`.",
    )


def _row(worker: Any) -> tuple[str, ...]:
    return (
        worker["name"],
        id_beginning(worker["id"]),
        "alive" if worker["alive"] else "gone",
        f"{worker['running']} of {worker['concurrency']}",
        ", ".join("all" if name == "*" else name for name in worker["queues"]),
        ", ".join(worker["tags"]),
        when(worker["heartbeat_at"]),
    )
