"""Secrets planted in every place that takes one, and everything that is written searched for them.

A real instance runs workflows, jobs and tasks that succeed, fail and give away what they were trusted with, against a
server that sends back whatever it is sent. Then no encoding of any secret may be found: in any table of the database or
byte of its files, in the log, in any answer of the API, in the events or in the metrics.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.model.test_masking import ENCODINGS
from tests.support.process import HoldfastProcess
from tests.support.waiting import eventually

ROOT: Final = Path(__file__).parents[2]
ENDED: Final = ("SUCCEEDED", "FAILED", "CANCELLED")
PATIENCE: Final = 60.0
# What a value is written with: things that JSON, addresses, HTML and forms each spell in their own way.
SPICE: Final = '/+&="q"<x>%41'


class Planted:
    """The secrets, by what they are."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def new(self, name: str, spice: str = SPICE) -> str:
        return self.add(name, f"{name}-{secrets.token_hex(6)}{spice}")

    def add(self, name: str, value: str) -> str:
        self.values[name] = value
        return value

    def found_in(self, text: bytes) -> set[str]:
        """Which of them, in which encoding, are there to be read."""
        forms = {
            f"{name} ({encoding})": encode(value).encode()
            for name, value in self.values.items()
            for encoding, encode in ENCODINGS.items()
        }
        return {what for what, form in forms.items() if form in text}


@asynccontextmanager
async def giving_back() -> AsyncIterator[TestServer]:
    """A server that answers with all that it was sent, in its headers and its body, as the path says."""

    async def answer(request: web.Request) -> web.Response:
        credentials = request.headers.get("Authorization", "none")
        sent: dict[str, Any] = {
            credentials: "as a key",
            "headers": dict(request.headers),
            "query": dict(request.query),
            "url": str(request.url),
            "body": (await request.read()).decode(errors="replace"),
        }
        kind = request.path.split("/")[1]
        echoed = {"X-Echo": credentials, "X-Url": str(request.rel_url)}
        if kind == "moved":
            raise web.HTTPFound(f"/back?again={credentials}", headers=echoed)
        if kind == "text":
            return web.Response(status=200, text=json.dumps(sent) * 2, headers=echoed)
        return web.json_response(sent, status=int(kind) if kind.isdecimal() else 200, headers=echoed)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    server = TestServer(app)
    await server.start_server()
    try:
        yield server
    finally:
        await server.close()


def request_nodes(there: str) -> list[dict[str, Any]]:
    """Each way to send a secret, and each way to get it back."""
    bearer = {"type": "bearer", "token": "{{ secrets.TOKEN }}"}
    every = {
        "headers": {"X-Key": "Key {{ secrets.HEADER }}"},
        "query": {"key": "{{ secrets.QUERY }}"},
        "auth": {"type": "basic", "username": "me", "password": "{{ secrets.PASSWORD }}"},
        "json": {"a": ["{{ secrets.TOKEN }}"], "b": "{{ 'x' + secrets.PASSWORD }}"},
    }
    params: dict[str, dict[str, Any]] = {
        "all": {"method": "POST", "url": f"{there}/back", **every},
        "text": {"method": "POST", "url": f"{there}/text/{{{{ secrets.URLPART }}}}", **every},
        "form": {"method": "POST", "url": f"{there}/back", "form": {"key": "{{ secrets.TOKEN }}"}},
        "parts": {"method": "POST", "url": f"{there}/back", "multipart": {"key": "{{ secrets.TOKEN }}"}},
        "body": {"method": "POST", "url": f"{there}/back", "body": "<b>{{ secrets.TOKEN }}</b>"},
        "moved": {"url": f"{there}/moved", "auth": bearer},
        "refused": {"url": f"{there}/403", "auth": bearer},
        "broken": {"url": f"{there}/500?key={{{{ secrets.URLPART }}}}", "auth": bearer, "expect": ["5xx"]},
        "nowhere": {"url": "http://{{ secrets.URLPART }}.invalid/", "auth": bearer},
        "wrong": {"url": f"{there}/back", "headers": {"X-Key": "{{ secrets.LINES }}"}},
        "elsewhere": {"url": f"{there}/back", "auth": {"type": "bearer", "token": "{{ secrets.BOUND }}"}},
    }
    return [
        {"id": node, "type": "http.request", "params": given, "retry": {"max_attempts": 1}, "on_error": "continue"}
        for node, given in params.items()
    ]


