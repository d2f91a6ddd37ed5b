"""`up`, `server`, `worker` and `migrate` as processes: how they start, announce themselves, refuse and end."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, address_of
from tests.support.ports import LOOPBACK, free_port
from tests.support.process import HoldfastProcess, run_holdfast
from tests.support.waiting import eventually_sync

KEY = "k" * 40
WORKING = re.compile(r"worker ready")


def printed(process: HoldfastProcess, pattern: re.Pattern[str]) -> None:
    def found() -> bool:
        told = pattern.search(process.output()) is not None
        assert told or process.returncode is None, process.output()
        return told

    eventually_sync(found, 30, process.output)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_up_keeps_its_data_private_and_ends_by_signal(number: signal.Signals, tmp_path: Path) -> None:
    with HoldfastProcess("up", "--port", "0", folder=tmp_path) as server:
        address = await server.ready()
        folder = tmp_path / ".holdfast"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for name in ("holdfast.db", "secret.key"):
            assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
        assert f"console   {address}/app/" in server.output() or "not built" in server.output()
        os.kill(server.pid, number)
        assert await server.ended() == 0
        assert "Traceback" not in server.output()


async def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    """A job that doesn't end holds the first signal up for the grace."""
    (tmp_path / "stuck.py").write_text(
        "import asyncio, holdfast\n\n@holdfast.task(name='stuck')\nasync def stuck() -> None:\n"
        "    print('stuck now', flush=True)\n    await asyncio.Event().wait()\n"
    )
    settings = {"HOLDFAST_SHUTDOWN_GRACE": "1h"}
    with HoldfastProcess("up", "--port", "0", "--tasks", "stuck", settings=settings, folder=tmp_path) as server:
        Cli(await server.ready(), tmp_path).good("jobs", "insert", "task:stuck")
        await server.printed(re.compile("stuck now"))
        os.kill(server.pid, signal.SIGINT)
        eventually_sync(lambda: not _accepts(server), 10, server.output)
        assert server.returncode is None
        os.kill(server.pid, signal.SIGINT)
        assert await server.ended() == 130


def _accepts(server: HoldfastProcess) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, int(address_of(server).rsplit(":", 1)[1]))) == 0


def test_samples_are_loaded_once(sqlite_url: str, tmp_path: Path) -> None:
    settings = {"HOLDFAST_DATABASE_URL": sqlite_url}
    for told in ("loaded building-cooling", "already there"):
        with HoldfastProcess("up", "--samples", "--port", "0", settings=settings, folder=tmp_path) as server:
            names = [w["name"] for w in Cli(address_of(server), tmp_path).json("workflows", "list")]
            assert told in server.output()
    assert "lead-followup" in names


