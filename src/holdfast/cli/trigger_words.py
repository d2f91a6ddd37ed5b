"""Triggers, firings and conditions in words, and how a command line names a trigger.

A trigger is named by its row's id, as ``WORKFLOW/TRIGGER``, or, that of a rule, by the rule's name.
"""

import sys
from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from holdfast.cli.client import Client
from holdfast.cli.screen import Piece, ago, compact, id_beginning, indented, print_fields, print_page, say, when
from holdfast.model.errors import NotFound
from holdfast.model.ids import is_id

Ref = Annotated[
    str, typer.Argument(metavar="TRIGGER", help="WORKFLOW/TRIGGER, the name of a rule, or the id of a trigger.")
]
ROW: Final = "01990000-0000-7000-8000-000000000000"
_STYLES: Final = {
    "started": ("✓", "green"), "duplicate": ("✓", "dim"), "skipped": ("–", "dim"), "not_met": ("–", "yellow"),
    "rejected": ("✗", "red"), "failed": ("✗", "red"),
}  # fmt: skip
_CLOCKS: Final = ("cron", "every", "at")
_COLUMNS: Final = ("id", "when", "verdict", "of", "by", "what")


async def row_of(client: Client, ref: str) -> str:
    """The id of the trigger that is meant. Raises ``NotFound``."""
    owner, slash, name = ref.partition("/")
    if slash:
        for trigger in await client.whole("workflows", owner, "triggers"):
            if trigger["id"] == name:
                return str(trigger["row"])
        raise NotFound(f"the workflow {owner} has no trigger {name} that is kept; `holdfast triggers list {owner}`")
    if is_id(ref):
        return ref
    return str((await client.get("automation-rules", ref))["trigger"]["row"])


def named(trigger: Any) -> str:
    """A trigger by whose it is."""
    owner = trigger["owner"]
    return str(owner["name"]) if owner["kind"] == "rule" else f"{owner['name']}/{trigger['id']}"


def trigger_words(definition: Any) -> str:
    """``cron 0 7 * * * Europe/Berlin``, ``event order.*``, ``webhook``."""
    kind = str(definition.get("type"))
    said = [kind]
    if kind in _CLOCKS:
        said.append(str(definition.get(kind)))
        said += [str(definition["timezone"])] if "timezone" in definition else []
    elif kind == "event":
        said.append(str(definition.get("event")))
        said += [f"{name} {definition[name]}" for name in ("kind", "workflow") if name in definition]
    return " ".join(said)


def state_words(trigger: Any) -> str:
    """Whether it acts, and if not why."""
    if trigger["active"]:
        return "on"
    return "paused" if trigger["paused"] else "off"


def next_words(trigger: Any) -> str:
    """When it fires next; a clock that acts and has no time to come never does. Nothing for one that doesn't act."""
    if "next_at" not in trigger or not trigger["active"]:
        return ""
    return when(trigger["next_at"]) or "never"


def print_trigger(trigger: Any) -> None:
    print_fields(trigger_fields(trigger))


def trigger_fields(trigger: Any) -> list[tuple[str, str | Text]]:
    fields: list[tuple[str, str | Text]] = [
        ("trigger", named(trigger)),
        ("id", trigger["row"]),
        ("what", trigger_words(trigger["definition"])),
        ("state", state_words(trigger)),
    ]
    if "url" in trigger:
        fields.append(("url", trigger["url"]))
    if "signed" in trigger:
        unsigned = Text("unsigned: whoever knows the address may start it", "yellow")
        fields.append(("senders", "signed" if trigger["signed"] else unsigned))
    if "next_at" in trigger:
        fields.append(("next", next_words(trigger) or f"none while it is {state_words(trigger)}"))
    return fields


# -- firings -----------------------------------------------------------------------------------------------------------


def verdict(word: str) -> Text:
    mark, style = _STYLES.get(word, (" ", ""))
    return Text(f"{mark} {word.replace('_', ' ')}", style)


def print_firings(items: list[Any], following: str | None) -> None:
    rows = (
        (each["id"], ago(each["at"]), verdict(each["verdict"]), _of(each), _by(each), _what(each)) for each in items
    )
    print_page(_COLUMNS, rows, "There are no such firings.", following)


def print_firing(firing: Any) -> None:
    """A firing with what its conditions gave and what it started."""
    say(verdict(firing["verdict"]), f"  {_of(firing)}", (f"  {firing['id']}", "dim"))
    if firing["reason"]:
        indented(firing["reason"], 2)
    print_fields(list(_fields(firing)))
    detail = firing["detail"] if isinstance(firing["detail"], dict) else {}
    print_conditions(detail.get("conditions") or ())
    if isinstance(detail.get("tenants"), dict):
        print_tenants(detail["tenants"])


def print_conditions(results: Any, by: int = 0) -> None:
    """Each condition with what it gave."""
    for result in results:
        mark, style = ("✓", "green") if result["met"] else ("✗", "red")
        reason = result["reason"]
        told = reason if isinstance(reason, str) else compact(reason, 200)
        say(" " * by, (mark, style), f" {result['condition']}", *([(f"  {told}", "dim")] if reason is not None else []))


def print_tenants(tenants: Any) -> None:
    """How many tenants a rule met, and some of them: those that it met come first."""
    say(f"tenants: {tenants['met']} of {tenants['seen']} met, {counted(tenants['jobs'])}")
    for example in tenants.get("examples") or ():
        jobs: list[Piece] = [(f" {each}", "dim") for each in example.get("jobs") or ()]
        unmet: list[Piece] = [] if example.get("met", True) else [(" not met", "yellow")]
        say("  ", (example.get("name") or example["tenant"], "bold"), *unmet, *jobs)
        print_conditions(example.get("conditions") or (), 4)


def _fields(firing: Any) -> Iterator[tuple[str, str | Text]]:
    yield "when", when(firing["at"])
    for name, key in (("nominal time", "fire_at"), ("event", "event"), ("delivery", "delivery"), ("run", "run")):
        if firing[key]:
            yield name, when(firing[key]) if key == "fire_at" else firing[key]
    if firing["jobs"]:
        yield "jobs", " ".join(firing["jobs"])
    if firing["backfill"]:
        yield "backfill", firing["backfill"]
    if firing.get("given"):
        yield "trigger", compact(firing["given"], 2_000)


def _of(firing: Any) -> str:
    owner = firing["owner"]
    name = owner["name"] or id_beginning(owner["id"])
    return str(name) if owner["kind"] == "rule" else f"{name}/{firing['trigger']}"


def _by(firing: Any) -> str:
    """What made it fire."""
    if firing["fire_at"]:
        return f"{firing['type']} {when(firing['fire_at'])}"
    thing = firing["event"] or firing["delivery"]
    return f"{firing['type']} {thing}" if thing else str(firing["type"])


def _what(firing: Any) -> str:
    """What it started, or why it didn't."""
    if firing["run"]:
        return f"run {_id(firing['run'])}"
    if firing["jobs"]:
        jobs = firing["jobs"]
        return f"job {_id(jobs[0])}" if len(jobs) == 1 else counted(len(jobs))
    tenants = firing["detail"].get("tenants") if isinstance(firing["detail"], dict) else None
    if firing["verdict"] == "started" and isinstance(tenants, dict):
        return f"{counted(tenants['jobs'])} for {counted(tenants['met'], 'tenant')}"
    return str(firing["reason"])


def _id(whole: str) -> str:
    """Short for a list on a terminal; ``firings show`` has all of it."""
    return id_beginning(whole) if sys.stdout.isatty() else whole


def counted(number: int, what: str = "job") -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
