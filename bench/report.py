"""What a person reads (a table, a line as soon as a figure is there) and what a program does (JSON)."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from bench import machine
from bench.bench import Figure

_WIDTHS: Final = (9, 46, 13)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def heading(told: dict[str, str | int]) -> str:
    store, what, name = (title.ljust(width) for title, width in zip(("store", "what", ""), _WIDTHS, strict=True))
    return f"{machine.line(told)}\n\n{store} {what} {name} {'figure':>18}  repetitions"


def row(figure: Figure) -> str:
    """One line of the table."""
    store, what, name = (
        text.ljust(width) for text, width in zip((figure.store, figure.what, figure.name), _WIDTHS, strict=True)
    )
    return f"{store} {what} {name} {amount(figure.value, figure.unit):>18}  {_repetitions(figure)}".rstrip()


def amount(value: float, unit: str) -> str:
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2
    return f"{value:,.{digits}f} {unit}"


def write_json(path: Path, told: dict[str, str | int], figures: Iterable[Figure], **more: Any) -> None:
    document = {"machine": told, **more, "figures": [figure.told() for figure in figures]}
    path.write_text(json.dumps(document, indent=2) + "\n")


def _repetitions(figure: Figure) -> str:
    parts = []
    if len(figure.values) > 1:
        low, high = min(figure.values), max(figure.values)
        parts.append(f"{len(figure.values)}: {amount(low, '').strip()} … {amount(high, '').strip()}")
    if figure.dropped:
        parts.append(f"{figure.dropped} dropped")
    if figure.disturbed:
        parts.append("DISTURBED")
    return ", ".join(parts)