def test_a_port_in_use_is_told_with_a_way_out(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run_holdfast("up", "--port", port, folder=tmp_path)
    assert done.returncode == 1
    assert f"HOLDFAST_PORT: {port} is in use" in done.stderr
    assert "ready at" not in done.stdout


def test_wrong_settings_are_told_all_at_once_and_make_nothing(tmp_path: Path) -> None:
    settings = {"HOLDFAST_PORT": "many", "HOLDFAST_DATABASE_URL": "mysql://secret@x/y", "HOLDFAST_LEASE": "1"}
    done = run_holdfast("up", settings=settings, folder=tmp_path)
    assert done.returncode == 1
    for name in settings:
        assert f"  {name}: " in done.stderr
    assert "secret" not in done.stderr
    assert not (tmp_path / ".holdfast").exists()


async def test_a_misspelt_setting_is_warned_of(tmp_path: Path) -> None:
    settings = {"HOLDFAST_PROT": "1"}
    with HoldfastProcess("up", "--port", "0", settings=settings, folder=tmp_path) as server:
        await server.ready()
        assert "warning: HOLDFAST_PROT: is not a setting; did you mean HOLDFAST_PORT?" in server.output()


def test_no_server_is_exit_3_with_a_way_out(tmp_path: Path) -> None:
    url = f"http://{LOOPBACK}:{free_port()}"
    done = Cli(url, tmp_path)("runs", "list")
    assert done.returncode == 3
    assert f"No Holdfast server answers at {url} (connect" in done.stderr
    assert "holdfast up" in done.stderr
    assert Cli("localhost:8000", tmp_path)("runs", "list").stderr.startswith("No such server\n  HOLDFAST_URL: ")


@pytest.mark.parametrize("role", ["server", "worker"])
def test_memory_is_for_one_process(role: str, tmp_path: Path) -> None:
    done = run_holdfast(role, "--database-url", "memory:", folder=tmp_path)
    assert done.returncode == 1
    assert "HOLDFAST_DATABASE_URL: memory: can't be shared" in done.stderr


def test_server_and_worker_wait_for_migrate_and_then_work_together(empty_postgres_url: str, tmp_path: Path) -> None:
    settings = {"HOLDFAST_DATABASE_URL": empty_postgres_url, "HOLDFAST_SECRET_KEY": KEY}
    for role in (("server", "--port", "0"), ("worker",)):
        refused = run_holdfast(*role, settings=settings, folder=tmp_path)
        assert refused.returncode == 1
        assert "run `holdfast migrate`" in refused.stderr
    assert "applied 0001_" in run_holdfast("migrate", settings=settings, folder=tmp_path).stdout
    assert run_holdfast("migrate", settings=settings, folder=tmp_path).stdout == "The database is up to date.\n"
    with (
        HoldfastProcess("server", "--port", "0", settings=settings, folder=tmp_path) as server,
        HoldfastProcess(
            "worker", "--queues", "default,mail", "--concurrency", "3", settings=settings, folder=tmp_path
        ) as worker,
    ):
        cli = Cli(address_of(server), tmp_path)
        printed(worker, WORKING)
        run = cli.json("run", cli.applied(), "--wait")
        assert run["state"] == "SUCCEEDED"
        (told,) = cli.json("workers", "list")
        assert (told["queues"], told["concurrency"], told["alive"]) == (["default", "mail"], 3, True)
        worker.terminate()
        assert eventually_sync(lambda: worker.returncode is not None, 30, worker.output)
        assert worker.returncode == 0
        assert not any(each["alive"] for each in cli.json("workers", "list"))


def test_up_migrates_postgres_by_itself(empty_postgres_url: str, tmp_path: Path) -> None:
    settings = {"HOLDFAST_DATABASE_URL": empty_postgres_url}
    with HoldfastProcess("up", "--port", "0", settings=settings, folder=tmp_path) as server:
        cli = Cli(address_of(server), tmp_path)
        assert cli.json("run", cli.applied(), "--wait")["state"] == "SUCCEEDED"
    assert re.search(r"database +postgresql://[^@\s]+/test_\d+\n", server.output())


def test_a_database_that_is_away_is_exit_3(tmp_path: Path) -> None:
    url = f"postgresql://holdfast:hidden@{LOOPBACK}:{free_port()}/none"
    done = run_holdfast("server", "--database-url", url, folder=tmp_path)
    assert done.returncode == 3
    assert "hidden" not in done.stderr
    assert "Traceback" not in done.stderr


def test_another_secret_key_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    settings = {"HOLDFAST_DATABASE_URL": sqlite_url, "HOLDFAST_SECRET_KEY": KEY}
    with HoldfastProcess("up", "--port", "0", settings=settings, folder=tmp_path) as server:
        address_of(server)
    done = run_holdfast("up", "--port", "0", settings={**settings, "HOLDFAST_SECRET_KEY": "o" * 40}, folder=tmp_path)
    assert done.returncode == 1
    assert "HOLDFAST_SECRET_KEY: isn't the key" in done.stderr


def test_another_kind_of_server_is_told_apart_and_no_password_of_its_address(tmp_path: Path) -> None:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://ada:hunter2@127.0.0.1:{server.server_port}"
        done = run_holdfast("jobs", "list", settings={"HOLDFAST_URL": url}, folder=tmp_path)
        server.shutdown()
    assert (done.returncode, "is no Holdfast server (status 200)" in done.stderr) == (3, True), done.stderr
    gone = run_holdfast("jobs", "list", settings={"HOLDFAST_URL": url}, folder=tmp_path)
    assert f"answers at {url.replace('ada:hunter2@', '')} (" in gone.stderr
    assert "hunter2" not in done.stderr + gone.stderr
