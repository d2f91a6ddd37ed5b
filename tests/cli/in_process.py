"""A command of the command line inside the test's own process: a tenth of what a process of its own costs.

It is the installed command's `main` with its own arguments, environment, folder and streams, in a thread of its own,
so that it finds no event loop, while the caller waits. All of them are the whole process's, so one command runs at a
time. Commands that go on, watch signals or may end the process stay processes: `ends_by_itself` says which. What
`migrate` and `doctor` do to logs is undone, so a test may run them here, too. A call that takes too long ends as a
fault of the command.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import os
import subprocess
import sys
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any
from unittest.mock import patch

import structlog

from holdfast.cli.main import main
from tests.support.process import environment

PROCESSES = frozenset({"up", "server", "worker", "relay", "migrate", "doctor"})
TIMEOUT = 30.0
one_at_a_time = Lock()


def ends_by_itself(arguments: tuple[str, ...]) -> bool:
    """Whether the command only calls the API, or reads files."""
    return PROCESSES.isdisjoint(arguments[:1])


def run_here(
    *arguments: str, settings: Mapping[str, str] | None = None, folder: Path, text: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command that reads ``text``; its status and what it printed."""
    done = run_as(arguments, environment(settings or {}), folder, text.encode())
    return subprocess.CompletedProcess(arguments, done.returncode, done.stdout.decode(), done.stderr.decode())


def run_as(
    arguments: tuple[str, ...], variables: Mapping[str, str], folder: Path, given: bytes
) -> subprocess.CompletedProcess[bytes]:
    """Run a command with exactly this environment and input."""
    with one_at_a_time, ThreadPoolExecutor(1) as thread:
        return thread.submit(_run, arguments, variables, folder, given).result()


def _run(
    arguments: tuple[str, ...], variables: Mapping[str, str], folder: Path, given: bytes
) -> subprocess.CompletedProcess[bytes]:
    with (
        patch.object(sys, "argv", ["holdfast", *arguments]),
        patch.dict(os.environ, variables, clear=True),
        patch.object(asyncio, "run", partial(_bounded, asyncio.run)),
        contextlib.chdir(folder),
        _logs_as_they_were(),
        _instead_of("stdin", given),
        _instead_of("stdout") as out,
        _instead_of("stderr") as err,
    ):
        status = _status()
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())


def _bounded(run: Any, work: Coroutine[Any, Any, Any]) -> Any:
    return run(asyncio.wait_for(work, TIMEOUT))


def _status() -> int:
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


@contextlib.contextmanager
def _logs_as_they_were() -> Iterator[None]:
    """What a command sets up for logs lasts as long as it: no logger keeps it by having been used."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    before = structlog.get_config() if structlog.is_configured() else None
    configure = structlog.configure
    with patch.object(
        structlog, "configure", lambda **given: configure(**{**given, "cache_logger_on_first_use": False})
    ):
        yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    if before is not None:
        structlog.configure(**before)


@contextlib.contextmanager
def _instead_of(name: str, given: bytes = b"") -> Iterator[io.BytesIO]:
    """A stream of this process, swapped for what this gives."""
    held = io.BytesIO(given)
    stream = io.TextIOWrapper(held, encoding="utf-8", write_through=True)
    with patch.object(sys, name, stream):
        yield held
    stream.detach()  # what was printed is still asked for
