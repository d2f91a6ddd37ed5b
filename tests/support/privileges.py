"""Which user runs a server that refuses to be root, and folders and programs that this user can reach.

As a normal user nothing changes hands: `Unprivileged.here()` is None. As root it is `nobody`, with no user
created and no mode of an existing folder opened. What that user can't reach (a clone below a home of mode
0700, say) is copied into a folder of ours that it can reach. A root that may not change its user id (some
containers) can't run such a server: starting it fails with the operating system's own error.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

FALLBACK_ID = 65534
MEMORY = Path("/dev/shm")
ROOM = 2 << 30


@dataclass(frozen=True, slots=True)
class Unprivileged:
    """The user and group that stand in for root."""

    uid: int
    gid: int

    @classmethod
    def here(cls) -> Unprivileged | None:
        """The stand-in for this process, or None when it isn't root."""
        if os.geteuid() != 0:
            return None
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            return cls(FALLBACK_ID, FALLBACK_ID)
        return cls(nobody.pw_uid, nobody.pw_gid)

    def can(self, *command: str | Path) -> bool:
        """True if this user can run the command to success. The kernel decides, not a guess from modes."""
        try:
            done = subprocess.run(
                [str(part) for part in command],
                user=self.uid,
                group=self.gid,
                extra_groups=[],
                cwd="/",
                capture_output=True,
                check=False,
            )
        except PermissionError:
            return False
        return done.returncode == 0


def popen_identity(user: Unprivileged | None) -> dict[str, object]:
    """The arguments of `subprocess` that run a command as this user; none for None."""
    if user is None:
        return {}
    return {"user": user.uid, "group": user.gid, "extra_groups": []}


def new_folder(prefix: str, user: Unprivileged | None, *, in_memory: bool = False) -> Path:
    """A new folder of mode 0700 that belongs to the user and that it can reach.

    `in_memory` prefers the memory file system where the machine has one with room.
    """
    for parent in parents(in_memory):
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        if user is None:
            return folder
        os.chown(folder, user.uid, user.gid)
        if user.can("/bin/sh", "-c", 'cd "$1"', "sh", folder):
            return folder
        folder.rmdir()
    raise RuntimeError("no temporary folder can be reached by an unprivileged user")


def parents(in_memory: bool) -> list[Path]:
    """Where a folder may be made, best first."""
    memory = [MEMORY] if in_memory and has_room(MEMORY) else []
    usual = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]
    return [*memory, *(folder for folder in usual if folder.is_dir())]


def has_room(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= ROOM
