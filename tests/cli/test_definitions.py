"""`apply`, `validate` and `workflows`: definitions come in, are shown, switched and deleted."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Cli

FLOW = "holdfast: 1\nname: {name}\nnodes: [{{id: only, type: noop}}]\n"
WRONG = """
holdfast: 1
name: wrong
nodes: [{id: only, type: nop}, {id: only, type: noop}]
edges: [{from: only, to: gone}]
"""


def test_applying_creates_then_changes_nothing_then_updates(cli: Cli) -> None:
    file = cli.write("welcome.yaml", FLOW.format(name="applied"))
    assert cli.good("apply", file) == "created applied (version 1)\n"
    assert cli.good("apply", file) == "unchanged applied (version 1)\n"
    cli.write("welcome.yaml", FLOW.format(name="applied") + "title: Welcome\n")
    assert cli.json("apply", file)[0]["result"] == "updated"
    assert cli.json("workflows", "show", "applied")["version"] == 2
    assert "title" not in cli.json("workflows", "show", "applied", "--version", "1")["definition"]


def test_one_file_may_hold_several_documents(cli: Cli) -> None:
    file = cli.write("both.yaml", FLOW.format(name="first-of-two") + "---\n" + FLOW.format(name="second-of-two"))
    assert [each["workflow"]["name"] for each in cli.json("apply", file)] == ["first-of-two", "second-of-two"]


def test_one_wrong_document_keeps_all_from_being_saved(cli: Cli) -> None:
    good, wrong = cli.write("good.yaml", FLOW.format(name="never-saved")), cli.write("wrong.yaml", WRONG)
    done = cli("apply", good, wrong)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "wrong.yaml: The workflow is not valid" in done.stderr
    assert "  nodes[0].type: " in done.stderr
    assert 'did you mean "noop"?' in done.stderr
    assert "  edges[0].to: " in done.stderr
    assert "Nothing was saved." in done.stderr
    assert cli("workflows", "show", "never-saved").returncode == 1


def test_the_same_problems_as_json_on_standard_error(cli: Cli) -> None:
    done = cli("apply", cli.write("wrong.yaml", WRONG), "--json")
    assert (done.returncode, done.stdout) == (1, "")
    paths = {each["path"] for each in json.loads(done.stderr)["errors"]}
    assert {"nodes[0].type", "edges[0].to"} <= paths


def test_validating_needs_no_server_and_says_the_same(cli: Cli) -> None:
    alone = Cli("http://127.0.0.1:9", cli.folder)
    assert alone.good("validate", cli.write("good.yaml", FLOW.format(name="fine"))) == "good.yaml: valid\n"
    wrong = cli.write("wrong.yaml", WRONG)
    offline, online = alone("validate", wrong), cli("apply", wrong)
    assert offline.returncode == 1
    assert offline.stderr + "Nothing was saved.\n" == online.stderr
    told = json.loads(alone("validate", "good.yaml", wrong, "--json").stdout)
    assert [each["valid"] for each in told] == [True, False]


def test_validating_knows_the_node_kinds_of_modules_that_are_named(cli: Cli) -> None:
    cli.write("acme_kinds.py", "import holdfast\n\n\n@holdfast.node('acme.kind')\nasync def kind() -> None: ...\n")
    flow = cli.write("own.yaml", "holdfast: 1\nname: own\nnodes: [{id: only, type: acme.kind}]\n")
    assert 'unknown node type "acme.kind"' in cli("validate", flow).stderr
    assert cli.good("validate", "--tasks", "acme_kinds", flow) == "own.yaml: valid\n"


@pytest.mark.parametrize(
    "arguments", [["apply", "gone.yaml"], ["validate", "gone.yaml"], ["run", "x", "--input", "@gone.json"]]
)
def test_a_file_that_is_not_there_is_named(arguments: list[str], cli: Cli) -> None:
    done = cli(*arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(f"gone.{'json' if 'run' in arguments else 'yaml'}: no such file")


def test_a_workflow_is_shown_with_its_webhook(cli: Cli) -> None:
    name = cli.applied(more="triggers: [{id: hook, type: webhook}]")
    shown = cli.good("workflows", "show", name)
    assert f"webhook (unsigned) {cli.url}/hooks/" in shown
    assert "only (noop)" in shown
    assert name in cli.good("workflows", "list", "--limit", "500")


def test_a_workflow_that_is_off_starts_no_run(cli: Cli) -> None:
    name = cli.applied()
    assert cli.good("workflows", "disable", name) == f"{name} is off\n"
    refused = cli("run", name)
    assert refused.returncode == 1
    assert "switched off" in refused.stderr
    assert cli.json("workflows", "enable", name)["enabled"] is True
    assert cli.json("run", name, "--wait")["state"] == "SUCCEEDED"


def test_a_deleted_workflow_is_gone_and_its_name_is_free(cli: Cli) -> None:
    name = cli.applied()
    assert cli.good("workflows", "delete", name) == f"deleted {name}\n"
    assert cli("workflows", "show", name).returncode == 1
    assert cli.good("apply", f"{name}.yaml").startswith("created")
