"""`run`, `runs`, `demo`, `mailbox` and `events`: work is started and followed to its end."""

from __future__ import annotations

import json
import re

import aiohttp

from tests.cli.conftest import Cli
from tests.support.process import HoldfastProcess

INPUT = "input: {type: object, required: [email], properties: {email: {type: string, format: email}}}"
FAILING = "[{id: bad, type: fail, params: {message: it broke}}, {id: after, type: noop}]"


def test_a_run_is_started_and_shown(cli: Cli) -> None:
    name = cli.applied()
    started = re.fullmatch(r"run (\S+) started\n", cli.good("run", name))
    assert started is not None
    watched = cli.good("runs", "watch", started[1])
    assert f"run {started[1]} ✓ SUCCEEDED" in watched
    shown = cli.good("runs", "show", started[1])
    assert f"{name} version 1" in shown
    assert re.search(r"only +✓ SUCCEEDED +1 ", shown)
    assert started[1] in cli.good("runs", "list", "--workflow", name, "--state", "succeeded")


async def test_a_test_run_is_shown_as_one(cli: Cli) -> None:
    name = cli.applied()
    address = f"{cli.url}/api/v1/workflows/{name}/tests"
    async with aiohttp.ClientSession() as session, session.post(address, json={"wait": 20}) as answer:
        run = await answer.json()
    assert f"{name} test" in cli.good("runs", "show", run["id"])
    assert f"run {run['id']} ✓ SUCCEEDED" in cli.good("runs", "watch", run["id"])


def test_watching_prints_each_node_as_it_changes(cli: Cli) -> None:
    name = cli.applied("[{id: one, type: noop}, {id: two, type: noop}]", "edges: [{from: one, to: two}]\noutput: done")
    lines = cli.good("run", name, "--watch").splitlines()
    ended = [line.split()[:2] for line in lines if "SUCCEEDED" in line and not line.startswith("run")]
    assert ended == [["one", "SUCCEEDED"], ["two", "SUCCEEDED"]]
    assert lines[-1] == 'output "done"'


def test_waiting_gives_the_ended_run(cli: Cli) -> None:
    run = cli.json("run", cli.applied(more="output: '{{ input.n }}'"), "--input", '{"n": 7}', "--wait")
    assert (run["state"], run["output"]) == ("SUCCEEDED", 7)


def test_a_run_that_fails_is_exit_1_with_its_error(cli: Cli) -> None:
    done = cli("run", cli.applied(FAILING, "edges: [{from: bad, to: after}]"), "--watch")
    assert done.returncode == 1
    assert "✗ FAILED" in done.stdout
    assert "it broke" in done.stdout


def test_input_that_breaks_the_schema_starts_nothing(cli: Cli) -> None:
    name = cli.applied(more=INPUT)
    refused = cli("run", name, "--input", '{"email": "nobody"}')
    assert refused.returncode == 1
    assert "  input.email: " in refused.stderr
    assert cli.json("runs", "list", "--workflow", name) == []


def test_input_that_is_not_json_is_told_before_anything_is_sent(cli: Cli) -> None:
    done = Cli("http://127.0.0.1:9", cli.folder)("run", "any", "--input", "{email: x}")
    assert done.returncode == 1
    assert "  input: line 1, column 2" in done.stderr


def test_a_run_is_cancelled_once(cli: Cli) -> None:
    run = cli.json("run", cli.applied("[{id: nap, type: delay, params: {for: 1h}}]"))
    assert "CANCELLED" in cli.good("runs", "cancel", run["id"])
    again = cli("runs", "cancel", run["id"])
    assert again.returncode == 1
    assert again.stderr.startswith("Conflict: ")
    assert cli("runs", "watch", run["id"]).returncode == 1


def test_what_does_not_exist_is_exit_1(cli: Cli) -> None:
    for arguments in (
        ("run", "nowhere"),
        ("runs", "show", "x"),
        ("jobs", "show", "x"),
        ("workflows", "show", "nowhere"),
    ):
        done = cli(*arguments)
        assert done.returncode == 1
        assert done.stderr.startswith("Not found: ")
        assert json.loads(cli(*arguments, "--json").stderr)["status"] == 404


def test_the_demo_fires_a_webhook_and_shows_its_mail(cli: Cli) -> None:
    shown = cli.good("demo")
    assert re.search(r"POST http://\S+/hooks/", shown)
    run = re.search(r"202 accepted: run (\S+) is committed", shown)
    assert run is not None
    for node in ("score", "hot", "mail", "done"):
        assert re.search(rf"{node} +SUCCEEDED", shown)
    assert re.search(r"note +SKIPPED", shown)
    assert "subject  Hello Ada Lovelace" in shown
    assert f"{cli.url}/app/runs/{run[1]}" in shown


def test_the_demo_loads_its_sample_where_it_is_absent(cli: Cli) -> None:
    cli.good("workflows", "delete", "lead-followup")
    told = cli.json("demo")
    assert told["run"]["state"] == "SUCCEEDED"
    assert told["mail"]["to"] == ["ada@analytical.example"]
    assert cli.json("mailbox", "--limit", "1")[0]["id"] == told["mail"]["id"]
    assert "thank you for your interest" in cli.good("mailbox", "--text", "--limit", "1")


def test_the_events_of_a_run_are_printed_in_order(cli: Cli) -> None:
    run = cli.json("run", cli.applied(), "--wait")
    lines = [json.loads(line) for line in cli.good("events", "--run", run["id"], "--json").splitlines()]
    types = [line["type"] for line in lines]
    assert types[0] == "workflow.started"
    assert types[-1] == "workflow.finished"
    assert "node.completed" in cli.good("events", "--run", run["id"])


async def test_following_prints_events_as_they_happen(cli: Cli) -> None:
    name = cli.applied()
    settings = {"HOLDFAST_URL": cli.url}
    with HoldfastProcess(
        "events", "--follow", "--type", "workflow.finished", settings=settings, folder=cli.folder
    ) as tail:
        cli.good("run", name, "--wait")
        # The follower may have started after that run ended: runs go on until it has seen one.
        seen = re.compile(r"workflow\.finished")
        while not seen.search(tail.output()):
            cli.good("run", name, "--wait")
        await tail.printed(seen)


def test_watching_shows_why_a_node_is_tried_again_and_when(cli: Cli) -> None:
    retry = "{max_attempts: 2, strategy: fixed, base_delay: 3s, jitter: none}"
    nodes = f"[{{id: bad, type: fail, params: {{message: it broke, retryable: true}}, retry: {retry}}}]"
    done = cli("run", cli.applied(nodes), "--watch")
    assert done.returncode == 1
    assert re.search(r"bad +SCHEDULED +attempt 1: fail: it broke; next try (in [123] s|now)\n", done.stdout)
    assert re.search(r"bad +DEAD .*it broke", done.stdout)
