"""An engine as the commands build it: prepared stores, one clock, and a whole life on each store."""

import pytest

from holdfast.compose import Role, build, open_store
from holdfast.engine.drafts import JobDraft
from holdfast.engine.engine import Engine
from holdfast.model.errors import Invalid
from holdfast.model.instant import HOUR, SECOND
from holdfast.model.job import JobState
from holdfast.model.json import JSONObject
from holdfast.ports import ClaimRequest, NewWorker
from holdfast.settings import Settings, load
from holdfast.stores.sqlite.store import SQLiteStore
from holdfast.system import Identity
from tests.support.waiting import eventually

TENANT = "default"
KEY = "k" * 40
FLOW: JSONObject = {
    "holdfast": 1,
    "name": "flow",
    "nodes": [{"id": "a", "type": "noop", "params": {"n": "{{ input.n + 1 }}"}}, {"id": "b", "type": "log", "params": {
        "message": "{{ nodes.a.output.n }}"
    }}],
    "edges": [{"from": "a", "to": "b"}],
    "output": "{{ nodes.a.output.n }}",
}  # fmt: skip


def settings_for(url: str, key: str = KEY) -> Settings:
    return load(database_url=url, secret_key=key, shutdown_grace="1s")


async def works(engine: Engine) -> None:
    """Runs a workflow to its end."""
    await engine.workflows.create(TENANT, FLOW)
    accepted = await engine.runs.start(TENANT, "flow", {"n": 1}, correlation_id="c")
    run = await engine.runs.wait(TENANT, accepted.id, 20 * SECOND)
    assert (run.state, run.output) == ("SUCCEEDED", 2)


@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgres"])
async def test_a_whole_life(request: pytest.FixtureRequest, kind: str) -> None:
    url = "memory:" if kind == "memory" else request.getfixturevalue(f"{kind}_url")
    engine = await build(settings_for(url), role="all")
    async with engine:
        await works(engine)
        assert engine.degraded() == {}
        assert b"holdfast_attempts_total" in await engine.metrics.render(engine.store, engine.clock.now())
        assert await engine.store.check_invariants(engine.clock.now()) == []


async def test_a_server_and_a_worker_share_a_store(store_url: str) -> None:
    everything = await build(settings_for(store_url), role="all")
    await everything.stop()
    async with await build(settings_for(store_url), role="server") as server:
        assert server.worker is None
        async with await build(settings_for(store_url), role="worker") as worker:
            assert worker.worker is not None
            await works(server)


async def test_work_of_another_process_is_found_on_other_queues_too(store_url: str) -> None:
    engine = await build(settings_for(store_url), role="all", queues=("mail",), concurrency=2)
    async with engine:
        drafts = [JobDraft("noop", queue="mail"), JobDraft("noop")]
        mail, other = await engine.jobs.insert(TENANT, drafts, correlation_id="c")

        async def ended() -> bool:
            return (await engine.store.get_job(TENANT, mail.id)).state == JobState.SUCCEEDED

        await eventually(ended)
        assert (await engine.store.get_job(TENANT, other.id)).state == JobState.PENDING


@pytest.mark.parametrize("role", ["all", "server", "worker"])
async def test_another_key_is_refused(sqlite_url: str, role: Role) -> None:
    await (await build(settings_for(sqlite_url), role="all")).stop()
    with pytest.raises(Invalid) as caught:
        await build(settings_for(sqlite_url, "o" * 40), role=role)
    assert [problem.path for problem in caught.value.problems] == ["HOLDFAST_SECRET_KEY"]


async def test_a_shared_store_is_migrated_by_command_only(empty_postgres_url: str) -> None:
    with pytest.raises(Invalid, match="holdfast migrate"):
        await build(settings_for(empty_postgres_url), role="server")
    store = await open_store(settings_for(empty_postgres_url))
    await store.migrate()
    await store.close()
    await (await build(settings_for(empty_postgres_url), role="server")).stop()


