"""``holdfast secrets``: list (also without a subcommand), set, test, delete, rotate. A value goes in and never comes
back."""

import asyncio
import json
import sys
from typing import Annotated, Any, Final

import typer

from holdfast.cli.client import call
from holdfast.cli.options import DEFAULT_LIMIT, DEFAULT_URL, Cursor, Database, Json, Limit, Url, example, new_list_group
from holdfast.cli.screen import print_json, print_page, say, say_more, when

app = new_list_group(
    "Set, list or delete secrets; none is ever shown.", "holdfast secrets", "holdfast secrets set STRIPE_KEY < key.txt"
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The secret's name: letters, digits and _.")]
# More than the server takes, so that it can say what the most is.
_MOST: Final = 128 * 1024


@app.callback()
def secrets(context: typer.Context, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Set, list or delete secrets; none is ever shown."""
    if context.invoked_subcommand is None:
        list_secrets(DEFAULT_LIMIT, None, url, as_json)


@app.command("list", epilog=example("holdfast secrets list"))
def list_secrets(
    limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """List secrets by name, without their values."""
    items, following = call(url, lambda client: client.page("secrets", query={}, limit=limit, cursor=cursor))
    if as_json:
        print_json(items)
        say_more(following)
        return
    rows = (
        (
            *(secret["name"], secret["type"], _bound(secret["hosts"]), _bound(secret["kinds"])),
            *(when(secret["created_at"]), when(secret["updated_at"]), secret["description"]),
        )
        for secret in items
    )
    empty = "There are no secrets; `holdfast secrets set NAME` makes one."
    print_page(("name", "type", "hosts", "kinds", "created", "set", "description"), rows, empty, following)


@app.command(
    "set",
    epilog=example(
        "holdfast secrets set STRIPE_KEY",
        "holdfast secrets set STRIPE_KEY --host api.stripe.com --kind http.request < key.txt",
        "holdfast secrets set MAIL --type smtp < mail.json",
    ),
)
def set_secret(
    name: Name,
    value: Annotated[
        str | None,
        typer.Option(help="The value. Others may see it among this machine's processes: better leave it out."),
    ] = None,
    type_: Annotated[
        str | None,
        typer.Option(
            "--type", metavar="TYPE", help="A connection of this type (smtp, http, …): the value is its fields as JSON."
        ),
    ] = None,
    host: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="It may be sent to this host only (*.example.com: all below); repeatable."),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="It may go into this kind of jobs only (task:billing.*); repeatable."),
    ] = None,
    anywhere: Annotated[bool, typer.Option("--anywhere", help="It may go anywhere again.")] = False,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Set a secret, or replace its value. Where it may go stays as it is, unless given.

    Without --value it is read from standard input, without its last line break; a terminal is asked for it.
    """
    if anywhere and (host or kind):
        raise typer.BadParameter("give either --anywhere or --host and --kind")
    body: dict[str, Any] = {"hosts": None, "kinds": None} if anywhere else {}
    given = {"hosts": host or None, "kinds": kind or None, "description": description}
    body |= {field: told for field, told in given.items() if told is not None}
    text = _read_value(name) if value is None else value
    body |= {"value": text} if type_ is None else {"connection": {"type": type_, **_fields(text)}}
    kept = call(url, lambda client: client.call("PUT", ("secrets", name), body=body))
    if as_json:
        print_json(kept)
    else:
        say(f"set {kept['name']}")


@app.command("test", epilog=example("holdfast secrets test MAIL"))
def try_out(name: Name, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Really connect with a connection; exit 1 if that doesn't work."""
    tried = call(url, lambda client: client.call("POST", ("secrets", name, "test"), body={}))
    if as_json:
        print_json(tried)
    else:
        say(f"{name}: {tried['detail']}")
    if not tried["ok"]:
        raise typer.Exit(1)


@app.command(epilog=example("holdfast secrets delete STRIPE_KEY"))
def delete(name: Name, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Delete a secret. Webhooks that are signed with it are refused from now on."""
    call(url, lambda client: client.call("DELETE", ("secrets", name)))
    if as_json:
        print_json({"deleted": name})
    else:
        say(f"deleted {name}")


@app.command(epilog=example("HOLDFAST_SECRET_KEY=new HOLDFAST_SECRET_KEY_PREVIOUS=old holdfast secrets rotate"))
def rotate(database_url: Database = None, as_json: Json = False) -> None:
    """Seal everything in the store with the newest secret key, in the store itself.

    Every process must know both keys by then: first give the new one to all as HOLDFAST_SECRET_KEY_PREVIOUS, then
    exchange the two. Interrupted, it is run again. Afterwards the old key is needed for nothing but the callback
    addresses that were given away.
    """
    from holdfast.cli.secret_rotation import rotate as seal_anew  # here, so that --help needn't load the engine
    from holdfast.settings import load

    rotated = asyncio.run(seal_anew(load(database_url=database_url)))
    if as_json:
        counts = {"resealed": dict(rotated.resealed), "unreadable": rotated.unreadable, "done": rotated.done}
        print_json(counts)
    else:
        for sentence in rotated.unreadable:
            typer.echo(sentence, err=True)
        done = "The database is that of the new key." if rotated.done else "The database is still that of the old key."
        say(f"{rotated.resealed.total()} sealed anew. {done}")
    if not rotated.done:
        raise typer.Exit(1)


def _bound(names: list[str] | None) -> str:
    return "any" if names is None else ", ".join(names)


def _fields(text: str) -> dict[str, Any]:
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise typer.BadParameter("a connection's value is a JSON object of its fields")
    return fields


def _read_value(name: str) -> str:
    if sys.stdin.isatty():
        asked: str = typer.prompt(f"Value of {name}", hide_input=True, err=True)
        return asked
    given = sys.stdin.buffer.read(_MOST)
    try:
        text = given.decode()
    except UnicodeDecodeError:
        raise typer.BadParameter("standard input isn't UTF-8 text") from None
    return text.removesuffix("\n").removesuffix("\r")
