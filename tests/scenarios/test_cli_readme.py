"""The README's own example, from its own text: written to files, run by the commands that the README names."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path

from tests.cli.conftest import Cli, address_of
from tests.support.process import HoldfastProcess
from tests.support.waiting import eventually_sync

README = (Path(__file__).parents[2] / "README.md").read_text()


def block(language: str, holding: str) -> str:
    """The README's code block of this language that holds these words."""
    blocks = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    (found,) = [text for text in blocks if holding in text]
    return str(found)


def test_the_first_workflow_is_validated_applied_and_run(tmp_path: Path) -> None:
    (tmp_path / "welcome.yaml").write_text(block("yaml", "name: welcome"))
    commands = block("sh", "holdfast validate")
    for command in ("validate welcome.yaml", "apply welcome.yaml", "run welcome --input"):
        assert f".venv/bin/holdfast {command}" in commands
    with HoldfastProcess("up", "--port", "0", folder=tmp_path) as server:
        cli = Cli(address_of(server), tmp_path)
        assert cli.good("validate", "welcome.yaml") == "welcome.yaml: valid\n"
        assert cli.good("apply", "welcome.yaml").startswith("created welcome (version 1)\n")
        assert "✓ SUCCEEDED" in cli.good("run", "welcome", "--input", '{"email": "ada@example.com"}', "--watch")
        assert cli.json("mailbox")[0]["subject"] == "Welcome"

        (url,) = [trigger["url"] for trigger in cli.json("workflows", "show", "welcome")["triggers"]]
        body = json.dumps({"email": "bob@elsewhere.example"}).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            run_id = json.load(answer)["run_id"]
            assert answer.status == 202
        cli.good("runs", "watch", run_id)
        assert cli.json("runs", "show", run_id)["output"] == {"greeted": False}


def test_a_task_of_your_own_runs_as_a_job(tmp_path: Path) -> None:
    (tmp_path / "billing.py").write_text(block("python", "@holdfast.task"))
    with HoldfastProcess("up", "--port", "0", "--tasks", "billing", folder=tmp_path) as server:
        cli = Cli(address_of(server), tmp_path)
        job = cli.json("jobs", "insert", "task:recalculate", "--payload", '{"customer": "acme"}')
        flow = "[{id: bill, type: task, params: {name: recalculate, args: {customer: acme}}}]"
        run = cli.json("run", cli.applied(flow, "output: '{{ nodes.bill.output }}'"), "--wait")
        assert run["output"] == {"invoices": 3}
        ended = eventually_sync(lambda: cli.json("jobs", "show", job["id"])["result"], 30, server.output)
        assert ended == {"invoices": 3}
