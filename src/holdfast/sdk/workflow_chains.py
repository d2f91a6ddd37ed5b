"""Edges as chains of ``>>``, in the order of the document: what was written in a row is read in a row.

``a >> b`` is one edge, ``a >> [b, c]`` two, ``[a, b] >> c`` two; each goes on from what it led to.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_WIDTH: Final = 110


@dataclass(frozen=True, slots=True)
class Edge:
    """Both ends as they are written."""

    start: str
    end: str


def chains(edges: Sequence[Edge]) -> Iterator[str]:
    """The statements that write these edges."""
    at = 0
    while at < len(edges):
        text, taken = _chain(edges[at:])
        yield text
        at += taken


def _chain(edges: Sequence[Edge]) -> tuple[str, int]:
    """A statement, and how many edges it writes."""
    starts, ends = _first(edges)
    text = f"{_written(starts)} >> {_written(ends)}"
    if len(text) > _WIDTH:
        starts, ends = [edges[0].start], [edges[0].end]
        text = f"{edges[0].start} >> {edges[0].end}"
    taken = len(starts) * len(ends)
    while following := _next(edges[taken:], ends):
        longer = f"{text} >> {_written(following)}"
        if len(longer) > _WIDTH:
            break
        text, taken, ends = longer, taken + len(ends) * len(following), following
    return text, taken


def _first(edges: Sequence[Edge]) -> tuple[list[str], list[str]]:
    """One start with all its ends in a row, or all starts in a row of one end."""
    ends = _ends(edges, edges[0].start)
    if len(ends) > 1:
        return [edges[0].start], ends
    starts: list[str] = []
    for edge in edges:
        if edge.end != edges[0].end:
            break
        starts.append(edge.start)
    return starts, [edges[0].end]


def _next(edges: Sequence[Edge], before: list[str]) -> list[str]:
    """What the ends of a chain lead to, if the edges that follow say just that."""
    if len(before) == 1:
        return _ends(edges, before[0])
    row = edges[: len(before)]
    together = len({edge.end for edge in row}) == 1 and [edge.start for edge in row] == before
    return [row[0].end] if together else []


def _ends(edges: Sequence[Edge], start: str) -> list[str]:
    ends: list[str] = []
    for edge in edges:
        if edge.start != start:
            break
        ends.append(edge.end)
    return ends


def _written(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"
