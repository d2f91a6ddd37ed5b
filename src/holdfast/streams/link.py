"""The link to the broker: which server, whether it is there, and connections to it.

Modes: *away* (from the start, and after any failure: every call raises ``Unavailable`` at once; the server is looked
for again with growing, jittered pauses) and *healthy* (it did all that is needed, and answered a moment ago). A call
that fails or takes over ``COMMAND`` seconds, or an unanswered pulse, drops all connections, also those that wait:
whoever used them hears of it at once. A server that passes the probe and then refuses work, again and again, is left
alone for longer. Each change is logged once, without credentials. What serves several (streams, notifier, channels)
opens and closes the same link; it ends with the last.
"""

import asyncio
import contextlib
import random
from typing import TYPE_CHECKING, Any, Final

import structlog

from holdfast.model.errors import Invalid, Problem, Unavailable
from holdfast.streams.address import Address
from holdfast.streams.layout import COMMAND, namespace, prefix_of
from holdfast.streams.pauses import Pauses
from holdfast.streams.probe import probe
from holdfast.streams.refusal import Refused
from holdfast.streams.scripts import Script

if TYPE_CHECKING:
    from holdfast.streams.wire import Wire

_log = structlog.get_logger("holdfast.streams")

PULSE: Final = 1.0  # the longest time without a word from the server
IDLE_WIRES: Final = 4
ENDING: Final = 0.5
INSTALL: Final = 'Redis needs its driver: pip install "holdfast[redis]"'


