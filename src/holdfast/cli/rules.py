"""``holdfast rules``: list (also without a subcommand), show, apply, enable, disable, delete, dry-run, fire.

What became of a rule's firings: ``holdfast firings --rule NAME``.
"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from holdfast.cli.client import Client, call
from holdfast.cli.documents import Document, read_documents, read_json_argument
from holdfast.cli.failures import Refused
from holdfast.cli.options import DEFAULT_LIMIT, DEFAULT_URL, Cursor, Json, Limit, Url, example, new_list_group
from holdfast.cli.screen import compact, indented, print_fields, print_json, print_page, say, say_more
from holdfast.cli.trigger_words import counted, print_conditions, print_firing, trigger_fields, trigger_words
from holdfast.model.errors import Invalid, Problem

_LIST = "automation-rules"
_SHOWN = 500

app = new_list_group(
    "Automation rules: a trigger, conditions, and the jobs to insert.",
    "holdfast rules",
    "holdfast rules apply bills.yaml",
    "holdfast rules dry-run bills",
    "holdfast firings --rule bills",
)

Name = Annotated[str, typer.Argument(metavar="RULE", help="The rule's name or id.")]
Trigger = Annotated[
    str | None,
    typer.Option(metavar="JSON", help="What expressions see as trigger: JSON, @file, or -; made up when left out."),
]


@app.callback()
def rules(context: typer.Context, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Automation rules: a trigger, conditions, and the jobs to insert."""
    if context.invoked_subcommand is None:
        list_rules(DEFAULT_LIMIT, None, url, as_json)


