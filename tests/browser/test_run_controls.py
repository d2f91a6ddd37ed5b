"""A run in one's hands: held, gone on with, cancelled, compared with another, and looked into where it is large."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.console import Console
from tests.browser.run_view import RunView
from tests.support.waiting import eventually_sync

TWICE = {
    "holdfast": 1,
    "name": "asked-twice",
    "nodes": [
        {"id": "price", "type": "transform", "params": {"value": "{{ input.price }}"}},
        {"id": "first", "type": "approval", "params": {"title": "First?"}},
        {"id": "second", "type": "approval", "params": {"title": "Second?"}},
    ],
    "edges": [{"from": "price", "to": "first"}, {"from": "first.approved", "to": "second"}],
}


def _start(console: Console, workflow: str, given: dict[str, Any]) -> str:
    run: str = console.served.call("POST", f"/api/v1/workflows/{workflow}/runs", {"input": given})["id"]
    return run


def test_a_run_is_held_gone_on_with_cancelled_and_compared(console: Console) -> None:
    console.served.call("POST", "/api/v1/workflows", TWICE)
    run = RunView(console).open(_start(console, "asked-twice", {"price": 3}))
    held = run.id
    _hold_and_go_on(run)
    _cancel(run)
    run.open(_start(console, "asked-twice", {"price": 4}))
    run.node_is("first", "Needs approval")
    run.decide("Approve", "")
    expect(run.page.get_by_role("heading", name="Second?")).to_be_visible()
    run.decide("Approve", "")
    run.is_in("Succeeded")
    _compare(console, held, run.id)


def _hold_and_go_on(run: RunView) -> None:
    """While it is paused what was decided is kept, and nothing new starts."""
    page = run.page
    run.node_is("first", "Needs approval")
    page.get_by_role("button", name="Pause", exact=True).click()
    run.is_in("Paused")
    run.decide("Approve", "fine")
    expect(page.get_by_text("Approved", exact=True)).to_be_visible()
    run.is_in("Paused")
    expect(run.node("second")).not_to_contain_text("Needs approval")
    page.get_by_role("button", name="Resume", exact=True).click()
    run.node_is("first", "Succeeded")
    run.node_is("second", "Needs approval")
    run.is_in("Waiting")


def _cancel(run: RunView) -> None:
    page = run.page
    page.get_by_role("button", name="Cancel", exact=True).click()
    question = page.get_by_role("alertdialog", name="Cancel this run?")
    question.get_by_role("button", name="Never mind").click()
    expect(question).to_have_count(0)
    run.is_in("Waiting")
    page.get_by_role("button", name="Cancel", exact=True).click()
    question.get_by_role("button", name="Cancel the run").click()
    run.is_in("Cancelled")
    run.node_is("second", "Cancelled")
    run.node_is("first", "Succeeded")


def _compare(console: Console, cancelled: str, succeeded: str) -> None:
    """Both chosen in the list; what differs is told for the runs, by node, and in a node's values."""
    page = console.go("/runs?workflow=asked-twice")
    chosen = page.get_by_role("list", name="Runs").get_by_role("checkbox")
    expect(chosen).to_have_count(2)
    chosen.first.check()
    chosen.last.check()
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(page).to_have_url(f"{console.served.url}/app/compare?a={cancelled}&b={succeeded}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare two runs of asked-twice")
    nodes = page.get_by_role("table", name="Nodes of both runs")
    last = nodes.get_by_role("row").filter(has_text="second")
    expect(last.get_by_text("Cancelled", exact=True)).to_be_visible()
    expect(last.get_by_text("Succeeded", exact=True)).to_be_visible()
    nodes.get_by_role("button", name="price").click()
    changed = page.get_by_role("listitem").filter(has_text="(the whole value)")
    expect(changed).to_contain_text("A: 3")
    expect(changed).to_contain_text("B: 4")


MANY: dict[str, Any] = {
    "holdfast": 1,
    "name": "many-items",
    "nodes": [
        {
            "id": "each",
            "type": "map",
            "params": {
                "items": "{{ input.numbers }}",
                "concurrency": 20,
                "on_item_error": "continue",
                "body": {
                    "nodes": [
                        {"id": "odd", "type": "if", "params": {"condition": "item == 77"}},
                        {"id": "wrong", "type": "fail", "params": {"message": "not {{ item }}"}},
                        {"id": "twice", "type": "transform", "params": {"value": "{{ item * 2 }}"}},
                    ],
                    "edges": [{"from": "odd.true", "to": "wrong"}, {"from": "odd.false", "to": "twice"}],
                    "output": "{{ nodes.twice.output }}",
                },
            },
        }
    ],
}


def test_a_map_of_many_items_is_one_node_that_opens(console: Console) -> None:
    console.served.call("POST", "/api/v1/workflows", MANY)
    run = _start(console, "many-items", {"numbers": list(range(130))})
    eventually_sync(lambda: console.served.call("GET", f"/api/v1/runs/{run}")["finished_at"], 60)
    view = RunView(console).open(run)
    expect(view.page.locator(".react-flow__node")).to_have_count(1)
    expect(view.node("each")).to_contain_text("130")
    view.choose("each")
    panel = view.tab("Items")
    expect(panel.get_by_text("130 of 130 · 129 succeeded · 1 failed")).to_be_visible()
    _turn_pages(view.page)
    _find_the_failed_one(console, view.page)


def _turn_pages(page: Page) -> None:
    """Every item is on exactly one page."""
    items, pages = page.get_by_role("list", name="Items"), page.get_by_role("navigation", name="Pages of items")
    seen: list[str] = []
    expect(pages).to_contain_text("of 130")
    while True:
        first = str(len(seen))
        expect(items.get_by_role("listitem").first.get_by_role("button")).to_contain_text(first)
        seen += items.get_by_role("listitem").get_by_role("link").evaluate_all("all => all.map(one => one.href)")
        onward = pages.get_by_role("button", name="Next page")
        if onward.is_disabled():
            break
        onward.click()
        expect(pages).to_contain_text(f"{len(seen) + 1}–")
    assert (len(seen), len(set(seen))) == (130, 130)


def _find_the_failed_one(console: Console, page: Page) -> None:
    page.get_by_label("State of the items").select_option("Failed")
    items = page.get_by_role("list", name="Items").get_by_role("listitem")
    expect(items).to_have_count(1)
    expect(items).to_contain_text("not 77")
    items.get_by_role("link", name="Open the run of item 77").click()
    body = RunView(console)
    body.is_in("Failed")
    body.node_is("wrong", "Failed")
