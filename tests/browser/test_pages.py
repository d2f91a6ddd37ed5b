"""Every page of the console: it opens, says what it is, complains of nothing, and is accessible in both themes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.console import Console

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


@pytest.mark.parametrize("path", PAGES)
def test_it_fits_a_narrow_screen(console: Console, path: str) -> None:
    console.page.set_viewport_size({"width": 390, "height": 844})
    page = console.go(path)
    expect(page.get_by_role("heading", name=PAGES[path], level=1)).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
