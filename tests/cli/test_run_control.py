"""`runs` beyond starting and showing: pause, signals, approvals, reruns, items, the timeline; and `events post`."""

from __future__ import annotations

import re
from typing import Any

from tests.cli.conftest import Cli
from tests.support.waiting import eventually_sync

ASKING = "[{id: ask, type: approval, params: {title: Pay 9 EUR?, timeout: 2h}}, {id: pay, type: noop}]"
YES = "edges: [{from: ask.approved, to: pay}]\noutput: '{{ nodes.ask.output }}'"
FAILING = "[{id: good, type: noop}, {id: bad, type: fail, params: {message: it broke}}]"
MAP = """[{id: each, type: map, params: {items: [1, 2], on_item_error: continue, body: {
  nodes: [{id: odd, type: if, params: {condition: 'item % 2 == 1'}}, {id: bad, type: fail, params: {message: odd}}],
  edges: [{from: odd.true, to: bad}], output: '{{ item }}'}}}]"""


def waiting(cli: Cli, nodes: str, more: str = "") -> str:
    """A run that waits for something from outside; its id."""
    run_id: str = cli.json("run", cli.applied(nodes, more))["id"]
    eventually_sync(lambda: cli.json("runs", "waits", run_id), 20)
    return run_id


def ended(cli: Cli, run_id: str) -> Any:
    eventually_sync(lambda: cli.json("runs", "show", run_id)["finished_at"], 20)
    return cli.json("runs", "show", run_id)


def test_an_approval_is_shown_and_decided_without_naming_it(cli: Cli) -> None:
    run_id = waiting(cli, ASKING, YES)
    assert re.search(r'ask +◷ WAITING .* waits for approval "Pay 9 EUR\?", 2 h left', cli.good("runs", "show", run_id))
    assert re.search(r"ask +approval +ask +2 h left +Pay 9 EUR\?", cli.good("runs", "waits", run_id))
    assert run_id in cli.good("runs", "approve", run_id, "--comment", "fine")
    assert ended(cli, run_id)["output"] == {"approved": True, "by": "local", "comment": "fine"}
    late = cli("runs", "reject", run_id)
    assert late.returncode == 1
    assert "NODE: the run waits for no approval now" in late.stderr
    assert cli.good("runs", "waits", run_id) == "It waits for nothing from outside.\n"


def test_a_rejection_and_a_wrong_decision(cli: Cli) -> None:
    run_id = waiting(cli, ASKING, YES)
    wrong = cli("runs", "signal", run_id, "ask", "--payload", '{"approved": 1}')
    assert (wrong.returncode, wrong.stderr) == (
        1,
        "The signal is not valid\n  payload.approved: must be true or false\n",
    )
    cli.good("runs", "reject", run_id, "ask")
    assert ended(cli, run_id)["nodes"]["pay"]["state"] == "SKIPPED"


def test_a_paused_run_keeps_a_signal_until_it_is_resumed(cli: Cli) -> None:
    run_id = waiting(cli, ASKING, YES)
    assert "‖ PAUSED" in cli.good("runs", "pause", run_id)
    assert "‖ PAUSED" in cli.good("runs", "signal", run_id, "ask", "--payload", '{"approved": true}')
    cli.good("runs", "resume", run_id)
    assert ended(cli, run_id)["state"] == "SUCCEEDED"
    assert cli("runs", "resume", run_id).stderr.startswith("Conflict: ")


def test_a_rerun_is_watched_and_says_what_it_repeats(cli: Cli) -> None:
    name = cli.applied(FAILING, "edges: [{from: good, to: bad}]")
    assert cli("run", name, "--wait").returncode == 1
    (run,) = cli.json("runs", "list", "--workflow", name)
    again = re.fullmatch(rf"run (\S+) started, a rerun of {run['id']}\n", cli.good("runs", "rerun", run["id"]))
    assert again is not None
    ended(cli, again[1])
    assert f"rerun of  {run['id']}" in cli.good("runs", "show", again[1])
    watched = cli("runs", "rerun", run["id"], "--from", "bad", "--watch")
    assert (watched.returncode, "it broke" in watched.stdout) == (1, True)
    refused = cli("runs", "rerun", run["id"], "--from", "nowhere")
    assert '  from: the workflow has no node "nowhere"' in refused.stderr


def test_a_retry_of_a_runs_job_says_which_run_it_started(cli: Cli) -> None:
    name = cli.applied(FAILING)
    cli("run", name, "--wait")
    (run,) = cli.json("runs", "list", "--workflow", name)
    job = cli.json("runs", "show", run["id"])["nodes"]["bad"]["job_id"]
    told = cli.good("jobs", "retry", job)
    assert re.fullmatch(rf"run \S+ started: it repeats run {run['id']} from what failed\n", told)


def test_cancel_with_compensation(cli: Cli) -> None:
    nodes = "[{id: book, type: noop, compensate: unbook}, {id: unbook, type: noop}, {id: ask, type: approval}]"
    run_id = waiting(cli, nodes, "edges: [{from: book, to: ask}]")
    cli.good("runs", "cancel", run_id, "--compensate")
    run = ended(cli, run_id)
    assert (run["state"], run["nodes"]["unbook"]["state"]) == ("CANCELLED", "SUCCEEDED")


def test_the_items_of_a_map_and_the_timeline(cli: Cli) -> None:
    run = cli.json("run", cli.applied(MAP), "--wait")
    items = cli.good("runs", "items", run["id"], "each")
    assert re.search(r"^0 +✗ FAILED +\S+ +1 +fail: odd$", items, re.MULTILINE)
    assert re.search(r"^1 +✓ SUCCEEDED +\S+ +2 +2$", items, re.MULTILINE)
    (failed,) = cli.json("runs", "items", run["id"], "each", "--state", "failed")
    child = cli.good("runs", "show", failed["run"])
    assert f"parent    {run['id']} node each, item 0" in child
    timeline = cli.good("runs", "timeline", run["id"])
    assert re.search(r"each +running \(attempt 1\), suspended .*█", timeline)
    assert re.search(r"each +parked, resumed .*─", timeline)
    kinds = {span["kind"] for span in cli.json("runs", "timeline", run["id"])["items"]}
    assert {"running", "parked"} <= kinds


def test_watching_tells_how_far_a_map_is(cli: Cli) -> None:
    body = "{nodes: [{id: rest, type: delay, params: {for: 1s}}]}"
    nodes = f"[{{id: each, type: map, params: {{items: [1, 2], concurrency: 1, body: {body}}}}}]"
    shown = cli.good("run", cli.applied(nodes), "--watch")
    assert re.search(r"each +WAITING +\d of 2 done", shown)


def test_an_event_is_posted_and_ends_a_wait(cli: Cli) -> None:
    run_id = waiting(cli, "[{id: paid, type: wait.event, params: {event: shop.paid}}]")
    assert "waits for event shop.paid" in cli.good("runs", "show", run_id)
    assert "shop.paid is on record" in cli.good("events", "post", "shop.paid", "--data", '{"n": 1}', "--subject", "s-1")
    assert ended(cli, run_id)["state"] == "SUCCEEDED"
    assert "s-1" in cli.good("events", "--type", "shop.paid")
    refused = cli("events", "post", "job.mine")
    assert (refused.returncode, "  type: may not begin with job." in refused.stderr) == (1, True)