def other_nodes(there: str) -> list[dict[str, Any]]:
    return [
        {"id": "sql", "type": "sql.query", "params": {
            "url": "sqlite:///planted.db", "mode": "write", "sql": "SELECT :key AS key, upper(:key) AS again",
            "params": {"key": "{{ secrets.TOKEN }}"}}},
        {"id": "sqlfails", "type": "sql.query", "retry": {"max_attempts": 1}, "on_error": "continue", "params": {
            "url": "postgresql://me:{{ secrets.URLPART }}@127.0.0.1:1/db", "sql": "SELECT 1"}},
        {"id": "chat", "type": "notify", "params": {
            "channel": "webhook", "url": f"{there}/back/{{{{ secrets.URLPART }}}}", "message": "hello"}},
        {"id": "mail", "type": "email.send", "retry": {"max_attempts": 1}, "on_error": "continue", "params": {
            "to": "ada@example.com", "subject": "hello", "text": "{{ nodes.text.output.text }}"}},
        {"id": "code", "type": "code.python", "params": {
            "code": "inputs['a']", "inputs": {"a": "{{ nodes.all.output }}"}}},
        {"id": "said", "type": "log", "params": {"message": "{{ nodes.text.output.text }}"}},
        {"id": "told", "type": "event.emit", "params": {
            "type": "planted.told", "data": {"answer": "{{ nodes.all.output }}"}}},
    ]  # fmt: skip


def definition(there: str) -> dict[str, Any]:
    nodes = [*request_nodes(there), *other_nodes(there)]
    tasks = ("tells", "raises", "in_a_thread", "apart", "apart_raises")
    nodes += [
        {"id": f"task_{name}", "type": "task", "on_error": "continue",
         "params": {"name": f"planted.{name}", "args": {"name": "TOKEN"}}}
        for name in tasks
    ]  # fmt: skip
    ids = [node["id"] for node in nodes]
    edges = [{"from": one, "to": other} for one, other in pairwise(ids)]
    hook = {"id": "hook", "type": "webhook", "signature": {"type": "bearer", "secret": "HOOK"}}
    return {"holdfast": 1, "name": "leaky", "triggers": [hook], "nodes": nodes, "edges": edges}


