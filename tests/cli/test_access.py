"""API keys, and the rule that nobody else reaches a server before it has an owner and a secret key."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cli, address_of
from tests.support.process import HoldfastProcess, run_holdfast

# This machine's loopback all the same, but by a name that may just as well lead elsewhere: no server here is exposed.
ELSEWHERE = "::ffff:127.0.0.1"
EVERYWHERE = ("up", "--host", ELSEWHERE, "--port", "0")


def test_an_owners_key_opens_the_server_to_others_and_is_needed_there(sqlite_url: str, tmp_path: Path) -> None:
    settings = {"HOLDFAST_DATABASE_URL": sqlite_url, "HOLDFAST_SECRET_KEY": "k" * 40}
    refused = run_holdfast(*EVERYWHERE, settings=settings, folder=tmp_path)
    assert refused.returncode == 1
    assert f"Holdfast doesn't listen on {ELSEWHERE} yet\n  HOLDFAST_HOST: " in refused.stderr
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


def test_beyond_loopback_a_secret_key_must_be_set(tmp_path: Path) -> None:
    done = run_holdfast(*EVERYWHERE, folder=tmp_path)
    assert done.returncode == 1
    assert "  HOLDFAST_SECRET_KEY: must be set" in done.stderr


def test_a_role_that_does_not_exist_is_named(cli: Cli) -> None:
    done = cli("keys", "create", "x", "--role", "king")
    assert done.returncode == 1
    assert "  role: " in done.stderr


def test_the_first_owners_key_is_made_without_a_server_and_only_once(sqlite_url: str, tmp_path: Path) -> None:
    """A deployment does this at every start, with the key that its secrets hold."""
    settings = {"HOLDFAST_DATABASE_URL": sqlite_url, "HOLDFAST_SECRET_KEY": "k" * 40}
    early = run_holdfast("keys", "owner", settings=settings, folder=tmp_path)
    assert (early.returncode, "run `holdfast migrate`" in early.stderr) == (1, True)
    assert run_holdfast("migrate", settings=settings, folder=tmp_path).returncode == 0
    short = run_holdfast("keys", "owner", settings={**settings, "HOLDFAST_API_KEY": "hf_short"}, folder=tmp_path)
    assert (short.returncode, "HOLDFAST_API_KEY: must begin with hf_" in short.stderr) == (1, True)
    key = "hf_" + "x" * 43
    given = {**settings, "HOLDFAST_API_KEY": key}
    made, again = (run_holdfast("keys", "owner", settings=given, folder=tmp_path) for _ in range(2))
    assert (made.stdout, made.returncode) == ("made the owner's key from HOLDFAST_API_KEY\n", 0)
    assert (again.stdout, again.returncode) == ("There is an owner already; nothing was changed.\n", 0)
    with HoldfastProcess(*EVERYWHERE, settings=settings, folder=tmp_path) as server:
        owner = Cli(f"http://127.0.0.1:{address_of(server).rsplit(':', 1)[1]}", tmp_path, key)
        (told,) = owner.json("keys", "list")
        assert (told["name"], told["role"]) == ("owner", "owner")
        assert owner.json("tenants", "add", "another")["name"] == "another"  # as an admin of the instance
