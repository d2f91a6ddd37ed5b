"""What people and programs see on standard output.

JSON is printed as it came, one document per call, for programs. For people there are tables without frames and colours
by state; on something that isn't a terminal, or with ``NO_COLOR``, there are no colours, and lines are never cut. Texts
of users can't control a terminal (``visible``).
"""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from holdfast.cli.visible import document, visible

STYLES: Final = {
    "SUCCEEDED": "green", "RUNNING": "cyan", "PENDING": "dim", "SCHEDULED": "yellow", "WAITING": "yellow",
    "FAILED": "red", "DEAD": "red", "CANCELLED": "magenta", "SKIPPED": "dim",
    "PAUSED": "yellow", "NEW": "dim", "LIVE": "cyan",
    "ok": "green", "warn": "yellow", "fail": "red",
}  # fmt: skip
MARKS: Final = {
    "SUCCEEDED": "✓", "RUNNING": "●", "PENDING": "·", "SCHEDULED": "◷", "WAITING": "◷",
    "FAILED": "✗", "DEAD": "✗", "CANCELLED": "⊘", "SKIPPED": "–",
    "PAUSED": "‖", "NEW": "·", "LIVE": "●",
    "ok": "✓", "warn": "!", "fail": "✗",
}  # fmt: skip
_PIPE_WIDTH: Final = 10_000
# Columns that are never folded when a terminal is narrow; the others share what is left.
_WHOLE: Final = frozenset({"id", "state", "when", "took", "attempts", "lease", "reason", "worker"})

# A piece of a line: text, text with a style, or both in one.
Piece = str | Text | tuple[str, str]


class Screen(Console):
    """A console on which only rich's own styles are escape sequences."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


def console() -> Screen:
    """Standard output. In a pipe lines are as long as they need to be."""
    interactive = sys.stdout.isatty()
    return Screen(width=None if interactive else _PIPE_WIDTH, highlight=False, soft_wrap=not interactive)


def print_json(value: Any) -> None:
    """One JSON document, in one line in a pipe."""
    indent = 2 if sys.stdout.isatty() else None
    sys.stdout.write(document(value, indent) + "\n")
    sys.stdout.flush()


def print_json_line(value: Any) -> None:
    """One JSON value in one line, for streams."""
    sys.stdout.write(document(value) + "\n")
    sys.stdout.flush()


def say(*parts: Piece) -> None:
    """A line for people; markup isn't read, so text of users can't change it."""
    console().print(Text.assemble(*parts), soft_wrap=True)


def state(word: str) -> Text:
    """A state with its mark and colour."""
    return Text(f"{MARKS.get(word, ' ')} {word}", STYLES.get(word, ""))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]], empty: str) -> None:
    """A table for people, or the sentence ``empty``."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in _WHOLE)
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    if table.row_count:
        _print(table)
    else:
        say(empty)


def print_page(columns: Sequence[str], rows: Iterable[Sequence[str | Text]], empty: str, following: str | None) -> None:
    """A table, and how to go on when there is more."""
    print_table(columns, rows, empty)
    say_more(following)


def say_more(following: str | None) -> None:
    """How a list goes on, beside what is printed of it: programs that read the list aren't disturbed."""
    if following is not None:
        Screen(stderr=True, highlight=False).print(
            Text(f"There are more: the same command with --cursor {following}", "dim"), soft_wrap=True
        )


def print_fields(fields: Iterable[tuple[str, str | Text]]) -> None:
    """Names and values, one a line."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in fields:
        table.add_row(name, Text(value) if isinstance(value, str) else value)
    _print(table)


def _print(table: Table) -> None:
    """Without the spaces that tables end lines with, which a pipe would pass on."""
    screen = console()
    if screen.is_terminal:
        screen.print(table)
        return
    with screen.capture() as captured:
        screen.print(table)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))
    sys.stdout.flush()


def compact(value: Any, limit: int = 0) -> str:
    """A JSON value in one line; cut to ``limit`` characters if that isn't 0."""
    text = document(value)
    return text if not limit or len(text) <= limit else text[: limit - 1] + "…"


def when(moment: str | None) -> str:
    """A time of the API in the local zone, to the second."""
    if moment is None:
        return ""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def ago(moment: str | None) -> str:
    """How long ago, for a list on a terminal; the time itself elsewhere."""
    if moment is None or not sys.stdout.isatty():
        return when(moment)
    seconds = max(0, int((datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit} ago"
    return f"{seconds}s ago"


def say_in_a_line(*parts: Piece) -> None:
    """A line that a terminal cuts at its edge instead of wrapping it."""
    console().print(Text.assemble(*parts), soft_wrap=not sys.stdout.isatty(), no_wrap=True, overflow="ellipsis")


def lasted(started: str | None, finished: str | None) -> str:
    """How long something took, or has taken so far."""
    if started is None:
        return ""
    end = datetime.fromisoformat(finished) if finished else datetime.now(UTC)
    seconds = max(0.0, (end - datetime.fromisoformat(started)).total_seconds())
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"


def id_beginning(whole: str) -> str:
    """The part of an id that a person can tell it from others by: it begins with its time."""
    return f"{whole[:13]}…" if len(whole) > 14 else whole


def indented(text: str | Text, by: int, style: str = "") -> None:
    """Lines of text under another, wrapped at a terminal's edge without losing their place."""
    screen = console()
    body = text if isinstance(text, Text) else Text(text, style)
    if screen.is_terminal:
        screen.print(Padding(body, (0, 0, 0, by)))
        return
    for line in body.plain.splitlines():
        screen.print(Text(f"{'':<{by}}{line}"), soft_wrap=True)


def error_words(error: Any) -> str:
    """An error of a run, node or job in a line."""
    if not isinstance(error, dict):
        return ""
    return f"{error.get('type', 'error')}: {error.get('message', '')}"
