"""What leaves for other systems, and the secrets that it is signed and opened with: subscriptions and secrets."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.console import Console
from tests.browser.receiver import Receiver, receiver_running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiver_running() as running:
        yield running


def _act(page: Page, thing: str, what: str) -> None:
    """Choose something in the menu of a thing."""
    page.get_by_role("button", name=f"Actions of {thing}").click()
    page.get_by_role("menuitem", name=what).click()


def _kept(page: Page) -> str:
    """The secret in the dialog that shows it this once, put away."""
    dialog = page.get_by_role("dialog", name="The signing secret")
    secret = dialog.get_by_text("whsec_").inner_text()
    dialog.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_text(secret)).to_have_count(0)
    return secret


def test_a_subscription_from_its_making_to_its_end(console: Console, receiver: Receiver) -> None:
    secret = _subscribe(console, receiver)
    page = console.page
    deliveries = page.get_by_role("table", name="Deliveries")
    page.get_by_role("button", name="Send a test").click()
    expect(_delivery(deliveries, "holdfast.test")).to_contain_text("200")
    test, event = receiver.event(1)
    assert (event["type"], test.signed_by(secret)) == ("holdfast.test", True)
    console.served.call("POST", "/api/v1/events", {"type": "letter.sent", "data": {"number": 6}})
    console.served.call("POST", "/api/v1/events", {"type": "parcel.sent", "data": {"number": 7}})
    expect(_delivery(deliveries, "parcel.sent")).to_contain_text("Succeeded")
    expect(deliveries.get_by_role("row")).to_have_count(3)
    assert receiver.event(2)[1]["type"] == "parcel.sent"
    _rotate(page, deliveries, receiver, secret)
    _end(console)


def _subscribe(console: Console, receiver: Receiver) -> str:
    """Makes it in the console, opens it; the secret."""
    page = console.go("/subscriptions")
    page.get_by_role("button", name="New subscription").click()
    dialog = page.get_by_role("dialog", name="New subscription")
    dialog.get_by_label("Address").fill(receiver.url)
    dialog.get_by_label("Types").fill("parcel.*")
    dialog.get_by_label("Title").fill("The shop")
    dialog.get_by_role("button", name="Subscribe").click()
    secret = _kept(page)
    page.get_by_role("link", name="The shop").click()
    expect(page.get_by_text("Nothing was sent yet")).to_be_visible()
    assert secret not in page.content()
    return secret


def _delivery(deliveries: Locator, type_: str) -> Locator:
    return deliveries.get_by_role("row").filter(has_text=type_)


def _rotate(page: Page, deliveries: Locator, receiver: Receiver, secret: str) -> None:
    """The new secret signs, and the one before too for a while."""
    _act(page, "The shop", "Rotate the secret")
    page.get_by_role("alertdialog").get_by_role("button", name="Rotate").click()
    newer = _kept(page)
    expect(page.get_by_text("the one before the newest signs too until")).to_be_visible()
    deliveries.get_by_role("button", name="Redeliver parcel.sent").click()
    again, event = receiver.event(3)
    assert newer != secret
    assert (event["data"]["number"], again.signed_by(newer), again.signed_by(secret)) == (7, True, True)


def _end(console: Console) -> None:
    page = console.page
    _act(page, "The shop", "Delete")
    page.get_by_role("alertdialog", name="Delete The shop?").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Subscriptions", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="The shop")).to_have_count(0)
    left = console.served.call("GET", "/api/v1/event-subscriptions")["items"]
    assert "The shop" not in [each["title"] for each in left]


FIRST, SECOND = "wooden-horse-1", "wooden-horse-2"


def test_a_secret_is_used_replaced_and_never_shown(console: Console) -> None:
    page = console.go("/secrets")
    _put(page, "New secret", FIRST, name="GATE")
    row = page.get_by_role("table", name="Secrets").get_by_role("row").filter(has_text="GATE")
    expect(row).to_have_count(1)
    address = _guarded(console)
    assert (_knock(address, FIRST), _knock(address, SECOND)) == (202, 401)
    _put(page, "Replace GATE", SECOND)
    assert (_knock(address, FIRST), _knock(address, SECOND)) == (401, 202)
    _is_shown_nowhere(console)
    page = console.go("/secrets")
    row.get_by_role("button", name="Delete GATE").click()
    asked = page.get_by_role("alertdialog", name="Delete GATE?")
    asked.get_by_role("button", name="Delete").click()
    expect(asked).to_have_count(0)  # the table can't be told by role behind it
    expect(row).to_have_count(0)
    assert _names(console) == []


def _names(console: Console) -> list[str]:
    return [each["name"] for each in console.served.call("GET", "/api/v1/secrets")["items"] if each["name"] == "GATE"]


def _put(page: Page, how: str, value: str, name: str | None = None) -> None:
    page.get_by_role("button", name=how).click()
    dialog = page.get_by_role("dialog", name=how)
    if name is not None:
        dialog.get_by_label("Name").fill("not a name")
        expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
        dialog.get_by_label("Name").fill(name)
    field = dialog.get_by_label("Value")
    expect(field).to_have_value("")
    expect(field).to_have_attribute("type", "password")
    field.fill(value)
    dialog.get_by_role("button", name="Save" if name else "Replace").click()
    expect(dialog).to_have_count(0)


def _guarded(console: Console) -> str:
    """A workflow whose webhook asks for the secret; the webhook's address."""
    signature = {"type": "bearer", "secret": "GATE"}
    hook = {"id": "gate", "type": "webhook", "signature": signature}
    nodes = [{"id": "nothing", "type": "noop"}]
    definition = {"holdfast": 1, "name": "guarded", "triggers": [hook], "nodes": nodes}
    made = console.served.call("POST", "/api/v1/workflows", definition)
    path = urlsplit(str(made["triggers"][0]["url"])).path
    return console.served.url + path


def _knock(address: str, secret: str) -> int:
    """The status that a call with this secret is answered."""
    request = urllib.request.Request(address, b"{}", {"Authorization": f"Bearer {secret}"}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            status: int = answer.status
    except urllib.error.HTTPError as refusal:
        status = refusal.code
    return status


def _is_shown_nowhere(console: Console) -> None:
    """Neither on the page of secrets, nor on the firings that it opened, nor in what the API answers of them."""
    call, page = console.served.call, console.page
    run = call("GET", "/api/v1/runs?workflow=guarded")["items"][0]["id"]
    paths = ("secrets", "workflows/guarded", f"runs/{run}", "firings?workflow=guarded")
    shown = [str(call("GET", f"/api/v1/{path}")) for path in paths]
    for path, text in {"/secrets": "GATE", f"/runs/{run}": "nothing", "/deliveries?workflow=guarded": "gate"}.items():
        console.go(path)
        expect(page.get_by_role("main").get_by_text(text).first).to_be_visible()
        shown.append(page.content())
    page.get_by_role("button", name="Open the firing").first.click()
    expect(page.get_by_role("region", name="Headers")).to_contain_text("user-agent")
    shown.append(page.content())
    whole = "\n".join(shown)
    assert ("GATE" in whole, FIRST in whole, SECOND in whole) == (True, False, False)
