"""Passwords: argon2id, in threads of their own, and never more of them at once than the machine bears.

A check takes tens of milliseconds and 19 MiB, on purpose; two threads do nothing else. So many may wait for them; what
comes beyond is ``Busy``, so that a flood of sign-ins costs neither the memory nor the event loop. Where there is no
hash to check (nobody has that address, or no password was set) one that fits no password is checked, which takes as
long.

Passwords are compared in Unicode's form NFKC: the same keys give the same password on every machine.
"""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from holdfast.model.errors import HoldfastError, Invalid, Problem
from holdfast.model.json import problems_of

T = TypeVar("T")

SHORTEST: Final = 12
LONGEST: Final = 256
_THREADS: Final = 2
_WAITING: Final = 50
# The parameters that OWASP's guide on storing passwords names first.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Of a password that nobody has: its salt and tag are made up.
_NOBODYS: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$aG9sZGZhc3Qgbm9ib2R5cw$dGhpcyB0YWcgZml0cyBubyBwYXNzd29yZCBhdCBhbGwhISE"
)


class Busy(HoldfastError):
    """More passwords wait to be checked than this process takes."""


class Passwords:
    """Hashes and checks."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="password")
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """What is stored of it. Raises ``Busy``."""
        return await self._in_thread(lambda: _HASHER.hash(_normal(password)))

    async def fits(self, password: str, known: str | None) -> bool:
        """Whether ``known`` is a hash of this password; None never is. Raises ``Busy``."""
        return await self._in_thread(lambda: _fits(password, known or _NOBODYS)) and known is not None

    @staticmethod
    def outdated(known: str) -> bool:
        """Whether the hash was made with weaker parameters than these: the next sign-in makes a new one."""
        return _HASHER.check_needs_rehash(known)

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._waiting >= _WAITING:
            raise Busy("too many passwords are being checked; try again")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def checked(password: str, email: str, path: str = "password") -> str:
    """A password that may be chosen. Raises ``Invalid``."""
    normal = _normal(password)
    rule = None
    if problems_of(password):
        rule = "holds characters that can't be kept"
    elif len(normal) < SHORTEST:
        rule = f"must have at least {SHORTEST} characters"
    elif len(normal) > LONGEST:
        rule = f"must have at most {LONGEST} characters"
    elif normal.lower() in (email, email.partition("@")[0]):
        rule = "must not be the address"
    elif len(set(normal)) < 4:
        rule = "must not repeat the same few characters"
    if rule is not None:
        raise Invalid([Problem(path, rule)], "The password is not valid")
    return password


def _fits(password: str, known: str) -> bool:
    try:
        return _HASHER.verify(known, _normal(password))
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
