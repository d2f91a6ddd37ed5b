"""The pages of those who keep it running: jobs, dead letters, queues, workers, rules, deliveries and events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.browser.console import Console, Served
from tests.support.databases import Databases
from tests.support.valkey import ValkeyServer
from tests.support.waiting import eventually_sync

DEADLY = {"message": "no such parcel", "retryable": True}


def _insert(console: Console, **job: Any) -> str:
    made: dict[str, str] = console.served.call("POST", "/api/v1/jobs", job)
    return made["id"]


def test_jobs_are_cancelled_and_retried_in_bulk(console: Console) -> None:
    for number in range(3):
        _insert(console, kind="noop", queue="parcels", delay="1h", payload={"number": number})
    page = console.go("/jobs?queue=parcels&state=SCHEDULED")
    jobs = page.get_by_role("table", name="Jobs")
    expect(jobs.get_by_text("Scheduled", exact=True)).to_have_count(3)
    jobs.get_by_label("Choose every job listed").check()
    page.get_by_role("region", name="Selection").get_by_role("button", name="Cancel").click()
    _confirm(page, "Cancel 3 jobs?", "Cancel")
    expect(page.get_by_text("No job matches")).to_be_visible()
    page.get_by_role("navigation", name="State").get_by_role("link", name="Cancelled").click()
    expect(jobs.get_by_text("Cancelled", exact=True)).to_have_count(3)
    page.get_by_role("button", name="Actions on every job that matches").click()
    page.get_by_role("menuitem", name="Retry all that match").click()
    expect(page.get_by_role("alertdialog").get_by_role("status")).to_contain_text("3 jobs now")
    _confirm(page, "Retry every job that matches?", "Retry")
    page.get_by_role("navigation", name="State").get_by_role("link", name="Succeeded").click()
    expect(jobs.get_by_text("Succeeded", exact=True)).to_have_count(3)
    jobs.get_by_role("link", name="noop").first.click()
    _look_at_a_job(page)


def _confirm(page: Page, title: str, action: str) -> None:
    question = page.get_by_role("alertdialog", name=title)
    question.get_by_role("button", name=action, exact=True).click()
    expect(question).to_have_count(0)


def _look_at_a_job(page: Page) -> None:
    expect(page.get_by_role("heading", name="noop", level=1)).to_be_visible()
    expect(page.get_by_text("Attempt 1", exact=True)).to_be_visible()
    moves = page.get_by_role("listitem").filter(has=page.get_by_role("time"))
    expect(moves.get_by_text("Cancelled", exact=True)).to_have_count(1)
    expect(moves.get_by_text("Succeeded", exact=True)).to_have_count(1)


def test_a_dead_letter_is_replayed(console: Console) -> None:
    job = _insert(console, kind="fail", queue="doomed", payload=DEADLY, retry={"max_attempts": 1})
    page = console.go("/dead?queue=doomed")
    letters = page.get_by_role("table", name="Dead letters")
    expect(letters.get_by_role("row")).to_have_count(2)
    expect(letters).to_contain_text("no such parcel")
    letters.get_by_role("button", name="Replay").click()
    expect(page.get_by_text("Replayed fail")).to_be_visible()
    died = eventually_sync(lambda: _deaths(console, job) == 2, 20)
    assert died
    expect(letters.get_by_role("row")).to_have_count(2)


def _deaths(console: Console, job: str) -> int:
    record = console.served.call("GET", f"/api/v1/jobs/{job}")
    return [each["to"] for each in record["transitions"]].count("DEAD")


def test_a_queue_is_limited_and_paused(console: Console) -> None:
    _insert(console, kind="noop", queue="letters")
    page = console.go("/queues")
    page.get_by_role("button", name="Concurrency of letters: no limit; edit").click()
    field = page.get_by_role("textbox", name="Concurrency of letters")
    field.fill("many")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_be_visible()
    field.fill("3")
    field.press("Enter")
    expect(page.get_by_role("button", name="Concurrency of letters: 3; edit")).to_be_focused()
    page.get_by_role("switch", name="letters starts jobs").click()
    expect(page.get_by_role("row", name="letters").get_by_text("paused")).to_be_visible()
    held = _insert(console, kind="noop", queue="letters")
    page.get_by_role("switch", name="letters starts jobs").click()
    expect(page.get_by_role("row", name="letters").get_by_text("paused")).to_have_count(0)
    eventually_sync(lambda: console.served.call("GET", f"/api/v1/jobs/{held}")["state"] == "SUCCEEDED", 20)
    page = console.go("/workers")
    expect(page.get_by_role("table", name="Workers").get_by_text("alive")).to_be_visible()


def test_a_rule_is_written_tried_and_fired(console: Console) -> None:
    page = console.go("/rules")
    page.get_by_role("link", name="New rule").first.click()
    page.get_by_label("Name", exact=False).first.fill("large-orders")
    page.get_by_label("Started by").select_option("An event")
    page.get_by_role("region", name="When").get_by_role("textbox", name="Event").fill("order.paid")
    page.get_by_role("button", name="Add a condition").click()
    condition = page.get_by_role("region", name="If all are true")
    condition.get_by_role("textbox", name="Left side of row 1").fill("event.data.total")
    condition.get_by_label("Operator of row 1").select_option(">")
    condition.get_by_role("textbox", name="Right side of row 1").fill("100")
    job = page.get_by_role("group", name="Job 1")
    job.get_by_role("textbox", name="Kind").fill("noop")
    job.get_by_role("textbox", name="Queue").fill("ruled")
    given = page.get_by_role("textbox", name="Trigger of the dry run")
    given.fill('{"event": {"type": "order.paid", "data": {"total": 40}}}')
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_text("0 of 1 tenant met all conditions.")).to_be_visible()
    given.fill('{"event": {"type": "order.paid", "data": {"total": 400}}}')
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_text("1 of 1 tenant met all conditions.")).to_be_visible()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="large-orders", level=1)).to_be_visible()
    console.served.call("POST", "/api/v1/events", {"type": "order.paid", "data": {"total": 250}})
    page = console.go("/deliveries?rule=large-orders")
    expect(page.get_by_role("table", name="Deliveries").get_by_role("link", name="job")).to_be_visible()


def test_a_delivery_is_replayed(console: Console) -> None:
    hook = {"id": "hook", "type": "webhook"}
    definition = {
        "holdfast": 1,
        "name": "delivered",
        "triggers": [hook],
        "nodes": [{"id": "nothing", "type": "noop"}],
    }
    made = console.served.call("POST", "/api/v1/workflows", definition)
    console.served.call("POST", urlsplit(made["triggers"][0]["url"]).path, {"order": 7})
    page = console.go("/deliveries?workflow=delivered")
    firings = page.get_by_role("table", name="Deliveries")
    firings.get_by_role("button", name="Open the firing").click()
    expect(page.get_by_role("region", name="Body")).to_contain_text("order")
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_text("Replayed:")).to_be_visible()
    expect(firings.get_by_role("row")).to_have_count(3)


def test_events_come_by_themselves(console: Console) -> None:
    page = console.go("/events?type=post.*")
    expect(page.get_by_role("status").get_by_text("Live")).to_be_visible()
    _post(console, "post.first")
    events = page.get_by_role("listbox", name="Events")
    expect(events.get_by_role("option")).to_have_count(1)
    page.get_by_role("button", name="Pause").click()
    _post(console, "post.second")
    expect(page.get_by_role("button", name="Resume (1 new)")).to_be_visible()
    expect(events.get_by_role("option")).to_have_count(1)
    page.get_by_role("button", name="Resume").click()
    expect(events.get_by_role("option").first).to_contain_text("post.second")
    events.get_by_role("option").first.click()
    expect(page.get_by_role("heading", name="post.second")).to_be_visible()


def _post(console: Console, type_: str) -> None:
    console.served.call("POST", "/api/v1/events", {"type": type_, "data": {"stamp": "red"}})


def test_a_server_without_a_worker_says_so(page: Page, serve: Callable[..., Served]) -> None:
    console = Console(page, serve("sqlite:///alone.db", "server"))
    page = console.go("/")
    health = page.get_by_role("status", name="Health")
    expect(health).to_contain_text("No worker is running")
    expect(health).to_contain_text("holdfast worker")
    assert console.complaints == []


def test_without_its_redis_the_console_says_so_and_work_goes_on(
    page: Page, serve: Callable[..., Served], databases: Databases
) -> None:
    with ValkeyServer() as redis:
        console = Console(page, serve(databases.empty(), "up", HOLDFAST_REDIS_URL=redis.url))
        page = console.go("/workers")
        expect(page.get_by_role("table", name="Workers").get_by_text("alive")).to_be_visible()
        health = page.get_by_role("status", name="Health")
        expect(health).to_have_count(0)
        redis.kill()
        eventually_sync(lambda: console.served.call("GET", "/health/ready")["status"] == "degraded", 30)
        page.reload()
        expect(health).to_contain_text("Redis can't be used")
        expect(health).to_contain_text("Nothing is lost")
        job = _insert(console, kind="noop")
        page.get_by_role("link", name="Jobs", exact=True).click()
        jobs = page.get_by_role("table", name="Jobs")
        expect(jobs.get_by_role("link", name="noop")).to_be_visible()
        expect(jobs.get_by_text("Succeeded", exact=True)).to_be_visible()
        assert console.served.call("GET", f"/api/v1/jobs/{job}")["state"] == "SUCCEEDED"
        redis.resume()
        expect(health).to_have_count(0)
        assert console.complaints == []
