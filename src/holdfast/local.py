"""What belongs to this machine: whether an address is a loopback one, and the instance's secret key in a file.

On a loopback address a missing key is made once, in ``.holdfast/secret.key`` with mode 0600; two processes that start
together end up with one key. On any other address the key must be set.
"""

import hashlib
import os
import secrets
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from holdfast.model.errors import Invalid, Problem
from holdfast.settings import Settings

FOLDER: Final = Path(".holdfast")
KEY_FILE: Final = FOLDER / "secret.key"


def is_loopback(host: str) -> bool:
    """Whether a server bound to ``host`` can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    # An IPv4 address wrapped in IPv6 is judged differently by different Pythons: never as loopback here.
    return address.is_loopback and getattr(address, "ipv4_mapped", None) is None


def secret_key(settings: Settings) -> str:
    """The instance's secret key. Raises ``Invalid`` when it must be set and isn't."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    if not is_loopback(settings.host):
        rule = f"must be set (32 characters or more) when the server listens on {settings.host}"
        raise Invalid([Problem("HOLDFAST_SECRET_KEY", rule)], "The settings are not safe")
    if settings.database_url.get_secret_value() == "memory:":
        return secrets.token_urlsafe(32)
    return _kept_key()


def secret_digest(key: str) -> str:
    """What the store remembers of the key: enough to recognise it, nothing to use."""
    return hashlib.sha256(b"holdfast instance key\0" + key.encode()).hexdigest()


def _kept_key() -> str:
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    if not KEY_FILE.exists():
        _write_once(secrets.token_urlsafe(32))
    return KEY_FILE.read_text(encoding="ascii").strip()


def _write_once(key: str) -> None:
    """Creates the file whole or not at all; whoever comes second keeps what the first wrote."""
    draft = KEY_FILE.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, KEY_FILE)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
