"""A run as it goes on: its nodes with states and durations, live on a terminal, a line for each change elsewhere.

``follow`` opens the event stream before it first reads the run, so no change falls between the two; every event asks
for the run again, and so does each second, should the stream be away. It ends with the run.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from holdfast.cli.client import Client
from holdfast.cli.screen import MARKS, STYLES, console, error_words, lasted, say, state

ENDED: Final = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})
_LOOK_AGAIN: Final = 1.0
_FRAMES: Final = 10


async def follow(client: Client, run_id: str) -> AsyncIterator[Any]:
    """The run now and after every change, up to its end."""
    changed, opened = asyncio.Event(), asyncio.Event()
    listening = asyncio.create_task(_listen(client, run_id, changed, opened))
    try:
        with suppress(TimeoutError):
            await asyncio.wait_for(_first(opened, listening), _LOOK_AGAIN)
        while True:
            changed.clear()
            run = await client.get("runs", run_id)
            yield run
            if run["state"] in ENDED:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), _LOOK_AGAIN)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def watch(client: Client, run_id: str, *, quiet: bool = False) -> Any:
    """Shows the run until it ends; the ended run. ``quiet`` shows nothing."""
    screen = console()
    if quiet:
        return await _last(follow(client, run_id))
    if not screen.is_terminal:
        return await _print_changes(follow(client, run_id))
    with Live(console=screen, refresh_per_second=_FRAMES, get_renderable=(view := _View()).render) as live:
        async for run in follow(client, run_id):
            view.run = run
            live.refresh()
    return view.run


def ending(run: Any) -> Text:
    """How a run ended, in a line."""
    words = Text.assemble("run ", (run["id"], "bold"), " ", state(run["state"]), f"  {_took(run)}")
    return words.append(f"\n{error_words(run['error'])}", "red") if run["error"] else words


class _View:
    """What is on the screen now; durations go on between changes."""

    run: Any = None

    def render(self) -> RenderableType:
        if self.run is None:
            return Text()
        head = Text.assemble(
            (self.run["workflow"], "bold"), f" version {self.run['version']}  ", state(self.run["state"])
        )
        return Group(head, _nodes(self.run))


def _nodes(run: Any) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for node_id, node in run["nodes"].items():
        table.add_row(
            Text(f"  {MARKS.get(node['state'], ' ')}", STYLES.get(node["state"], "")),
            Text(node_id, "dim" if node["state"] in ("PENDING", "SKIPPED") else ""),
            Text(node["state"], STYLES.get(node["state"], "")),
            Text(_took(node), "dim"),
            Text(_remark(node), "red" if node["error"] else "dim"),
        )
    return table


def _remark(node: Any) -> str:
    if node["error"]:
        return error_words(node["error"])
    return f"attempt {node['attempts']}" if node["attempts"] > 1 else ""


def _took(thing: Any) -> str:
    return lasted(thing["started_at"] or thing.get("created_at"), thing["finished_at"]) if _began(thing) else ""


def _began(thing: Any) -> bool:
    return thing["started_at"] is not None or thing["state"] in ("RUNNING", "WAITING")


async def _print_changes(runs: AsyncIterator[Any]) -> Any:
    shown: dict[str, str] = {}
    run: Any = None
    async for run in runs:
        for node_id, node in run["nodes"].items():
            if node["state"] != shown.get(node_id, "PENDING"):
                took = _took(node) if node["finished_at"] else ""  # until then it only tells when we looked
                say(f"{node_id:<20} {node['state']:<10} {took:>8}  {_remark(node)}".rstrip())
            shown[node_id] = node["state"]
    return run


async def _listen(client: Client, run_id: str, changed: asyncio.Event, opened: asyncio.Event) -> None:
    async for _ in client.events({"run": run_id}, opened=opened.set):
        changed.set()


async def _first(opened: asyncio.Event, listening: asyncio.Task[None]) -> None:
    """Until the stream stands or can't."""
    waiting = asyncio.create_task(opened.wait())
    await asyncio.wait({waiting, listening}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


async def _last(runs: AsyncIterator[Any]) -> Any:
    return [run async for run in runs][-1]
