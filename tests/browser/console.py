"""The console as a person has it before them: pages to go to, and what the browser complained of meanwhile."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import ConsoleMessage, Page

AXE: Final = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


@dataclass(frozen=True)
class Served:
    """A running server: its address, and the folder that it runs in."""

    url: str
    folder: Path

    def call(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        """One call of the API; its JSON. Raises ``urllib.error.HTTPError`` for a problem answer."""
        data = None if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": content_type}, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None


@dataclass
class Console:
    """One page of a browser on one server."""

    page: Page
    served: Served
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        # An answer of 4xx is the API's word to the page, which shows it; the browser lists it as an error all the same.
        if message.type in {"error", "warning"} and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def go(self, path: str) -> Page:
        """Open a page of the console by its address below `/app`."""
        self.page.goto(f"{self.served.url}/app{path}")
        return self.page

    def violations(self) -> list[str]:
        """What axe finds wrong with the page as it is now: rule, help, and where."""
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{violation['id']}: {violation['help']} at {node['target']}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]
