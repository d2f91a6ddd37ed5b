"""Renews the pictures of the README and the guides (`make screenshots`); another folder may be given.

A server with the samples is started, some of them are run, and each page is photographed in light and dark; for another
folder narrow too, to look at.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, sync_playwright

from scripts.chromium import HOW_TO_GET_IT, find
from tests.browser.console import Served
from tests.support.process import READY, HoldfastProcess
from tests.support.waiting import eventually_sync

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
SIZES: Final = {"": {"width": 1440, "height": 900}, "-narrow": {"width": 390, "height": 844}}
SETTLED: Final = 2_500  # ms
ORDER: Final = {"order": "A-1", "email": "ada@example.com", "items": [{"article": "Cup", "quantity": 6, "price": 4}]}
STARTED: Final[dict[str, list[dict[str, Any]]]] = {
    "parallel-checks": [{"amount": 1200, "country": "DE"}] * 4,
    "order-confirmation": [ORDER] * 5,
    "error-handling": [{"amount": 250}, {"amount": 50}] * 3,
    "expense-approval": [{"amount": 900, "employee": "ada@example.com", "reason": "A desk that goes up and down"}],
}


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    target.mkdir(parents=True, exist_ok=True)
    program = find()
    if program is None:
        sys.exit(HOW_TO_GET_IT)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with HoldfastProcess("up", "--samples", "--port", "0", folder=folder) as process:
            match = eventually_sync(lambda: READY.search(process.output()), 60, process.output)
            assert match is not None
            served = Served(match.group(1).rstrip("/"), folder)
            pages = fill(served)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
                for title, path in pages.items():
                    photograph(browser, f"{served.url}/app{path}", target, title)
                browser.close()


def fill(served: Served) -> dict[str, str]:
    """Something to see; the pages by the name of their pictures."""
    started = {
        workflow: [
            served.call("POST", f"/api/v1/workflows/{workflow}/runs", {"input": given})["id"] for given in inputs
        ]
        for workflow, inputs in STARTED.items()
    }
    jobs = [{"kind": "log", "payload": {"message": f"report {number}"}, "queue": "reports"} for number in range(60)]
    late = [{"kind": "noop", "payload": {}, "queue": "nightly", "delay": "2h"} for _ in range(12)]
    served.call("POST", "/api/v1/jobs/batch", {"jobs": [*jobs, *late]})
    waits = started["expense-approval"][0]
    eventually_sync(lambda: served.call("GET", f"/api/v1/runs/{waits}")["state"] == "WAITING", 30)
    ended = started["error-handling"][-1]
    eventually_sync(lambda: served.call("GET", f"/api/v1/runs/{ended}")["finished_at"] is not None, 30)
    return {
        "workflows": "/",
        "editor": "/workflows/lead-qualification/edit?node=grade",
        "run": f"/runs/{waits}",
        "overview": "/overview",
    }


def photograph(browser: Browser, address: str, target: Path, title: str) -> None:
    sizes = {"": SIZES[""]} if target == IMAGES else SIZES
    for scheme in ("light", "dark"):
        for suffix, size in sizes.items():
            context = browser.new_context(viewport=size, color_scheme=scheme, locale="en-GB", timezone_id="UTC")  # type: ignore[arg-type]
            page = context.new_page()
            page.goto(address)
            page.wait_for_selector("h1, .react-flow__node")
            page.wait_for_timeout(SETTLED)  # a stream of events stays open, so the network never falls idle
            page.screenshot(path=target / f"{title}{suffix}-{scheme}.png")
            context.close()


if __name__ == "__main__":
    main()
