"""Seats as the broker keeps them: what a worker serves and can run is big, so it is kept once per distinct set, under
its digest; a seat names the digest."""

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.ports.streams import Seat

# A worker that waits tells of its seat again each few seconds.
SILENCE: Final[Micros] = 10 * SECOND
CACHED: Final = 1_000


class Profile(NamedTuple):
    """What seats have in common: everything but the worker and its free slots."""

    queues: tuple[str, ...]
    kinds: frozenset[str]
    tags: frozenset[str]

    def text(self) -> str:
        return json.dumps([list(self.queues), sorted(self.kinds), sorted(self.tags)], ensure_ascii=False)

    @classmethod
    def of(cls, text: str) -> "Profile":
        queues, kinds, tags = json.loads(text)
        return cls(tuple(queues), frozenset(kinds), frozenset(tags))


class Profiles:
    """Digests and profiles that this process met."""

    def __init__(self) -> None:
        self._digests: dict[Profile, str] = {}
        self._profiles: dict[str, Profile] = {}

    def digest(self, seat: Seat) -> str:
        profile = Profile(seat.queues, seat.kinds, seat.tags)
        digest = self._digests.get(profile)
        if digest is None:
            digest = hashlib.blake2b(profile.text().encode(), digest_size=9).hexdigest()
            self._make_room()
            self._digests[profile] = digest
        return digest

    def learn(self, digest: str, text: str) -> None:
        self._make_room()
        self._profiles[digest] = Profile.of(text)

    def unknown(self, seats: Mapping[str, str]) -> list[str]:
        """The digests among these seats that aren't known here."""
        return sorted({_digest_of(seat) for seat in seats.values()} - self._profiles.keys())

    def seats(self, told: Mapping[str, str]) -> list[Seat]:
        """The seats by worker; those whose profile is unknown are left out."""
        seats = []
        for worker, seat in sorted(told.items()):
            profile = self._profiles.get(_digest_of(seat))
            if profile is not None:
                seats.append(Seat(worker, profile.queues, profile.kinds, profile.tags, int(seat.split(" ")[1])))
        return seats

    def _make_room(self) -> None:
        for cache in (self._digests, self._profiles):
            if len(cache) >= CACHED:
                cache.clear()


def _digest_of(seat: str) -> str:
    return seat.rpartition(" ")[2]


def told(seat: Seat, digest: str, now: Instant) -> tuple[str, int, int, str]:
    """A seat as the first words of a script: worker, until when it holds, free slots, digest."""
    return seat.worker_id, milliseconds(now + SILENCE), max(0, seat.free), digest


def milliseconds(at: Instant) -> int:
    return at // MILLISECOND


def pairs(flat: Collection[str]) -> dict[str, str]:
    """A flat answer of keys and values."""
    items = iter(flat)
    return dict(zip(items, items, strict=True))
