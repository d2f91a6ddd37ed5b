"""`doctor` on healthy and on broken instances: what it says, what to do, and its exit code."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cli.conftest import Cli, address_of
from tests.cli.in_process import run_here
from tests.support.ports import LOOPBACK, free_port
from tests.support.process import HoldfastProcess, run_holdfast
from tests.support.waiting import eventually_sync


def examined(folder: Path, settings: Mapping[str, str]) -> tuple[int, dict[str, Any], dict[str, Any]]:
    """The exit code, what was told, and the checks by name (the last of each name)."""
    done = run_here("doctor", "--json", settings=settings, folder=folder)
    told = json.loads(done.stdout)
    return done.returncode, told, {check["name"]: check for check in told["checks"]}


def test_a_running_instance_is_well(store_url: str, tmp_path: Path) -> None:
    settings = {"HOLDFAST_DATABASE_URL": store_url, "HOLDFAST_SECRET_KEY": "k" * 40}
    with HoldfastProcess("up", "--port", "0", settings=settings, folder=tmp_path) as server:
        cli = Cli(address_of(server), tmp_path)
        cli.json("run", cli.applied(), "--wait")
        code, told, checks = examined(tmp_path, settings)
    assert code == 0
    assert told["healthy"] is True
    assert {name for name, check in checks.items() if check["result"] != "ok"} <= {"console", "disk"}
    assert checks["workers"]["message"].startswith("1 alive")
    assert "k" * 40 not in json.dumps(told)


def test_missing_migrations_fail_with_what_to_do(empty_postgres_url: str, tmp_path: Path) -> None:
    code, told, checks = examined(tmp_path, {"HOLDFAST_DATABASE_URL": empty_postgres_url})
    assert (code, told["healthy"]) == (1, False)
    assert checks["migrations"]["result"] == "fail"
    assert checks["migrations"]["hint"] == "Run `holdfast migrate`."


def test_a_database_that_is_away_fails_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://holdfast:hidden@{LOOPBACK}:{free_port()}/none"
    code, told, checks = examined(tmp_path, {"HOLDFAST_DATABASE_URL": url})
    assert code == 1
    assert checks["store"]["result"] == "fail"
    assert "hidden" not in json.dumps(told)


def test_nothing_is_made_where_nothing_is(tmp_path: Path) -> None:
    code, _, checks = examined(tmp_path, {})
    assert code == 0
    assert checks["store"]["result"] == "warn"
    assert list(tmp_path.iterdir()) == []


def test_looking_at_a_database_that_never_ran_does_not_bind_it_to_a_key(store_url: str, tmp_path: Path) -> None:
    looked, started = "l" * 40, "s" * 40
    url = {"HOLDFAST_DATABASE_URL": store_url}
    assert run_here("migrate", settings=url, folder=tmp_path).returncode == 0
    code, _, checks = examined(tmp_path, {**url, "HOLDFAST_SECRET_KEY": looked})
    assert (code, checks["secret key"]["result"]) == (0, "ok")
    with HoldfastProcess("up", "--port", "0", settings={**url, "HOLDFAST_SECRET_KEY": started}, folder=tmp_path) as up:
        assert address_of(up)
    code, _, checks = examined(tmp_path, {**url, "HOLDFAST_SECRET_KEY": looked})
    assert (code, checks["secret key"]["result"]) == (1, "fail")


def test_what_needs_attention_is_said(sqlite_url: str, tmp_path: Path) -> None:
    settings = {"HOLDFAST_DATABASE_URL": sqlite_url, "HOLDFAST_SECRET_KEY": "k" * 40}
    with HoldfastProcess("up", "--port", "0", settings=settings, folder=tmp_path) as server:
        cli = Cli(address_of(server), tmp_path)
        cli.good("jobs", "insert", "task:unheard-of")
        run = cli.json("run", cli.applied("[{id: nap, type: delay, params: {for: 1h}}]"))
        server.terminate()
        assert eventually_sync(lambda: server.returncode is not None, 30, server.output)
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    file.chmod(0o644)
    with sqlite3.connect(file) as database:
        database.execute("DELETE FROM live WHERE run_id = ?", (run["id"],))
    database.close()
    broken = {**settings, "HOLDFAST_SECRET_KEY": "o" * 40, "HOLDFAST_HOST": "0.0.0.0", "HOLDFAST_SMPT_URL": "x"}
    code, _, checks = examined(tmp_path, broken)
    assert code == 1
    expected = {
        "environment": "warn", "permissions": "warn", "workers": "warn", "kinds": "warn",
        "secret key": "fail", "owner": "fail", "invariants": "fail",
    }  # fmt: skip
    assert {name: checks[name]["result"] for name in expected} == expected
    assert "task:unheard-of" in checks["kinds"]["message"]
    assert all(checks[name]["hint"] for name in expected)


def test_people_get_words(tmp_path: Path) -> None:
    done = run_holdfast("doctor", settings={"HOLDFAST_SMTP_URL": "smtp://me:hidden@mail:25"}, folder=tmp_path)
    assert done.returncode == 0
    assert "HOLDFAST_SMTP_URL               (set)" in done.stdout
    assert "! warn store: .holdfast/holdfast.db doesn't exist yet" in done.stdout
    assert "hidden" not in done.stdout
