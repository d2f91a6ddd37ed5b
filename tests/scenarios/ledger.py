"""A ledger outside of the store: what handlers really did, one line per execution, whatever is killed when.

Each line is one ``write`` to a file opened for appending, so lines of several processes never mix. ``record`` is a
task; load it with ``--tasks tests.scenarios.ledger`` and say where the ledger lies in ``LEDGER``.
"""

import asyncio
import os
from collections import Counter
from pathlib import Path

from holdfast.tasks import task, task_context

VARIABLE = "LEDGER"


@task(name="record")
async def record(step: str, pause: float = 0.0) -> dict[str, str]:
    """Writes that this step began, works for a while, writes that it is done."""
    key = task_context().idempotency_key
    _write(f"begin {key} {step}")
    await asyncio.sleep(pause)
    _write(f"done {key} {step}")
    return {"step": step}


def begun(ledger: Path) -> Counter[str]:
    """How often each job's handler began, by idempotency key."""
    lines = ledger.read_text().splitlines() if ledger.exists() else []
    return Counter(line.split()[1] for line in lines if line.startswith("begin "))


def _write(line: str) -> None:
    descriptor = os.open(os.environ[VARIABLE], os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, f"{line}\n".encode())
    finally:
        os.close(descriptor)
