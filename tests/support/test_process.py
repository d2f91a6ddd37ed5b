"""The launcher of the `holdfast` command: tells where it answers, ends by signal, keeps what it said."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from tests.support.ports import answers
from tests.support.process import HoldfastProcess, run_holdfast


def test_runs_a_command_to_its_end(tmp_path: Path) -> None:
    done = run_holdfast("--version", folder=tmp_path)
    assert done.returncode == 0
    assert re.search(r"\d+\.\d+\.\d+", done.stdout)


@pytest.mark.parametrize("how", ["kill", "terminate"])
async def test_starts_a_server_and_ends_it(how: str, tmp_path: Path, sqlite_url: str) -> None:
    settings = {"HOLDFAST_DATABASE_URL": sqlite_url}
    with HoldfastProcess("up", "--port", "0", settings=settings, folder=tmp_path) as server:
        address = await server.ready()
        port = int(address.rsplit(":", 1)[1])
        assert answers(port)
        getattr(server, how)()
        assert await server.ended() == (0 if how == "terminate" else -signal.SIGKILL)
        assert not answers(port)
        assert f"ready at {address}" in server.output()


async def test_a_process_that_ends_early_is_told_at_once(tmp_path: Path) -> None:
    with (
        HoldfastProcess("no-such-command", folder=tmp_path) as process,
        pytest.raises(AssertionError, match="no-such-command"),
    ):
        await process.ready(timeout=30)
