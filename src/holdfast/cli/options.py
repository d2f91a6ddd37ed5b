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


def tasks_of(given: list[str] | None) -> str | None:
    """The modules of ``--tasks`` as the setting takes them; None when the option wasn't given."""
    return ",".join(given) if given else None
