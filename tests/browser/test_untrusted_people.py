"""Names of people, keys, accounts, tenants and secrets that are markup stay text on every page that shows them."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console import Console, Served
from tests.browser.test_people import ADA, PASSWORD, came_in

pytestmark = pytest.mark.chaos

IMAGE = '<img src="x" onerror="window.hacked = 1">'
SCRIPT = "<script>window.hacked = 2</script>"


@pytest.fixture(scope="module")
def untrusted(serve: Callable[..., Served]) -> Served:
    """A server whose owner, keys, accounts, tenants and secrets are named so, and such a browser has signed in."""
    served = serve("sqlite:///untrusted.db")
    served.call("POST", "/api/v1/tenants", {"name": f"Tenant {IMAGE}", "attributes": {"plan": SCRIPT}})
    served.call("POST", "/api/v1/keys", {"name": f"Key {IMAGE}", "role": "viewer"})
    served.call("POST", "/api/v1/service-accounts", {"name": f"Account {IMAGE}", "role": "viewer"})
    served.call("PUT", "/api/v1/secrets/UNTRUSTED", {"value": "v", "description": f"Secret {IMAGE} {SCRIPT}"})
    served.call("POST", "/api/v1/setup", {"email": ADA, "name": f"Ada {IMAGE}", "password": PASSWORD})
    headers = {"Content-Type": "application/json", "User-Agent": f"Agent {IMAGE}"}
    body = json.dumps({"email": ADA, "password": PASSWORD}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{served.url}/api/v1/session", body, headers), timeout=30).close()
    return served


@pytest.fixture
def signed_in(untrusted: Served, page: Page) -> Iterator[Console]:
    console = Console(page, untrusted)
    came_in(page, untrusted)
    yield console
    assert console.complaints == []


def is_tame(console: Console) -> None:
    alive = "document.querySelectorAll('img[src=x], main script, a[href^=javascript]').length"
    assert console.page.evaluate(f"[window.hacked === undefined, {alive}]") == [True, 0]


def test_a_name_that_is_markup_is_text(signed_in: Console) -> None:
    shown = {
        "/people": [f"Ada {IMAGE}"],
        "/keys": [f"Account {IMAGE}", f"Key {IMAGE}"],
        "/tenants": [f"Tenant {IMAGE}"],
        "/secrets": [f"Secret {IMAGE}"],
        "/audit": [ADA],
        "/account": [f"Agent {IMAGE}"],
    }
    for path, texts in shown.items():
        page = signed_in.go(path)
        for text in texts:
            expect(page.get_by_role("main").get_by_text(text).first).to_be_visible()
        is_tame(signed_in)


def test_the_menus_that_name_oneself_are_text_as_well(signed_in: Console) -> None:
    page = signed_in.go("/")
    page.get_by_role("button", name=f"Account of Ada {IMAGE}").click()
    expect(page.get_by_role("menu").get_by_text("Your account")).to_be_visible()
    is_tame(signed_in)


def test_a_link_that_is_markup_is_no_page(signed_in: Console) -> None:
    """What an address says is shown as text, or nowhere."""
    for path in (f"/jobs/{SCRIPT}", f"/runs?state={IMAGE}", f"/audit?actor={IMAGE}", f"/signin?openid={SCRIPT}",
                 f"/signin?next=javascript:window.hacked=3#{IMAGE}", f"/invite#{IMAGE}"):  # fmt: skip
        signed_in.go(path)
        signed_in.page.wait_for_load_state("networkidle")
        is_tame(signed_in)
    signed_in.complaints.clear()  # an address that names nothing may be complained of
