"""Texts that want to be more than text where they end up: a log line, a header, an export, a mail, a page.

What becomes of them in the console's pages is looked at in a real browser (tests/browser/test_untrusted_text.py).
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.http.people import ADA, browsing, owner
from tests.http.serving import Api, workflow
from tests.http.test_connections import wire

FORGED = 'x\n{"level": "error", "event": "forged"}\r\n2026-01-01 [error] forged\x1b[2J\x1b]0;title\x07\u2028\x85\x9b31m'
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}${7*7}'\"--"
FORMULAS = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1"]
LOGGING = """
import sys, json, structlog
from holdfast.observe.logs import configure
configure({format!r}, "info")
text = json.loads(sys.argv[1])
structlog.get_logger("a").info("told", value=text, nested={{"deep": [text]}})
structlog.get_logger("a").info("told again", error=ValueError(text))
"""


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_value_begins_a_log_line_or_moves_a_terminal(log_format: str) -> None:
    script = LOGGING.format(format=log_format)
    done = subprocess.run(
        [sys.executable, "-c", script, json.dumps(FORGED)], capture_output=True, timeout=30, check=True
    )
    text = done.stderr.decode()
    lines = text.splitlines()  # at all that anything could take for the end of a line
    assert len(lines) == 2, lines
    assert all("told" in line for line in lines)
    assert not set(text) & {"\x1b", "\x07", "\x9b", "\r", "\x85"}


@pytest.mark.parametrize("sent", ["a b\x1b[31m", "x" * 129, "é", "a\tb", '"; drop', " "])
async def test_a_correlation_id_is_sane_or_made_anew(api: Api, logs: list[Any], sent: str) -> None:
    async with wire(api) as client:
        head = f"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Correlation-ID: {sent}\r\nConnection: close\r\n\r\n"
        await client.send(head.encode("latin-1"))
        status, headers = await client.head()
    if "\x1b" in sent:
        assert status == 400  # no header holds that
        return
    given = headers["x-correlation-id"]
    assert given == sent or given != sent.strip()
    assert given.isascii()
    assert given.isprintable()
    assert 0 < len(given) <= 128
    assert all(line["correlation_id"] == given for line in logs if line.get("event") == "request")


NAMES: list[tuple[str, str, dict[str, Any], str]] = [
    ("POST", "/api/v1/tenants", {}, "name"),
    ("POST", "/api/v1/keys", {"role": "viewer"}, "name"),
    ("POST", "/api/v1/service-accounts", {"role": "viewer"}, "name"),
    ("POST", "/api/v1/setup", {"email": ADA, "password": "correct horse battery"}, "name"),
    ("POST", "/api/v1/workflows", workflow(), "name"),
    ("POST", "/api/v1/invites", {"role": "viewer"}, "email"),
]


@pytest.mark.parametrize(("method", "path", "body", "field"), NAMES, ids=[f"{p} {f}" for _, p, _, f in NAMES])
@pytest.mark.parametrize("text", ["a\nb", "a\r\nBcc: eve@example.com", "a\x00b", "a\x1b[31mb", "\ud800", "x" * 5_000])
async def test_a_name_is_one_line_of_printable_text(
    api: Api, method: str, path: str, body: dict[str, Any], field: str, text: str
) -> None:
    """Names stand in log lines, mails and lists; what can't be one line there is refused at the door, or made one."""
    sent = json.dumps({**body, field: text}).encode()
    reply = await api.call(method, path, data=sent, headers={"Content-Type": "application/json"})
    if reply.status == 201:
        assert reply.json["name"] == " ".join(text.split())
        assert reply.json["name"].isprintable()
    else:
        assert reply.status in (400, 422), reply.text[:200]


async def test_an_export_is_a_line_an_entry_whatever_texts_say(locked: Api) -> None:
    await owner(locked)
    async with browsing(locked) as ada:
        await ada.sign_in()
        await ada.call("PUT", "/api/v1/secrets/ODD", json={"value": "v" * 8, "description": FORGED})
        export = await ada.get("/api/v1/audit/export")
    assert export.headers["Content-Type"].startswith("application/x-ndjson")
    assert export.headers["Content-Disposition"].startswith("attachment")
    lines = export.text.split("\n")
    assert lines.pop() == ""
    entries = [json.loads(line) for line in lines]
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert FORGED in {entry["detail"].get("description") for entry in entries}
    assert not [line for line in lines if set(line) & {"\r", "\x1b", "\x0b", "\x0c", "\x1c"}]


@pytest.mark.parametrize("text", [MARKUP, *FORMULAS])
async def test_no_text_is_sent_as_a_page(api: Api, text: str) -> None:
    """Every answer that holds what people wrote is JSON, is never sniffed, and could load nothing were it a page."""
    made = await api.post("/api/v1/tenants", {"name": text.strip()})
    await api.post("/api/v1/keys", {"name": text.strip(), "role": "viewer"})
    await api.create(workflow(title=text.strip(), description=text))
    await api.call("PUT", "/api/v1/secrets/ODD", json={"value": "v", "description": text.strip()})
    job = (await api.post("/api/v1/jobs", {"kind": "noop", "payload": {text: text}})).json
    for path in ("/api/v1/tenants", "/api/v1/keys", "/api/v1/workflows/greet", "/api/v1/secrets", "/api/v1/audit",
                 f"/api/v1/jobs/{job['id']}", f"/api/v1/jobs?kind={MARKUP}", f"/api/v1/{MARKUP}"):  # fmt: skip
        reply = await api.get(path)
        assert reply.headers["Content-Type"].partition(";")[0] in ("application/json", "application/problem+json")
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert made.status == 201, made.text
