"""``holdfast workflows``: list, show, enable, disable, delete; what concerns versions stands beside this."""

from typing import Annotated, Any

import typer

from holdfast.cli import versions
from holdfast.cli.client import call
from holdfast.cli.options import DEFAULT_LIMIT, DEFAULT_URL, Cursor, Json, Limit, Url, example, new_group
from holdfast.cli.screen import print_fields, print_json, print_page, say, say_more, when
from holdfast.cli.versions import Name

app = new_group("List, show, switch, compare and delete workflows.", "holdfast workflows list")


@app.command("list", epilog=example("holdfast workflows list"))
def list_workflows(
    limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """List workflows by name."""
    items, following = call(url, lambda client: client.page("workflows", query={}, limit=limit, cursor=cursor))
    if as_json:
        print_json(items)
        say_more(following)
        return
    rows = ((w["name"], _switch(w), str(w["version"]), _kinds(w), w["title"]) for w in items)
    print_page(
        ("name", "on", "version", "triggers", "title"),
        rows,
        "There are no workflows yet; `holdfast apply FILE` makes one.",
        following,
    )


@app.command(
    epilog=example("holdfast workflows show welcome", "holdfast workflows show welcome --json | jq .definition")
)
def show(
    name: Name,
    version: Annotated[int | None, typer.Option(min=1, help="An earlier version.")] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show a workflow with its webhooks' addresses; with --json its definition too."""
    workflow = call(url, lambda client: client.get("workflows", name, query={"version": version}))
    if as_json:
        print_json(workflow)
        return
    nodes = [f"{node['id']} ({node['type']})" for node in workflow["definition"].get("nodes", [])]
    print_fields(
        [
            ("name", workflow["name"]),
            *([("title", workflow["title"])] if workflow["title"] else []),
            ("id", workflow["id"]),
            ("version", f"{workflow['version']}, saved {when(workflow['updated_at'])}"),
            ("on", _switch(workflow)),
            ("nodes", ", ".join(nodes)),
            *((f"trigger {trigger['id']}", _trigger(trigger)) for trigger in workflow["triggers"]),
        ]
    )


@app.command(epilog=example("holdfast workflows enable welcome"))
def enable(name: Name, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Switch a workflow on."""
    _turn(name, url, enabled=True, as_json=as_json)


@app.command(epilog=example("holdfast workflows disable welcome"))
def disable(name: Name, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Switch a workflow off: it starts no runs, those under way go on."""
    _turn(name, url, enabled=False, as_json=as_json)


@app.command(epilog=example("holdfast workflows delete welcome"))
def delete(name: Name, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Delete a workflow. Its history stays, its name is free again, its webhooks answer nothing."""
    call(url, lambda client: client.call("DELETE", ("workflows", name)))
    if as_json:
        print_json({"deleted": name})
    else:
        say(f"deleted {name}")


def _turn(name: str, url: str, *, enabled: bool, as_json: bool) -> None:
    workflow = call(url, lambda client: client.post("workflows", name, "enable" if enabled else "disable"))
    if as_json:
        print_json(workflow)
    else:
        say(f"{workflow['name']} is {_switch(workflow)}")


def _switch(workflow: Any) -> str:
    return "on" if workflow["enabled"] else "off"


def _kinds(workflow: Any) -> str:
    return ", ".join(trigger["type"] for trigger in workflow["triggers"])


def _trigger(trigger: Any) -> str:
    unsigned = "" if trigger.get("signed", True) else " (unsigned)"
    return f"{trigger['type']}{unsigned} {trigger.get('url', '')}".rstrip()


app.add_typer(versions.app)
