"""The options of commands about jobs: which jobs are meant, and everything that a new one can be given."""

from typing import Annotated, Any, Final

import typer

JOB_ID: Final = "01990000-0000-7000-8000-000000000000"
_POLICY: Final = "Retry policy"
_KEYS: Final = "Keys"


def _duration(words: str, panel: str | None = None) -> Any:
    return typer.Option(metavar="DURATION", help=words, rich_help_panel=panel)


def _time(words: str) -> Any:
    return typer.Option(metavar="TIME", help=words)


JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")]
JobIds = Annotated[list[str] | None, typer.Argument(metavar="[JOB...]", help="Ids of jobs.")]
State = Annotated[str | None, typer.Option("--state", help="Only in this state, such as DEAD.")]
Queue = Annotated[str | None, typer.Option(help="Only of this queue.")]
Kind = Annotated[str | None, typer.Option(help="Only of this kind.")]
Run = Annotated[str | None, typer.Option(help="Only of this run.")]
All = Annotated[bool, typer.Option("--all", help="All that it can be done to.")]
Reason = Annotated[str | None, typer.Option(help="Why; kept on record.")]

NewKind = Annotated[str, typer.Argument(metavar="KIND", help="What the job does: task:NAME or a node kind.")]
Payload = Annotated[str, typer.Option(metavar="JSON", help="JSON, @file, or - for standard input.")]
NewQueue = Annotated[str, typer.Option(help="The queue.")]
Priority = Annotated[int, typer.Option(min=-100, max=100, help="Higher goes first.")]
Tag = Annotated[str | None, typer.Option(help="Only for workers that carry this tag.")]
Delay = Annotated[str | None, _duration("Run it after this time: 30s, 5m, 1h.")]
RunAt = Annotated[str | None, _time("Run it then: 2026-01-31T09:30:00Z.")]
Deadline = Annotated[str | None, _time("It dies if it hasn't ended by then.")]
Timeout = Annotated[str | None, _duration("Of one attempt; 1h by default.")]

IdempotencyKey = Annotated[
    str | None, typer.Option(metavar="KEY", help="Sent again with the same key, the insert is done only once.")
]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for its end; exit 1 unless it succeeds.")]
WaitAtMost = Annotated[
    float | None, typer.Option(min=0, metavar="SECONDS", help="Wait so long at most; the job itself goes on.")
]

MaxAttempts = Annotated[int | None, typer.Option(help="10 by default; 1 never retries.", rich_help_panel=_POLICY)]
Backoff = Annotated[
    str | None, typer.Option(help="fixed, linear or exponential (the default).", rich_help_panel=_POLICY)
]
BaseDelay = Annotated[str | None, _duration("The first wait; 1s by default.", _POLICY)]
MaxDelay = Annotated[str | None, _duration("The longest wait; 10m by default.", _POLICY)]
Jitter = Annotated[str | None, typer.Option(help="none, full (the default) or equal.", rich_help_panel=_POLICY)]
OnLost = Annotated[
    str | None, typer.Option(help="When its worker dies: retry (the default) or stop.", rich_help_panel=_POLICY)
]
FinalErrors = Annotated[
    list[str] | None,
    typer.Option(
        "--final-error",
        metavar="TYPE",
        help="An error that is never retried; may be repeated.",
        rich_help_panel=_POLICY,
    ),
]

UniqueKey = Annotated[
    str | None, typer.Option(help="Insert nothing while a job with this key hasn't ended.", rich_help_panel=_KEYS)
]
UniqueWindow = Annotated[str | None, _duration("Hold the unique key so long, also after the end.", _KEYS)]
UniqueStates = Annotated[
    list[str] | None,
    typer.Option(
        "--unique-state",
        metavar="STATE",
        help="Hold the unique key in this state only; may be repeated.",
        rich_help_panel=_KEYS,
    ),
]
Debounce = Annotated[str | None, _duration("Due so long after the last insert of the unique key.", _KEYS)]
ConcurrencyKey = Annotated[
    str | None, typer.Option(help="One job of this key at a time, in order.", rich_help_panel=_KEYS)
]
ConcurrencyLimit = Annotated[
    int | None, typer.Option(help="So many of the concurrency key at a time.", rich_help_panel=_KEYS)
]
KeyRate = Annotated[
    str | None,
    typer.Option("--rate", metavar="RATE", help="So many starts of the concurrency key: 10/1s.", rich_help_panel=_KEYS),
]
