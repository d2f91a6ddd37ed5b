"""Plain functions in threads: used again, told to stop, abandoned when they don't, and counted as long as they run."""

import asyncio
import threading
from collections.abc import Callable

import pytest
import structlog

from holdfast.nodes.threads import Threads
from tests.support.waiting import eventually


class Deaf:
    """A function that ends only when it is let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.began = threading.Event()

    def __call__(self) -> str:
        self.began.set()
        assert self.let_go.wait(30)
        return "at last"


async def start(threads: Threads, call: Callable[[], str], stop: threading.Event) -> asyncio.Task[str]:
    return asyncio.create_task(threads.run(call, stop))


async def abandon(threads: Threads, deaf: Deaf) -> None:
    stop = threading.Event()
    running = await start(threads, deaf, stop)
    await eventually(deaf.began.is_set)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert stop.is_set()


async def test_a_thread_is_used_again() -> None:
    threads = Threads()
    first = await threads.run(threading.get_ident, threading.Event())
    assert first != threading.get_ident()
    assert await threads.run(threading.get_ident, threading.Event()) == first


async def test_each_of_several_at_once_has_a_thread() -> None:
    threads, both = Threads(), threading.Barrier(2, timeout=10)
    await asyncio.gather(*(threads.run(both.wait, threading.Event()) for _ in range(2)))


async def test_one_that_goes_on_is_abandoned_and_counted_until_it_ends() -> None:
    threads, deaf = Threads(notice=0.01), Deaf()
    counts: list[int] = []
    threads.watch(counts.append)
    with structlog.testing.capture_logs() as lines:
        await abandon(threads, deaf)
    assert (threads.count, counts) == (1, [1])
    (line,) = lines
    assert __file__ in line["place"], "it says where the function stands"
    assert await threads.run(lambda: "others go on", threading.Event()) == "others go on"
    deaf.let_go.set()
    await eventually(lambda: threads.count == 0)
    assert counts == [1, 0]


async def test_one_that_ends_within_the_notice_isnt_counted() -> None:
    threads, stop = Threads(notice=30), threading.Event()
    counts: list[int] = []
    threads.watch(counts.append)
    running = await start(threads, lambda: str(stop.wait(30)), stop)
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert counts == []


async def test_who_stops_it_twice_doesnt_wait_for_the_notice() -> None:
    threads, deaf, stop = Threads(notice=30), Deaf(), threading.Event()
    running = await start(threads, deaf, stop)
    await eventually(deaf.began.is_set)
    running.cancel()
    await eventually(stop.is_set)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 10)
    assert threads.count == 1
    deaf.let_go.set()
    await eventually(lambda: threads.count == 0)


async def test_at_a_timeout_it_is_told_where_the_function_was() -> None:
    threads, deaf = Threads(notice=0.01), Deaf()
    with pytest.raises(TimeoutError) as caught:
        async with asyncio.timeout(0.05):
            await threads.run(deaf, threading.Event())
    cancelled = caught.value.__cause__ or caught.value.__context__
    assert cancelled is not None
    assert "in __call__" in cancelled.__notes__[0]
    deaf.let_go.set()
    await eventually(lambda: threads.count == 0)


def test_a_thread_outlives_its_loop_without_harm() -> None:
    deaf = Deaf()

    async def leave() -> None:
        await abandon(Threads(notice=0.01), deaf)

    asyncio.run(leave())
    before = threading.active_count()
    deaf.let_go.set()
    assert before >= 1


async def test_a_thread_without_work_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdfast.nodes.threads._IDLE", 0.01)
    threads = Threads()
    thread = await threads.run(threading.current_thread, threading.Event())
    await eventually(lambda: not thread.is_alive())
    assert await threads.run(lambda: "a new one", threading.Event()) == "a new one"
