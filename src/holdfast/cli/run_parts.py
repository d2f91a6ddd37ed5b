"""``holdfast runs``: what is told of a run beside the run itself: timeline, items, waits."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from holdfast.cli.client import call
from holdfast.cli.options import DEFAULT_LIMIT, DEFAULT_URL, Cursor, Json, Limit, Url, example, new_app
from holdfast.cli.run_control import RUN_ID, RunId
from holdfast.cli.run_words import left
from holdfast.cli.screen import compact, error_words, lasted, print_json, print_page, print_table, say_more, state

app = new_app()

_BAR: Final = 32
_LOOKS: Final = {
    "running": ("█", "cyan"),
    "waiting": ("░", "dim"),
    "backoff": ("▒", "yellow"),
    "parked": ("─", "yellow"),
    "held": ("·", "magenta"),
}


@app.command(epilog=example(f"holdfast runs timeline {RUN_ID}"))
def timeline(run_id: RunId, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show when each node of a run waited for a worker, ran, was parked and backed off."""
    found = call(url, lambda client: client.get("runs", run_id, "timeline"))
    if as_json:
        print_json(found)
        return
    print_table(("after", "node", "", "took", ""), _spans(found["items"]), "Nothing has happened yet.")


def _spans(spans: Sequence[Any]) -> Iterator[tuple[str | Text, ...]]:
    times = [(_moment(span["from"]), _moment(span["to"])) for span in spans]
    first, last = min((begun for begun, _ in times), default=None), max((ended for _, ended in times), default=None)
    if first is None or last is None:
        return
    whole = max(last - first, timedelta(microseconds=1))
    for span, (begun, ended) in zip(spans, times, strict=True):
        bar = _bar(span["kind"], (begun - first) / whole, (ended - begun) / whole)
        took = lasted(span["from"], span["to"])
        yield f"{(begun - first).total_seconds():.3f} s", span["node"], _what(span), took, bar


def _what(span: Any) -> str:
    """``running (attempt 2), failed``."""
    attempt = f" (attempt {span['attempt']})" if span["kind"] == "running" else ""
    outcome = f", {span['outcome']}" if span["outcome"] not in (None, "succeeded") else ""
    return f"{span['kind']}{attempt}{outcome}"


def _bar(kind: str, start: float, length: float) -> Text:
    mark, style = _LOOKS.get(kind, _LOOKS["waiting"])
    at = min(int(start * _BAR), _BAR - 1)
    return Text(" " * at + mark * max(1, min(round(length * _BAR), _BAR - at)), style)


def _moment(text: str | None) -> datetime:
    """A time of the API; now for what hasn't ended."""
    return datetime.fromisoformat(text) if text else datetime.now(UTC)


@app.command(epilog=example(f"holdfast runs items {RUN_ID} each --state FAILED"))
def items(
    run_id: RunId,
    node: Annotated[str, typer.Argument(metavar="NODE", help="The id of a map, loop or workflow.call.")],
    wanted: Annotated[str | None, typer.Option("--state", help="Only in this state, such as FAILED.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List the children of a map, loop or workflow.call, by index."""
    query = {"state": wanted.upper() if wanted else None}
    path = ("runs", run_id, "nodes", node, "items")
    found, following = call(url, lambda client: client.page(*path, query=query, limit=limit, cursor=cursor))
    if as_json:
        print_json(found)
        say_more(following)
        return
    rows = (
        (str(each["index"]), state(each["state"]), each["run"] or "", compact(each["item"], 60), _result(each))
        for each in found
    )
    print_page(("index", "state", "id", "item", "result"), rows, "There are no such items.", following)


def _result(child: Any) -> Text:
    if child["error"]:
        return Text(error_words(child["error"]), "red")
    return Text("" if child["output"] is None else compact(child["output"], 60), "dim")


@app.command(epilog=example(f"holdfast runs waits {RUN_ID}"))
def waits(run_id: RunId, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """List what a run waits for: approvals, callbacks with their addresses, events."""
    found = call(url, lambda client: client.whole("runs", run_id, "waits"))
    if as_json:
        print_json(found)
        return
    rows = (
        (each["node"], each["kind"], each["name"], left(each["until"]) if each["until"] else "", _about(each))
        for each in found
    )
    print_table(("node", "waits for", "signal", "timeout", "about"), rows, "It waits for nothing from outside.")


def _about(wait: Any) -> str:
    if wait["kind"] == "approval":
        who = f" ({', '.join(wait['approvers'])} may decide)" if wait["approvers"] else ""
        return f"{wait['title'] or wait['message'] or ''}{who}".strip()
    return wait.get("event") or wait.get("url") or ""
