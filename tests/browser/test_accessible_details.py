"""The pages of one thing each (a workflow in the editor, a run, a job, a rule …) are accessible in both themes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.console import Console, Served

DEFINITION: dict[str, Any] = {
    "holdfast": 1,
    "name": "looked-at",
    "title": "Looked at",
    "triggers": [{"id": "hook", "type": "webhook"}],
    "nodes": [
        {"id": "value", "type": "transform", "params": {"value": {"name": "{{ input.name }}"}}},
        {"id": "said", "type": "log", "params": {"message": "hello {{ nodes.value.output.name }}"}},
        {"id": "ask", "type": "approval", "params": {"title": "Go on?"}},
    ],
    "edges": [{"from": "value", "to": "said"}, {"from": "said", "to": "ask"}],
}


@pytest.fixture(scope="module")
def pages(on_sqlite: Served) -> dict[str, str]:
    """The address of each page, and a text by which one sees that it is there."""
    _save_two_versions(on_sqlite)
    runs = [on_sqlite.call("POST", "/api/v1/workflows/looked-at/runs", {"input": {"name": name}}) for name in "ab"]
    job = on_sqlite.call("POST", "/api/v1/jobs", {"kind": "fail", "payload": {"message": "no such parcel"}})
    rule = {"name": "looked-at", "trigger": {"type": "event", "event": "never.sent"}, "jobs": [{"kind": "noop"}]}
    on_sqlite.call("POST", "/api/v1/automation-rules", rule)
    subscription = {"title": "Looked at", "url": "http://127.0.0.1:9/take", "types": ["never.sent"]}
    told = on_sqlite.call("POST", "/api/v1/event-subscriptions", subscription)
    first, second = (run["id"] for run in runs)
    return {
        "/workflows/looked-at": "Looked at",
        "/workflows/looked-at/edit?node=said": "Message",
        "/workflows/looked-at/versions": "Version 2",
        f"/runs/{first}": "Go on?",
        f"/runs/{first}?node=said": "Attempts",
        f"/compare?a={first}&b={second}": "value",
        f"/jobs/{job['id']}": "no such parcel",
        "/rules/looked-at": "Dry run",
        "/rules/~new": "Dry run",
        f"/subscriptions/{told['id']}": "Looked at",
    }


def _save_two_versions(served: Served) -> None:
    served.call("POST", "/api/v1/workflows", DEFINITION)
    served.call("PUT", "/api/v1/workflows/looked-at", json.loads(json.dumps(DEFINITION).replace("hello", "goodbye")))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_one_thing_are_accessible(console: Console, pages: dict[str, str], scheme: str) -> None:
    console.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    found = {}
    for path, text in pages.items():
        page = console.go(path)
        expect(page.get_by_role("main").get_by_text(text).first).to_be_visible()
        expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        found[path] = console.violations()
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("tab", ["Problems", "YAML", "Test"])
def test_the_drawer_of_the_editor_is_accessible(console: Console, pages: dict[str, str], tab: str) -> None:
    assert pages
    console.page.emulate_media(reduced_motion="reduce")
    page = console.go("/workflows/looked-at/edit")
    page.get_by_role("button", name="Test", exact=True).click()
    drawer = page.get_by_role("region", name="Drawer")
    drawer.get_by_role("tab", name=tab).click()
    expect(drawer.get_by_role("status", name="Loading")).to_have_count(0)
    assert console.violations() == []
