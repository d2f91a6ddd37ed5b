"""A real Chromium before a real server: `holdfast up --samples` in a process of its own, on SQLite or PostgreSQL.

The servers and the browser start once. Each test has a browser context of its own, so nothing is remembered from one to
the next; what a test makes on the server it names itself. A page that reports an error to the browser's console (a
refusal by the content security policy too) fails its test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from scripts.chromium import HOW_TO_GET_IT, find
from tests.browser.console import Console, Served
from tests.support.databases import Databases
from tests.support.process import READY, HoldfastProcess
from tests.support.waiting import eventually_sync

WIDE = {"width": 1440, "height": 900}
PATIENCE = 15_000  # ms: what a page shows late on a busy machine is no fault
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(120))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = find()
    assert program, HOW_TO_GET_IT
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Served]]:
    """Starts a server on a store: `up --samples`, or another command and further settings; it ends with the session."""
    with ExitStack() as stack:

        def start(url: str, *command: str, **further: str) -> Served:
            folder = tmp_path_factory.mktemp("served")
            settings = {"HOLDFAST_DATABASE_URL": url, "HOLDFAST_LOG_FORMAT": "json", **further}
            arguments = command or ("up", "--samples")
            process = stack.enter_context(HoldfastProcess(*arguments, "--port", "0", settings=settings, folder=folder))
            match = eventually_sync(lambda: READY.search(process.output()), 60, process.output)
            assert match is not None
            return Served(match.group(1).rstrip("/"), folder)

        yield start


@pytest.fixture(scope="session")
def on_sqlite(serve: Callable[..., Served]) -> Served:
    return serve("sqlite:///console.db")


@pytest.fixture(scope="session")
def on_postgres(serve: Callable[..., Served], databases: Databases) -> Served:
    return serve(databases.empty())


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport=WIDE, locale="en-GB", timezone_id="UTC")  # type: ignore[arg-type]
    made.set_default_timeout(PATIENCE)
    made.grant_permissions(["clipboard-read", "clipboard-write"])
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def console(page: Page, on_sqlite: Served) -> Iterator[Console]:
    """The console on SQLite."""
    yield from watched(Console(page, on_sqlite))


@pytest.fixture(params=["sqlite", "postgres"])
def each_console(request: pytest.FixtureRequest, page: Page) -> Iterator[Console]:
    """The console; the test runs once for each store."""
    served: Served = request.getfixturevalue(f"on_{request.param}")
    yield from watched(Console(page, served))


def watched(console: Console) -> Iterator[Console]:
    yield console
    assert console.complaints == []
