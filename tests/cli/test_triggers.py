"""`triggers`, `schedules`, `firings` and `rules`: what starts work, named as people name it."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from tests.cli.conftest import Cli, numbers
from tests.support.waiting import eventually_sync

TRIGGERS = """triggers:
  - {id: hook, type: webhook}
  - {id: yearly, type: cron, cron: "0 7 1 1 *", timezone: Europe/Berlin}"""


def deliver(address: str, body: Any) -> Any:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read())


def new_rule(cli: Cli, text: str) -> str:
    """A rule under a name of its own, applied."""
    name = f"rule-{next(numbers)}"
    cli.good("rules", "apply", cli.write(f"{name}.yaml", f"name: {name}\n{text}\n"))
    return name


EVENT_RULE = """trigger: {type: event, event: order.counted}
conditions: [event.data.amount > 100]
jobs: [{kind: noop, payload: "{{ event.data }}", queue: counted}]"""


def test_a_workflows_triggers_are_listed_and_shown(cli: Cli) -> None:
    name = cli.applied(more=TRIGGERS)
    header, hook, clock = cli.good("triggers", "list", name).splitlines()
    assert header.split()[:3] == ["trigger", "what", "state"]
    assert hook.split()[:3] == ["hook", "webhook", "on"]
    assert f"{cli.url}/hooks/" in hook
    assert hook.endswith("(unsigned)")
    assert "cron 0 7 1 1 * Europe/Berlin" in clock
    shown = cli.good("triggers", "show", f"{name}/hook")
    assert f"{name}/hook" in shown
    assert "unsigned: whoever knows the address may start it" in shown
    row = cli.json("triggers", "show", f"{name}/hook")["row"]
    assert cli.json("triggers", "show", row)["id"] == "hook"


def test_a_trigger_that_is_not_there_is_named(cli: Cli) -> None:
    name = cli.applied(more=TRIGGERS)
    for arguments in (("triggers", "show", f"{name}/hok"), ("schedules", "next", f"{name}/hok")):
        refused = cli(*arguments)
        assert (refused.returncode, f"the workflow {name} has no trigger hok" in refused.stderr) == (1, True)
    assert cli("triggers", "show", "no-such-rule").returncode == 1
    assert cli("schedules", "next", f"{name}/hook").returncode == 1


def test_a_trigger_is_paused_resumed_and_renewed(cli: Cli) -> None:
    name = cli.applied(more=TRIGGERS)
    assert cli.good("triggers", "pause", f"{name}/hook") == f"{name}/hook is paused\n"
    assert cli.json("triggers", "show", f"{name}/hook")["paused"] is True
    assert cli.good("triggers", "resume", f"{name}/hook") == f"{name}/hook is on\n"
    old = cli.json("triggers", "show", f"{name}/hook")["url"]
    renewed = cli.good("triggers", "renew", f"{name}/hook").split()
    assert renewed[0] == f"{name}/hook"
    assert renewed[1] != old
    assert "run_id" in deliver(renewed[1], {})


def test_clocks_are_listed_with_their_next_times(cli: Cli) -> None:
    name = cli.applied(more=TRIGGERS)
    (line,) = [line for line in cli.good("schedules", "--url", cli.url).splitlines() if line.startswith(f"{name}/")]
    assert "cron 0 7 1 1 * Europe/Berlin" in line
    times = cli.good("schedules", "next", f"{name}/yearly", "--count", "3").splitlines()
    assert len(times) == 3
    assert all("-01-01 " in time for time in times)
    assert len(cli.json("schedules", "preview", "--every", "15m", "--count", "4")["times"]) == 4
    wrong = cli("schedules", "preview", "--cron", "0 25 * * *")
    assert wrong.returncode == 1
    assert wrong.stderr.splitlines()[1].startswith("  cron: ")
    assert cli("schedules", "preview").returncode == 2
    assert cli.good("schedules", "pause", f"{name}/yearly") == f"{name}/yearly is paused\n"
    assert cli.good("schedules", "resume", f"{name}/yearly") == f"{name}/yearly is on\n"


def test_a_clock_whose_times_have_passed_is_shown_as_such(cli: Cli) -> None:
    name = cli.applied(more='triggers: [{id: gone, type: at, at: "2020-01-01T00:00:00Z"}]\n')
    (line,) = [line for line in cli.good("schedules").splitlines() if line.startswith(f"{name}/")]
    assert line.split()[-2:] == ["on", "never"]
    assert "never" in cli.good("triggers", "show", f"{name}/gone")
    assert cli.good("triggers", "list", name).split()[-1] == "never"
    assert cli.good("schedules", "next", f"{name}/gone") == "It never fires again.\n"
    cli.good("triggers", "pause", f"{name}/gone")
    assert "none while it is paused" in cli.good("triggers", "show", f"{name}/gone")


def test_past_times_are_fired_again(cli: Cli) -> None:
    name = cli.applied(more=TRIGGERS)
    span = ("--from", "2020-01-01T00:00:00Z", "--to", "2021-12-31T00:00:00Z")
    made = cli.json("schedules", "backfill", f"{name}/yearly", *span)
    eventually_sync(lambda: "FINISHED" in cli.good("schedules", "backfills", f"{name}/yearly"), 30)
    fired = cli.json("firings", "--backfill", made["id"])
    assert [each["fire_at"][:10] for each in fired] == ["2021-01-01", "2020-01-01"]
    over = cli("schedules", "cancel-backfill", f"{name}/yearly", made["id"])
    assert (over.returncode, over.stderr.startswith("Conflict")) == (1, True)
    assert cli("schedules", "backfill", f"{name}/yearly", "--from", "then", "--to", "now").returncode == 1


def test_deliveries_are_on_record_and_replayed(cli: Cli) -> None:
    name = cli.applied(more=TRIGGERS)
    deliver(cli.json("triggers", "show", f"{name}/hook")["url"], {"order": 7})
    (firing,) = cli.json("firings", "list", "--workflow", name)
    assert f"{name}/hook" in cli.good("firings", "--workflow", name)
    shown = cli.good("firings", "show", firing["id"])
    assert shown.startswith(f"✓ started  {name}/hook")
    assert '"body": {"order": 7}' in shown
    again = cli.json("firings", "replay", firing["id"])
    assert again["given"]["replay_of"] == firing["id"]
    assert len(cli.json("firings", "--workflow", name, "--verdict", "started")) == 2
    assert cli("firings", "--verdict", "maybe").returncode == 1


def test_a_rule_is_applied_shown_and_switched(cli: Cli) -> None:
    name = new_rule(cli, EVENT_RULE)
    assert cli.good("rules", "apply", f"{name}.yaml") == f"unchanged {name}\n"
    cli.write(f"{name}.yaml", f"name: {name}\ntitle: Counted\n{EVENT_RULE}\n")
    assert cli.good("rules", "apply", f"{name}.yaml") == f"updated {name}\n"
    (line,) = [line for line in cli.good("rules").splitlines() if line.startswith(f"{name} ")]
    assert line.split()[1:] == ["on", "0", "event", "order.counted", "noop", "Counted"]
    shown = cli.good("rules", "show", name)
    assert "event.data.amount > 100" in shown
    assert "event order.counted" in shown
    assert cli.good("rules", "disable", name) == f"{name} is off\n"
    assert cli("rules", "fire", name).stderr.startswith("Conflict: ")
    assert cli.good("rules", "enable", name) == f"{name} is on\n"
    assert cli.good("rules", "delete", name) == f"deleted {name}\n"
    assert cli("rules", "show", name).returncode == 1


def test_a_webhook_of_a_rule_is_told_with_its_address(cli: Cli) -> None:
    text = "trigger: {type: webhook}\njobs: [{kind: noop}]"
    name = f"rule-{next(numbers)}"
    said = cli.good("rules", "apply", cli.write(f"{name}.yaml", f"name: {name}\n{text}\n"))
    address = said.splitlines()[1].removeprefix("  webhook: ")
    assert len(deliver(address, {})["job_ids"]) == 1
    assert cli.json("triggers", "show", name)["url"] == address
    assert cli.good("triggers", "pause", name) == f"{name} is paused\n"


def test_a_dry_run_says_why_and_firing_does_it(cli: Cli) -> None:
    name = new_rule(cli, EVENT_RULE)
    small, big = (json.dumps({"event": {"data": {"amount": amount}}}) for amount in (5, 500))
    tried = cli.good("rules", "dry-run", name, "--trigger", small)
    assert tried.startswith(f"{name} would insert 0 jobs for 0 of 1 tenant\n")
    assert "✗ event.data.amount > 100  false: event.data.amount is 5" in tried
    assert '"amount": 500' in cli.good("rules", "dry-run", "--file", f"{name}.yaml", "--trigger", big)
    assert cli("rules", "dry-run").returncode == 2
    assert cli.json("firings", "--rule", name) == []
    fired = cli.good("rules", "fire", name, "--trigger", big)
    assert fired.startswith(f"✓ started  {name}")
    assert "✓ event.data.amount > 100" in fired
    assert cli.json("rules", "fire", name, "--trigger", small)["verdict"] == "not_met"
    assert [each["verdict"] for each in cli.json("firings", "--rule", name)] == ["not_met", "started"]


def test_a_wrong_rule_names_its_file_and_field(cli: Cli) -> None:
    wrong = cli.write("wrong.yaml", "name: wrong\ntrigger: {type: cron, cron: x}\njobs: [{payload: 1}]\n")
    refused = cli("rules", "apply", wrong)
    assert refused.returncode == 1
    assert refused.stderr.startswith("wrong.yaml: ")
    assert "  trigger.cron: " in refused.stderr
    assert "  jobs[0].kind: " in refused.stderr
    assert cli("rules", "apply", cli.write("broken.yaml", "name: [")).stderr.startswith("broken.yaml: ")
    assert cli("rules", "show", "wrong").returncode == 1
