"""`audit`: who did what, as a table and as lines of JSON, and whether the chain holds."""

from __future__ import annotations

import json

from tests.cli.conftest import Cli, numbers


def test_what_was_done_is_listed_exported_and_checked(cli: Cli) -> None:
    name = f"AUDITED_{next(numbers)}"
    cli.good("secrets", "set", name, "--value", "s3cr3t")
    cli.good("secrets", "delete", name)
    shown = cli.json("audit", "list", "--target", name)
    assert [(item["action"], item["outcome"]) for item in shown["items"]] == [
        ("secrets.delete_secret", "done"),
        ("secrets.put_secret", "done"),
    ]
    table = cli.good("audit", "list", "--target", name, "--action", "secrets.put*")
    assert "secrets.put_secret" in table
    assert "delete_secret" not in table
    lines = [json.loads(line) for line in cli.good("audit", "export", "--target", name).splitlines()]
    assert [line["action"] for line in lines] == ["secrets.put_secret", "secrets.delete_secret"]
    assert cli.json("audit", "check")["intact"] is True
    assert cli.good("audit", "check").startswith("intact: ")


def test_more_than_a_page_is_told(cli: Cli) -> None:
    for _ in range(2):
        cli.good("secrets", "set", f"AUDITED_{next(numbers)}", "--value", "v")
    done = cli("audit", "list", "--limit", "1")
    assert "the same command with --cursor " in done.stderr
    cursor = done.stderr.rpartition("--cursor ")[2].strip()
    assert cli.json("audit", "list", "--limit", "1", "--cursor", cursor)["items"]


def test_the_instances_own_log_is_named_by_nothing(cli: Cli) -> None:
    cli.good("tenants", "add", f"audited-{next(numbers)}")
    shown = cli.json("audit", "list", "--tenant", "", "--action", "tenants.create_tenant", "--limit", "1")
    assert shown["items"][0]["actor"]["kind"] == "local"


def test_a_wrong_question_is_told(cli: Cli) -> None:
    refused = cli("audit", "list", "--outcome", "odd")
    assert refused.returncode == 1
    assert "outcome: must be one of" in refused.stderr
    assert "There are no such entries." in cli.good("audit", "list", "--actor", "nobody-at-all")


def test_an_export_is_json_either_way(cli: Cli) -> None:
    name = f"AUDITED_{next(numbers)}"
    cli.good("secrets", "set", name, "--value", "v")
    assert cli.good("audit", "export", "--target", name, "--json") == cli.good("audit", "export", "--target", name)
