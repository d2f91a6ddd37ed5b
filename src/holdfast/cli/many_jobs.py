"""What is done to one job, to several, or to all that a filter finds: retry, cancel, discard.

Many are changed only after a yes: with ``--yes``, or at a prompt that tells how many there are. Where nobody can be
asked (no terminal, or ``--json``), a missing ``--yes`` is wrong usage, and nothing is changed.
"""

import sys
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import typer

from holdfast.cli.client import Client, call
from holdfast.cli.job_words import print_job
from holdfast.cli.screen import print_json, say

_ENDED_BADLY: Final = ("DEAD", "FAILED")
# What --all stands for: filters are never empty.
_ALL: Final = {
    "retry": _ENDED_BADLY,
    "discard": _ENDED_BADLY,
    "cancel": ("PENDING", "SCHEDULED", "WAITING", "RUNNING"),
}
_DONE: Final = {"retry": "retried", "discard": "discarded", "cancel": "cancelled"}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which jobs are meant: ids (``only`` those in that state), a filter (None: not given), or all."""

    ids: tuple[str, ...] = ()
    everything: bool = False
    state: str | None = None
    queue: str | None = None
    kind: str | None = None
    run: str | None = None
    only: str | None = None

    def filters(self, action: str) -> list[dict[str, Any]]:
        """The filters that together find them. Raises ``BadParameter`` for a choice that says nothing, or too much."""
        given = {"state": self.state, "queue": self.queue, "kind": self.kind, "run": self.run}
        named = {name: value for name, value in given.items() if value is not None}
        if bool(self.ids) + bool(named) + self.everything > 1 and not (self.everything and named):
            raise typer.BadParameter("name jobs by id or choose them by a filter, not both")
        if self.ids:
            return [{"ids": list(self.ids), **({} if self.only is None else {"state": self.only})}]
        if named:
            return [named]
        if not self.everything:
            raise typer.BadParameter("name a job, or choose some: --state, --queue, --kind, --run or --all")
        return [{"state": each} for each in _ALL[action]]


def change_jobs(
    action: str, choice: Choice, url: str, *, single: tuple[str, ...], yes: bool, reason: str | None, as_json: bool
) -> None:
    """Does it. ``single`` is the address (with ``{}`` for the id) where one job is changed."""
    filters = choice.filters(action)
    body = {} if reason is None else {"reason": reason}
    if len(choice.ids) == 1:
        path = tuple(part.replace("{}", choice.ids[0]) for part in single)
        job = call(url, lambda client: client.post(*path, body=body))
        asked = action == "cancel" and job["state"] == "RUNNING"
        print_job(job, as_json=as_json, remark=": it runs, and was asked to stop" if asked else "")
        return
    if not yes and not choice.ids and not _confirmed(action, filters, url, as_json=as_json):
        return
    matched, changed = _apply(action, filters, url, body)
    if as_json:
        print_json({"matched": matched, "changed": changed})
        return
    left = f"; {matched - changed} could not be" if matched > changed else ""
    say(f"{_DONE[action]} {_jobs(changed)}{left}")


def _confirmed(action: str, filters: list[dict[str, Any]], url: str, *, as_json: bool) -> bool:
    matched, _ = _apply(action, filters, url, {"dry_run": True})
    if not matched:
        if as_json:
            print_json({"matched": 0, "changed": 0})
        else:
            say("There are no such jobs.")
        return False
    if as_json or not sys.stdin.isatty():
        raise typer.BadParameter(f"this would {action} {_jobs(matched)}; add --yes to do it", param_hint="--yes")
    return typer.confirm(f"{action.capitalize()} {_jobs(matched)}?")


def _apply(action: str, filters: list[dict[str, Any]], url: str, more: dict[str, Any]) -> tuple[int, int]:
    matched = changed = 0
    for each in filters:
        done = call(url, partial(_post, body={"action": action, "filter": each, **more}))
        matched += done["matched"]
        changed += done["changed"]
    return matched, changed


async def _post(client: Client, body: dict[str, Any]) -> Any:
    return await client.post("jobs", "bulk", body=body, patient=True)


def _jobs(count: int) -> str:
    return f"{count:,} job{'' if count == 1 else 's'}"
