"""Every page of the console: it opens, says what it is, complains of nothing, and is accessible in both themes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.console import Console, Served

PAGES = {
    "/": "Workflows",
    "/rules": "Rules",
    "/schedules": "Schedules",
    "/secrets": "Secrets",
    "/overview": "Overview",
    "/runs": "Runs",
    "/events": "Events",
    "/deliveries": "Deliveries",
    "/subscriptions": "Subscriptions",
    "/mailbox": "Mailbox",
    "/jobs": "Jobs",
    "/dead": "Dead letters",
    "/queues": "Queues",
    "/workers": "Workers",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_it_is_accessible(console: Console, path: str, scheme: str) -> None:
    console.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    page = console.go(path)
    expect(page.get_by_role("heading", name=PAGES[path], level=1)).to_be_visible()
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)
    assert console.violations() == []


@pytest.fixture(scope="module")
def rows(on_sqlite: Served) -> None:
    """Something in the lists that are empty at first, with a name of some length."""
    clock = {"id": "every_working_day", "type": "cron", "cron": "0 7 * * 1-5", "timezone": "America/New_York"}
    workflow = {"holdfast": 1, "name": "shown-on-a-narrow-screen", "triggers": [clock]}
    on_sqlite.call("POST", "/api/v1/workflows", {**workflow, "nodes": [{"id": "nothing", "type": "noop"}]})
    event = {"type": "event", "event": "shown.on.a.narrow.screen"}
    rule = {"name": "shown-on-a-narrow-screen", "trigger": event, "jobs": [{"kind": "noop"}]}
    on_sqlite.call("POST", "/api/v1/automation-rules", rule)
    on_sqlite.call("POST", "/api/v1/jobs", {"kind": "noop", "queue": "shown-on-a-narrow-screen"})


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("path", PAGES)
def test_it_fits_a_narrow_screen(console: Console, path: str) -> None:
    console.page.set_viewport_size({"width": 390, "height": 844})
    page = console.go(path)
    expect(page.get_by_role("heading", name=PAGES[path], level=1)).to_be_visible()
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    # What scrolls is the content: two bars beside each other would be one too many.
    assert page.evaluate("() => document.documentElement.scrollHeight") <= 844
