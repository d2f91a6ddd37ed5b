"""``holdfast service-accounts``: create, list, delete. Keys for one: ``keys create … --service-account ID``."""

from typing import Annotated

import typer

from holdfast.cli.client import call
from holdfast.cli.options import DEFAULT_URL, Json, Url, example, new_list_group
from holdfast.cli.screen import print_json, print_table, say, when

app = new_list_group(
    "Service accounts: what programs are known as.",
    "holdfast service-accounts",
    "holdfast service-accounts create deploys --role operator",
)


@app.callback()
def service_accounts(context: typer.Context, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Service accounts: what programs are known as."""
    if context.invoked_subcommand is None:
        list_accounts(url, as_json)


@app.command("list", epilog=example("holdfast service-accounts list"))
def list_accounts(url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """List the tenant's service accounts."""
    items = call(url, lambda client: client.whole("service-accounts"))
    if as_json:
        print_json(items)
        return
    rows = ((each["id"], each["name"], each["role"], when(each["created_at"])) for each in items)
    empty = "There are no service accounts; `holdfast service-accounts create NAME --role ROLE` makes one."
    print_table(("id", "name", "role", "created"), rows, empty)


@app.command(
    epilog=example(
        "holdfast service-accounts create deploys --role operator",
        "holdfast keys create ci --role operator --service-account 01990000-0000-7000-8000-000000000000",
    )
)
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is.")],
    role: Annotated[str, typer.Option(help="owner, admin, editor, operator or viewer; at most your own.")],
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Create a service account. It signs in nowhere; its keys have at most its role."""
    made = call(url, lambda client: client.post("service-accounts", body={"name": name, "role": role}))
    if as_json:
        print_json(made)
    else:
        say(made["id"])


@app.command(epilog=example("holdfast service-accounts delete 01990000-0000-7000-8000-000000000000"))
def delete(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The service account's id.")],
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Delete a service account. Its keys stop working at once."""
    call(url, lambda client: client.call("DELETE", ("service-accounts", account)))
    if as_json:
        print_json({"deleted": account})
    else:
        say(f"deleted {account}")
