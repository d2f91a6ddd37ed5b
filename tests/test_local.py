"""What belongs to this machine: loopback addresses, and the secret key that is made once."""

import multiprocessing
import stat
from pathlib import Path

import pytest

from holdfast.compose.adapters import reaches
from holdfast.local import KEY_FILE, found_keys, is_alone, is_loopback, secret_digest, secret_key, secret_keys
from holdfast.model.errors import Invalid
from holdfast.settings import load

GIVEN = "g" * 40


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test works in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOLDFAST_SECRET_KEY", raising=False)
    return tmp_path


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost"])
def test_loopback_addresses(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "192.168.1.4", "example.com", "localhost.evil", ""])
def test_other_addresses(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("given", "alone"),
    [
        ({}, True),
        ({"public_url": "http://localhost:8000"}, True),
        ({"public_url": "http://127.0.0.1:8000/base"}, True),
        ({"public_url": "https://flows.example.com"}, True),
        ({"trusted_proxies": "127.0.0.1"}, False),
        ({"host": "0.0.0.0"}, False),
    ],
)
def test_who_is_reached_by_others_is_not_alone(given: dict[str, str], alone: bool) -> None:
    """Then nobody is signed in by themselves, and steps don't reach this machine's own services."""
    settings = load(secret_key=GIVEN, **given)
    assert is_alone(settings) is alone
    assert reaches(settings)[0]._reach == ("loopback" if alone else "public")


def test_a_missing_key_is_made_once_for_the_owner_alone(folder: Path) -> None:
    key = secret_key(load())
    assert len(key) >= 32
    assert secret_key(load()) == key
    file = folder / KEY_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_key_that_is_set_wins_and_nothing_is_written(folder: Path) -> None:
    assert secret_key(load(secret_key=GIVEN)) == GIVEN
    assert not (folder / KEY_FILE).exists()


def test_an_address_that_others_reach_needs_a_key(folder: Path) -> None:
    with pytest.raises(Invalid) as caught:
        secret_key(load(host="0.0.0.0"))
    assert [problem.path for problem in caught.value.problems] == ["HOLDFAST_SECRET_KEY"]
    assert not (folder / KEY_FILE).exists()
    assert secret_key(load(host="0.0.0.0", secret_key=GIVEN)) == GIVEN


def test_a_store_in_memory_keeps_no_key(folder: Path) -> None:
    assert secret_key(load(database_url="memory:")) != secret_key(load(database_url="memory:"))
    assert not (folder / KEY_FILE).exists()


def _key_of_process(folder: str) -> str:
    import os

    os.chdir(folder)
    return secret_key(load())


def test_processes_that_start_together_end_up_with_one_key(folder: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        keys = pool.map(_key_of_process, [str(folder)] * 8, chunksize=1)
        pool.close()
        pool.join()
    assert len(set(keys)) == 1


def test_the_digest_tells_keys_apart_and_nothing_else() -> None:
    assert secret_digest("a" * 32) == secret_digest("a" * 32)
    assert secret_digest("a" * 32) != secret_digest("b" * 32)
    assert "a" * 32 not in secret_digest("a" * 32)


def test_a_key_may_lie_in_a_file_and_older_ones_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(GIVEN + "\n")
    older = ["a" * 32, "b" * 40]
    settings = load(secret_key_file=str(file), secret_key_previous=", ".join([*older, GIVEN]))
    assert secret_keys(settings) == found_keys(settings) == (GIVEN, *older)
    with pytest.raises(Invalid, match="not both"):
        secret_keys(load(secret_key=GIVEN, secret_key_file=str(file)))
    for content in ("short", None):
        other = tmp_path / "other"
        if content is not None:
            other.write_text(content)
        with pytest.raises(Invalid, match="HOLDFAST_SECRET_KEY_FILE"):
            secret_keys(load(secret_key_file=str(other)))
        other.unlink(missing_ok=True)
    with pytest.raises(Invalid, match="at least 32 characters"):
        load(secret_key_previous=f"{'a' * 32},short")
