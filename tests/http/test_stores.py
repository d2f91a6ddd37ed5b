"""The API gives the same answers on both stores: one walk through everything that a store must do for it."""

from __future__ import annotations

import asyncio

from tests.http.serving import serving, workflow
from tests.http.test_events import stream


async def test_the_api_on_each_store(store_url: str) -> None:
    async with serving(url=store_url) as api:
        url: str = (await api.create(workflow()))["triggers"][0]["url"]
        async with stream(api, "?type=workflow.finished") as opened:
            hook = url.removeprefix(api.base)
            replies = [await api.post(hook, {"n": n}, headers={"webhook-id": "d"}) for n in (1, 1, 2)]
            assert [reply.status for reply in replies] == [202, 200, 409]
            run_id = replies[0].json["run_id"]
            finished = await opened.event()
        assert (finished["run"], finished["data"]["state"]) == (run_id, "SUCCEEDED")
        run = (await api.get(f"/api/v1/runs/{run_id}")).json
        assert (run["state"], list(run["nodes"]), run["input"]) == ("SUCCEEDED", ["first", "second"], {"n": 1})
        waited = await api.post("/api/v1/workflows/greet/runs", {"wait": 10})
        assert (waited.status, waited.json["output"]) == (200, {"word": "hello"})
        keyed = [
            await api.post("/api/v1/jobs", {"kind": "noop", "delay": "1h"}, headers={"Idempotency-Key": "k"})
            for _ in range(2)
        ]
        assert keyed[0].text == keyed[1].text
        batch = {"jobs": [{"kind": "noop", "delay": "1h", "unique_key": "u"}, {"kind": "noop", "delay": "2h"}]}
        inserted = [job.get("duplicate") for job in (await api.post("/api/v1/jobs/batch", batch)).json["jobs"]]
        again = [job.get("duplicate") for job in (await api.post("/api/v1/jobs/batch", batch)).json["jobs"]]
        assert (inserted, again) == ([None, None], [True, None])
        assert len((await api.get("/api/v1/jobs?state=SCHEDULED")).json["items"]) == 4
        made = (await api.post("/api/v1/keys", {"name": "k", "role": "viewer"})).json
        header = {"Authorization": f"Bearer {made['key']}"}
        paths = ("workflows", "runs", "jobs", "events", "queues", "mailbox", "workflows/greet/versions")
        answers = await asyncio.gather(*(api.get(f"/api/v1/{path}?", headers=header) for path in paths))
        assert {answer.status for answer in answers} == {200}
        assert (await api.get("/metrics", headers=header)).status == 403
        assert (await api.get("/metrics")).status == 200
        assert (await api.get("/health/ready")).json["status"] == "ok"
        for path in ("runs?cursor=x", "jobs?cursor=x", "workflows?cursor=x", "mailbox?cursor=x", "events?after=x"):
            assert (await api.get(f"/api/v1/{path}")).status == 422, path