class Link:
    """Calls and connections to the broker at ``url``, for the instance with this secret key and store."""

    def __init__(self, url: str, secret_key: str | bytes, store: str = "") -> None:
        try:
            from holdfast.streams import wire
        except ImportError:
            raise Invalid([Problem("redis_url", INSTALL)], "The settings are not valid") from None
        self._wire = wire
        self.address = Address.parse(url)
        self.namespace = namespace(secret_key, store)
        self.prefix = prefix_of(self.namespace)
        self.trouble: str | None = f"{self.address.shown()} was not reached yet"
        self._evicts: str | None = None
        self._target: tuple[str, int] | None = None
        self._wires: set[Wire] = set()
        self._idle: list[Wire] = []
        self._users = 0
        self._told: bool | None = None
        self._heard = 0.0
        self._refused = False
        self._lost = asyncio.Event()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def rename(self, name: str) -> None:
        """Before it is opened: the instance's things lie under this name, whatever its secret key is by now."""
        self.namespace = name
        self.prefix = prefix_of(name)

    @property
    def healthy(self) -> bool:
        return self.trouble is None

    def evicts(self) -> str | None:
        """A sentence when the server may throw keys away to make room, as far as it says."""
        return self._evicts

    async def open(self) -> None:
        """Begins to look for the server, in the background."""
        self._users += 1
        if self._task is None:
            self._task = asyncio.create_task(self._keep(), name="redis-link")

    async def close(self) -> None:
        self._users = max(0, self._users - 1)
        if self._users == 0 and (task := self._task) is not None:
            self._task = None
            await ended(task)
            await self._away(f"the link to {self.address.shown()} is closed", tell=False)

    async def until_healthy(self) -> None:
        """Waits, for as long as it takes."""
        while not self.healthy:
            await self._changed.wait()

    # -- calls -----------------------------------------------------------------------------------------------------

    async def call(self, *words: str | bytes | int) -> Any:
        """One command on a connection of the pool."""
        self.required()
        wire = await self.kept(self._idle.pop() if self._idle else None)
        try:
            return await self.asked(wire, *words)
        finally:
            await self._put(wire)

    async def run(self, script: Script, *words: str | bytes | int) -> Any:
        """A script, which is sent whole when the server doesn't know it."""
        try:
            return await self.call("EVALSHA", script.digest, 1, self.prefix, *words)
        except Refused as refused:
            if refused.code != "NOSCRIPT":
                raise
            return await self.call("EVAL", script.text, 1, self.prefix, *words)

    async def wire(self, decoded: bool = True) -> "Wire":
        """A connection of the caller's own, dropped when the server is lost. Give it to ``drop`` in the end."""
        self.required()
        wire = self._wire.wire(self.address, self._target, decoded)
        self._wires.add(wire)
        try:
            await wire.connect()
            self.required()
        except BaseException as error:
            await self.drop(wire)
            if isinstance(error, Unavailable):
                self.lose(str(error))
            raise
        return wire

    async def kept(self, wire: "Wire | None") -> "Wire":
        """This connection, or a new one in its place where it may be of no use any more."""
        if wire is not None:
            if await wire.useful():
                return wire
            await self.drop(wire)
        return await self.wire()

    async def asked(self, wire: "Wire", *words: str | bytes | int, patience: float = 0) -> Any:
        """A command on this connection that may take ``patience`` seconds longer than others."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            answer = await wire.call(*words, patience=patience + COMMAND)
        except Refused:
            self._heard = loop.time()
            raise
        except BaseException as error:
            await self.drop(wire)
            # Where this process itself stood still, the server isn't to blame.
            if isinstance(error, Unavailable) and loop.time() - began < patience + COMMAND + PULSE:
                self.lose(str(error))
                self._refused = self._wire.answered(error)
            raise
        self._heard = loop.time()
        return answer

    async def _put(self, wire: "Wire") -> None:
        """Back into the pool, if it is still of use; those that rest below it for long leave."""
        for rested in [idle for idle in self._idle if idle.rested]:
            self._idle.remove(rested)
            await self.drop(rested)
        if wire.open and wire in self._wires and len(self._idle) < IDLE_WIRES:
            self._idle.append(wire)
        else:
            await self.drop(wire)

    async def drop(self, wire: "Wire") -> None:
        self._wires.discard(wire)
        await wire.close()

    def required(self) -> None:
        if self.trouble is not None:
            raise Unavailable(self.trouble)

    def lose(self, trouble: str) -> None:
        """The server failed somebody: everybody is to know."""
        if self.healthy:
            self.trouble = trouble
            self._lost.set()

    # -- keeping ---------------------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        pauses = Pauses()
        while True:
            began = loop.time()
            self._refused = False
            try:
                await self._life()
            except Unavailable as error:
                await self._away(str(error))
            except Exception:
                # Nothing would start this task again: whatever it is, try afresh.
                _log.exception("the link to redis failed, going on")
                await self._away("the link failed")
            pause = pauses.after(loop.time() - began, self._refused)
            await asyncio.sleep(pause * (0.5 + random.random()))

    async def _life(self) -> None:
        """Finds the server, and raises when it is lost."""
        self._lost.clear()
        await self._find()
        self.trouble = None
        self._tell()
        while not self._lost.is_set():
            quiet = asyncio.get_running_loop().time() - self._heard
            if quiet >= PULSE:
                await self._felt()
                quiet = 0
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PULSE - quiet):
                    await self._lost.wait()
        raise Unavailable(self.trouble or "Redis was lost")

    async def _find(self) -> None:
        """Which server, that it can do what is needed, and what it says of its memory."""
        key = self.prefix + "lead"
        target = await self._wire.target_of(self.address, key)
        wire = self._wire.wire(self.address, target)
        try:
            await wire.connect()
            self._evicts = await self._memory(wire)
            await probe(wire, self.prefix)
        finally:
            await wire.close()
        self._target = target
        self._heard = asyncio.get_running_loop().time()

    async def _memory(self, wire: "Wire") -> str | None:
        try:
            info = await wire.call("INFO", "memory")
        except Unavailable:
            if wire.open:
                return None  # it may not be asked
            raise
        facts = dict(line.split(":", 1) for line in str(info).splitlines() if ":" in line)
        policy = facts.get("maxmemory_policy", "noeviction").strip()
        if facts.get("maxmemory", "0").strip() == "0" or policy == "noeviction":
            return None
        return (
            f"Redis may throw keys away when its memory is full (maxmemory-policy is {policy}): "
            "set maxmemory-policy noeviction, or wake-ups and offers may get lost and come late"
        )

    async def _felt(self) -> None:
        """Raises when there is no pulse; one missed because this process stood still is felt for again."""
        try:
            await self._pulse()
        except Unavailable:
            if self._lost.is_set():
                raise

    async def _pulse(self) -> None:
        """Asks for a sign of life, in words that tell a server that isn't the right one any more."""
        if self.address.kind == "sentinel":
            role = await self.call("ROLE")
            if role[0] != "master":
                self.lose("Redis can't be used: it is a replica")
        elif self.address.kind == "cluster":
            await self.call("EXISTS", self.prefix + "lead")
        else:
            await self.call("PING")

    async def _away(self, trouble: str, tell: bool = True) -> None:
        self.trouble = trouble
        wires, self._wires = self._wires, set()
        self._idle.clear()
        for wire in wires:
            await wire.close()
        if tell:
            self._tell()

    def _tell(self) -> None:
        if self.healthy == self._told:
            return
        self._told = self.healthy
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        if self.healthy:
            _log.info("redis is used", address=self.address.shown())
            if self._evicts is not None:
                _log.warning(self._evicts)
        else:
            _log.warning("redis is not used for now", address=self.address.shown(), reason=self.trouble)


async def ended(task: asyncio.Task[None]) -> None:
    """Ends a task of this package, whatever it was doing."""
    while not task.done():
        task.cancel()
        # A cancellation that meets a timeout or a failure on its way may get lost.
        await asyncio.wait([task], timeout=ENDING)
