"""Health, metrics, the API's documentation, the console's files, and serving itself."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from holdfast.http.server import bind, run
from holdfast.model.errors import Unavailable
from holdfast.nodes.code_sandbox import Ran, Sandbox
from tests.http.serving import Api, serving, workflow
from tests.support.waiting import eventually

# POSTs that say everything by their address.
BODILESS = (
    *("/{job_id}/retry", "/{job_id}/replay", "/{job_id}/cancel"),
    *("/pause", "/resume", "/enable", "/disable", "/restore"),
    *("/{backfill}/cancel", "/{firing}/replay", "/renew", "/{subscription_id}/test", "/{name}/test", "/redeliver"),
    *("/suspend", "/account/totp", "/password-link", "/sign-out"),
)


async def test_many_who_ask_at_once_whether_it_is_ready_cost_the_store_little(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, looked = api.app.services.store, []
    before = type(store).list_workers

    async def counted(self: Any, now: int) -> Any:
        looked.append(now)
        await asyncio.sleep(0.05)  # as long as a busy store takes
        return await before(self, now)

    monkeypatch.setattr(type(store), "list_workers", counted)
    replies = await asyncio.gather(*(api.get("/health/ready") for _ in range(60)))
    assert {reply.status for reply in replies} == {200}
    assert len(looked) < 20


async def test_ready_while_work_can_be_accepted_and_a_worker_is_there(api: Api) -> None:
    assert (await api.get("/health/live")).json == {"status": "ok"}
    reply = await api.get("/health/ready")
    assert (reply.status, reply.json["status"]) == (200, "ok")
    assert {"store", "migrations", "workers", "notifier"} <= set(reply.json["checks"])


async def test_degraded_without_a_worker() -> None:
    async with serving(role="server") as api:
        reply = await api.get("/health/ready")
    assert (reply.status, reply.json["status"]) == (200, "degraded")
    assert "no worker" in reply.json["checks"]["workers"]


async def test_degraded_when_a_way_out_of_the_code_sandbox_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(self: Sandbox, code: str, inputs: dict[str, Any], **bounds: Any) -> Ran:
        return Ran("", value=42)  # of whatever it is given: nothing is refused

    monkeypatch.setattr(Sandbox, "run", run)
    async with serving() as api:
        assert (await api.get("/health/ready")).json["status"] == "ok"
        sent = {"kind": "code.python", "payload": {"code": "1"}}
        job = (await api.post("/api/v1/jobs", sent)).json["id"]

        async def ended() -> Any:
            found = (await api.get(f"/api/v1/jobs/{job}")).json
            return found if found["state"] in ("FAILED", "DEAD") else None

        error = (await eventually(ended))["error"]
        assert (error["type"], "switched off" in error["message"]) == ("switched_off", True)
        reply = await api.get("/health/ready")
    assert (reply.status, reply.json["status"]) == (200, "degraded")
    assert "fork" in reply.json["checks"]["code.python"]


async def test_unavailable_without_the_store(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise Unavailable("connection refused at secret-host")

    store = api.app.services.engine.store
    with monkeypatch.context() as patch:
        patch.setattr(store, "clock", away)
        patch.setattr(store, "list_queues", away)
        reply = await api.get("/health/ready")
        assert (reply.status, reply.json["status"]) == (503, "unavailable")
        refused = await api.get("/api/v1/queues")
    assert refused.status == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert "secret-host" not in refused.text + reply.text
    assert (await api.get("/health/ready")).status == 200


async def test_metrics_count_requests_by_template_and_hide_addresses(api: Api) -> None:
    created = await api.create(workflow())
    url: str = created["triggers"][0]["url"]
    await api.post(url.removeprefix(api.base), {})
    await api.get("/surely/not/there")
    text = (await api.get("/metrics")).text
    assert 'holdfast_http_request_seconds_count{method="POST",route="/hooks/{key}",status="202"} 1.0' in text
    assert 'route="unmatched"' in text
    assert "holdfast_accepted_total" in text
    assert url.rpartition("/")[2] not in text


async def test_one_log_line_per_request_tells_no_address_query_or_body(api: Api, logs: list[Any]) -> None:
    url: str = (await api.create(workflow()))["triggers"][0]["url"]
    await api.post(url.removeprefix(api.base) + "?q=sesame", {"password": "sesame"})
    await api.get("/api/v1/runs?workflow=sesame", headers={"X-Correlation-Id": "mine"})
    lines = [line for line in logs if line["event"] == "request"]
    shown = [(line["method"], line["route"], line["status"]) for line in lines]
    assert shown == [("POST", "/api/v1/workflows", 201), ("POST", "/hooks/{key}", 202), ("GET", "/api/v1/runs", 200)]
    assert lines[-1]["correlation_id"] == "mine"
    assert "sesame" not in str(logs)
    assert url.rpartition("/")[2] not in str(logs)


async def test_the_description_is_complete(api: Api) -> None:
    described = (await api.get("/openapi.json")).json
    assert (described["info"]["title"], described["info"]["version"]) == ("Holdfast", "0.1.0")
    assert {"/api/v1/jobs", "/api/v1/events/stream", "/hooks/{key}", "/health/ready"} <= set(described["paths"])
    assert "/app" not in described["paths"]
    for address in ("/hooks/{key}", "/events/webhook/{key}"):
        assert set(described["paths"][address]) == {"get", "head", "post", "put", "patch", "delete"}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], (method, path)
            takes_body = method in {"put", "patch"} or (method == "post" and not path.endswith(BODILESS))
            takes_body = takes_body or (method, path) == ("delete", "/api/v1/account/totp")  # the password
            assert ("requestBody" in operation) == takes_body, (method, path)
    assert described["components"]["schemas"]["JobIn"]["properties"]["delay"]["anyOf"][0]["type"] == "string"
    for reference in references(described):
        assert reference.removeprefix("#/components/schemas/") in described["components"]["schemas"]


def references(value: object) -> list[str]:
    """Every ``$ref`` in a description."""
    found = json.dumps(value).split('"$ref": "')[1:]
    return [part.partition('"')[0] for part in found]


async def test_the_documentation_loads_nothing_from_elsewhere(api: Api) -> None:
    page = await api.get("/docs")
    assert "http" not in page.text
    assert (
        "script-src" in page.headers["Content-Security-Policy"]
        or "default-src 'self'" in page.headers["Content-Security-Policy"]
    )
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "start.js"):
        assert (await api.get(f"/docs/{asset}")).status == 200


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A console's build, with a secret file beside it."""
    console = tmp_path / "console"
    (console / "assets").mkdir(parents=True)
    (console / "index.html").write_text("<!doctype html>index")
    (console / "assets" / "main-abc.js").write_text("go()")
    (tmp_path / "secret.key").write_text("sesame")
    return console


