"""Addresses that mean something else once they are decoded, joined or cut: none leads out of a folder or past a guard.

They go over the wire as they are written here; a client of comfort would tidy them up first.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.http.people import ADA, PASSWORD, SESSION, browsing, owner
from tests.http.serving import Api, serving, workflow
from tests.http.test_connections import wire

SECRET = "sesame"
WAYS_UP = [
    "..", "../", "%2e%2e", "%2e%2e/", "..%2f", "%2e%2e%2f", "..%5c", "..\\", "%252e%252e%252f", "..%252f", "....//",
    "..;/", ".%00./", "..%c0%af", "..%ef%bc%8f", "%c0%ae%c0%ae/", "/", "//", "%2f", "%2f%2f", "./", "assets/../../",
    "assets/..%2f..%2f", "assets/%2e%2e/%2e%2e/", "assets//../..//", "\\\\?\\",
]  # fmt: skip


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A console's build, with a secret beside it and links that lead out of it."""
    console = tmp_path / "console"
    (console / "assets").mkdir(parents=True)
    (console / "index.html").write_text("<!doctype html>index")
    (tmp_path / "secret.key").write_text(SECRET)
    (console / "assets" / "link.key").symlink_to(tmp_path / "secret.key")
    return console


async def raw(api: Api, path: str, method: str = "GET", *headers: str) -> tuple[int, bytes]:
    """Status and whole answer of a request for exactly this path."""
    async with wire(api) as client:
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", ""]
        await client.send("\r\n".join(lines).encode("latin-1"))
        answer = await client.ended()
    return int(answer.split()[1]), answer


async def test_no_path_leads_out_of_the_console(build: Path) -> None:
    targets = ["secret.key", "console/../secret.key", str(build.parent / "secret.key").lstrip("/"), "etc/passwd"]
    async with serving(local=False, console_dir=build) as api:
        for up in WAYS_UP:
            for target in targets:
                for begin in ("/app/", "/app//", "/docs/", "/"):
                    status, answer = await raw(api, begin + up + target)
                    assert SECRET.encode() not in answer, (begin, up, target)
                    assert b"root:" not in answer
                    assert status < 500, (begin, up, target)
        status, answer = await raw(api, "/app/assets/link.key")
        assert (status, SECRET.encode() in answer) == (404, False)


@pytest.mark.parametrize("path", ["/app/%00", "/app/secret.key%00.js", "/app/assets/%00", "/docs/%00"])
async def test_nul_in_a_path_names_no_file(build: Path, path: str) -> None:
    async with serving(local=False, console_dir=build) as api:
        assert (await raw(api, path))[0] in (200, 404)  # 200: the index, as for any other page


GUARDED = [
    "/api/v1/jobs", "/api/v1//jobs", "//api/v1/jobs", "/api/v1/jobs/", "/api/v1/./jobs", "/api/v1/x/../jobs",
    "/api/v1/%6aobs", "/api%2fv1%2fjobs", "/API/V1/JOBS", "/api/v1/jobs%00", "/api/v1/jobs;a=b",
    "/api/v1/jobs%3flimit=1",
    "/api/v1/jobs%20", "/api/v1/jobs%09", "/health/live/../../api/v1/jobs", "/health/live/..%2f..%2fapi%2fv1%2fjobs",
    "/app/..%2fapi%2fv1%2fjobs", "/app/../api/v1/jobs", "/docs/../metrics", "/hooks/../api/v1/jobs",
    "/hooks/..%2f..%2fapi%2fv1%2fjobs", "/api/v1/session/options/../../jobs", "http://localhost/api/v1/jobs",
    "/metrics",
    "/openapi.json/../metrics", "/%6detrics", "/metrics/",
]  # fmt: skip


async def test_no_spelling_of_a_path_comes_past_the_guard(locked: Api) -> None:
    """A stranger gets 401 or 404: or else what is public whoever asks, the console's page."""
    for path in GUARDED:
        for method in ("GET", "POST", "DELETE"):
            status, answer = await raw(locked, path, method, "Content-Length: 0")
            assert status in (401, 404, 405) or (method == "GET" and path.startswith("/app/")), (method, path, status)
            assert b'"items"' not in answer


