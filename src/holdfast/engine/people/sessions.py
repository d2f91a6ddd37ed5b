"""Sessions: a browser in which somebody signed in. A new token at each sign-in; the store knows its hash.

One ends after 14 days without a request, and 90 days after it began in any case. That it was used is written at most
once a minute. What may be done in it is read with it, so that a role that was taken away counts at once.
"""

from typing import Final, NamedTuple

from holdfast.engine.people.tokens import LONGEST, digest_of, new_token
from holdfast.model.access import Session, SignedIn, User
from holdfast.model.instant import DAY, MINUTE, Instant, Micros
from holdfast.ports import Clock, Entropy, Store

IDLE: Final[Micros] = 14 * DAY
LIFETIME: Final[Micros] = 90 * DAY
_TOUCH_AFTER: Final[Micros] = MINUTE
_LONGEST_TEXT: Final = 300
# The tenant of a session whose person is a member nowhere.
NOWHERE: Final = ""


class Place(NamedTuple):
    """Where a request comes from: its address, and what the browser calls itself."""

    address: str = ""
    agent: str = ""


class Begun(NamedTuple):
    """A new session with its token, which is shown this once."""

    session: Session
    token: str


class Sessions:
    """Begins, finds and ends them."""

    def __init__(self, store: Store, clock: Clock, entropy: Entropy) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy

    async def begin(self, user: User, place: Place, tenant: str | None = None) -> Begun:
        """In ``tenant``, or where the person was last, or where they may work."""
        now = self._clock.now()
        token = new_token(self._entropy)
        session = Session(
            id=self._entropy.new_id(now),
            user_id=user.id,
            tenant=tenant or await self._last_tenant(user),
            created_at=now,
            seen_at=now,
            expires_at=now + IDLE,
            address=place.address[:_LONGEST_TEXT],
            agent=_plain(place.agent)[:_LONGEST_TEXT],
        )
        await self._store.add_session(session, digest_of(token))
        return Begun(session, token)

    async def find(self, token: str) -> SignedIn | None:
        """The session of this token, if it counts; notes that it was used."""
        if not token or len(token) > LONGEST:
            return None
        now = self._clock.now()
        found = await self._store.find_session(digest_of(token), now)
        if found is not None and now - found.session.seen_at >= _TOUCH_AFTER:
            await self._store.touch_session(found.session.id, now, _end(found.session.created_at, now))
        return found

    async def _last_tenant(self, user: User) -> str:
        members = await self._store.memberships(user.id)
        open_to = [member.tenant for member in members if not member.suspended] or [m.tenant for m in members]
        for earlier in await self._store.list_sessions(user.id, self._clock.now()):
            if earlier.tenant in open_to:
                return earlier.tenant
        return open_to[0] if open_to else NOWHERE


def _end(created_at: Instant, now: Instant) -> Instant:
    return min(now + IDLE, created_at + LIFETIME)


def _plain(text: str) -> str:
    """What a browser calls itself, without what a store or a terminal couldn't bear."""
    return "".join(letter for letter in text if letter.isascii() and letter.isprintable())
