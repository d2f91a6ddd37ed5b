"""``holdfast jobs logs``: what the code of a job's attempts logged, a line each."""

from itertools import groupby
from typing import Annotated, Any, Final

import typer

from holdfast.cli.client import call
from holdfast.cli.job_options import JOB_ID, JobId
from holdfast.cli.options import DEFAULT_URL, Json, Url, example
from holdfast.cli.screen import compact, print_json, say, when

EPILOG: Final = example(f"holdfast jobs logs {JOB_ID}", f"holdfast jobs logs {JOB_ID} --attempt 2 --json")
_STYLES: Final = {"debug": "dim", "info": "", "warning": "yellow", "error": "red", "critical": "bold red"}
_WIDTH: Final = max(map(len, _STYLES))
# Fields that are shown as they are, under their line.
_BLOCKS: Final = ("traceback",)

Attempt = Annotated[int | None, typer.Option("--attempt", min=1, help="Only what this attempt logged.")]


def logs(job_id: JobId, attempt: Attempt = None, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show what the code of a job's attempts logged, oldest first."""
    lines = call(url, lambda client: client.whole("jobs", job_id, "logs", query={"attempt": attempt}))
    if as_json:
        print_json(lines)
    elif not lines:
        say("Nothing was logged." if attempt is None else f"Attempt {attempt} logged nothing.")
    else:
        _print(lines)


def _print(lines: list[Any]) -> None:
    for number, (attempt, some) in enumerate(groupby(lines, lambda line: line["attempt"])):
        if number:
            say()
        say((f"attempt {attempt}", "bold"))
        for line in some:
            _print_line(line)


def _print_line(line: Any) -> None:
    fields = {name: value for name, value in line["fields"].items() if name not in _BLOCKS}
    told = "".join(f" {name}={value if isinstance(value, str) else compact(value)}" for name, value in fields.items())
    level = (f"{line['level']:<{_WIDTH}}", _STYLES.get(line["level"], ""))
    say((when(line["at"]), "dim"), "  ", level, "  ", line["message"], (told, "dim"))
    for name in _BLOCKS:
        if isinstance(block := line["fields"].get(name), str):
            say((block, "dim"))
