"""``holdfast subscriptions``: list (also without a subcommand), show, add, switch, rotate, test, deliveries."""

from typing import Annotated, Any, Final

import typer

from holdfast.cli.client import call
from holdfast.cli.options import (
    DEFAULT_LIMIT,
    DEFAULT_URL,
    Cursor,
    Json,
    Limit,
    Url,
    example,
    names_of,
    new_list_group,
)
from holdfast.cli.screen import (
    ago,
    error_words,
    print_fields,
    print_json,
    print_page,
    say,
    say_more,
    state,
    when,
)

_ID: Final = "01990000-0000-7000-8000-000000000000"
_LIST: Final = "event-subscriptions"
app = new_list_group(
    "Deliver events elsewhere, as signed webhooks.",
    "holdfast subscriptions",
    'holdfast subscriptions add https://crm.example.com/webhooks --types "order.*"',
)

SubscriptionId = Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="Its id, as the list shows it.")]
Secret = Annotated[
    str | None,
    typer.Option(
        envvar="HOLDFAST_SIGNING_SECRET",
        metavar="WHSEC",
        help="A signing secret of your own, whsec_…; better from the variable. Made when left out.",
    ),
]


@app.callback()
def subscriptions(context: typer.Context, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Deliver events elsewhere, as signed webhooks."""
    if context.invoked_subcommand is None:
        list_subscriptions(DEFAULT_LIMIT, None, url, as_json)


@app.command("list", epilog=example("holdfast subscriptions list"))
def list_subscriptions(
    limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """List subscriptions, oldest first."""
    items, following = call(url, lambda client: client.page(_LIST, query={}, limit=limit, cursor=cursor))
    if as_json:
        print_json(items)
        say_more(following)
        return
    rows = ((each["id"], each["title"], each["url"], ", ".join(each["types"]), _switch(each)) for each in items)
    empty = "There are no subscriptions; `holdfast subscriptions add URL --types TYPES` makes one."
    print_page(("id", "title", "url", "types", ""), rows, empty, following)


@app.command(epilog=example(f"holdfast subscriptions show {_ID}"))
def show(subscription: SubscriptionId, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show a subscription, without its secret."""
    _print(call(url, lambda client: client.get(_LIST, subscription)), as_json=as_json)


@app.command(
    epilog=example(
        'holdfast subscriptions add https://crm.example.com/webhooks --types "order.*"',
        'holdfast subscriptions add https://ops.example.com/dead --types job.dead --condition "event.data.attempt > 3"',
    )
)
def add(
    address: Annotated[str, typer.Argument(metavar="URL", help="Where deliveries go.")],
    types: Annotated[
        str, typer.Option(metavar="TYPES", help="Event types with commas between; order.*, or * for all.")
    ],
    condition: Annotated[str | None, typer.Option(help="An expression over event: only such are delivered.")] = None,
    title: Annotated[str, typer.Option(help="What people call it.")] = "",
    secret: Secret = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Add a subscription. Its signing secret is shown this once."""
    body = {"url": address, "types": list(names_of(types, "--types")), "title": title, "condition": condition}
    given = body if secret is None else {**body, "secret": secret}
    made = call(url, lambda client: client.post(_LIST, body=given))
    if as_json:
        print_json(made)
        return
    _print(made, as_json=False)
    _show_secret(made["secret"])


@app.command(epilog=example(f"holdfast subscriptions rotate {_ID}"))
def rotate(subscription: SubscriptionId, secret: Secret = None, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Replace the signing secret. The new one is shown this once; the old one signs too, for 24 hours."""
    body = {} if secret is None else {"secret": secret}
    rotated = call(url, lambda client: client.post(_LIST, subscription, "rotate", body=body))
    if as_json:
        print_json(rotated)
    else:
        _show_secret(rotated["secret"])


@app.command("test", epilog=example(f"holdfast subscriptions test {_ID}"))
def send_test(subscription: SubscriptionId, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Deliver an event holdfast.test, whatever types and condition the subscription has."""
    _sent(call(url, lambda client: client.post(_LIST, subscription, "test")), as_json=as_json)


@app.command(epilog=example(f"holdfast subscriptions deliveries {_ID}"))
def deliveries(
    subscription: SubscriptionId,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List what was delivered, or wasn't, newest first."""
    items, following = call(
        url, lambda client: client.page(_LIST, subscription, "deliveries", query={}, limit=limit, cursor=cursor)
    )
    if as_json:
        print_json(items)
        say_more(following)
        return
    columns = ("id", "type", "when", "state", "attempts", "status", "error")
    print_page(columns, (_row(each) for each in items), "Nothing was delivered yet.", following)


@app.command(epilog=example(f"holdfast subscriptions redeliver {_ID} {_ID}"))
def redeliver(
    subscription: SubscriptionId,
    delivery: Annotated[str, typer.Argument(metavar="DELIVERY", help="Its id, as `deliveries` shows it.")],
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Deliver an event again, under the same webhook-id."""
    path = (_LIST, subscription, "deliveries", delivery, "redeliver")
    _sent(call(url, lambda client: client.post(*path)), as_json=as_json)


@app.command(epilog=example(f"holdfast subscriptions enable {_ID}"))
def enable(subscription: SubscriptionId, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Switch a subscription on: it gets what comes from now on."""
    _switched(subscription, url, on=True, as_json=as_json)


@app.command(epilog=example(f"holdfast subscriptions disable {_ID}"))
def disable(subscription: SubscriptionId, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Switch a subscription off: deliveries on their way are cancelled when their turn comes."""
    _switched(subscription, url, on=False, as_json=as_json)


@app.command(epilog=example(f"holdfast subscriptions delete {_ID}"))
def delete(subscription: SubscriptionId, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Delete a subscription, with the list of its deliveries."""
    call(url, lambda client: client.call("DELETE", (_LIST, subscription)))
    if as_json:
        print_json({"deleted": subscription})
    else:
        say(f"deleted {subscription}")


def _switched(subscription: str, url: str, *, on: bool, as_json: bool) -> None:
    changed = call(url, lambda client: client.call("PATCH", (_LIST, subscription), body={"enabled": on}))
    if as_json:
        print_json(changed)
    else:
        say(f"{subscription}: {_switch(changed)}")


def _switch(subscription: Any) -> str:
    if subscription["enabled"]:
        return "on"
    return f"off: {subscription['reason']}" if subscription["reason"] else "off"


def _row(delivery: Any) -> tuple[Any, ...]:
    return (
        delivery["id"],
        delivery["type"],
        ago(delivery["at"]),
        state(delivery["state"]),
        str(delivery["attempts"]),
        "" if delivery["status"] is None else str(delivery["status"]),
        error_words(delivery["error"]),
    )


def _print(subscription: Any, *, as_json: bool) -> None:
    if as_json:
        print_json(subscription)
        return
    until = subscription["previous_secret_until"]
    print_fields(
        [
            ("subscription", subscription["id"]),
            ("title", subscription["title"]),
            ("url", subscription["url"]),
            ("types", ", ".join(subscription["types"])),
            ("condition", subscription["condition"] or "none"),
            ("is", _switch(subscription)),
            ("secret", f"rotated; the one before signs too until {when(until)}" if until else "one"),
            ("created", when(subscription["created_at"])),
        ]
    )


def _show_secret(secret: str) -> None:
    say(secret)
    typer.echo("Keep it now: it isn't shown again. The receiver checks signatures with it.", err=True)


def _sent(delivery: Any, *, as_json: bool) -> None:
    if as_json:
        print_json(delivery)
    else:
        say(f"sending {delivery['type']}, delivery {delivery['id']}")
