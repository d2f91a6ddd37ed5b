"""What keeps runs going: rounds that find nothing cost one call, full rounds go on, news wake whoever they are for."""

import pytest

from holdfast.engine.loop import Loop
from holdfast.engine.maintenance.runs_on import Deliverer, RunAdmitter, WaitTimer
from holdfast.engine.wakeups import CANCEL, ENDS, EVENTS, INBOX, RUNS, news_of, queue_topic
from holdfast.model.errors import Unavailable
from holdfast.model.instant import HOUR, MILLISECOND
from holdfast.model.json import JSON
from holdfast.ports import Finished
from tests.engine.world import TENANT, World, world
from tests.support.waiting import eventually


def parts(w: World) -> tuple[Loop, ...]:
    told = (w.store, w.clock, w.entropy, w.wakeups)
    return Deliverer(*told), WaitTimer(*told), RunAdmitter(*told)


def a_map(count: int) -> JSON:
    body: JSON = {"nodes": [{"id": "step", "type": "noop"}]}
    return [{"id": "all", "type": "map", "params": {"items": list(range(count)), "concurrency": count, "body": body}}]


def test_news_are_for_whom_they_concern() -> None:
    nothing = Finished(frozenset(), frozenset())
    assert news_of(nothing) == {EVENTS}
    everything = Finished(frozenset(), frozenset({"mail"}), (("job", 1),), mail=True, freed=True, over=True)
    assert news_of(everything) == {EVENTS, CANCEL, INBOX, RUNS, ENDS, queue_topic("mail")}


async def test_rounds_that_find_nothing(store_url: str) -> None:
    async with world(url=store_url) as w:
        with w.wakeups.subscribe(EVENTS, INBOX, RUNS, CANCEL) as news:
            for part in parts(w):
                assert not await part.run_once()
            assert not await news.wait(MILLISECOND)
        assert w.faults.calls == {"deliver": 1, "expire_waits": 1, "expire_runs": 1, "admit_runs": 1}


async def test_mail_wakes_the_deliverer(store_url: str) -> None:
    """Without its wake-up it would look an hour later."""
    async with world(url=store_url) as w:
        w.go(Deliverer(w.store, w.clock, w.entropy, w.wakeups, HOUR))
        await eventually(lambda: w.faults.calls["deliver"])
        w.work()
        await w.save(nodes=a_map(3))
        run = await w.run_ended(await w.start())
        assert run.state == "SUCCEEDED"


async def test_a_place_that_is_free_wakes_the_admitter(store_url: str) -> None:
    async with world(url=store_url) as w:
        w.go(RunAdmitter(w.store, w.clock, w.entropy, w.wakeups, HOUR))
        await eventually(lambda: w.faults.calls["admit_runs"])
        await w.save(nodes=[{"id": "a", "type": "noop"}], settings={"max_concurrent_runs": 1})
        runs = [await w.start() for _ in range(3)]
        w.work()
        for run_id in runs:
            assert (await w.run_ended(run_id)).state == "SUCCEEDED"


async def test_a_lost_wake_up_costs_time_only(store_url: str) -> None:
    async with world(url=store_url) as w:
        w.work()
        await w.save(nodes=a_map(2))
        run_id = await w.start()

        async def parked() -> bool:
            nodes = (await w.run(run_id)).nodes or {}
            return "all" in nodes and nodes["all"].state == "WAITING"

        await eventually(parked)
        # Nobody who heard the news is left: a part that starts now looks by itself.
        w.go()
        assert (await w.run_ended(run_id)).state == "SUCCEEDED"


@pytest.mark.parametrize("name", ["deliver", "start_runs", "finish"])
async def test_lost_answers_double_no_child(store_url: str, name: str) -> None:
    async with world(url=store_url) as w:
        w.faults.lose_answer(name, 2)
        w.faults.lose(name)
        w.go()
        w.work(concurrency=4)
        await w.save(nodes=a_map(12))
        run_id = await w.start()
        assert (await w.run_ended(run_id)).state == "SUCCEEDED"
        children = (await w.runs.children(TENANT, run_id, "all", limit=100)).items
        assert [child.state for child in children] == ["SUCCEEDED"] * 12
        assert w.counted("late_results") == 0


async def test_a_round_fails_by_itself(store_url: str) -> None:
    async with world(url=store_url) as w:
        w.faults.away = True
        for part in parts(w):
            with pytest.raises(Unavailable):
                await part.run_once()
