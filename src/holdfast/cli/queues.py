"""``holdfast queues``: list."""

from holdfast.cli.client import call
from holdfast.cli.options import DEFAULT_URL, Json, Url, example, new_group
from holdfast.cli.screen import print_json, print_table, when

app = new_group("List queues and what waits in them.", "holdfast queues list")


@app.callback()
def queues() -> None:
    """List queues and what waits in them."""


@app.command("list", epilog=example("holdfast queues list"))
def list_queues(url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """List queues with their live jobs, over all tenants."""
    items = call(url, lambda client: client.get("queues"))["items"]
    if as_json:
        print_json(items)
        return
    counted = ("pending", "scheduled", "running", "waiting")
    rows = (
        (q["name"], *(str(q[name]) for name in counted), when(q["oldest_due_at"]), "paused" if q["paused"] else "")
        for q in items
    )
    print_table(("name", *counted, "oldest due", ""), rows, "There are no queues yet; the first job makes one.")
