"""How often anybody may call: token buckets in this process's memory, bounded in number.

A *caller* (a key, a person) has its rate for everything that it calls; a *stranger* (an address) has a small one for
what needs no caller (signing in, invites). Who guesses is bounded as well: an address that sends unknown keys, or wrong
passwords to a webhook, is told to wait. A good key, and a password that was right lately, pass all the same, so that
nobody who guesses keeps others behind the same address out. Several server processes allow so much each: this protects
them, it isn't accounting.

The local user has no rate. Where the rate is set to 0, nothing is counted.
"""

from collections import OrderedDict
from typing import Any, Final, NamedTuple, Protocol

from holdfast.http.addresses import address_of
from holdfast.http.errors import Refused
from holdfast.http.limits import Limits
from holdfast.model.household import household
from holdfast.model.instant import MINUTE, SECOND, Instant, Micros
from holdfast.model.limits import Bucket, Rate

STRANGERS: Final = Rate(60, 20 * SECOND)
GUESSES: Final = Rate(60, MINUTE)
# Of one webhook's password or token, from one address.
PASSWORDS: Final = Rate(10, MINUTE)
_BURST: Final = 2
_KEEP: Final = 20_000
_SHOWN: Final = "holdfast.rate"
_WRONG: Final = "Too many wrong ones came from this address."


class Known(Protocol):
    """A caller, as far as it is counted."""

    @property
    def kind(self) -> str: ...

    @property
    def id(self) -> str: ...


class Turn(NamedTuple):
    """What became of asking a bucket: ``wait`` 0: there was a token."""

    left: int
    wait: Micros
    full_in: Micros


class Buckets:
    """One for each name, all with one rate. One that nobody came to for long is full again."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, name: str, now: Instant) -> Turn:
        bucket = self._at(name, now)
        free = bucket.tokens >= 1
        if free:
            bucket = bucket.taken(1)
        self._buckets[name] = bucket
        self._buckets.move_to_end(name)
        if len(self._buckets) > _KEEP:
            self._buckets.popitem(last=False)
        wait = 0 if free else bucket.when(1) - now
        return Turn(bucket.tokens, wait, bucket.when(self.rate.count) - now)

    def wait(self, name: str, now: Instant) -> Micros:
        """How long until there is a token; 0: there is one. Takes none."""
        bucket = self._at(name, now) if name in self._buckets else None
        return 0 if bucket is None or bucket.tokens >= 1 else bucket.when(1) - now

    def __len__(self) -> int:
        return len(self._buckets)

    def _at(self, name: str, now: Instant) -> Bucket:
        bucket = self._buckets.get(name)
        return Bucket.full(self.rate, now) if bucket is None else bucket.refilled(now)


class Guesses:
    """Who failed how often to prove something, and digests of what was right lately."""

    def __init__(self, rate: Rate) -> None:
        self._failures = Buckets(rate)
        self._proved: OrderedDict[bytes, None] = OrderedDict()

    def wait(self, who: str, digest: bytes, now: Instant) -> Micros:
        """How long until ``who`` may try this; 0: now."""
        return 0 if digest in self._proved else self._failures.wait(who, now)

    def failed(self, who: str, now: Instant) -> None:
        self._failures.take(who, now)

    def proved(self, digest: bytes) -> None:
        self._proved[digest] = None
        self._proved.move_to_end(digest)
        if len(self._proved) > _KEEP:
            self._proved.popitem(last=False)


class Rates:
    """All rates of one server."""

    def __init__(self, limits: Limits) -> None:
        rate = limits.rate
        self._callers = Buckets(Rate(rate * _BURST, _BURST * SECOND)) if rate else None
        self._strangers = Buckets(STRANGERS)
        self._guesses = Buckets(GUESSES)
        self._keys = Buckets(GUESSES)
        self._passwords = Guesses(PASSWORDS)

    def admit(self, scope: Any, caller: Known, now: Instant) -> None:
        """Raises ``Refused`` (429) for a caller who calls too often."""
        if self._callers is None or caller.kind == "local":
            return
        turn = self._callers.take(f"{caller.kind} {caller.id}", now)
        scope[_SHOWN] = (self._callers.rate, turn)
        if turn.wait:
            raise too_many(turn.wait, "You call too often.")

    def admit_stranger(self, scope: Any, now: Instant) -> None:
        """For what anybody may call and what costs us. Raises ``Refused`` (429)."""
        if self._callers is None:
            return
        turn = self._strangers.take(_who(scope), now)
        scope[_SHOWN] = (self._strangers.rate, turn)
        if turn.wait:
            raise too_many(turn.wait, "Too many calls come from this address.")

    def wrong_key(self, scope: Any, now: Instant) -> None:
        """Raises ``Refused`` (429) where too many wrong keys came from this address; a good one passes all the same."""
        if self._callers is not None and (turn := self._keys.take(_who(scope), now)).wait:
            raise too_many(turn.wait, _WRONG)

    def guessed(self, scope: Any, now: Instant) -> None:
        """An address that nobody gave out was called. Raises ``Refused`` (429) when that happens too often.

        Only then: who calls one that was given out is never kept from it, whatever others behind the same proxy do.
        """
        if self._callers is not None and (turn := self._guesses.take(_who(scope), now)).wait:
            raise too_many(turn.wait, _WRONG)

    def may_try_password(self, scope: Any, trigger: str, digest: bytes, now: Instant) -> None:
        """Of one trigger's password or token. Raises ``Refused`` (429) while too many wrong ones came from this
        address; one that was right lately passes."""
        if self._callers is not None and (wait := self._passwords.wait(f"{trigger} {_who(scope)}", digest, now)):
            raise too_many(wait, _WRONG)

    def wrong_password(self, scope: Any, trigger: str, now: Instant) -> None:
        if self._callers is not None:
            self._passwords.failed(f"{trigger} {_who(scope)}", now)

    def good_password(self, digest: bytes) -> None:
        self._passwords.proved(digest)


def _who(scope: Any) -> str:
    return household(address_of(scope))


def too_many(wait: Micros, detail: str) -> Refused:
    seconds = max(-(-wait // SECOND), 1)
    told = f"{detail} Try again in {seconds} second{'' if seconds == 1 else 's'}."
    return Refused(429, "Too many requests", told, headers={"Retry-After": str(seconds)})


def rate_headers(scope: Any) -> list[tuple[bytes, bytes]]:
    """``RateLimit`` and ``RateLimit-Policy`` of an answer whose request was counted."""
    shown = scope.get(_SHOWN)
    if shown is None:
        return []
    rate, turn = shown
    policy = b'"calls";q=%d;w=%d' % (rate.count, rate.per // SECOND)
    level = b'"calls";r=%d;t=%d' % (max(turn.left, 0), -(-turn.full_in // SECOND))
    return [(b"ratelimit-policy", policy), (b"ratelimit", level)]
