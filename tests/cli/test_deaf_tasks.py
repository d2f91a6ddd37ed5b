"""Tasks that ignore their end, in real processes: a worker ends to be replaced, a server shows itself degraded.

The tasks are let go by a file, so nothing depends on how fast the machine is.
"""

from __future__ import annotations

import json
import re
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.process import HoldfastProcess
from tests.support.waiting import eventually

pytestmark = pytest.mark.chaos

TASKS = """
import os, time
from dataclasses import dataclass
from pathlib import Path
import holdfast

@holdfast.task(name="deaf")
def deaf() -> None:
    while not Path("let-go").exists():
        time.sleep(0.01)

@holdfast.task(name="quick")
def quick() -> int:
    return os.getpid()

@holdfast.task(name="apart", process=True)
def apart(how: str) -> int:
    if how == "die":
        os.abort()
    return os.getpid()
"""
# Ten slots put up with four abandoned threads.
SETTINGS = {"HOLDFAST_WORKER_CONCURRENCY": "10", "HOLDFAST_SHUTDOWN_GRACE": "200ms"}
ONCE = {"timeout": "100ms", "retry": {"max_attempts": 1}}


@dataclass(frozen=True)
class Server:
    """Its API, called without starting a process for each call."""

    url: str

    def inserted(self, kind: str, **fields: Any) -> str:
        body = json.dumps({"kind": kind, "payload": {}, **fields}).encode()
        request = urllib.request.Request(
            f"{self.url}/api/v1/jobs", body, {"content-type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request) as answer:
            job_id: str = json.load(answer)["id"]
        return job_id

    def job(self, job_id: str) -> dict[str, Any]:
        return self._get(f"/api/v1/jobs/{job_id}")

    def health(self) -> dict[str, Any]:
        return self._get("/health/ready")

    def hear_nothing(self) -> None:
        """Five jobs whose threads are abandoned."""
        for _ in range(5):
            self.inserted("task:deaf", **ONCE)

    def _get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}{path}") as answer:
            told: dict[str, Any] = json.load(answer)
        return told


async def test_a_worker_ends_with_75_so_that_it_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text(TASKS)
    with HoldfastProcess("server", "--port", "0", settings=SETTINGS, folder=tmp_path) as server:
        api = Server(await server.ready())
        with HoldfastProcess("worker", "--tasks", "tasks", settings=SETTINGS, folder=tmp_path) as worker:
            api.hear_nothing()
            assert await worker.ended() == 75
            assert "its thread is abandoned" in worker.output()
            assert "too many abandoned threads" in worker.output()
            assert re.search(r"tasks\.py, line [0-9]+, in deaf", worker.output())
        with HoldfastProcess("worker", "--tasks", "tasks", settings=SETTINGS, folder=tmp_path) as worker:
            quick = api.inserted("task:quick")
            await eventually(lambda: api.job(quick)["state"] == "SUCCEEDED", 30)
            assert api.job(quick)["result"] == worker.pid


async def test_a_server_with_a_worker_inside_shows_itself_degraded_and_recovers(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text(TASKS)
    with HoldfastProcess("up", "--port", "0", "--tasks", "tasks", settings=SETTINGS, folder=tmp_path) as server:
        api = Server(await server.ready())
        api.hear_nothing()
        await eventually(lambda: "too many tasks ignore" in api.health()["checks"].get("threads", ""), 30)
        assert api.health()["status"] == "degraded"
        quick = api.inserted("task:quick")
        (tmp_path / "let-go").touch()
        await eventually(lambda: api.job(quick)["state"] == "SUCCEEDED", 30)
        await eventually(lambda: api.health()["status"] == "ok", 30)


async def test_a_task_that_crashes_its_process_harms_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text(TASKS)
    with HoldfastProcess("up", "--port", "0", "--tasks", "tasks", settings=SETTINGS, folder=tmp_path) as server:
        api = Server(await server.ready())
        dies = api.inserted("task:apart", payload={"how": "die"}, retry={"max_attempts": 1})
        lives = api.inserted("task:apart", payload={"how": "live"})
        await eventually(lambda: api.job(dies)["state"] == "DEAD", 30)
        (attempt,) = api.job(dies)["attempts"]
        assert attempt["error_type"] == "process_died"
        assert attempt["error_message"] == "the task's process was killed by SIGABRT"
        await eventually(lambda: api.job(lives)["state"] == "SUCCEEDED", 30)
        child = api.job(lives)["result"]
        assert child != server.pid
        beside = api.inserted("task:quick")
        await eventually(lambda: api.job(beside)["result"] == server.pid, 30)
        server.kill()
        await eventually(lambda: is_gone(child))


def is_gone(pid: int) -> bool:
    """Not there, or a mere remainder that waits for its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
