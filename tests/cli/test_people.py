"""People on the command line: the first owner, made in the store; users, invites, service accounts, narrowed keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from holdfast.cli.first_owner import ensure_named_owner
from holdfast.compose import open_store
from holdfast.model.errors import Invalid
from holdfast.settings import load
from tests.cli.conftest import Cli, address_of
from tests.cli.in_process import run_here
from tests.support.process import HoldfastProcess, run_holdfast

KEY = "k" * 40
PASSWORD = "correct horse battery"


@pytest.fixture
def settings(sqlite_url: str) -> dict[str, str]:
    return {"HOLDFAST_DATABASE_URL": sqlite_url, "HOLDFAST_SECRET_KEY": KEY}


@pytest.fixture
def empty(settings: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Settings of a store that has its tables and nothing else."""
    done = run_here("migrate", settings=settings, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    return settings


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Cli]:
    """An owner's key at a server of its own."""
    with HoldfastProcess("up", "--port", "0", settings={"HOLDFAST_SECRET_KEY": KEY}, folder=tmp_path) as server:
        local = Cli(address_of(server), tmp_path)
        yield Cli(local.url, tmp_path, local.json("keys", "create", "me", "--role", "owner")["key"])


async def signs_in(url: str, email: str, password: str) -> int:
    async with aiohttp.ClientSession() as session:
        body = {"email": email, "password": password}
        async with session.post(f"{url}/api/v1/session", json=body) as response:
            return response.status


async def test_the_first_owner_is_made_once_with_a_password_of_theirs(empty: dict[str, str], tmp_path: Path) -> None:
    add = ("users", "add", "--owner", "Ada@example.com", "--password-stdin")
    done = run_here(*add, settings=empty, folder=tmp_path, text=f"{PASSWORD}\n")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "made the owner ada@example.com\n"
    again = run_here(*add, settings=empty, folder=tmp_path, text="another password\n")
    assert (again.returncode, again.stdout) == (0, "There is a person already; nothing was changed.\n")
    with HoldfastProcess("server", "--port", "0", settings=empty, folder=tmp_path) as server:
        url = await server.ready()
        assert await signs_in(url, "ada@example.com", PASSWORD) == 200
        assert Cli(url, tmp_path)("runs", "list").returncode == 1  # the local user is gone


