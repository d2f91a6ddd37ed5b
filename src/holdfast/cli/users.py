"""``holdfast users``: the tenant's people and service accounts; and the first owner, made in the store without a
server.
"""

import asyncio
from typing import Annotated, Any

import typer

from holdfast.cli.client import Client, call
from holdfast.cli.options import DEFAULT_LIMIT, DEFAULT_URL, Cursor, Database, Json, Limit, Url, example, new_list_group
from holdfast.cli.passwords import PasswordStdin, choose
from holdfast.cli.screen import print_json, print_page, say, say_more, when
from holdfast.model.errors import NotFound

app = new_list_group(
    "People: list them, set roles, let them go; make the first owner.",
    "holdfast users",
    "holdfast users add --owner ada@example.com",
)

User = Annotated[str, typer.Argument(metavar="USER", help="The person's address, or an id of `holdfast users`.")]
RoleName = Annotated[str, typer.Argument(metavar="ROLE", help="owner, admin, editor, operator or viewer.")]


@app.callback()
def users(context: typer.Context, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """People: list them, set roles, let them go; make the first owner."""
    if context.invoked_subcommand is None:
        list_users(DEFAULT_LIMIT, None, url, as_json)


@app.command("list", epilog=example("holdfast users list"))
def list_users(
    limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """List the people and service accounts of the tenant."""
    items, following = call(url, lambda client: client.page("users", query={}, limit=limit, cursor=cursor))
    if as_json:
        print_json(items)
        say_more(following)
        return
    rows = ((u["id"], u["name"], u["email"] or "service account", u["role"], _state(u)) for u in items)
    empty = (
        "There are no people in this tenant yet; `holdfast invites create ADDRESS --role ROLE` invites one."
        " The first of all: `holdfast users add --owner ADDRESS`."
    )
    print_page(("id", "name", "address", "role", ""), rows, empty, following)


@app.command(
    epilog=example(
        "holdfast users add --owner ada@example.com",
        "holdfast users add --owner ada@example.com --password-stdin < password.txt",
    )
)
def add(
    email: Annotated[str, typer.Argument(metavar="ADDRESS", help="The person's e-mail address.")],
    owner: Annotated[bool, typer.Option("--owner", help="The first owner, made in the store itself.")] = False,
    name: Annotated[str, typer.Option(help="Their name; what stands before the @ by default.")] = "",
    password_stdin: PasswordStdin = False,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Make the first owner in the store itself, without a server. Others are invited: `holdfast invites create`.

    An instance that has a person is left as it is. A terminal is asked for the password; otherwise one is made and
    shown this once.
    """
    if not owner:
        raise typer.BadParameter("people are invited: `holdfast invites create ADDRESS --role ROLE`; or give --owner")
    from holdfast.cli.first_owner import add_person  # here, so that --help needn't load the engine
    from holdfast.settings import load

    chosen = choose(from_stdin=password_stdin)
    made = asyncio.run(add_person(load(database_url=database_url), email, name, chosen.password))
    shown = chosen.password if made is not None and chosen.made else None
    if as_json:
        print_json({"made": made is not None, "email": None if made is None else made.email, "password": shown})
    elif made is None:
        say("There is a person already; nothing was changed.")
    else:
        _tell(f"made the owner {made.email}", shown)


@app.command(epilog=example("holdfast users reset ada@example.com"))
def reset(
    email: Annotated[str, typer.Argument(metavar="ADDRESS", help="The person's e-mail address.")],
    password_stdin: PasswordStdin = False,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Set a person's password in the store itself, without a server: the way back in for who lost theirs.

    Their one-time codes are taken away, and they are signed out everywhere.
    """
    from holdfast.cli.first_owner import reset_person  # here, so that --help needn't load the engine
    from holdfast.settings import load

    chosen = choose(from_stdin=password_stdin)
    user = asyncio.run(reset_person(load(database_url=database_url), email, chosen.password))
    shown = chosen.password if chosen.made else None
    if as_json:
        print_json({"email": user.email, "password": shown})
    else:
        _tell(f"set the password of {user.email}", shown)


@app.command(epilog=example("holdfast users role bob@example.com editor"))
def role(user: User, role: RoleName, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Set a role in the tenant, at most your own."""
    _change(url, user, {"role": role}, f"{user} has the role {role}", as_json=as_json)


@app.command(epilog=example("holdfast users disable bob@example.com"))
def disable(user: User, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Switch a person off: they are signed out, and can't sign in. For admins of the instance."""
    _change(url, user, {"disabled": True}, f"switched {user} off", as_json=as_json)


@app.command(epilog=example("holdfast users enable bob@example.com"))
def enable(user: User, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Let a person who was switched off sign in again. For admins of the instance."""
    _change(url, user, {"disabled": False}, f"switched {user} on", as_json=as_json)


@app.command(epilog=example("holdfast users remove bob@example.com"))
def remove(user: User, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Take a person out of the tenant. What they made stays."""

    async def work(client: Client) -> Any:
        await client.call("DELETE", ("users", await _id_of(client, user)))

    call(url, work)
    if as_json:
        print_json({"removed": user})
    else:
        say(f"removed {user}")


@app.command("sign-out", epilog=example("holdfast users sign-out bob@example.com"))
def sign_out(user: User, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Sign a person out everywhere."""

    async def work(client: Client) -> Any:
        await client.post("users", await _id_of(client, user), "sign-out")

    call(url, work)
    if as_json:
        print_json({"signed_out": user})
    else:
        say(f"signed {user} out")


@app.command("password-link", epilog=example("holdfast users password-link bob@example.com"))
def password_link(user: User, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Make a link with which a person chooses a new password. It is shown this once."""

    async def work(client: Client) -> Any:
        return await client.post("users", await _id_of(client, user), "password-link")

    made = call(url, work)
    if as_json:
        print_json(made)
        return
    say(made["url"])
    typer.echo(f"It can be used once, until {when(made['expires_at'])}; it isn't shown again.", err=True)


def _change(url: str, user: str, change: dict[str, Any], told: str, *, as_json: bool) -> None:
    async def work(client: Client) -> Any:
        return await client.call("PATCH", ("users", await _id_of(client, user)), body=change)

    changed = call(url, work)
    if as_json:
        print_json(changed)
    else:
        say(told)


async def _id_of(client: Client, user: str) -> str:
    """The id of who has this address or id."""
    wanted = user.strip().lower()
    for each in await client.whole("users"):
        if wanted in (each["id"], each["email"]):
            return str(each["id"])
    raise NotFound(f"nobody in the tenant is {user}")


def _state(user: Any) -> str:
    if user["disabled"]:
        return "off"
    return "" if user["signed_in_at"] is None else f"signed in {when(user['signed_in_at'])}"


def _tell(done: str, password: str | None) -> None:
    typer.echo(done, err=True)
    if password is not None:
        say(password)
        typer.echo("This is the password. Keep it now: it isn't shown again.", err=True)
