"""Options that many commands share, each declared once. Credentials are read from the environment only."""

from typing import Annotated, Any, Final

import typer

SERVER_PANEL: Final = "Server"

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Url = Annotated[
    str,
    typer.Option(
        "--url", envvar="HOLDFAST_URL", metavar="URL", help="The server to call.", rich_help_panel=SERVER_PANEL
    ),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=500, help="How many to print at most.")]
Cursor = Annotated[str | None, typer.Option("--cursor", metavar="NEXT", help="Go on where a list that had more ended.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask before many are changed.")]
Retention = Annotated[
    list[str] | None,
    typer.Option(
        "--retention",
        metavar="STATE=TIME",
        help="How long jobs that ended so are kept: SUCCEEDED=7d; may be repeated; none lifts all rules.",
    ),
]
Tasks = Annotated[
    list[str] | None, typer.Option("--tasks", metavar="MODULE", help="A module with your tasks; may be repeated.")
]
Database = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        metavar="URL",
        help="sqlite:///relative, sqlite:////absolute, postgresql://… or memory: (instead of HOLDFAST_DATABASE_URL).",
    ),
]
Host = Annotated[str | None, typer.Option("--host", help="The address to listen on.", show_default="127.0.0.1")]
Port = Annotated[
    int | None,
    typer.Option("--port", min=0, max=65_535, help="The port to listen on; 0 takes a free one.", show_default="8000"),
]

DEFAULT_URL: Final = "http://127.0.0.1:8000"
DEFAULT_LIMIT: Final = 20


def example(*lines: str) -> str:
    """The epilog of a command's help: how it is called."""
    return "\n\n".join(f"[dim]$[/] {line}" for line in lines)


def new_app(**settings: Any) -> typer.Typer:
    """A command's or group's own application, in the form that all of them have."""
    look: dict[str, Any] = {"rich_markup_mode": "rich", "add_completion": False, "pretty_exceptions_enable": False}
    return typer.Typer(**{**look, **settings})


def new_group(line: str, *examples: str) -> typer.Typer:
    return new_app(help=line, no_args_is_help=True, epilog=example(*examples))


def new_list_group(line: str, *examples: str) -> typer.Typer:
    """A group that lists when no subcommand is named."""
    return new_app(help=line, invoke_without_command=True, epilog=example(*examples))


def number_or_none(text: str, option: str) -> int | None:
    """The value of a limit: a whole number, or ``none``, which lifts it."""
    if text == "none":
        return None
    if not text.isascii() or not text.isdecimal():
        raise typer.BadParameter("expected a whole number, or none to lift the limit", param_hint=option)
    return int(text)


def retention_of(given: list[str]) -> dict[str, str] | None:
    """The rules of ``--retention``; the server checks their names and times."""
    if given == ["none"]:
        return None
    rules = dict(rule.partition("=")[::2] for rule in given)
    if not all(rules) or not all(rules.values()):
        raise typer.BadParameter("expected STATE=TIME, such as SUCCEEDED=7d", param_hint="--retention")
    return {state.upper(): kept for state, kept in rules.items()}


def names_of(text: str, option: str) -> tuple[str, ...]:
    """Names with commas between, each once."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise typer.BadParameter("name at least one, with commas between", param_hint=option)
    return names


def tasks_of(given: list[str] | None) -> str | None:
    """The modules of ``--tasks`` as the setting takes them; None when the option wasn't given."""
    return ",".join(given) if given else None
