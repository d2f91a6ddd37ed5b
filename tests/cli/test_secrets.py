"""`secrets`: a value goes in by standard input or an option, and no command prints one."""

from __future__ import annotations

import subprocess

from tests.cli.conftest import Cli, numbers
from tests.support.process import COMMAND, environment

VALUE = "s3cr3t-välue"


def piped(cli: Cli, given: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """A command with this on its standard input."""
    return subprocess.run(
        [COMMAND, *arguments],
        cwd=cli.folder,
        env=environment({"HOLDFAST_URL": cli.url}),
        input=given,
        capture_output=True,
        timeout=30,
        check=False,
    )


def test_a_secret_is_set_listed_and_deleted_and_never_printed(cli: Cli) -> None:
    name = f"KEY_{next(numbers)}"
    done = piped(cli, f"{VALUE}\n".encode(), "secrets", "set", name)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"set {name}\n".encode(), b"")
    again = cli("secrets", "set", name, "--value", VALUE, "--json")
    listed = cli("secrets", "list", "--json"), cli("secrets")
    for said in (again, *listed):
        assert said.returncode == 0
        assert VALUE not in said.stdout + said.stderr
        assert name in said.stdout
    assert cli.good("secrets", "delete", name) == f"deleted {name}\n"
    assert cli("secrets", "delete", name).returncode == 1
    assert name not in cli.good("secrets")


def test_only_the_last_line_break_is_taken_away(cli: Cli) -> None:
    name = f"KEY_{next(numbers)}"
    assert piped(cli, b"a" * 65_536 + b"\r\n", "secrets", "set", name).returncode == 0
    refused = piped(cli, b"a" * 65_537, "secrets", "set", name)
    assert (refused.returncode, b"value: must have at most" in refused.stderr) == (1, True)
    cli.good("secrets", "delete", name)


def test_what_is_wrong_is_told_without_the_value(cli: Cli) -> None:
    wrong = cli("secrets", "set", "not-a-name", "--value", VALUE)
    assert wrong.returncode == 1
    assert "name: must be 1 to 64 letters, digits and _" in wrong.stderr
    assert VALUE not in wrong.stderr
    assert "value: " in cli("secrets", "set", "EMPTY").stderr
    no_text = piped(cli, b"\xff\xfe", "secrets", "set", "BYTES")
    assert (no_text.returncode, b"isn't UTF-8 text" in no_text.stderr) == (2, True)


def test_a_connection_is_set_from_its_fields_and_tried(cli: Cli) -> None:
    name = f"MAIL_{next(numbers)}"
    fields = f'{{"host": "127.0.0.1", "port": 9, "security": "none", "username": "a", "password": "{VALUE}"}}'
    done = piped(cli, fields.encode(), "secrets", "set", name, "--type", "smtp", "--json")
    assert done.returncode == 0, done.stderr
    assert VALUE.encode() not in done.stdout
    assert b'"username": "a"' in done.stdout
    tried = cli("secrets", "test", name)
    assert (tried.returncode, tried.stdout) == (1, f"{name}: 127.0.0.1 can't be reached (ConnectionRefusedError)\n")
    for given in (b"[]", b"{"):
        refused = piped(cli, given, "secrets", "set", name, "--type", "smtp")
        assert (refused.returncode, b"JSON object of its fields" in refused.stderr) == (2, True)
    cli.good("secrets", "delete", name)
