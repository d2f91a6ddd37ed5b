"""``holdfast workflows``: versions, diff, restore, duplicate."""

from typing import Annotated, Any

import typer
from rich.text import Text

from holdfast.cli.client import Client, call
from holdfast.cli.options import DEFAULT_LIMIT, DEFAULT_URL, Cursor, Json, Limit, Url, example, new_app
from holdfast.cli.screen import ago, compact, print_json, print_page, say, say_more

app = new_app()

Name = Annotated[str, typer.Argument(metavar="NAME", help="The workflow's name or id.")]
Message = Annotated[str | None, typer.Option("--message", "-m", help="What to say of the change; kept with it.")]
_MARKS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}
_SHOWN = 200


@app.command(epilog=example("holdfast workflows versions welcome"))
def versions(
    name: Name, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """List a workflow's versions, newest first, with who saved them and why."""
    path = ("workflows", name, "versions")
    items, following = call(url, lambda client: client.page(*path, query={}, limit=limit, cursor=cursor))
    if as_json:
        print_json(items)
        say_more(following)
        return
    rows = ((str(v["version"]), ago(v["created_at"]), v["author"] or "", v["message"]) for v in items)
    print_page(("version", "when", "author", "message"), rows, "It has no versions.", following)


@app.command(epilog=example("holdfast workflows diff welcome 1 2", "holdfast workflows diff welcome"))
def diff(
    name: Name,
    before: Annotated[int | None, typer.Argument(min=1, help="A version; the one before AFTER when left out.")] = None,
    after: Annotated[int | None, typer.Argument(min=1, help="A version; the newest when left out.")] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show what changed between two versions of a workflow."""
    found = call(url, lambda client: _diff(client, name, before, after))
    if as_json:
        print_json(found)
        return
    say((f"version {found['from']} → {found['to']}", "bold"))
    for change in found["changes"]:
        _tell(change)
    if not found["changes"]:
        say("They are the same.")


async def _diff(client: Client, name: str, before: int | None, after: int | None) -> Any:
    if after is None:
        after = (await client.get("workflows", name))["version"]
    if before is None:
        before = max(after - 1, 1)
    return await client.get("workflows", name, "versions", str(before), "diff", str(after))


def _tell(change: Any) -> None:
    mark, style = _MARKS[change["op"]]
    words = Text.assemble((f"{mark} {change['path']}", style), "  ")
    if change["op"] != "added":
        words.append(compact(change.get("before"), _SHOWN), "red" if change["op"] == "removed" else "dim")
    if change["op"] == "changed":
        words.append(" → ")
    if change["op"] != "removed":
        words.append(compact(change.get("after"), _SHOWN), "green" if change["op"] == "added" else "")
    say(words)


@app.command(epilog=example("holdfast workflows restore welcome 1 -m 'the new mail was wrong'"))
def restore(
    name: Name,
    version: Annotated[int, typer.Argument(min=1, help="The version to bring back.")],
    message: Message = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Save an earlier version's definition as the newest version."""
    path = ("workflows", name, "versions", str(version), "restore")
    workflow = call(url, lambda client: client.call("POST", path, query={"message": message}, body={}))
    if as_json:
        print_json(workflow)
    else:
        say((workflow["name"], "bold"), f" version {workflow['version']} is version {version} again")


@app.command(epilog=example("holdfast workflows duplicate welcome welcome-2"))
def duplicate(
    name: Name,
    new_name: Annotated[str, typer.Argument(metavar="NEW_NAME", help="What the copy is called.")],
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Create a workflow with the newest definition of another; its webhooks get addresses of their own."""
    workflow = call(url, lambda client: _duplicate(client, name, new_name))
    if as_json:
        print_json(workflow)
    else:
        say(("created", "green"), f" {workflow['name']} (version {workflow['version']})")


async def _duplicate(client: Client, name: str, new_name: str) -> Any:
    definition = (await client.get("workflows", name))["definition"]
    return await client.post("workflows", body={**definition, "name": new_name})
