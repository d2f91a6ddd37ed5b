"""``holdfast queues``: list (also without a subcommand), show, pause, resume, set."""

from difflib import get_close_matches
from typing import Annotated, Any

import typer

from holdfast.cli.client import call
from holdfast.cli.options import (
    DEFAULT_URL,
    Json,
    Retention,
    Url,
    example,
    new_list_group,
    number_or_none,
    retention_of,
)
from holdfast.cli.screen import print_fields, print_json, print_table, say, when

app = new_list_group("List queues; set limits, pause and resume them.", "holdfast queues", "holdfast queues pause mail")

Name = Annotated[str, typer.Argument(metavar="QUEUE", help="The queue's name.")]
_COUNTED = ("pending", "blocked", "scheduled", "running", "waiting")


@app.callback()
def queues(context: typer.Context, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """List queues; set limits, pause and resume them."""
    if context.invoked_subcommand is None:
        list_queues(url, as_json)


@app.command("list", epilog=example("holdfast queues list"))
def list_queues(url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """List queues with their live jobs: over all tenants for an admin of the instance, else of the own one."""
    items = call(url, lambda client: client.whole("queues"))
    if as_json:
        print_json(items)
        return
    rows = ((each["name"], *(str(each[name]) for name in _COUNTED), _limits(each)) for each in items)
    print_table(("name", *_COUNTED, "limits"), rows, "There are no queues yet; the first job makes one.")


@app.command(epilog=example("holdfast queues show mail"))
def show(name: Name, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show a queue with its limits and what waits in it."""
    _print(call(url, lambda client: client.get("queues", name)), as_json=as_json)


@app.command(epilog=example("holdfast queues pause mail"))
def pause(name: Name, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Pause a queue: none of its jobs is started; what runs goes on."""
    known = [queue["name"] for queue in call(url, lambda client: client.whole("queues"))]
    _change(name, {"paused": True}, url, as_json=as_json)
    if name not in known:
        near = get_close_matches(name, known, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        typer.echo(f"There was no queue {name}; it was made and is paused.{hint}", err=True)


@app.command(epilog=example("holdfast queues resume mail"))
def resume(name: Name, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Let the jobs of a paused queue start again."""
    _change(name, {"paused": False}, url, as_json=as_json)


@app.command(
    "set",
    epilog=example(
        "holdfast queues set mail --concurrency 20 --rate 100/1m",
        "holdfast queues set mail --rate none --retention SUCCEEDED=1d --retention DEAD=90d",
    ),
)
def set_queue(
    name: Name,
    concurrency: Annotated[
        str | None, typer.Option(metavar="N", help="How many of its jobs run at once, over all workers; or none.")
    ] = None,
    rate: Annotated[
        str | None, typer.Option(metavar="RATE", help="How many start in which time: 100/1m; or none.")
    ] = None,
    priority: Annotated[int | None, typer.Option(min=-100, max=100, help="Higher is served first.")] = None,
    retention: Retention = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Set a queue's limits, priority and retention; what isn't named stays. Makes the queue if there is none."""
    change: dict[str, Any] = {}
    if concurrency is not None:
        change["concurrency"] = number_or_none(concurrency, "--concurrency")
    if rate is not None:
        change["rate"] = None if rate == "none" else rate
    if priority is not None:
        change["priority"] = priority
    if retention:
        change["retention"] = retention_of(retention)
    if not change:
        raise typer.BadParameter("name at least one of --concurrency, --rate, --priority and --retention")
    _change(name, change, url, as_json=as_json)


def _change(name: str, change: dict[str, Any], url: str, *, as_json: bool) -> None:
    queue = call(url, lambda client: client.call("PATCH", ("queues", name), body=change))
    if as_json:
        print_json(queue)
    else:
        say((queue["name"], "bold"), f": {_limits(queue) or 'no limits'}")


def _print(queue: Any, *, as_json: bool) -> None:
    if as_json:
        print_json(queue)
        return
    print_fields(
        [
            ("queue", queue["name"]),
            ("limits", _limits(queue) or "none"),
            ("priority", str(queue["priority"])),
            ("retention", ", ".join(f"{state} {kept}" for state, kept in queue["retention"].items()) or "as elsewhere"),
            *((name, str(queue[name])) for name in _COUNTED),
            *([("oldest due", when(queue["oldest_due_at"]))] if queue["oldest_due_at"] else []),
        ]
    )


def _limits(queue: Any) -> str:
    """What keeps the queue's jobs from starting, in words."""
    said = ["paused"] if queue["paused"] else []
    if queue["concurrency"] is not None:
        said.append(f"{queue['concurrency']} at once")
    if queue["rate"] is not None:
        said.append(f"{queue['rate']}")
    return ", ".join(said)
