"""What belongs to this machine: whether an address is a loopback one, and the instance's secret keys.

The key is given, or lies in a file; older ones may be given beside it, which open what they sealed. On a loopback
address a missing key is made once, in ``.holdfast/secret.key`` with mode 0600; two processes that start together end up
with one key. On any other address the key must be set.
"""

import hashlib
import os
import secrets
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from holdfast.model.errors import Invalid, Problem
from holdfast.settings import Settings

FOLDER: Final = Path(".holdfast")
KEY_FILE: Final = FOLDER / "secret.key"
SHORTEST: Final = 32


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


def is_alone(settings: Settings) -> bool:
    """Whether only who works at this machine comes to the server, as far as the settings tell: a proxy that is trusted
    brings others, whose requests come from this machine as well.
    """
    return is_loopback(settings.host) and not settings.trusted_proxies


def is_published(settings: Settings) -> bool:
    """Whether others know the server by an address that isn't a loopback one."""
    public = "" if settings.public_url is None else urlsplit(settings.public_url).hostname or ""
    return bool(public) and not is_loopback(public)


def secret_keys(settings: Settings) -> tuple[str, ...]:
    """The instance's secret key, then those before it. Raises ``Invalid`` when one must be set and isn't."""
    return tuple(dict.fromkeys((secret_key(settings), *_previous(settings))))


def found_keys(settings: Settings) -> tuple[str, ...]:
    """The same where nothing is to be made: empty when there is none yet. Raises ``Invalid``."""
    key = _given(settings)
    if key is None and KEY_FILE.exists():
        key = KEY_FILE.read_text(encoding="ascii").strip()
    return () if key is None else tuple(dict.fromkeys((key, *_previous(settings))))


def secret_key(settings: Settings) -> str:
    """The instance's secret key. Raises ``Invalid`` when it must be set and isn't."""
    given = _given(settings)
    if given is not None:
        return given
    if not is_loopback(settings.host):
        rule = f"must be set (32 characters or more) when the server listens on {settings.host}"
        raise Invalid([Problem("HOLDFAST_SECRET_KEY", rule)], "The settings are not safe")
    if settings.database_url.get_secret_value() == "memory:":
        return secrets.token_urlsafe(32)
    return _kept_key()


def secret_digest(key: str) -> str:
    """What the store remembers of the key: enough to recognise it, nothing to use."""
    return hashlib.sha256(b"holdfast instance key\0" + key.encode()).hexdigest()


def _previous(settings: Settings) -> tuple[str, ...]:
    given = settings.secret_key_previous
    return () if given is None else tuple(key.strip() for key in given.get_secret_value().split(","))


def _given(settings: Settings) -> str | None:
    """The key of the settings, or of the file that they name."""
    if settings.secret_key_file is None:
        return None if settings.secret_key is None else settings.secret_key.get_secret_value()
    if settings.secret_key is not None:
        raise _unusable("give this or HOLDFAST_SECRET_KEY, not both")
    try:
        key = Path(settings.secret_key_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise _unusable(f"the file can't be read ({type(error).__name__})") from None
    if len(key) < SHORTEST:
        raise _unusable(f"the file holds no key: a secret key has at least {SHORTEST} characters")
    return key


def _unusable(rule: str) -> Invalid:
    return Invalid([Problem("HOLDFAST_SECRET_KEY_FILE", rule)], "The settings are not valid")


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
