"""Clocks: their coming times as they will be, pause, and the times of a range fired afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from tests.browser.console import Console

BERLIN = ZoneInfo("Europe/Berlin")
CLOCK = {"id": "nightly", "type": "cron", "cron": "0 3 * * *", "timezone": "Europe/Berlin"}


def _save(console: Console, name: str) -> dict[str, Any]:
    """A workflow by the clock; the clock as the API has it."""
    nodes = [{"id": "nothing", "type": "noop"}]
    console.served.call("POST", "/api/v1/workflows", {"holdfast": 1, "name": name, "triggers": [CLOCK], "nodes": nodes})
    clocks: list[dict[str, Any]] = console.served.call("GET", "/api/v1/schedules?limit=100")["items"]
    return next(clock for clock in clocks if clock["owner"]["name"] == name)


def test_a_clock_is_paused_and_tells_its_coming_times(console: Console) -> None:
    clock = _save(console, "by-night")
    page = console.go("/schedules")
    active = page.get_by_role("switch", name="by-night/nightly is active")
    active.click()
    expect(page.get_by_text("Paused by-night/nightly")).to_be_visible()
    page.reload()
    expect(active).not_to_be_checked()
    page.get_by_role("button", name="Details of by-night/nightly").click()
    times = page.get_by_role("region", name="Coming times").get_by_role("row")
    expect(times).to_have_count(9)  # with the heads of the columns
    coming = console.served.call("GET", f"/api/v1/schedules/{clock['row']}/next?count=8")["times"]
    for number, at in enumerate(coming, 1):
        there = datetime.fromisoformat(at).astimezone(BERLIN)
        assert there.hour == 3
        # In the clock's zone, and in that of who looks at it.
        expect(times.nth(number).get_by_role("cell").first).to_contain_text(f"{there.day} ")
        expect(times.nth(number).get_by_role("cell").first).to_contain_text("03:00")
        expect(times.nth(number).get_by_role("cell").last).to_contain_text(f"{datetime.fromisoformat(at):%H:%M}")


def test_the_times_of_a_range_are_fired_afterwards(console: Console) -> None:
    _save(console, "caught-up")
    page = console.go("/schedules")
    page.get_by_role("button", name="Actions of caught-up/nightly").click()
    page.get_by_role("menuitem", name="Backfill").click()
    dialog = page.get_by_role("dialog", name="Backfill caught-up/nightly")
    dialog.get_by_label("From").fill("2026-01-04T00:00")
    dialog.get_by_label("To").fill("2026-01-03T12:00")
    expect(dialog.get_by_text("This lies before the beginning.")).to_be_visible()
    dialog.get_by_label("From").fill("2026-01-01T00:00")
    dialog.get_by_role("button", name="Start the backfill").click()
    expect(dialog).to_have_count(0)
    backfills = page.get_by_role("region", name="Backfills")
    expect(backfills).to_contain_text("3 times started")
    expect(backfills.get_by_role("listitem")).to_contain_text("finished")
    expect(backfills.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "100")
    backfills.get_by_role("link", name="firings").click()
    _see_what_ran(console, page)


def _see_what_ran(console: Console, page: Page) -> None:
    """Three firings; each started a run, which was told the time that it stands for."""
    expect(page.get_by_role("heading", name="Deliveries", level=1)).to_be_visible()
    expect(page.get_by_role("table", name="Deliveries").get_by_role("link", name="run")).to_have_count(3)
    page = console.go("/runs?workflow=caught-up")
    expect(page.get_by_role("list", name="Runs").get_by_text("Succeeded", exact=True)).to_have_count(3)
    runs = console.served.call("GET", "/api/v1/runs?workflow=caught-up")["items"]
    assert sorted(run["trigger"]["fire_at"][:13] for run in runs) == [f"2026-01-0{day}T02" for day in (1, 2, 3)]
