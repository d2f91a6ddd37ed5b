"""The machine under a measurement: what a figure can't be read without."""

import os
import platform
import sqlite3
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from tests.support import postgres_binaries


def facts() -> dict[str, str | int]:
    """CPU, cores, memory, versions and the date, each as text or a number."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count() or 0,
        "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1 << 20),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "postgresql": _postgres(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def line(told: dict[str, str | int]) -> str:
    """The facts as the one line above a table."""
    return (
        f"{told['cpu']}, {told['cores']} cores, {told['memory_mib']:,} MiB; {told['system']}; Python {told['python']}, "
        f"SQLite {told['sqlite']}, PostgreSQL {told['postgresql']}; {told['date']}"
    )


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [text.partition(":")[2].strip() for text in lines if text.startswith("model name")]
    return names[0] if names else platform.machine()


def _postgres() -> str:
    """Of the server that the measurements start."""
    try:
        program = postgres_binaries.find() / "postgres"
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, RuntimeError, subprocess.CalledProcessError):
        return "none"
    return told.split()[-1]
