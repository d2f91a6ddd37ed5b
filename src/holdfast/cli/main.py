"""The ``holdfast`` command: a catalogue of commands that are imported only when they are called.

``holdfast --help`` and ``--version`` import nothing of the product: the catalogue holds each command's name, module,
line of help and panel, and ``Catalogue`` swaps the stub for the real command once it is chosen. Errors that a command
raises become words on standard error and an exit code in one place, ``failures``.
"""

import importlib
import sys
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from holdfast.cli.failures import report
from holdfast.cli.options import new_app
from holdfast.version import __version__

_RUN: Final = "Run Holdfast"
_BUILD: Final = "Build and start workflows"
_LOOK: Final = "Look and act"

# name: (module in holdfast.cli, line of help, panel)
COMMANDS: Final[dict[str, tuple[str, str, str]]] = {
    "up": ("up", "Start everything in one process: API, console, worker.", _RUN),
    "server": ("server", "Start the API and the console, without a worker.", _RUN),
    "worker": ("worker", "Start a worker process.", _RUN),
    "relay": ("relay", "Start a relay: it offers ready work over Redis.", _RUN),
    "migrate": ("migrate", "Bring the database's tables up to date.", _RUN),
    "doctor": ("doctor", "Check settings, store, workers and invariants.", _RUN),
    "demo": ("demo", "Fire a webhook at a running server and watch its run.", _BUILD),
    "validate": ("validate", "Check definitions without a server.", _BUILD),
    "apply": ("apply", "Create workflows, or save new versions of them.", _BUILD),
    "run": ("run", "Start a run of a workflow.", _BUILD),
    "workflows": ("workflows", "List, show, switch, compare or delete workflows.", _LOOK),
    "runs": ("runs", "List, show, watch, pause, repeat, signal or cancel runs.", _LOOK),
    "jobs": ("jobs", "Insert, list, explain, retry, cancel or discard jobs.", _LOOK),
    "dead": ("dead", "List, replay or discard dead letters.", _LOOK),
    "queues": ("queues", "List queues; set limits, pause and resume them.", _LOOK),
    "workers": ("workers", "List worker processes.", _LOOK),
    "triggers": ("triggers", "List, pause, resume or renew a workflow's triggers.", _LOOK),
    "schedules": ("schedules", "List clocks; next times, pause, backfill.", _LOOK),
    "rules": ("rules", "Automation rules: apply, list, try, fire, switch.", _LOOK),
    "firings": ("firings", "What became of times, events and deliveries.", _LOOK),
    "events": ("events", "Print events, past or live; post one.", _LOOK),
    "subscriptions": ("subscriptions", "Deliver events elsewhere, as signed webhooks.", _LOOK),
    "secrets": ("secrets", "Set, list or delete secrets; none is ever shown.", _LOOK),
    "mailbox": ("mailbox", "Print the mails of the dev mailbox.", _LOOK),
    "audit": ("audit", "Who did what: list, export or check the log.", _LOOK),
    "tenants": ("tenants", "List, add or change tenants.", _LOOK),
    "users": ("users", "People: list, set roles, let go; the first owner.", _LOOK),
    "invites": ("invites", "Invite people into the tenant.", _LOOK),
    "service-accounts": ("service_accounts", "Service accounts: what programs are known as.", _LOOK),
    "keys": ("keys", "Create, list or revoke API keys.", _LOOK),
}


class Catalogue(TyperGroup):
    """The group of all commands; a command's module is imported when the command is resolved."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, (_, line, panel) in COMMANDS.items():
            self.add_command(TyperCommand(name, help=line, rich_help_panel=panel), name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands under their panels."""
        for wanted in dict.fromkeys(panel for _, _, panel in COMMANDS.values()):
            with formatter.section(wanted):
                formatter.write_dl([(name, line) for name, (_, line, panel) in COMMANDS.items() if panel == wanted])

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that ``args`` name, loaded."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None else load(name), rest


def load(name: str) -> Any:
    """The real command of a name in the catalogue."""
    module = importlib.import_module(f"holdfast.cli.{COMMANDS[name][0]}")
    return typer.main.get_command(module.app)


app = new_app(cls=Catalogue, no_args_is_help=True, rich_markup_mode=None)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"holdfast {__version__}")
        raise typer.Exit


@app.callback(context_settings={"help_option_names": ["--help", "-h"]})
def holdfast(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Durable workflow automation.

    up, server, worker, relay, migrate, doctor and `users add` open the store (HOLDFAST_DATABASE_URL); the others call
    the server at HOLDFAST_URL (http://127.0.0.1:8000) with the key in HOLDFAST_API_KEY.

    To see it work: `holdfast up --samples`, and `holdfast demo` in a second terminal.
    """


def main() -> None:
    """Runs the command line and exits."""
    arguments = sys.argv[1:]
    try:
        typer.main.get_command(app)(arguments, prog_name="holdfast")
    except Exception as error:
        sys.exit(report(error, as_json="--json" in arguments))
