"""What every kind of answer says to a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.http.headers import guarding, page_policy
from tests.http.serving import Api, serving

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Permitted-Cross-Domain-Policies": "none",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NOTHING = "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/runs", 200),
        ("POST", "/api/v1/jobs", 422),
        ("GET", "/api/v1/runs/none", 404),
        ("GET", "/nowhere", 404),
        ("PUT", "/health/live", 405),
        ("POST", "/hooks/guess", 404),
        ("GET", "/callbacks/guess", 404),
        ("GET", "/metrics", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/docs/start.js", 200),
        ("GET", "/", 307),
        ("GET", "/api/v1/audit", 200),
    ],
)
async def test_every_answer_guards_the_browser(api: Api, method: str, path: str, status: int) -> None:
    reply = await api.call(method, path)
    assert reply.status == status
    assert {name: reply.headers.getall(name) for name in ALWAYS} == {name: [value] for name, value in ALWAYS.items()}
    assert reply.headers.getall("Content-Security-Policy") == [NOTHING]
    assert reply.headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in reply.headers


@pytest.mark.parametrize("path", ["/docs", "/app/"])
async def test_pages_load_their_own_scripts_only(api: Api, path: str) -> None:
    reply = await api.get(path)
    policies = reply.headers.getall("Content-Security-Policy")
    assert policies == [page_policy()]
    assert {name: reply.headers[name] for name in ALWAYS} == ALWAYS
    assert "camera=()" in reply.headers["Permissions-Policy"]
    assert reply.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert "<script>" not in reply.text
    assert "onload=" not in reply.text


def test_the_policy_of_pages() -> None:
    rules = dict(rule.partition(" ")[::2] for rule in page_policy().split("; "))
    assert rules["script-src"] == "'self'"
    assert (rules["frame-ancestors"], rules["base-uri"], rules["object-src"]) == ("'none'", "'none'", "'none'")
    assert "unsafe-eval" not in page_policy()


async def test_a_built_console_is_guarded_too(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>x</title>")
    (tmp_path / "assets/app-1.js").write_text("export {}")
    async with serving(console_dir=tmp_path) as api:
        page, script = await api.get("/app/runs"), await api.get("/app/assets/app-1.js")
        assert page.headers["Content-Security-Policy"] == page_policy()
        assert "Permissions-Policy" in page.headers
        assert script.headers["Content-Security-Policy"] == NOTHING
        assert "immutable" in script.headers["Cache-Control"]


async def test_streams_are_guarded_too(api: Api) -> None:
    async with api.session.get(api.base + "/api/v1/events/stream") as stream:
        assert {name: stream.headers[name] for name in ALWAYS} == ALWAYS


async def test_browsers_stay_on_https_where_it_is_ours(api: Api) -> None:
    api.app.services.public_url = "https://flows.example.com"
    assert (await api.get("/health/live")).headers["Strict-Transport-Security"] == "max-age=31536000"


def test_what_an_answer_says_itself_stands() -> None:
    own = [(b"Content-Security-Policy", b"sandbox"), (b"cache-control", b"no-cache")]
    names = [name for name, _ in guarding(own, https=False)]
    assert b"content-security-policy" not in names
    assert b"cache-control" not in names