@pytest.mark.parametrize(
    "header",
    [
        "X-HTTP-Method-Override: DELETE", "X-HTTP-Method: DELETE", "X-Method-Override: DELETE",
        "X-Original-URL: /api/v1/workflows/greet", "X-Rewrite-URL: /api/v1/workflows/greet",
    ],
)  # fmt: skip
async def test_no_header_changes_method_or_path(api: Api, header: str) -> None:
    await api.create(workflow())
    for method, path in (("GET", "/api/v1/workflows/greet"), ("POST", "/api/v1/workflows/validate")):
        await raw(api, path, method, "Content-Length: 0", header)
        await raw(api, path + "?_method=DELETE", method, "Content-Length: 0")
    assert (await api.get("/api/v1/workflows/greet")).status == 200


ODD_IDS = [
    "..", "..%2f..%2fqueues", "%2e%2e%2fqueues", "%00", "a%00b", "%0d%0aSet-Cookie:%20a=b", "'%20OR%20'1'='1", "%25",
    "%ff", "%ed%a0%80", "..;", "null", "-1", "9" * 400, "%F0%9F%92%A5", "a" * 5_000, "{id}", "*", "%2a", "%27;--",
]  # fmt: skip
LISTS = ["jobs", "runs", "workflows", "queues", "automation-rules", "subscriptions", "secrets", "dead-letters"]


async def test_an_odd_id_is_an_id_that_nobody_has(api: Api) -> None:
    for name in LISTS:
        for odd in ODD_IDS:
            for method in ("GET", "DELETE"):
                status, answer = await raw(api, f"/api/v1/{name}/{odd}", method)
                assert status in (404, 405, 422), (method, name, odd, status)
                assert b"\r\nSet-Cookie" not in answer


@pytest.mark.parametrize(
    ("host", "more"),
    [
        ("evil.example", []), ("evil.example:80", []), ("localhost", ["X-Forwarded-Host: evil.example"]),
        ("localhost", ["Forwarded: host=evil.example"]), ("evil.example/x?", []), ("localhost@evil.example", []),
    ],
)  # fmt: skip
async def test_with_a_public_address_no_header_names_another(host: str, more: list[str]) -> None:
    async with serving(local=False, public_url="https://flows.example.com") as api:
        key = await api.key("owner", instance_admin=True)
        made = await api.call("POST", "/api/v1/workflows", json=workflow(), headers=key)
        assert made.json["triggers"][0]["url"].startswith("https://flows.example.com/hooks/")
        for path in ("/api/v1/workflows/greet", "/api/v1/workflows/greet/triggers", "/", "/app"):
            async with wire(api) as client:
                lines = [f"GET {path} HTTP/1.1", f"Host: {host}", f"Authorization: {key['Authorization']}", *more]
                await client.send("\r\n".join([*lines, "Connection: close", "", ""]).encode())
                assert b"evil.example" not in await client.ended(), path


@pytest.mark.parametrize(
    "path", ["//evil.example", "//evil.example/..", "/\\evil.example", "/app//evil.example/%2e%2e"]
)
async def test_nothing_leads_to_another_site(api: Api, path: str) -> None:
    for asked in (path, path + "/", f"{path}?next=//evil.example", "/", "/app", "/?next=//evil.example"):
        status, answer = await raw(api, asked)
        location = [line for line in answer.split(b"\r\n") if line.lower().startswith(b"location:")]
        assert status in (200, 307, 404, 422)
        assert location in ([], [b"location: /app/"])


async def test_signing_in_leads_nowhere_that_a_link_says(locked: Api) -> None:
    await owner(locked)
    async with browsing(locked) as ada:
        for more in ("?next=//evil.example", "?redirect=https://evil.example", "?return_to=//evil.example"):
            reply = await ada.post(SESSION + more, {"email": ADA, "password": PASSWORD})
            assert (reply.status, "Location" in reply.headers, "Set-Cookie" in reply.headers) == (422, False, False)
        for path in ("/api/v1/session/openid", "/api/v1/session/openid/callback"):
            reply = await ada.get(path + "?next=//evil.example")
            assert (reply.status, "Location" in reply.headers) in ((404, False), (422, False))