def test_a_file_without_tables_gets_them_with_the_first_owner(settings: dict[str, str], tmp_path: Path) -> None:
    done = run_here("users", "add", "--owner", "ada@example.com", settings=settings, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "made the owner ada@example.com" in done.stdout + done.stderr


async def test_a_password_is_made_where_nobody_can_be_asked(empty: dict[str, str], tmp_path: Path) -> None:
    done = run_here("users", "add", "--owner", "ada@example.com", "--json", settings=empty, folder=tmp_path)
    made = json.loads(done.stdout)
    assert (made["made"], made["email"]) == (True, "ada@example.com")
    reset = run_here("users", "reset", "ada@example.com", "--json", settings=empty, folder=tmp_path)
    with HoldfastProcess("server", "--port", "0", settings=empty, folder=tmp_path) as server:
        url = await server.ready()
        assert await signs_in(url, "ada@example.com", made["password"]) == 401
        assert await signs_in(url, "ada@example.com", json.loads(reset.stdout)["password"]) == 200


@pytest.mark.parametrize(
    ("arguments", "text", "told"),
    [
        (("add", "ada@example.com"), "", "holdfast invites create"),
        (("add", "--owner", "no address"), "", "must be an e-mail address"),
        (("add", "--owner", "ada@example.com", "--password-stdin"), "short", "must have at least 12 characters"),
        (("reset", "ada@example.com", "--password-stdin"), PASSWORD, "nobody has the address ada@example.com"),
    ],
)
def test_what_is_wrong_is_said(
    arguments: tuple[str, ...], text: str, told: str, empty: dict[str, str], tmp_path: Path
) -> None:
    done = run_here("users", *arguments, settings=empty, folder=tmp_path, text=text)
    assert done.returncode in (1, 2)
    assert told in " ".join(done.stderr.split())


async def test_the_settings_name_the_first_owner(settings: dict[str, str], tmp_path: Path) -> None:
    named = {**settings, "HOLDFAST_OWNER_EMAIL": "ada@example.com", "HOLDFAST_OWNER_PASSWORD": PASSWORD}
    for _ in range(2):  # the second start finds them there
        with HoldfastProcess("up", "--host", "::ffff:127.0.0.1", "--port", "0", settings=named, folder=tmp_path) as up:
            port = (await up.ready()).rsplit(":", 1)[1]
            assert await signs_in(f"http://127.0.0.1:{port}", "ada@example.com", PASSWORD) == 200


async def test_half_an_owner_is_none(settings: dict[str, str], tmp_path: Path) -> None:
    whole = {"owner_email": "ada@example.com", "owner_password": PASSWORD}
    for name in whole:
        given = load(database_url=settings["HOLDFAST_DATABASE_URL"], **{name: whole[name]})
        store = await open_store(given)
        (missing,) = whole.keys() - {name}
        with pytest.raises(Invalid, match=f"HOLDFAST_{missing.upper()}: is missing"):
            await ensure_named_owner(store, given)
        await store.close()
    short = {**settings, "HOLDFAST_OWNER_EMAIL": whole["owner_email"], "HOLDFAST_OWNER_PASSWORD": "too short"}
    refused = run_holdfast("up", "--port", "0", settings=short, folder=tmp_path)
    assert refused.returncode == 1
    assert "HOLDFAST_OWNER_PASSWORD: must have at least 12 characters" in refused.stderr
    assert "too short" not in refused.stderr


async def test_users_invites_and_roles(root: Cli, tmp_path: Path) -> None:
    made = root.json("invites", "create", "bob@example.com", "--role", "editor")
    assert made["url"].startswith(f"{root.url}/app/invite#")
    assert "bob@example.com" in root.good("invites", "list")
    assert made["url"].partition("#")[2] not in root.good("invites", "list")
    body = {"token": made["url"].partition("#")[2], "name": "Bob", "password": PASSWORD}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{root.url}/api/v1/invites/accept", json=body) as response,
    ):
        assert response.status == 200
    assert root.json("invites", "list") == []
    assert [(user["email"], user["role"]) for user in root.json("users", "list")] == [("bob@example.com", "editor")]
    assert root.json("users", "role", "Bob@example.com", "viewer")["role"] == "viewer"
    assert root("users", "role", "bob@example.com", "king").returncode == 1
    assert root.json("users", "disable", "bob@example.com")["disabled"] is True
    assert await signs_in(root.url, "bob@example.com", PASSWORD) == 401
    root.good("users", "enable", "bob@example.com")
    assert await signs_in(root.url, "bob@example.com", PASSWORD) == 200
    root.good("users", "sign-out", "bob@example.com")
    assert root.good("users", "password-link", "bob@example.com").startswith(f"{root.url}/app/invite#")
    root.good("users", "remove", "bob@example.com")
    assert "nobody in the tenant is bob@example.com" in root("users", "remove", "bob@example.com").stderr
    revoked = root.json("invites", "create", "eve@example.com", "--role", "viewer")
    root.good("invites", "revoke", revoked["id"])
    assert root.good("invites", "list").startswith("There are no open invites")


def test_keys_are_narrowed_end_and_belong_to_accounts(root: Cli, tmp_path: Path) -> None:
    account = root.good("service-accounts", "create", "deploys", "--role", "operator").strip()
    assert account in root.good("service-accounts", "list")
    key = root.json(
        "keys", "create", "ci", "--role", "operator", "--scope", "runs:read", "--expires-in", "90d",
        "--service-account", account,
    )  # fmt: skip
    assert (key["scopes"], key["service_account"]) == (["runs:read"], account)
    assert key["expires_at"] is not None
    narrow = Cli(root.url, tmp_path, key["key"])
    assert narrow.json("runs", "list") == []
    refused = narrow("jobs", "list")
    assert "This needs the scope jobs:read" in refused.stderr
    assert "runs:read" in root.good("keys", "scopes").splitlines()
    assert "runs:read" in root.good("keys", "list")
    wrong = root("keys", "create", "x", "--role", "viewer", "--scope", "runs:dance")
    assert wrong.returncode == 1
    assert "runs:write" in wrong.stderr  # the scopes that exist
    root.good("service-accounts", "delete", account)
    assert narrow("runs", "list").returncode == 1