class Instance:
    """The API of a running instance, and every answer that it gave."""

    def __init__(self, base: str, session: aiohttp.ClientSession) -> None:
        self.base = base
        self._session = session
        self.heard: list[tuple[str, bytes]] = []
        self.headers: dict[str, str] = {}

    async def call(self, method: str, path: str, body: Any = None, *, kept: bool = True, **headers: str) -> Any:
        """The JSON of the answer, which must be a success. ``kept``: nothing may be found in it."""
        status, content = await self.ask(method, path, body, kept=kept, **headers)
        assert status < 400, (method, path, status, content)
        return json.loads(content) if content.startswith((b"{", b"[")) else None

    async def ask(
        self, method: str, path: str, body: Any = None, *, kept: bool = True, **headers: str
    ) -> tuple[int, bytes]:
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        given = {} if body is None else {"json": body}
        async with self._session.request(method, self.base + path, headers=sent, **given) as response:
            content = await _read(response)
            if kept:
                self.heard.append((f"{method} {path}", content + str(response.raw_headers).encode()))
            return response.status, content

    async def run_ended(self, run_id: str) -> Any:
        async def look() -> Any:
            run = await self.call("GET", f"/api/v1/runs/{run_id}")
            return run if run["state"] in ENDED else None

        return await eventually(look, PATIENCE, "the end of the run")

    async def job_ended(self, job_id: str) -> Any:
        async def look() -> Any:
            job = await self.call("GET", f"/api/v1/jobs/{job_id}")
            return job if job["state"] in (*ENDED, "DEAD") else None

        return await eventually(look, PATIENCE, "the end of the job")


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body; of a stream, which has no end, what it begins with."""
    if response.content_type != "text/event-stream":
        return await response.read()
    begun = b""
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            while chunk := await response.content.readany():
                begun += chunk
    response.close()
    return begun


async def plant(api: Instance, planted: Planted, there: str) -> None:
    """Everything that takes a secret gets one."""
    for name in ("TOKEN", "PASSWORD", "QUERY", "HEADER", "HOOK"):
        await api.call("PUT", f"/api/v1/secrets/{name}", {"value": planted.new(name)})
    await api.call("PUT", "/api/v1/secrets/URLPART", {"value": planted.new("URLPART", spice="")})
    await api.call("PUT", "/api/v1/secrets/LINES", {"value": planted.new("LINES", spice="\nsecond line of it, long")})
    bound = {"value": planted.new("BOUND"), "hosts": ["api.example.com"], "kinds": ["http.request"]}
    await api.call("PUT", "/api/v1/secrets/BOUND", bound)
    subscription = {"url": f"{there}/500", "types": ["run.*", "planted.*"]}
    made = await api.call("POST", "/api/v1/event-subscriptions", subscription, kept=False)
    planted.add("subscription", made["secret"].removeprefix("whsec_"))


async def people(api: Instance, planted: Planted) -> None:
    """The first owner, a key and an invite; from here on only the key is good."""
    origin = {"Origin": api.base}
    key = await api.call("POST", "/api/v1/keys", {"name": "all", "role": "owner"}, kept=False)
    owner = {"email": "ada@example.com", "name": "Ada", "password": planted.new("account")}
    await api.call("POST", "/api/v1/setup", owner, kept=False, **origin)
    guest = {"email": "bob@example.com", "role": "viewer"}
    invite = await api.call("POST", "/api/v1/invites", guest, kept=False, **origin)
    planted.add("invite", invite["url"].rpartition("#")[2])
    totp = await api.call("POST", "/api/v1/account/totp", {}, kept=False, **origin)
    planted.add("totp", totp["secret"])
    wrong = {"email": "ada@example.com", "password": planted.new("guess")}
    assert (await api.ask("POST", "/api/v1/session", wrong, Origin=api.base))[0] == 401
    api.headers["Authorization"] = f"Bearer {planted.add('key', key['key'])}"
    assert (await api.ask("GET", "/api/v1/runs", Authorization=f"Bearer {planted.new('wrong_key', spice='')}"))[
        0
    ] == 401


async def use(api: Instance, planted: Planted, there: str) -> dict[str, str]:
    """Runs everything; the ids of what came of it, by what stands in the paths of the API."""
    await api.call("POST", "/api/v1/workflows", definition(there))
    trigger = next(iter((await api.call("GET", "/api/v1/workflows/leaky/triggers"))["items"]))
    path = re.sub("^https?://[^/]+", "", trigger["url"])
    assert (await api.ask("POST", path, {}, Authorization=f"Bearer {planted.new('guessed', spice='')}"))[0] == 401
    given = await api.call("POST", path, {"some": "body"}, Authorization=f"Bearer {planted.values['HOOK']}")
    run_id = given["run_id"]
    run = await api.run_ended(run_id)
    assert run["state"] == "SUCCEEDED", json.dumps(run, ensure_ascii=False)
    check_nodes(run)
    lone = {"url": f"{there}/back", "headers": {"Authorization": "Bearer {{ secrets.TOKEN }}"}}
    job = await api.call("POST", "/api/v1/jobs", {"kind": "http.request", "payload": lone})
    ended = await api.job_ended(job["id"])
    assert ended["state"] == "SUCCEEDED", ended
    assert "‹secret TOKEN›" in json.dumps(ended["result"], ensure_ascii=False)
    lone["headers"] = {"Authorization": "{{ secrets.UNKNOWN }}"}
    unknown = await api.call("POST", "/api/v1/jobs", {"kind": "http.request", "payload": lone})
    assert "there is no secret UNKNOWN" in (await api.job_ended(unknown["id"]))["error"]["message"]
    return {"run_id": run_id, "job_id": job["id"], "name": "leaky", "workflow": "leaky", "node_id": "text"}


def check_nodes(run: Any) -> None:
    """That the secrets did go out and came back, or this whole test would find nothing for no reason."""
    nodes = run["nodes"]
    text = json.dumps(nodes, ensure_ascii=False)
    for name in ("TOKEN", "PASSWORD", "QUERY", "HEADER", "URLPART"):
        assert f"‹secret {name}›" in text, name
    for node in ("all", "text", "form", "parts", "body", "moved", "broken", "sql", "chat"):
        assert nodes[node]["state"] == "SUCCEEDED", nodes[node]
    for node in ("refused", "nowhere", "wrong", "elsewhere", "sqlfails", "task_raises", "task_apart_raises"):
        assert nodes[node]["state"] in ("FAILED", "DEAD"), nodes[node]
    refusal = nodes["elsewhere"]["error"]["message"]
    assert refusal == "the secret BOUND may not be sent to 127.0.0.1, only to api.example.com"


async def look_around(api: Instance, known: dict[str, str]) -> int:
    """Every GET route, with each id that may fit; how many answered."""
    described = await api.call("GET", "/openapi.json")
    paths = [path for path, methods in described["paths"].items() if "get" in methods]
    answered = 0
    for path in [*paths, "/metrics"]:
        filled = re.sub(r"\{(\w+)(:\w+)?\}", lambda place: known.get(place[1], known["run_id"]), path)
        status, _ = await api.ask("GET", filled)
        answered += status < 400
    return answered


def bytes_of_folder(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def sqlite_rows(file: Path) -> dict[str, bytes]:
    with sqlite3.connect(file) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: str(db.execute(f'SELECT * FROM "{table}"').fetchall()).encode() for table in tables}


async def postgres_rows(url: str) -> dict[str, bytes]:
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        found: dict[str, bytes] = {}
        for (table,) in tables:
            rows = await connection.fetch(f'SELECT t::text FROM "{table}" AS t')
            found[table] = "\n".join(row[0] for row in rows).encode()
        return found
    finally:
        await connection.close()


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
async def test_no_secret_is_found_anywhere(store: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    planted = Planted()
    url = request.getfixturevalue("postgres_url") if store == "postgres" else f"sqlite:///{tmp_path}/store/planted.db"
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "data").mkdir()
    settings = {
        "HOLDFAST_DATABASE_URL": url,
        "HOLDFAST_SECRET_KEY": planted.new("secret_key"),
        "HOLDFAST_SMTP_URL": f"smtp://me:{planted.new('smtp', spice='')}@127.0.0.1:1?starttls=false",
        "HOLDFAST_LOG_LEVEL": "debug",
        "HOLDFAST_ALLOW_PRIVATE_NETWORK": "true",
        "HOLDFAST_SQLITE_FOLDERS": str(tmp_path / "store" / "data"),
        "PYTHONPATH": str(ROOT),
    }
    arguments = ("up", "--port", "0", "--tasks", "tests.scenarios.planted_tasks")
    async with giving_back() as server, aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        there = str(server.make_url("")).rstrip("/")
        with HoldfastProcess(*arguments, settings=settings, folder=tmp_path) as process:
            api = Instance(await process.ready(), session)
            await plant(api, planted, there)
            await people(api, planted)
            known = await use(api, planted, there)
            assert await look_around(api, known) > 40
            process.terminate()
            await process.ended()
    written = bytes_of_folder(tmp_path)
    rows = await postgres_rows(url) if store == "postgres" else sqlite_rows(tmp_path / "store" / "planted.db")
    assert sum(map(len, rows.values())) > 10_000
    places = {**written, **rows, **dict(api.heard)}
    assert {place: found for place, text in places.items() if (found := planted.found_in(text))} == {}
