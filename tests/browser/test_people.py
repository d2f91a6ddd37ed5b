"""People in the console: the first owner, signing in, inviting, roles, keys, the audit log, tenants.

The server has a folder and people of its own: once there is an owner, nobody is in by themselves any more. What a
person types and is shown once must be in no storage of the browser.
"""

from __future__ import annotations

import base64
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.console import Console, Served

ADA: Final = "ada@example.com"
GRACE: Final = "grace@example.com"
PASSWORD: Final = "a password of ada's own"
STEP: Final = 30
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
PAGES: Final = {
    "/account": "Your account",
    "/people": "People",
    "/keys": "API keys",
    "/audit": "Audit log",
    "/tenants": "Tenants",
    "/secrets": "Secrets",
}


@pytest.fixture(scope="module")
def guarded(serve: Callable[..., Served]) -> Served:
    """A server of this module alone, with Ada as its first owner."""
    served = serve("sqlite:///people.db")
    served.call("POST", "/api/v1/setup", {"email": ADA, "name": "Ada", "password": PASSWORD})
    return served


@pytest.fixture
def visitor(browser: Browser, context: BrowserContext) -> Iterator[Callable[[Served], Console]]:
    """Another person's browser."""
    others: list[BrowserContext] = []

    def arrive(served: Served) -> Console:
        other = browser.new_context(locale="en-GB", timezone_id="UTC")
        others.append(other)
        return Console(other.new_page(), served)

    yield arrive
    for other in others:
        other.close()


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def sign_in(page: Page, email: str = ADA, password: str = PASSWORD) -> None:
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def came_in(page: Page, served: Served, path: str = "/") -> Page:
    """Ada signs in, and goes to a page."""
    page.goto(f"{served.url}/app{path}")
    sign_in(page)
    expect(page.get_by_role("button", name="Account of")).to_be_visible()
    return page


def account_menu(page: Page, item: str) -> None:
    page.get_by_role("button", name=re.compile("^Account of")).click()
    page.get_by_role("menuitem", name=item).click()


def code_of(seed: str, at: float) -> str:
    return TOTP(base64.b32decode(seed.replace(" ", "")), 6, SHA1(), STEP).generate(int(at)).decode()


