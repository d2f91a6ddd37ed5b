"""A run as it goes on: its nodes with states and durations, live on a terminal, a line for each change elsewhere.

``follow`` opens the event stream before it first reads the run, so no change falls between the two; every event asks
for the run again, and so does each second, should the stream be away. It ends with the run. A node that waits for its
next try is shown with the error of the last one, which its job knows.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from holdfast.cli.client import Client
from holdfast.cli.job_words import next_try
from holdfast.cli.run_words import node_words, version_words
from holdfast.cli.screen import MARKS, STYLES, console, error_words, lasted, say, state

ENDED: Final = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})
_LOOK_AGAIN: Final = 1.0
_FRAMES: Final = 10


class Look(NamedTuple):
    """A run at one moment; ``parked`` are the jobs of its nodes that go on later, by node id."""

    run: Any
    parked: Mapping[str, Any]


async def follow(client: Client, run_id: str) -> AsyncIterator[Look]:
    """The run now and after every change, up to its end."""
    changed, opened = asyncio.Event(), asyncio.Event()
    listening = asyncio.create_task(_listen(client, run_id, changed, opened))
    try:
        with suppress(TimeoutError):
            await asyncio.wait_for(_first(opened, listening), _LOOK_AGAIN)
        while True:
            changed.clear()
            look = await _look(client, run_id)
            yield look
            if look.run["state"] in ENDED:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), _LOOK_AGAIN)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def _look(client: Client, run_id: str) -> Look:
    run = await client.get("runs", run_id)
    waiting = {
        node_id: node["job_id"]
        for node_id, node in run["nodes"].items()
        if node["state"] == "SCHEDULED" and node["attempts"] and node["job_id"]
    }
    return Look(run, {node_id: await client.get("jobs", job_id) for node_id, job_id in waiting.items()})


async def watch(client: Client, run_id: str, *, quiet: bool = False) -> Any:
    """Shows the run until it ends; the ended run. ``quiet`` shows nothing."""
    screen = console()
    if quiet:
        return (await _last(follow(client, run_id))).run
    if not screen.is_terminal:
        return await _print_changes(follow(client, run_id))
    with Live(console=screen, refresh_per_second=_FRAMES, get_renderable=(view := _View()).render) as live:
        async for view.look in follow(client, run_id):
            live.refresh()
    return None if view.look is None else view.look.run


def ending(run: Any) -> Text:
    """How a run ended, in a line."""
    words = Text.assemble("run ", (run["id"], "bold"), " ", state(run["state"]), f"  {_took(run)}")
    return words.append(f"\n{error_words(run['error'])}", "red") if run["error"] else words


class _View:
    """What is on the screen now; durations go on between changes."""

    look: Look | None = None

    def render(self) -> RenderableType:
        if self.look is None:
            return Text()
        run = self.look.run
        head = Text.assemble((run["workflow"], "bold"), f" {version_words(run)}  ", state(run["state"]))
        return Group(head, _nodes(self.look))


def _nodes(look: Look) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for node_id, node in look.run["nodes"].items():
        remark = _remark(node, look.parked.get(node_id))
        table.add_row(
            Text(f"  {MARKS.get(node['state'], ' ')}", STYLES.get(node["state"], "")),
            Text(node_id, "dim" if node["state"] in ("PENDING", "SKIPPED") else ""),
            Text(node["state"], STYLES.get(node["state"], "")),
            Text(_took(node), "dim"),
            Text(remark, "red" if node["error"] else "yellow" if node_id in look.parked else "dim"),
        )
    return table


def _remark(node: Any, parked: Any) -> str:
    """What there is to say of a node; ``parked`` is its job while that waits for its time."""
    if node["error"]:
        return error_words(node["error"])
    if parked is not None and parked["attempts"] and parked["attempts"][-1]["outcome"] == "failed":
        last = parked["attempts"][-1]
        return f"attempt {last['number']}: {last['error_type']}: {last['error_message']}; {next_try(parked['run_at'])}"
    if words := "" if node["finished_at"] else node_words(node):
        return words
    return f"attempt {node['attempts']}" if node["attempts"] > 1 else ""


def _took(thing: Any) -> str:
    return lasted(thing["started_at"] or thing.get("created_at"), thing["finished_at"]) if _began(thing) else ""


def _began(thing: Any) -> bool:
    return thing["started_at"] is not None or thing["state"] in ("RUNNING", "WAITING")


async def _print_changes(looks: AsyncIterator[Look]) -> Any:
    """A line for each change of a node's state; for one that is tried again, also for each attempt that failed; for
    one with children, also for each tenth of them that is done."""
    shown: dict[str, tuple[str, int]] = {}
    run: Any = None
    async for run, parked in looks:
        for node_id, node in run["nodes"].items():
            now = (node["state"], node["attempts"] if node_id in parked else _tenths(node))
            if now != shown.get(node_id, ("PENDING", 0)):
                took = _took(node) if node["finished_at"] else ""  # until then it only tells when we looked
                remark = _remark(node, parked.get(node_id))
                say(f"{node_id:<20} {node['state']:<10} {took:>8}  {remark}".rstrip())
            shown[node_id] = now
    return run


def _tenths(node: Any) -> int:
    items = node.get("items")
    return int(items["done"] * 10 // items["total"]) if items and items["total"] else 0


async def _listen(client: Client, run_id: str, changed: asyncio.Event, opened: asyncio.Event) -> None:
    async for _ in client.events({"run": run_id}, opened=opened.set):
        changed.set()


async def _first(opened: asyncio.Event, listening: asyncio.Task[None]) -> None:
    """Until the stream stands or can't."""
    waiting = asyncio.create_task(opened.wait())
    await asyncio.wait({waiting, listening}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


async def _last(looks: AsyncIterator[Look]) -> Look:
    async for look in looks:
        last = look
    return last
