"""Whatever people write stays text on every page that shows it: no script of theirs runs, no picture is fetched."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.browser.console import Console

IMAGE = '<img src="x" onerror="window.hacked = 1">'
SCRIPT = "<script>window.hacked = 2</script>"
LINK = "[press](javascript:window.hacked=3) javascript:window.hacked=3"
TITLE = f"T {IMAGE}"
NAME = "untrusted"


def _definition() -> dict[str, Any]:
    text = f"{SCRIPT} {IMAGE} {LINK}"
    return {
        "holdfast": 1,
        "name": NAME,
        "title": TITLE,
        "description": f"D {SCRIPT}",
        "tags": ["<b>bold</b>"],
        "triggers": [{"id": "hook", "type": "webhook"}],
        "nodes": [
            {
                "id": "mail",
                "type": "email.send",
                "title": f"N {IMAGE}",
                "notes": text,
                "params": {"to": "ada@example.com", "subject": TITLE, "text": text, "html": text},
            },
            {"id": "ask", "type": "approval", "params": {"title": TITLE, "message": text}},
            {"id": "end", "type": "fail", "title": f"F {SCRIPT}", "params": {"message": f"{{{{ input.why }}}} {text}"}},
        ],
        "edges": [{"from": "mail", "to": "ask"}, {"from": "ask.approved", "to": "end"}],
    }


def _shows(console: Console, path: str, text: str) -> None:
    """The page at this address has the text before one's eyes, as text, and nothing of it came alive."""
    page = console.go(path)
    expect(page.get_by_role("main").get_by_text(text).first).to_be_visible()
    _is_tame(console)


def _is_tame(console: Console) -> None:
    alive = "document.querySelectorAll('img[src=x], main script, a[href^=javascript]').length"
    assert console.page.evaluate(f"[window.hacked === undefined, {alive}]") == [True, 0]


def test_markup_in_names_values_errors_and_mails_is_text(console: Console) -> None:
    run = _fail_with_it(console)
    console.served.call("POST", "/api/v1/automation-rules", _rule())
    job = console.served.call("POST", "/api/v1/jobs", _deadly())["id"]
    _shows(console, "/", TITLE)
    _shows(console, f"/workflows/{NAME}", f"D {SCRIPT}")
    _shows(console, f"/workflows/{NAME}/edit?node=mail", f"N {IMAGE}")
    _shows(console, f"/workflows/{NAME}/versions", TITLE)
    _shows(console, f"/runs/{run}?node=end", "why <b>")
    _shows(console, f"/runs/{run}", f"F {SCRIPT}")
    _shows(console, f"/jobs/{job}", IMAGE)
    _shows(console, "/dead", IMAGE)
    _shows(console, "/rules", TITLE)
    _shows(console, "/rules/untrusted", TITLE)
    _look_at_the_delivery(console)
    _look_at_the_mail(console)


def _fail_with_it(console: Console) -> str:
    """One run by its webhook, approved, which fails with the text; its id."""
    made = console.served.call("POST", "/api/v1/workflows", _definition())
    hook = urlsplit(made["triggers"][0]["url"]).path
    run: str = console.served.call("POST", hook, {"why": "why <b>", "<i>key</i>": IMAGE})["run_id"]
    _shows(console, f"/runs/{run}", TITLE)
    console.page.get_by_label("Comment").fill(IMAGE)
    console.page.get_by_role("button", name="Approve", exact=True).click()
    expect(console.page.get_by_text("Failed", exact=True).first).to_be_visible()
    _is_tame(console)
    return run


def _rule() -> dict[str, Any]:
    return {
        "name": "untrusted",
        "title": TITLE,
        "description": SCRIPT,
        "trigger": {"type": "event", "event": "never.sent"},
        "jobs": [{"kind": "noop", "payload": {"text": IMAGE}}],
    }


def _deadly() -> dict[str, Any]:
    return {"kind": "fail", "payload": {"message": IMAGE, "retryable": True}, "retry": {"max_attempts": 1}}


def _look_at_the_delivery(console: Console) -> None:
    page = console.go(f"/deliveries?workflow={NAME}")
    page.get_by_role("button", name="Open the firing").click()
    expect(page.get_by_text("<i>key</i>").first).to_be_visible()
    _is_tame(console)


def _look_at_the_mail(console: Console) -> None:
    _shows(console, "/mailbox", TITLE)
    page = console.page
    page.get_by_role("button", name="T <img").first.click()
    assert console.complaints == []
    for part in ("Text", "Source", "HTML"):
        page.get_by_role("tab", name=part).click()
        _is_tame(console)
    _the_frame_is_closed(console)


def _the_frame_is_closed(console: Console) -> None:
    """The mail's HTML is drawn, and the browser itself says that it keeps the mail's script and picture out."""
    page = console.page
    inside = page.frame_locator("iframe[title='The mail as HTML']")
    expect(inside.get_by_text("press")).to_be_visible()
    assert [frame.evaluate("window.hacked") for frame in page.frames] == [None] * len(page.frames)
    kept_out = ("Blocked script execution in 'about:srcdoc'", "ERR_BLOCKED_BY_RESPONSE.NotSameOrigin")
    others = [told for told in console.complaints if not any(words in told for words in kept_out)]
    assert (bool(console.complaints), others) == (True, [])
    console.complaints.clear()
