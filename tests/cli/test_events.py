"""`holdfast events --follow` across a restart of the server: it goes on by itself, and nothing is missing."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cli.conftest import Cli
from tests.support.ports import free_port
from tests.support.process import HoldfastProcess
from tests.support.waiting import eventually


async def test_following_goes_on_after_a_restart_without_a_gap(sqlite_url: str, tmp_path: Path) -> None:
    port = str(free_port())
    settings = {"HOLDFAST_DATABASE_URL": sqlite_url}
    cli = Cli(f"http://127.0.0.1:{port}", tmp_path)
    up = ("up", "--port", port)
    with HoldfastProcess(*up, settings=settings, folder=tmp_path) as server:
        await server.ready()
        follow = ("events", "--follow", "--type", "job.succeeded", "--json")
        with HoldfastProcess(*follow, settings={"HOLDFAST_URL": cli.url}, folder=tmp_path) as followed:

            def heard() -> bool:
                cli.good("jobs", "insert", "noop")
                return "job.succeeded" in followed.output()

            await eventually(heard)
            server.kill()
            with HoldfastProcess(*up, settings=settings, folder=tmp_path) as again:
                await again.ready()
                # Most likely before the stream stands again: it must be told of this one all the same.
                made = cli.json("jobs", "insert", "noop")["id"]
                await followed.printed(re.compile(re.escape(made)))
                assert followed.returncode is None
