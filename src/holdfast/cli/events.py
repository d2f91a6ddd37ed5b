"""``holdfast events``: what happened, oldest first; with ``--follow`` what happens, until it is interrupted; ``post``.

``--json`` prints one event per line. Following resumes after a lost connection without a gap.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any

import typer

from holdfast.cli.client import Client, call
from holdfast.cli.documents import read_json_argument
from holdfast.cli.options import DEFAULT_URL, Json, Limit, Url, example, new_list_group
from holdfast.cli.screen import compact, print_json, print_json_line, say, say_in_a_line, when
from holdfast.sdk.wire import Query

app = new_list_group(
    "Print events, past or live; post one.",
    "holdfast events --follow",
    "holdfast events --run 01990000-0000-7000-8000-000000000000 --json",
    "holdfast events post order.paid",
)


@app.callback()
def events(
    context: typer.Context,
    follow: Annotated[bool, typer.Option("--follow", help="Print events as they happen, from now on.")] = False,
    run: Annotated[str | None, typer.Option(help="Only of this run.")] = None,
    job: Annotated[str | None, typer.Option(help="Only of this job.")] = None,
    wanted: Annotated[str | None, typer.Option("--type", help="Only of this type, such as workflow.finished.")] = None,
    after: Annotated[str | None, typer.Option(metavar="ID", help="Only those after this event.")] = None,
    limit: Limit = 50,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Print events, past or live. Past ones come oldest first; --follow starts with the next that happens."""
    if context.invoked_subcommand is not None:
        return
    query = {"run": run, "job": job, "type": wanted, "after": after}
    with suppress(KeyboardInterrupt):
        call(url, lambda client: _print(client, query, limit, follow=follow, as_json=as_json))


@app.command(
    epilog=example(
        "holdfast events post order.paid --data '{\"order\": 7}'",
        "holdfast events post order.paid --data @order.json --id order-7",
    )
)
def post(
    event_type: Annotated[str, typer.Argument(metavar="TYPE", help="Such as order.paid.")],
    data: Annotated[str, typer.Option(metavar="JSON", help="JSON, @file, or - for standard input.")] = "{}",
    subject: Annotated[str | None, typer.Option(help="What it is about.")] = None,
    event_id: Annotated[str | None, typer.Option("--id", help="The same id again is the same event.")] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Post an event of your own: runs that wait for it go on, and what it triggers starts."""
    body = {"type": event_type, "data": read_json_argument(data, "data"), "subject": subject, "id": event_id}
    event = call(url, lambda client: client.post("events", body=body))
    if as_json:
        print_json(event)
    else:
        say("event ", (event["id"], "bold"), f" {event['type']} is on record")


async def _print(client: Client, query: Query, limit: int, *, follow: bool, as_json: bool) -> None:
    show = print_json_line if as_json else _show
    if follow:
        async for event in client.events(query):
            show(event)
        return
    events, following = await client.page("events", query=query, limit=limit)
    for event in events:
        show(event)
    _say_how_to_go_on(query, events, following)


def _say_how_to_go_on(query: Query, events: Sequence[Any], following: str | None) -> None:
    """Beside the events, so that programs that read them aren't disturbed."""
    if following is not None:
        oldest = "These are the oldest. " if query["after"] is None else ""
        typer.echo(f"{oldest}There are more: the same command with --after {following}", err=True)
    elif not events:
        typer.echo("There are no such events.", err=True)


def _show(event: Any) -> None:
    data = event["data"]
    about = event["node"] or event["subject"] or data.get("kind") or data.get("workflow") or ""
    thing = event["run"] or event["job"] or ""
    told = {name: value for name, value in data.items() if value is not None}
    say_in_a_line(
        (f"{when(event['at'])}  ", "dim"),
        f"{event['type']:<20} {about:<16} ",
        (f"{thing}  {compact(told, 200)}", "dim"),
    )