@app.command("list", epilog=example("holdfast rules list"))
def list_rules(
    limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """List rules by name."""
    items, following = call(url, lambda client: client.page(_LIST, query={}, limit=limit, cursor=cursor))
    if as_json:
        print_json(items)
        say_more(following)
        return
    rows = (
        (each["name"], _switch(each), str(each["priority"]), _trigger(each), _jobs(each), each["title"])
        for each in items
    )
    empty = "There are no rules yet; `holdfast rules apply FILE` makes one."
    print_page(("name", "on", "priority", "trigger", "jobs", "title"), rows, empty, following)


@app.command(epilog=example("holdfast rules show bills", "holdfast rules show bills --json | jq .definition"))
def show(rule: Name, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show a rule with its trigger's address or next time."""
    found = call(url, lambda client: client.get(_LIST, rule))
    if as_json:
        print_json(found)
        return
    definition = found["definition"]
    print_fields(
        [
            ("name", found["name"]),
            *([("title", found["title"])] if found["title"] else []),
            ("id", found["id"]),
            ("on", _switch(found)),
            ("priority", str(found["priority"])),
            *([("for each", found["for_each"])] if found["for_each"] else []),
            *(trigger_fields(found["trigger"])[2:] if "trigger" in found else []),
            *(("condition", condition) for condition in _conditions(definition)),
            *(("job", compact(job, _SHOWN)) for job in definition.get("jobs", [])),
        ]
    )


@app.command(epilog=example("holdfast rules apply bills.yaml", "holdfast rules apply rules/*.yaml --json"))
def apply(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Rules, YAML or JSON; - reads standard input.")
    ],
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Create rules, or replace those that have their names.

    Prints created, updated or unchanged for each. It stops at the first that is wrong.
    """
    documents = read_documents(files)
    for document in documents:
        if document.error is not None:
            raise _at(document, document.error)
    saved = call(url, lambda client: _apply(client, documents, as_json=as_json))
    if as_json:
        print_json([{"result": result, "rule": rule} for result, rule in saved])


@app.command(epilog=example("holdfast rules enable bills"))
def enable(rule: Name, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Switch a rule on."""
    _turn(rule, url, enabled=True, as_json=as_json)


@app.command(epilog=example("holdfast rules disable bills"))
def disable(rule: Name, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Switch a rule off. What comes while it is off isn't made up for."""
    _turn(rule, url, enabled=False, as_json=as_json)


@app.command(epilog=example("holdfast rules delete bills"))
def delete(rule: Name, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Delete a rule. Its firings stay for a while, its name is free again."""
    call(url, lambda client: client.call("DELETE", (_LIST, rule)))
    if as_json:
        print_json({"deleted": rule})
    else:
        say(f"deleted {rule}")


@app.command(
    "dry-run",
    epilog=example(
        "holdfast rules dry-run bills",
        "holdfast rules dry-run --file bills.yaml",
        'holdfast rules dry-run big-orders --trigger \'{"event": {"data": {"amount": 900}}}\'',
    ),
)
def dry_run(
    rule: Annotated[str | None, typer.Argument(metavar="RULE", help="A saved rule's name or id.")] = None,
    file: Annotated[Path | None, typer.Option(metavar="FILE", help="A rule that isn't saved.")] = None,
    trigger: Trigger = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show what a rule would insert now, and why each condition is met or not. Changes nothing."""
    if (rule is None) == (file is None):
        raise typer.BadParameter("name a RULE or a --file")
    body = {} if trigger is None else {"trigger": read_json_argument(trigger, "trigger")}
    path: tuple[str, ...] = (_LIST, "dry-run") if rule is None else (_LIST, rule, "dry-run")
    if file is not None:
        body["rule"] = _only(file).value
    found = call(url, lambda client: client.post(*path, body=body, patient=True))
    if as_json:
        print_json(found)
    else:
        _print_trial(found)


@app.command(
    epilog=example(
        "holdfast rules fire bills",
        'holdfast rules fire big-orders --trigger \'{"event": {"data": {"amount": 900}}}\'',
    )
)
def fire(rule: Name, trigger: Trigger = None, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Fire a rule now. Its conditions decide, as always; the answer says what each of them gave."""
    body = {} if trigger is None else {"trigger": read_json_argument(trigger, "trigger")}
    found = call(url, lambda client: client.post(_LIST, rule, "fire", body=body, patient=True))
    if as_json:
        print_json(found)
    else:
        print_firing(found)


async def _apply(client: Client, documents: list[Document], *, as_json: bool) -> list[tuple[str, Any]]:
    saved = []
    for document in documents:
        try:
            result, rule = await _save(client, document.value)
        except Refused as error:
            named = f"{document.source}: {error.title}"
            raise Refused(error.status, named, error.detail, error.problems) from None
        saved.append((result, rule))
        if not as_json:
            _tell(result, rule)
    return saved


async def _save(client: Client, document: Any) -> tuple[str, Any]:
    name = document.get("name") if isinstance(document, dict) else None
    known = await _known(client, name) if isinstance(name, str) and name else None
    if known is None:
        return "created", await client.post(_LIST, body=document)
    if json.dumps(known["definition"], sort_keys=True) == json.dumps(document, sort_keys=True):
        return "unchanged", known
    return "updated", await client.call("PUT", (_LIST, known["id"]), body=document)


async def _known(client: Client, name: str) -> Any:
    try:
        return await client.get(_LIST, name)
    except Refused as error:
        if error.status != 404:
            raise
        return None


def _only(file: Path) -> Document:
    """The one rule of a file. Raises ``Invalid``."""
    documents = read_documents([file])
    if len(documents) != 1:
        raise Invalid([Problem("", "holds more than one rule; a dry run takes one")], str(file))
    if documents[0].error is not None:
        raise _at(documents[0], documents[0].error)
    return documents[0]


def _at(document: Document, error: Invalid) -> Invalid:
    return Invalid(error.problems, f"{document.source}: {error.title}")


def _turn(rule: str, url: str, *, enabled: bool, as_json: bool) -> None:
    found = call(url, lambda client: client.call("PATCH", (_LIST, rule), body={"enabled": enabled}))
    if as_json:
        print_json(found)
    else:
        say(f"{found['name']} is {_switch(found)}")


def _tell(result: str, rule: Any) -> None:
    say((result, "dim" if result == "unchanged" else "green"), f" {rule['name']}")
    trigger = rule.get("trigger", {})
    if "url" in trigger:
        say(("  webhook: ", "dim"), trigger["url"])


def _print_trial(found: Any) -> None:
    asked = counted(found["seen"], "tenant")
    say((found["rule"], "bold"), f" would insert {counted(found['jobs'])} for {found['met']} of {asked}")
    if not found["fits"]:
        say(("Its trigger doesn't take such an event.", "yellow"))
    for tenant in found["tenants"]:
        say(("✓" if tenant["met"] else "–", "green" if tenant["met"] else "dim"), f" {tenant['name']}")
        print_conditions(tenant["conditions"], 4)
        for job in tenant["jobs"]:
            indented(compact(job, _SHOWN), 4)
        for problem in tenant["problems"]:
            indented(f"{problem['path']}: {problem['message']}", 4, "red")


def _switch(rule: Any) -> str:
    return "on" if rule["enabled"] else "off"


def _trigger(rule: Any) -> str:
    trigger = rule["definition"].get("trigger")
    return trigger_words(trigger) if isinstance(trigger, dict) else ""


def _jobs(rule: Any) -> str:
    return ", ".join(str(job.get("kind")) for job in rule["definition"].get("jobs", []) if isinstance(job, dict))


def _conditions(definition: Any) -> list[str]:
    given = definition.get("conditions", [])
    return [given] if isinstance(given, str) else [str(each) for each in given]
