"""A run in words: its fields, what its nodes wait for, how far their children are."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich.text import Text

from holdfast.cli.screen import compact, error_words, lasted, print_json, say, state, when

_SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def print_run(run: Any, *, as_json: bool) -> None:
    """A run after a change: its id and state."""
    if as_json:
        print_json(run)
    else:
        say("run ", (run["id"], "bold"), " ", state(run["state"]))


def version_words(run: Any) -> str:
    return "test" if run["test"] else f"version {run['version']}"


def run_fields(run: Any) -> Iterator[tuple[str, str | Text]]:
    yield "run", run["id"]
    yield (
        "workflow",
        f"{run['workflow']} {version_words(run)}" + (f", body of {run['body']}" if run["body"] else ""),
    )
    yield "state", state(run["state"])
    yield "trigger", f"{run['trigger']['type']} {run['trigger'].get('id') or ''}".rstrip()
    if run["parent"]:
        index = f", item {run['parent_index']}" if run["parent_index"] is not None else ""
        yield "parent", f"{run['parent']} node {run['parent_node']}{index}"
    if run["rerun_of"]:
        yield "rerun of", run["rerun_of"]
    yield "created", when(run["created_at"])
    yield "took", lasted(run["started_at"], run["finished_at"])
    yield "input", compact(run["input"], 500)
    yield "output", compact(run["output"], 500)
    if run["error"]:
        yield "error", Text(error_words(run["error"]), "red")


def node_words(node: Any) -> str:
    """What there is to say of a node that hasn't ended: what it waits for, how far its children are."""
    if node.get("waits"):
        return wait_words(node["waits"])
    return items_words(node["items"]) if node.get("items") else ""


def wait_words(wait: Any) -> str:
    """``waits for approval "Pay 900 EUR?", 3 h left``."""
    about = {"approval": wait.get("title"), "event": wait.get("event")}.get(wait["kind"])
    words = f"waits for {wait['kind']}"
    if about:
        words += f' "{about}"' if wait["kind"] == "approval" else f" {about}"
    if wait["kind"] == "event" and wait["name"] != wait["node"]:
        words += f" or signal {wait['name']}"
    return f"{words}, {left(wait['until'])}" if wait["until"] else words


def items_words(items: Any) -> str:
    """``7 of 10 done, 2 going, 1 failed``."""
    words = f"{items['done']} of {items['total']} done"
    words += f", {items['live']} going" if items["live"] else ""
    return words + (f", {items['failed']} failed" if items["failed"] else "")


def left(until: str) -> str:
    """``3 h left`` until a time; ``overdue`` after it."""
    seconds = (datetime.fromisoformat(until) - datetime.now().astimezone()).total_seconds()
    if seconds < 0:
        return "overdue"
    size, unit = next(((size, unit) for size, unit in _SPANS if seconds >= size), _SPANS[-1])
    return f"{seconds / size:.0f} {unit} left"
