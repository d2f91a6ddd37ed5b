"""``holdfast secrets``: list (also without a subcommand), set, delete. A value goes in and never comes back."""

import sys
from typing import Annotated, Final

import typer

from holdfast.cli.client import call
from holdfast.cli.options import DEFAULT_LIMIT, DEFAULT_URL, Cursor, Json, Limit, Url, example, new_list_group
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
    rows = ((secret["name"], when(secret["created_at"]), when(secret["updated_at"])) for secret in items)
    empty = "There are no secrets; `holdfast secrets set NAME` makes one."
    print_page(("name", "created", "set"), rows, empty, following)


@app.command("set", epilog=example("holdfast secrets set STRIPE_KEY", "holdfast secrets set STRIPE_KEY < key.txt"))
def set_secret(
    name: Name,
    value: Annotated[
        str | None,
        typer.Option(help="The value. Others may see it among this machine's processes: better leave it out."),
    ] = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Set a secret, or replace its value.

    Without --value it is read from standard input, without its last line break; a terminal is asked for it.
    """
    body = {"value": _read_value(name) if value is None else value}
    kept = call(url, lambda client: client.call("PUT", ("secrets", name), body=body))
    if as_json:
        print_json(kept)
    else:
        say(f"set {kept['name']}")


@app.command(epilog=example("holdfast secrets delete STRIPE_KEY"))
def delete(name: Name, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Delete a secret. Webhooks that are signed with it are refused from now on."""
    call(url, lambda client: client.call("DELETE", ("secrets", name)))
    if as_json:
        print_json({"deleted": name})
    else:
        say(f"deleted {name}")


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
