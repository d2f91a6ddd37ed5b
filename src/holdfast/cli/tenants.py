"""``holdfast tenants``: list (also without a subcommand), show, add, set, suspend, resume, delete. For admins of the
instance.
"""

from typing import Annotated, Any

import typer

from holdfast.cli.client import Client, call
from holdfast.cli.documents import read_json_argument
from holdfast.cli.options import (
    DEFAULT_LIMIT,
    DEFAULT_URL,
    Cursor,
    Json,
    Limit,
    Retention,
    Url,
    example,
    new_list_group,
    number_or_none,
    retention_of,
)
from holdfast.cli.screen import compact, print_fields, print_json, print_page, say_more, when

app = new_list_group("List, add, change or delete tenants.", "holdfast tenants", "holdfast tenants add acme --weight 2")

Chosen = Annotated[str, typer.Argument(metavar="TENANT", help="The tenant's id or name.")]
Weight = Annotated[float | None, typer.Option(help="Its share of a queue beside other tenants; 1 by default.")]
MaxRunning = Annotated[
    str | None, typer.Option(metavar="N", help="How many of its jobs run at once, over all queues; or none.")
]
Attributes = Annotated[str | None, typer.Option(metavar="JSON", help="JSON, @file, or - for standard input.")]


@app.callback()
def tenants(context: typer.Context, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """List, add, change or delete tenants."""
    if context.invoked_subcommand is None:
        list_tenants(DEFAULT_LIMIT, None, url, as_json)


@app.command("list", epilog=example("holdfast tenants list"))
def list_tenants(
    limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """List tenants with their share, their limit and how many of their jobs run."""
    items, following = call(url, lambda client: client.page("tenants", query={}, limit=limit, cursor=cursor))
    if as_json:
        print_json(items)
        say_more(following)
        return
    rows = ((t["id"], t["name"], f"{t['weight']:g}", str(t["running"]), _limit(t), _standing(t)) for t in items)
    print_page(("id", "name", "weight", "running", "limit", "state"), rows, "There are no tenants.", following)


@app.command(epilog=example("holdfast tenants show default"))
def show(tenant: Chosen, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show a tenant."""
    _print(call(url, lambda client: _shown(client, tenant)), as_json=as_json)


@app.command(
    epilog=example(
        "holdfast tenants add acme --weight 2 --max-running 50",
        "holdfast keys create acme-app --role operator --tenant $(holdfast tenants add acme --json | jq -r .id)",
    )
)
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The tenant's name.")],
    weight: Weight = None,
    max_running: MaxRunning = None,
    attributes: Attributes = None,
    retention: Retention = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Add a tenant. Its users' programs need a key of it: `holdfast keys create NAME --role ROLE --tenant ID`."""
    body = {"name": name, **_given(weight, max_running, attributes, retention)}
    _print(call(url, lambda client: client.post("tenants", body=body)), as_json=as_json)


@app.command("set", epilog=example("holdfast tenants set default --max-running none --weight 1.5"))
def set_tenant(
    tenant: Chosen,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    weight: Weight = None,
    max_running: MaxRunning = None,
    attributes: Attributes = None,
    retention: Retention = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Set a tenant's name, share, limit, attributes or retention; what isn't named stays."""
    change = {**({} if name is None else {"name": name}), **_given(weight, max_running, attributes, retention)}
    if not change:
        raise typer.BadParameter("name at least one of --name, --weight, --max-running, --attributes and --retention")
    _print(call(url, lambda client: _changed(client, tenant, change)), as_json=as_json)


@app.command(epilog=example("holdfast tenants suspend acme", "holdfast tenants suspend acme --yes"))
def suspend(
    tenant: Chosen,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Suspend a tenant: nobody comes in, nothing of it starts. What runs may end."""
    if not yes:
        typer.confirm(f"Suspend the tenant {tenant}? Nobody comes in until it is resumed.", abort=True, err=True)
    _print(call(url, lambda client: _told(client, tenant, "suspend")), as_json=as_json)


@app.command(epilog=example("holdfast tenants resume acme"))
def resume(tenant: Chosen, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Resume a tenant that was suspended, or is to be deleted: it goes on where it was."""
    _print(call(url, lambda client: _told(client, tenant, "resume")), as_json=as_json)


@app.command(
    epilog=example("holdfast tenants delete acme --grace 30d", "holdfast tenants delete acme --grace 0s --yes")
)
def delete(
    tenant: Chosen,
    grace: Annotated[str, typer.Option(metavar="TIME", help="How long it can still be resumed.")] = "7d",
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Delete a tenant with all that it has: suspended at once, gone for good after the grace."""
    if not yes:
        typer.confirm(f"Delete the tenant {tenant} and all that it has after {grace}?", abort=True, err=True)
    _print(call(url, lambda client: _deleted(client, tenant, grace)), as_json=as_json)


async def _shown(client: Client, tenant: str) -> Any:
    return await client.get("tenants", await tenant_id(client, tenant))


async def _changed(client: Client, tenant: str, change: dict[str, Any]) -> Any:
    return await client.call("PATCH", ("tenants", await tenant_id(client, tenant)), body=change)


async def _told(client: Client, tenant: str, verb: str) -> Any:
    return await client.post("tenants", await tenant_id(client, tenant), verb)


async def _deleted(client: Client, tenant: str, grace: str) -> Any:
    return await client.call("DELETE", ("tenants", await tenant_id(client, tenant)), query={"grace": grace})


async def tenant_id(client: Client, tenant: str) -> str:
    """Of the tenant of this id, or else of this name; what is unknown is left to the server."""
    known = await client.whole("tenants")
    named = next((str(each["id"]) for each in known if each["name"] == tenant), tenant)
    return tenant if any(each["id"] == tenant for each in known) else named


def _given(
    weight: float | None, max_running: str | None, attributes: str | None, retention: list[str] | None
) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if weight is not None:
        given["weight"] = weight
    if max_running is not None:
        given["max_running"] = number_or_none(max_running, "--max-running")
    if attributes is not None:
        given["attributes"] = read_json_argument(attributes, "attributes")
    if retention:
        given["retention"] = retention_of(retention)
    return given


def _limit(tenant: Any) -> str:
    return "none" if tenant["max_running"] is None else str(tenant["max_running"])


def _standing(tenant: Any) -> str:
    if tenant["delete_at"] is not None:
        return f"suspended, to be deleted at {when(tenant['delete_at'])}"
    return "active" if tenant["suspended_at"] is None else f"suspended since {when(tenant['suspended_at'])}"


def _places(egress: Any) -> str:
    only = "anywhere that is open" if egress["only"] is None else ", ".join(egress["only"]) or "nowhere"
    return only + (f"; also {', '.join(egress['also'])}" if egress["also"] else "")


def _print(tenant: Any, *, as_json: bool) -> None:
    if as_json:
        print_json(tenant)
        return
    kept = ", ".join(f"{state} {time}" for state, time in tenant["retention"].items())
    print_fields(
        [
            ("tenant", tenant["id"]),
            ("name", tenant["name"]),
            ("state", _standing(tenant)),
            ("weight", f"{tenant['weight']:g}"),
            ("running", f"{tenant['running']}, limit {_limit(tenant)}"),
            ("attributes", compact(tenant["attributes"], 500)),
            (
                "retention",
                kept or "as elsewhere",
            ),
            ("connects to", _places(tenant["egress"])),
            ("created", when(tenant["created_at"])),
        ]
    )
