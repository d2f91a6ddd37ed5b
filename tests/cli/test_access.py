"""API keys, and the rule that nobody else reaches a server before it has an owner and a secret key."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.cli.first_owner import ensure_owner
from holdfast.compose import open_store
from holdfast.model.errors import Invalid
from holdfast.settings import load
from tests.cli.conftest import Cli, address_of
from tests.cli.in_process import run_here
from tests.support.process import HoldfastProcess, run_holdfast

# This machine's loopback all the same, but by a name that may just as well lead elsewhere: no server here is exposed.
ELSEWHERE = "::ffff:127.0.0.1"
EVERYWHERE = ("up", "--host", ELSEWHERE, "--port", "0")


@pytest.mark.timeout(180)
def test_an_owners_key_opens_the_server_to_others_and_is_needed_there(sqlite_url: str, tmp_path: Path) -> None:
    settings = {"HOLDFAST_DATABASE_URL": sqlite_url, "HOLDFAST_SECRET_KEY": "k" * 40}
    refused = run_holdfast(*EVERYWHERE, settings=settings, folder=tmp_path)
    assert refused.returncode == 1
    assert f"Holdfast doesn't listen on {ELSEWHERE} yet\n  HOLDFAST_HOST: " in refused.stderr
    assert "`holdfast users add --owner ADDRESS`" in refused.stderr
    assert "`holdfast keys owner`" in refused.stderr

    with HoldfastProcess("up", "--port", "0", settings=settings, folder=tmp_path) as server:
        local = Cli(address_of(server), tmp_path)
        viewer = local.json("keys", "create", "looker", "--role", "viewer")
        key = local.good("keys", "create", "me", "--role", "owner").strip()
        assert key.startswith("hf_")
        assert local.json("runs", "list") == []  # on this machine the local user stays
        looker = Cli(local.url, tmp_path, viewer["key"])
        assert looker.json("runs", "list") == []
        assert looker("keys", "list").returncode == 1
        owner = Cli(local.url, tmp_path, key)
        assert key not in owner.good("keys", "list")
        owner.good("keys", "revoke", viewer["id"])
        assert looker("runs", "list").returncode == 1

    with HoldfastProcess(*EVERYWHERE, settings=settings, folder=tmp_path) as server:
        port = address_of(server).rsplit(":", 1)[1]
        assert Cli(f"http://127.0.0.1:{port}", tmp_path, key).json("runs", "list") == []
        shut_out = Cli(f"http://127.0.0.1:{port}", tmp_path)("runs", "list")
        assert shut_out.returncode == 1
        assert "HOLDFAST_API_KEY" in shut_out.stderr


def test_behind_a_proxy_nobody_is_signed_in_by_themselves(sqlite_url: str, tmp_path: Path) -> None:
    """A proxy's requests come from this machine, and many say nothing of whom they pass on."""
    settings = {
        "HOLDFAST_DATABASE_URL": sqlite_url, "HOLDFAST_SECRET_KEY": "k" * 40,
        "HOLDFAST_TRUSTED_PROXIES": "127.0.0.1",
    }  # fmt: skip
    refused = run_holdfast("up", "--port", "0", settings=settings, folder=tmp_path)
    assert refused.returncode == 1
    assert "HOLDFAST_TRUSTED_PROXIES: others could use this server without signing in" in refused.stderr
    key = run_here("keys", "owner", settings=settings, folder=tmp_path).stdout.strip().splitlines()[-1]
    with HoldfastProcess("up", "--port", "0", settings=settings, folder=tmp_path) as server:
        assert Cli(address_of(server), tmp_path)("runs", "list").returncode == 1
        assert Cli(address_of(server), tmp_path, key).json("runs", "list") == []


def test_beyond_loopback_a_secret_key_must_be_set(tmp_path: Path) -> None:
    done = run_holdfast(*EVERYWHERE, folder=tmp_path)
    assert done.returncode == 1
    assert "  HOLDFAST_SECRET_KEY: must be set" in done.stderr


def test_a_role_that_does_not_exist_is_named(cli: Cli) -> None:
    done = cli("keys", "create", "x", "--role", "king")
    assert done.returncode == 1
    assert "  role: " in done.stderr


async def test_the_first_owners_key_is_made_without_a_server_and_only_once(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deployment does this at every start, with the key that its secrets hold."""
    settings, key = load(database_url=sqlite_url), "hf_" + "x" * 43
    monkeypatch.setenv("HOLDFAST_API_KEY", "hf_short")
    with pytest.raises(Invalid, match="HOLDFAST_API_KEY: must begin with hf_"):
        await ensure_owner(settings, "owner")
    monkeypatch.setenv("HOLDFAST_API_KEY", key)
    assert [await ensure_owner(settings, "owner") for _ in range(2)] == [key, None]
    store = await open_store(settings)
    (kept,) = await store.list_api_keys("default")
    assert (kept.name, kept.role, kept.instance_admin) == ("owner", "owner", True)
    await store.close()


def test_the_first_owners_key_is_shown_where_it_was_made(sqlite_url: str, tmp_path: Path) -> None:
    """That it opens a server to others is seen where a deployment's parts work together."""
    settings = {"HOLDFAST_DATABASE_URL": sqlite_url}
    assert run_here("migrate", settings=settings, folder=tmp_path).returncode == 0
    assert run_here("keys", "owner", settings=settings, folder=tmp_path).stdout.startswith("hf_")
    again = run_here("keys", "owner", settings=settings, folder=tmp_path)
    assert (again.stdout, again.returncode) == ("There is an admin of the instance already; nothing was changed.\n", 0)
