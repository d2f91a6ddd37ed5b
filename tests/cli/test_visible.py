"""Texts of users control no terminal, wherever the command line prints them."""

import json
import unicodedata
from collections.abc import Callable

import pytest
from rich.live import Live
from rich.text import Text

from holdfast.cli import screen
from holdfast.cli.failures import Told, print_told
from holdfast.cli.job_logs import _print
from holdfast.model.errors import Problem

# Clears the screen, takes a title, and the same by the single characters of Latin-1.
HOSTILE = "a\x1b[2Jb\x1b]0;mine\x07c\x9b2Jd\x7fe\u0085f"
LINE = {
    "attempt": 1,
    "at": "2026-01-31T09:30:00.000000Z",
    "level": HOSTILE,
    "message": HOSTILE,
    "fields": {"who": HOSTILE, "traceback": f"first\n{HOSTILE}"},
}


def live() -> None:
    with Live(Text(HOSTILE), console=screen.console(), auto_refresh=False):
        pass


WAYS: dict[str, Callable[[], None]] = {
    "say": lambda: screen.say(HOSTILE, (HOSTILE, "red"), Text(HOSTILE, "bold")),
    "say in a line": lambda: screen.say_in_a_line(HOSTILE),
    "table": lambda: screen.print_table(["id"], [[HOSTILE], [Text(HOSTILE)]], ""),
    "fields": lambda: screen.print_fields([("name", HOSTILE)]),
    "indented": lambda: screen.indented(HOSTILE, 4),
    "more": lambda: screen.say_more(HOSTILE),
    "json": lambda: screen.print_json({"message": HOSTILE}),
    "json line": lambda: screen.print_json_line(HOSTILE),
    "compact": lambda: screen.say(screen.compact({"message": HOSTILE})),
    "error": lambda: print_told(Told(1, HOSTILE, detail=HOSTILE, problems=(Problem(HOSTILE, HOSTILE),))),
    "lines of a job": lambda: _print([LINE]),
    "live": live,
}


@pytest.mark.parametrize("way", WAYS)
def test_no_control_character_gets_through(way: str, capsys: pytest.CaptureFixture[str]) -> None:
    WAYS[way]()
    shown = "".join(capsys.readouterr())
    assert "2Jb" in shown
    assert {mark for mark in shown if unicodedata.category(mark) == "Cc"} <= {"\n"}


def test_lines_tabs_and_our_own_colours_stay(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    screen.say(("first\nse\x1bcond", "red"))
    assert capsys.readouterr().out == "\x1b[31mfirst\x1b[0m\n\x1b[31mse␛cond\x1b[0m\n"


def test_json_keeps_its_values(capsys: pytest.CaptureFixture[str]) -> None:
    screen.print_json([HOSTILE, "größer"])
    out = capsys.readouterr().out
    assert json.loads(out) == [HOSTILE, "größer"]
    assert "größer" in out
