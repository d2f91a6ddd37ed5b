"""The console while its server is away: it says so, keeps what it shows, and goes on when the server is back."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.ports import free_port
from tests.support.process import READY, HoldfastProcess
from tests.support.waiting import eventually_sync

pytestmark = pytest.mark.chaos


def served(port: int, folder: Path) -> HoldfastProcess:
    process = HoldfastProcess("up", "--samples", "--port", str(port), folder=folder)
    eventually_sync(lambda: READY.search(process.output()), 60, process.output)
    return process


def test_a_page_that_was_not_loaded_opens_when_the_server_is_back(page: Page, tmp_path: Path) -> None:
    port = free_port()
    with served(port, tmp_path):
        page.goto(f"http://127.0.0.1:{port}/app/")
        expect(page.get_by_role("link", name="Approve an expense")).to_be_visible()
    # Without the pointer, which would load the page before it is wanted.
    page.get_by_role("link", name="Queues").dispatch_event("click")
    expect(page.get_by_role("heading", name="This page is not here yet")).to_be_visible()
    with served(port, tmp_path):
        expect(page.get_by_role("heading", name="Queues", level=1)).to_be_visible()
        expect(page.get_by_role("cell", name="default").first).to_be_visible()
