"""``holdfast workers``: list."""

from holdfast.cli.client import call
from holdfast.cli.options import DEFAULT_URL, Json, Url, example, new_group
from holdfast.cli.screen import print_json, print_table, when

app = new_group("List worker processes.", "holdfast workers list")


@app.callback()
def workers() -> None:
    """List worker processes."""


@app.command("list", epilog=example("holdfast workers list"))
def list_workers(url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """List worker processes, living and recently gone."""
    items = call(url, lambda client: client.get("workers"))["items"]
    if as_json:
        print_json(items)
        return
    rows = (
        (
            w["name"],
            "alive" if w["alive"] else "gone",
            f"{w['running']}/{w['concurrency']}",
            ", ".join(w["queues"]),
            when(w["heartbeat_at"]),
        )
        for w in items
    )
    print_table(
        ("name", "", "running", "queues", "last heartbeat"),
        rows,
        "No worker was seen; start one with `holdfast worker`.",
    )