async def test_the_console_is_served_with_a_strict_policy(build: Path) -> None:
    async with serving(local=False, console_dir=build) as api:
        assert (await api.get("/")).headers["Location"] == "/app/"
        index = await api.get("/app/")
        deep = await api.get("/app/runs/01890000")
        asset = await api.get("/app/assets/main-abc.js")
        missing = await api.get("/app/assets/gone.js")
        head = await api.call("HEAD", "/app/")
    assert index.text == deep.text == "<!doctype html>index"
    assert index.headers["Cache-Control"] == "no-cache"
    policy = index.headers["Content-Security-Policy"]
    assert {"script-src 'self'", "object-src 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    assert (asset.text, asset.headers["Cache-Control"]) == ("go()", "public, max-age=31536000, immutable")
    assert missing.status == 404
    assert (head.status, head.text) == (200, "")


@pytest.mark.parametrize("path", ["/app/../secret.key", "/app/%2e%2e/secret.key", "/app/..%2fsecret.key", "/app/%00"])
async def test_the_console_serves_nothing_from_outside_its_folder(build: Path, path: str) -> None:
    (build / "link.key").symlink_to(build.parent / "secret.key")
    async with serving(console_dir=build) as api:
        for asked in (path, "/app/link.key"):
            async with api.session.get(URL(api.base + asked, encoded=True)) as response:
                assert "sesame" not in await response.text()


async def test_without_a_build_a_page_says_how_to_get_it(tmp_path: Path) -> None:
    async with serving(console_dir=tmp_path) as api:
        page = await api.get("/app/")
    assert page.status == 200
    assert "make install" in page.text


async def test_a_taken_port_is_an_error_at_once(api: Api) -> None:
    port = int(api.base.rsplit(":", 1)[1])
    with pytest.raises(OSError, match="in use"):
        await run(api.app, "127.0.0.1", port, stop=asyncio.Event())
    bind("127.0.0.1", 0).close()


async def test_a_stopping_server_ends_streams_and_finishes_requests() -> None:
    async with serving() as api:
        streaming = await api.session.get(api.base + "/api/v1/events/stream")
        await api.create(workflow())
    assert streaming.status == 200
    streaming.close()  # it may not have read its end yet


async def test_a_request_that_outlasts_the_grace_of_a_stopping_server_may_be_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    began = asyncio.Event()

    async def silent() -> None:
        began.set()
        await asyncio.Event().wait()

    async with aiohttp.ClientSession() as session:
        async with serving() as api:
            monkeypatch.setattr(api.app.services.store, "get_tenant", lambda *_: silent())
            asking = asyncio.create_task(session.get(api.base + "/api/v1/tenants/default"))
            await began.wait()
        answer = await asking
        assert (answer.status, (await answer.json())["title"]) == (503, "Unavailable")
    assert "retry-after" in answer.headers
