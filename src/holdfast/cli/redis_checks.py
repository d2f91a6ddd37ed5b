"""What ``holdfast doctor`` says of Redis. Without it work goes on, so most of this is a warning and no failure."""

import asyncio
from typing import Final

from holdfast.cli.announcing import shown_redis
from holdfast.cli.check import Check
from holdfast.compose import is_postgres, look_at_broker
from holdfast.local import found_keys
from holdfast.model.errors import Invalid, Unavailable
from holdfast.ports import Store
from holdfast.ports.inspection import Look
from holdfast.settings import Settings

# A first look may fall between two steps of a relay's or worker's work; what it shows must still be so after this.
_AGAIN: Final = 1.5


async def redis_checks(settings: Settings, store: Store | None) -> list[Check]:
    """``store`` is None where it can't be asked."""
    if settings.redis_url is None:
        return [Check("redis", "ok", "not used")]
    key = _key(settings)
    try:
        seen = await look_at_broker(settings, key, store)
        checks = [Check("redis", "ok", f"{seen.server} answers at {shown_redis(settings)}"), _memory(seen)]
        if key and store is not None and is_postgres(settings):
            checks.append(await _offers(settings, key, store, seen))
    except Invalid as error:
        return [Check("redis", "fail", "; ".join(problem.message for problem in error.problems), "Correct it.")]
    except Unavailable as error:
        hint = "Work goes on without it. Check HOLDFAST_REDIS_URL, and that the server runs."
        return [Check("redis", "warn", str(error) or "it can't be reached", hint)]
    return checks


def _key(settings: Settings) -> str:
    """The instance's secret key, which its things in Redis are named after; empty when none was made yet."""
    return next(iter(found_keys(settings)), "")


def _memory(seen: Look) -> Check:
    if seen.evicts is None:
        return Check("redis memory", "ok", "nothing is evicted")
    return Check(
        "redis memory", "warn", seen.evicts, "CONFIG SET maxmemory-policy noeviction, and in its configuration."
    )


async def _offers(settings: Settings, key: str, store: Store, seen: Look) -> Check:
    found = await _wrong(store, seen)
    if found is not None:
        await asyncio.sleep(_AGAIN)
        seen = await look_at_broker(settings, key, store)
        found = await _wrong(store, seen)
    told = f"{seen.out} out on {len(seen.queues)} queues; {seen.seats} workers read, with {seen.free} free slots"
    return found or Check("offers", "ok", told)


async def _wrong(store: Store, seen: Look) -> Check | None:
    """What needs attention, the gravest first."""
    alone = [queue.name for queue in seen.queues if queue.entries and not queue.group]
    if alone:
        hint = "A worker that serves the queue makes it with its next read: start one, or set its --queues."
        return Check("offers", "warn", f"no group reads the stream of {', '.join(alone[:5])}", hint)
    forgotten = sum(queue.forgotten for queue in seen.queues)
    if forgotten:
        said = f"{forgotten} were read over a minute ago and never settled"
        return Check(
            "offers", "warn", said, "Workers take them over by themselves: is one running that serves the queue?"
        )
    strays = [queue.name for queue in seen.queues if queue.register and not queue.entries]
    if strays:
        said = f"the register of {', '.join(strays[:5])} names offers that no stream holds"
        return Check("offers", "warn", said, "They expire within seconds; until then these jobs wait.")
    return await _lag(store, seen)


async def _lag(store: Store, seen: Look) -> Check | None:
    """Due work, free slots, and nothing between them."""
    due = sum(queue.pending for queue in await store.list_queues(await store.clock()) if not queue.paused)
    if not due or seen.out or not seen.free:
        return None
    if not seen.led:
        return Check(
            "offers", "warn", f"{due} due jobs wait and no relay leads", "Start a server, or `holdfast relay`."
        )
    said = f"{due} due jobs wait, {seen.free} slots are free, and nothing is offered"
    return Check(
        "offers", "warn", said, "A limit, a key or an unknown kind may keep them back: `holdfast jobs why ID`."
    )