async def test_the_clock_is_the_stores_from_the_start(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that registered by its host's wrong time would be taken for dead, or for alive too long."""
    real = SQLiteStore.clock

    async def ahead(store: SQLiteStore) -> int:
        return await real(store) + HOUR

    monkeypatch.setattr(SQLiteStore, "clock", ahead)
    engine = await build(settings_for(sqlite_url), role="all")
    assert abs(engine.clock.now() - await engine.store.clock()) < SECOND
    await engine.stop()


async def test_jobs_of_processes_that_are_gone_are_rescued_at_the_start(store_url: str) -> None:
    """Also steps of runs, whose rescue needs the graph."""
    engine = await build(settings_for(store_url), role="all")
    store, mine = engine.store, Identity.mine()
    await engine.workflows.create(TENANT, FLOW)
    run = await engine.runs.start(TENANT, "flow", {"n": 1}, correlation_id="c")
    worker_id = engine.entropy.new_id(engine.clock.now())
    new = NewWorker(worker_id, "gone", mine.host, mine.pid, "earlier:1", ("default",), 4)
    await store.register_worker(new, engine.clock.now(), HOUR)
    request = ClaimRequest(worker_id, ("default",), frozenset({"noop"}), 4)
    assert len(await store.claim(request, engine.clock.now())) == 1
    await engine.stop()
    async with await build(settings_for(store_url), role="all") as again:
        record = await again.runs.wait(TENANT, run.id, 20 * SECOND)
        assert record.state == "SUCCEEDED"


async def test_a_living_process_of_this_host_is_left_alone(sqlite_url: str) -> None:
    async with await build(settings_for(sqlite_url), role="all") as first:
        worker = first.worker
        assert worker is not None
        await eventually(lambda: worker.worker_id)
        async with await build(settings_for(sqlite_url), role="server"):
            records = await first.store.list_workers(first.clock.now())
            assert [record.alive for record in records] == [True]


MAPPED: JSONObject = {
    "holdfast": 1,
    "name": "mapped",
    "nodes": [
        {"id": "all", "type": "map", "params": {"items": "{{ input.items }}", "body": {"nodes": [
            {"id": "one", "type": "workflow.call", "params": {"workflow": "flow", "input": {"n": "{{ item }}"}}},
        ]}}},
        {"id": "told", "type": "wait.event", "params": {"event": "go.on", "timeout": "1h"}},
    ],
    "edges": [{"from": "all", "to": "told"}],
    "output": "{{ [nodes.all.output, nodes.told.output.data] }}",
}  # fmt: skip


async def test_runs_with_children_and_waits_go_on_between_processes(store_url: str) -> None:
    everything = await build(settings_for(store_url), role="all")
    await everything.workflows.create(TENANT, FLOW)
    await everything.stop()
    async with await build(settings_for(store_url), role="server") as server:
        async with await build(settings_for(store_url), role="worker"):
            await server.workflows.create(TENANT, MAPPED)
            accepted = await server.runs.start(TENANT, "mapped", {"items": [1, 2, 3]}, correlation_id="c")
            await server.events.post(TENANT, "go.on", {"n": 9})
            run = await server.runs.wait(TENANT, accepted.id, 20 * SECOND)
            assert (run.state, run.output) == ("SUCCEEDED", [[2, 3, 4], {"n": 9}])
        assert await server.store.check_invariants(server.clock.now()) == []


async def test_an_instances_limit_holds_where_a_workflow_has_none() -> None:
    waiting: JSONObject = {"holdfast": 1, "name": "free", "nodes": [{"id": "w", "type": "wait.callback"}]}
    limit: JSONObject = {"limit": 3, "when_full": "reject"}
    own: JSONObject = {**waiting, "name": "own", "settings": {"max_concurrent_runs": limit}}
    settings = load(database_url="memory:", secret_key=KEY, max_concurrent_runs=1)
    async with await build(settings, role="server") as server:
        for document, expected in ((waiting, ["RUNNING", "PENDING"]), (own, ["RUNNING", "RUNNING"])):
            await server.workflows.create(TENANT, document)
            name = str(document["name"])
            runs = [await server.runs.start(TENANT, name, {}, correlation_id="c") for _ in range(2)]
            records = [await server.store.get_run(TENANT, run.id, server.clock.now()) for run in runs]
            assert [record.state for record in records] == expected


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"host": "::1", "port": 9000}, "http://[::1]:9000"),
        ({"public_url": "https://flows.example.com/x/"}, "https://flows.example.com/x"),
    ],
)
async def test_callback_addresses_lead_to_this_instance(given: dict[str, object], address: str) -> None:
    settings = load(database_url="memory:", secret_key=KEY, **given)
    async with await build(settings, role="server") as server:
        assert server.callbacks.url(TENANT, "run", "node").startswith(f"{address}/callbacks/")
