"""``holdfast keys``: create, list, revoke; and the first owner's, made in the store without a server."""

import asyncio
import os
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from holdfast.cli.client import Client, call
from holdfast.cli.failures import Refused
from holdfast.cli.options import DEFAULT_URL, Database, Json, Url, example, new_group
from holdfast.cli.screen import print_json, print_table, say, when
from holdfast.cli.tenants import tenant_id

app = new_group("Create, list or revoke API keys.", "holdfast keys create ci --role editor")

Tenant = Annotated[
    str | None, typer.Option(metavar="ID", help="Of this tenant; for admins of the instance. Your own by default.")
]


@app.command(
    epilog=example(
        "holdfast keys create ci --role editor --expires-in 90d",
        "holdfast keys create prometheus --role viewer --instance-admin",
        "holdfast keys create reporter --role viewer --scope runs:read --scope statistics:read",
        "export HOLDFAST_API_KEY=$(holdfast keys create me --role owner --json | jq -r .key)",
    )
)
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for.")],
    role: Annotated[str, typer.Option(help="owner, admin, editor, operator or viewer.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            metavar="AREA:WAY", help="All that it may do: jobs:write, runs:read; may be repeated; see `keys scopes`."
        ),
    ] = None,
    expires_in: Annotated[
        str | None, typer.Option(metavar="TIME", help="How long it is good: 90d; for ever by default.")
    ] = None,
    service_account: Annotated[
        str | None, typer.Option(metavar="ID", help="Whose it is, as `holdfast service-accounts` shows it.")
    ] = None,
    instance_admin: Annotated[
        bool,
        typer.Option("--instance-admin", help="One of an admin of the instance: tenants, workers, queues, metrics."),
    ] = False,
    tenant: Tenant = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Create an API key. It is shown this once.

    The first owner's key is an admin of the instance, and lets Holdfast listen beyond loopback addresses; such an admin
    makes others with --instance-admin.
    """
    more: dict[str, Any] = {"scopes": scope or None, "expires_in": expires_in, "service_account": service_account}
    more |= {"tenant": tenant, "instance_admin": instance_admin or None}
    body = {"name": name, "role": role, **{each: value for each, value in more.items() if value is not None}}
    made = call(url, lambda client: _made(client, body))
    if as_json:
        print_json(made)
        return
    say(made["key"])
    whose = "It is an admin of the instance. " if made["instance_admin"] else ""
    typer.echo(f"{whose}Keep it now: it isn't shown again. Use it as HOLDFAST_API_KEY.", err=True)


@app.command(epilog=example("holdfast keys owner", "HOLDFAST_API_KEY=hf_… holdfast keys owner"))
def owner(
    name: Annotated[str, typer.Option(help="What the key is for.")] = "owner",
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Make an owner's key, an admin of the instance, in the store itself, without a server.

    An instance that has an admin, a person or a key that counts, is left as it is. The key is the one in
    HOLDFAST_API_KEY, or one is made and shown.
    """
    from holdfast.cli.first_owner import ensure_owner  # here, so that --help needn't load the engine
    from holdfast.settings import load

    made = asyncio.run(ensure_owner(load(database_url=database_url), name))
    shown = None if os.environ.get("HOLDFAST_API_KEY") else made  # whoever gave it has it
    if as_json:
        print_json({"made": made is not None, "key": shown})
    elif made is None:
        say("There is an admin of the instance already; nothing was changed.")
    else:
        say(shown or "made the owner's key from HOLDFAST_API_KEY")


@app.command("list", epilog=example("holdfast keys list"))
def list_keys(tenant: Tenant = None, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """List API keys, without their secrets."""
    items = call(url, lambda client: client.whole("keys", query={"tenant": tenant}))
    if as_json:
        print_json(items)
        return
    rows = ((k["id"], k["name"], _role(k), _scopes(k), when(k["created_at"]), _used(k), _state(k)) for k in items)
    print_table(
        ("id", "name", "role", "scopes", "created", "used", ""),
        rows,
        "There are no keys; `holdfast keys create NAME --role ROLE` makes one.",
    )


@app.command(epilog=example("holdfast keys scopes"))
def scopes(url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """List what keys can be narrowed to."""
    items = call(url, lambda client: client.get("keys", "scopes"))["items"]
    if as_json:
        print_json(items)
    else:
        say("\n".join(items))


@app.command(epilog=example("holdfast keys revoke 01990000-0000-7000-8000-000000000000"))
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="The key's id, as `holdfast keys list` shows it.")],
    tenant: Tenant = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Revoke an API key: it is refused from now on."""
    call(url, lambda client: client.call("DELETE", ("keys", key_id), query={"tenant": tenant}))
    if as_json:
        print_json({"revoked": key_id})
    else:
        say(f"revoked {key_id}")


async def _made(client: Client, body: dict[str, Any]) -> Any:
    """A tenant may be named: what is no tenant's id is looked for among the names."""
    try:
        return await client.post("keys", body=body)
    except Refused as error:
        if error.status != 404 or "tenant" not in body:
            raise
    return await client.post("keys", body={**body, "tenant": await tenant_id(client, body["tenant"])})


def _role(key: Any) -> str:
    return f"{key['role']}, instance admin" if key["instance_admin"] else str(key["role"])


def _scopes(key: Any) -> str:
    return "all" if key["scopes"] is None else " ".join(key["scopes"]) or "none"


def _used(key: Any) -> str:
    return "never" if key["used_at"] is None else f"{when(key['used_at'])} from {key['used_from'] or 'here'}"


def _state(key: Any) -> str:
    if key["revoked_at"]:
        return "revoked"
    if not key["expires_at"]:
        return ""
    over = datetime.fromisoformat(key["expires_at"]) <= datetime.now(UTC)
    return f"{'expired' if over else 'until'} {when(key['expires_at'])}"
