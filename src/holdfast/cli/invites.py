"""``holdfast invites``: create, list, revoke. The link of an invite is shown once."""

from typing import Annotated

import typer

from holdfast.cli.client import call
from holdfast.cli.options import DEFAULT_URL, Json, Url, example, new_list_group
from holdfast.cli.screen import print_json, print_table, say, when

app = new_list_group(
    "Invite people into the tenant.", "holdfast invites", "holdfast invites create bob@example.com --role editor"
)
Tenant = Annotated[
    str | None, typer.Option(metavar="ID", help="Into this tenant; for admins of the instance. Your own by default.")
]


@app.callback()
def invites(context: typer.Context, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Invite people into the tenant."""
    if context.invoked_subcommand is None:
        list_invites(None, url, as_json)


@app.command("list", epilog=example("holdfast invites list"))
def list_invites(tenant: Tenant = None, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """List the invites that can still be used, without their links."""
    items = call(url, lambda client: client.whole("invites", query={"tenant": tenant}))
    if as_json:
        print_json(items)
        return
    rows = ((i["id"], i["email"], i["role"], i["created_by"], when(i["expires_at"])) for i in items)
    empty = "There are no open invites; `holdfast invites create ADDRESS --role ROLE` makes one."
    print_table(("id", "address", "role", "by", "until"), rows, empty)


@app.command(epilog=example("holdfast invites create bob@example.com --role editor"))
def create(
    email: Annotated[str, typer.Argument(metavar="ADDRESS", help="Whom to invite.")],
    role: Annotated[str, typer.Option(help="owner, admin, editor, operator or viewer; at most your own.")],
    tenant: Tenant = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Invite somebody. Their link is shown this once; where a mail server is set they get it by mail too."""
    body = {"email": email, "role": role, **({} if tenant is None else {"tenant": tenant})}
    made = call(url, lambda client: client.post("invites", body=body))
    if as_json:
        print_json(made)
        return
    say(made["url"])
    mailed = " It was mailed too." if made["mailed"] else ""
    typer.echo(f"It can be used once, until {when(made['expires_at'])}; it isn't shown again.{mailed}", err=True)


@app.command(epilog=example("holdfast invites revoke 01990000-0000-7000-8000-000000000000"))
def revoke(
    invite: Annotated[str, typer.Argument(metavar="INVITE", help="The invite's id, as `holdfast invites` shows it.")],
    tenant: Tenant = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Take an invite back: its link is good for nothing from now on."""
    call(url, lambda client: client.call("DELETE", ("invites", invite), query={"tenant": tenant}))
    if as_json:
        print_json({"revoked": invite})
    else:
        say(f"revoked {invite}")
