"""Writes what `deploy/compose.yaml` reads its secrets from: `deploy/env/*.env`, each made once with fresh secrets.

Files that exist stay as they are. Each is readable by its owner alone; git ignores the folder. Standard library only.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

FOLDER = Path("deploy/env")


def texts() -> dict[str, dict[str, str]]:
    """The variables of each file."""
    # In hex: one that begins with a dash would be an option on the broker's command line.
    database, broker = secrets.token_hex(24), secrets.token_hex(24)
    return {
        "postgres": {"POSTGRES_USER": "holdfast", "POSTGRES_PASSWORD": database, "POSTGRES_DB": "holdfast"},
        "redis": {"REDIS_PASSWORD": broker},
        "owner": {"HOLDFAST_API_KEY": f"hf_{secrets.token_urlsafe(32)}"},
        "holdfast": {
            "HOLDFAST_DATABASE_URL": f"postgresql://holdfast:{database}@postgres:5432/holdfast",
            "HOLDFAST_REDIS_URL": f"redis://:{broker}@redis:6379/0",
            "HOLDFAST_SECRET_KEY": secrets.token_urlsafe(32),
            "HOLDFAST_PUBLIC_URL": "http://localhost:8000",
            "HOLDFAST_SHUTDOWN_GRACE": "30s",
        },
    }


def write(folder: Path) -> list[str]:
    """All files, unless there is one already; the names of those written.

    All or none: two files that hold the same password must be of one making.
    """
    if any(folder.glob("*.env")):
        return []
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, variables in texts().items():
        descriptor = os.open(folder / f"{name}.env", os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.writelines(f"{variable}={value}\n" for variable, value in variables.items())
    return sorted(texts())


def main() -> int:
    written = write(FOLDER)
    if written:
        print(f"Wrote {', '.join(f'{FOLDER}/{name}.env' for name in written)}; the owner's key is in owner.env.")
    missing = [name for name in texts() if not (FOLDER / f"{name}.env").is_file()]
    if missing:
        print(f"{FOLDER} lacks {', '.join(f'{name}.env' for name in missing)}.", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
