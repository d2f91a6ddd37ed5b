"""``holdfast schedules``: every clock (also without a subcommand), its next times, pause and resume, backfills."""

from typing import Annotated, Any

import typer

from holdfast.cli.client import Client, call
from holdfast.cli.options import DEFAULT_LIMIT, DEFAULT_URL, Cursor, Json, Limit, Url, example, new_list_group
from holdfast.cli.screen import print_fields, print_json, print_page, say, say_more, when
from holdfast.cli.trigger_words import ROW, Ref, named, next_words, row_of, state_words, trigger_words
from holdfast.cli.triggers import change

app = new_list_group(
    "List every clock; see its next times, pause it, fire past times again.",
    "holdfast schedules",
    "holdfast schedules next billing/nightly",
    "holdfast schedules backfill billing/nightly --from 2026-01-01T00:00:00Z --to 2026-01-31T23:59:59Z",
)

Count = Annotated[int, typer.Option(min=1, max=100, help="How many times at most.")]


@app.callback()
def schedules(context: typer.Context, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """List every clock; see its next times, pause it, fire past times again."""
    if context.invoked_subcommand is None:
        list_schedules(DEFAULT_LIMIT, None, url, as_json)


@app.command("list", epilog=example("holdfast schedules list"))
def list_schedules(
    limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """List the clocks of all workflows and rules with their next times."""
    items, following = call(url, lambda client: client.page("schedules", query={}, limit=limit, cursor=cursor))
    if as_json:
        print_json(items)
        say_more(following)
        return
    rows = ((named(each), trigger_words(each["definition"]), state_words(each), next_words(each)) for each in items)
    print_page(("clock", "what", "state", "next"), rows, "No workflow and no rule has a clock.", following)


@app.command("next", epilog=example("holdfast schedules next billing/nightly --count 20"))
def next_times(trigger: Ref, count: Count = 10, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Print a clock's next times."""
    _print_times(call(url, lambda client: _next(client, trigger, count)), as_json=as_json)


@app.command(
    epilog=example(
        "holdfast schedules preview --cron '0 7 * * 1-5' --timezone Europe/Berlin",
        "holdfast schedules preview --every 15m",
    )
)
def preview(
    cron: Annotated[str | None, typer.Option(help="A cron expression of 5 or 6 fields.")] = None,
    every: Annotated[str | None, typer.Option(metavar="DURATION", help="15m, 1h, 1d.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Such as Europe/Berlin; UTC by default.")] = None,
    count: Count = 10,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Print the next times of a clock that isn't saved."""
    if (cron is None) == (every is None):
        raise typer.BadParameter("give one of --cron and --every")
    clock = {"type": "cron", "cron": cron} if cron is not None else {"type": "every", "every": every}
    body = clock if timezone is None else {**clock, "timezone": timezone}
    path = ("schedules", "preview")
    found = call(url, lambda client: client.call("POST", path, query={"count": count}, body=body))
    _print_times(found, as_json=as_json)


@app.command(epilog=example("holdfast schedules pause billing/nightly"))
def pause(trigger: Ref, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Pause a clock: times that come meanwhile never fire."""
    change(trigger, "pause", url, as_json=as_json, at="schedules")


@app.command(epilog=example("holdfast schedules resume billing/nightly"))
def resume(trigger: Ref, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Let a paused clock fire again, from its next time on."""
    change(trigger, "resume", url, as_json=as_json, at="schedules")


@app.command(
    epilog=example(
        "holdfast schedules backfill billing/nightly --from 2026-01-01T00:00:00Z --to 2026-01-31T00:00:00Z",
        "holdfast schedules backfill billing/nightly --from 2025-01-01T00:00:00Z --to 2026-01-01T00:00:00Z "
        "--concurrency 4",
    )
)
def backfill(
    trigger: Ref,
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="The first time: 2026-01-31T09:30:00Z.")],
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="The last time, itself included.")],
    concurrency: Annotated[int, typer.Option(min=1, max=1_000, help="How many of them go at once.")] = 1,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Fire every time of a range, oldest first, also those that have fired."""
    body = {"from": start, "to": end, "concurrency": concurrency}
    _print_backfill(call(url, lambda client: _backfill(client, trigger, body)), as_json=as_json)


@app.command(epilog=example("holdfast schedules backfills billing/nightly"))
def backfills(
    trigger: Ref, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """List a clock's backfills, newest first."""
    items, following = call(url, lambda client: _backfills(client, trigger, limit, cursor))
    if as_json:
        print_json(items)
        say_more(following)
        return
    rows = ((b["id"], b["state"], when(b["from"]), when(b["to"]), str(b["started"]), when(b["next_at"])) for b in items)
    print_page(("id", "state", "from", "to", "started", "next"), rows, "It has no backfills.", following)


@app.command("cancel-backfill", epilog=example(f"holdfast schedules cancel-backfill billing/nightly {ROW}"))
def cancel_backfill(
    trigger: Ref,
    backfill_id: Annotated[str, typer.Argument(metavar="BACKFILL", help="The backfill's id.")],
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Start no more of a backfill; what has started goes on."""
    _print_backfill(call(url, lambda client: _cancel(client, trigger, backfill_id)), as_json=as_json)


async def _next(client: Client, trigger: str, count: int) -> Any:
    return await client.get("schedules", await row_of(client, trigger), "next", query={"count": count})


async def _backfill(client: Client, trigger: str, body: Any) -> Any:
    return await client.post("schedules", await row_of(client, trigger), "backfills", body=body)


async def _backfills(client: Client, trigger: str, limit: int, cursor: str | None) -> Any:
    path = ("schedules", await row_of(client, trigger), "backfills")
    return await client.page(*path, query={}, limit=limit, cursor=cursor)


async def _cancel(client: Client, trigger: str, backfill_id: str) -> Any:
    return await client.post("schedules", await row_of(client, trigger), "backfills", backfill_id, "cancel")


def _print_times(found: Any, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    for time in found["times"]:
        say(when(time))
    if not found["times"]:
        say("It never fires again.")


def _print_backfill(found: Any, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    print_fields(
        [
            ("backfill", found["id"]),
            ("state", found["state"]),
            ("range", f"{when(found['from'])} to {when(found['to'])}, {found['concurrency']} at once"),
            ("started", str(found["started"])),
            ("next", when(found["next_at"]) or "none"),
        ]
    )