def kept(page: Page) -> str:
    """All that the browser's storages hold for this page, and the addresses that it went through."""
    return str(page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"))


def test_the_local_user_sets_sign_in_up_and_signs_in_with_a_code(serve: Callable[..., Served], page: Page) -> None:
    served = serve("sqlite:///set_up.db")
    console = Console(page, served)
    console.go("/")
    heading(page, "Workflows")
    account_menu(page, "Set up sign-in")
    page.get_by_label("Email address").fill(ADA)
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password").fill("too short")
    page.get_by_role("button", name="Make the owner").click()
    expect(page.get_by_text("3 more characters.")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the owner").click()
    heading(page, "Workflows")

    account_menu(page, "Your account")
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    assert console.violations() == []
    seed = page.get_by_role("dialog").locator("code").inner_text()
    page.get_by_label("Code", exact=True).fill(code_of(seed, time.time()))
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Switch on", exact=True).click()
    shown = page.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(shown).to_have_count(10)
    codes = shown.all_inner_texts()
    assert len(set(codes)) == 10
    page.get_by_role("button", name="I have kept them").click()
    expect(page.get_by_role("button", name="Switch off")).to_be_visible()

    console.go("/runs?state=FAILED")
    heading(page, "Runs")
    account_menu(page, "Sign out")
    heading(page, "Sign in")
    page.goto(f"{served.url}/app/runs?state=FAILED")
    heading(page, "Sign in")
    assert console.violations() == []
    sign_in(page)
    page.get_by_label("One-time code").fill("000000")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("alert")).to_be_visible()
    # A code counts once: the one of now was used to switch codes on.
    page.get_by_label("One-time code").fill(code_of(seed, time.time() + STEP))
    page.get_by_role("button", name="Confirm").click()
    heading(page, "Runs")
    assert page.url == f"{served.url}/app/runs?state=FAILED"

    account_menu(page, "Sign out")
    sign_in(page)
    page.get_by_label("One-time code").fill(codes[0])
    page.get_by_role("button", name="Confirm").click()
    heading(page, "Workflows")
    held = kept(page)
    assert not [secret for secret in (PASSWORD, seed, seed.replace(" ", ""), *codes) if secret in held]
    assert console.complaints == []


def test_somebody_invited_joins_and_is_offered_what_they_may_do(
    guarded: Served, page: Page, visitor: Callable[[Served], Console]
) -> None:
    came_in(page, guarded, "/people")
    page.get_by_role("button", name="Invite", exact=True).click()
    page.get_by_label("Email address").fill(GRACE)
    page.get_by_label("Role", exact=True).select_option("viewer")
    page.get_by_role("dialog").get_by_role("button", name="Invite").click()
    link = page.get_by_role("dialog").locator("code").inner_text()
    page.get_by_role("button", name="I have kept it").click()
    expect(
        page.get_by_role("table", name="Open invitations").get_by_role("cell", name=GRACE, exact=True)
    ).to_be_visible()

    console = visitor(guarded)
    other = console.page
    other.goto(link)
    heading(other, "Join default")
    token = link.partition("#")[2]
    assert token
    assert other.url == f"{guarded.url}/app/invite"
    assert console.violations() == []
    other.get_by_label("Name").fill("Grace")
    other.get_by_label("Password").fill("a password of grace's own")
    other.get_by_role("button", name="Join").click()
    heading(other, "Workflows")
    assert token not in kept(other)

    # A viewer sees no button that changes anything, nor the places of admins.
    expect(other.get_by_role("button", name="New workflow", exact=True)).to_have_count(0)
    for place in ("People", "API keys", "Audit log", "Tenants"):
        expect(other.get_by_role("link", name=place, exact=True)).to_have_count(0)
    console.go("/secrets")
    heading(other, "Secrets")
    expect(other.get_by_role("button", name="New secret")).to_have_count(0)
    console.go("/queues")
    expect(other.get_by_role("cell", name="default", exact=True)).to_be_visible()
    expect(other.get_by_role("button", name=re.compile("Concurrency of"))).to_have_count(0)
    console.go("/people")
    expect(other.get_by_text("you have viewer")).to_be_visible()

    # The role changes while they look: what they may do follows.
    page.reload()
    page.get_by_label("Role of Grace").select_option("editor")
    expect(page.get_by_text("Grace is editor now")).to_be_visible()
    console.go("/")
    expect(other.get_by_role("button", name="New workflow", exact=True)).to_be_visible()

    # Signed out by an admin, they come back to where they were.
    page.get_by_role("button", name="Actions of Grace").click()
    page.get_by_role("menuitem", name="Sign out everywhere").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_text("Signed Grace out")).to_be_visible()
    other.get_by_role("link", name="Dead letters", exact=True).click()
    heading(other, "Sign in")
    sign_in(other, GRACE, "a password of grace's own")
    heading(other, "Dead letters")

    other.goto(link)
    heading(other, "This link is no good")


def test_a_key_is_shown_once_and_does_what_it_is_narrowed_to(guarded: Served, page: Page) -> None:
    came_in(page, guarded, "/keys")
    page.get_by_role("button", name="New key", exact=True).click()
    page.get_by_label("Name").fill("metrics")
    page.get_by_label("Only for certain areas").click()
    page.get_by_role("radiogroup", name="jobs", exact=True).get_by_label("Read").check()
    page.get_by_role("button", name="Make the key").click()
    key = page.get_by_role("dialog").locator("code").first.inner_text()
    assert key.startswith("hf_")
    assert key not in kept(page)
    page.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert key not in page.content()

    assert status(guarded, key, "/api/v1/jobs") == 200
    assert status(guarded, key, "/api/v1/runs") == 403
    row = page.get_by_role("row", name=re.compile("^metrics"))
    expect(row.get_by_text("jobs: read")).to_be_visible()
    page.get_by_role("button", name="Revoke metrics").click()
    page.get_by_role("button", name="Revoke", exact=True).click()
    expect(row.get_by_text("revoked")).to_be_visible()
    assert status(guarded, key, "/api/v1/jobs") == 401

    page.goto(f"{guarded.url}/app/audit?action=keys.*")
    page.get_by_role("button", name=re.compile(r"^Entry \d+: keys\.revoke_key")).first.click()
    expect(page.get_by_role("heading", name=re.compile(r"^Entry \d+$"))).to_be_visible()
    assert key not in page.content()
    page.get_by_role("button", name="Check the chain").click()
    expect(page.get_by_role("dialog", name="The chain holds")).to_be_visible()


def status(served: Served, key: str, path: str) -> int:
    """What a program with this key is answered."""
    request = urllib.request.Request(served.url + path, headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_tenant_is_made_joined_suspended_and_deleted(guarded: Served, page: Page) -> None:
    came_in(page, guarded, "/tenants")
    page.get_by_role("button", name="New tenant").click()
    page.get_by_label("Name").fill("Acme")
    page.get_by_role("button", name="Make the tenant").click()
    expect(page.get_by_text("Made Acme")).to_be_visible()
    actions = page.get_by_role("button", name="Actions of Acme")
    actions.click()
    page.get_by_role("menuitem", name="Invite somebody").click()
    page.get_by_label("Email address").fill(ADA)
    page.get_by_role("dialog").get_by_role("button", name="Invite").click()
    link = page.get_by_role("dialog").locator("code").inner_text()

    # Whoever is signed in with the address joins with one click, and is there.
    page.goto(link)
    heading(page, "Join Acme")
    page.get_by_role("button", name="Join").click()
    switcher = page.get_by_role("button", name=re.compile(r"^Tenant .*: switch$"))
    expect(switcher).to_have_text("Acme")
    expect(page.get_by_text("No workflow yet")).to_be_visible()
    switcher.click()
    page.get_by_role("menuitemradio", name=re.compile("^default")).click()
    expect(switcher).to_have_text("default")
    expect(page.get_by_role("link", name="Approve an expense")).to_be_visible()

    page.goto(f"{guarded.url}/app/tenants")
    actions.click()
    page.get_by_role("menuitem", name="Delete").click()
    confirm = page.get_by_role("button", name="Delete the tenant")
    expect(confirm).to_be_disabled()
    page.get_by_label("Type its name: Acme").fill("Acme")
    confirm.click()
    expect(page.get_by_text("to be deleted")).to_be_visible()
    switcher.click()
    page.get_by_role("menuitemradio", name=re.compile("^Acme")).click()
    expect(page.get_by_role("heading", name="Acme is suspended")).to_be_visible()


def test_guesses_are_held_back_and_the_page_says_for_how_long(
    guarded: Served, visitor: Callable[[Served], Console]
) -> None:
    page = visitor(guarded).page
    page.goto(f"{guarded.url}/app/signin")
    page.get_by_label("Email address").fill("nobody@example.com")
    page.get_by_label("Password").fill("whatever it may be")
    button = page.get_by_role("button", name="Sign in")
    held = page.get_by_text("Too many attempts.")
    for _ in range(20):
        button.click()
        expect(page.get_by_role("alert")).to_be_visible()
        if held.is_visible():
            break
    expect(held).to_be_visible()
    expect(button).to_be_disabled()
    expect(held).to_have_count(0)
    expect(button).to_be_enabled()


@pytest.fixture(scope="module")
def session_of_ada(browser: Browser, guarded: Served) -> Any:
    """What Ada's browser has once she is signed in."""
    context = browser.new_context()
    came_in(context.new_page(), guarded)
    state = context.storage_state()
    context.close()
    return state


@pytest.mark.parametrize("path", PAGES)
def test_it_is_accessible_and_fits(guarded: Served, page: Page, session_of_ada: Any, path: str) -> None:
    page.context.add_cookies(session_of_ada["cookies"])
    console = Console(page, guarded)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        console.go(path)
        heading(page, PAGES[path])
        expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        assert console.violations() == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert json.loads(kept(page))[2] == ""
    assert console.complaints == []


@pytest.mark.parametrize("path", ["/signin", "/setup", "/invite"])
def test_a_door_is_accessible_and_fits(guarded: Served, page: Page, path: str) -> None:
    console = Console(page, guarded)
    console.go(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)
    assert console.violations() == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
