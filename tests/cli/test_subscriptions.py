"""`subscriptions`: added with a secret that is printed once, tested, switched, rotated, deleted."""

from __future__ import annotations

from typing import Any

from tests.cli.conftest import Cli
from tests.support.waiting import eventually_sync

# Nothing listens there.
URL = "http://127.0.0.1:9/webhooks"


def added(cli: Cli, *options: str) -> Any:
    return cli.json("subscriptions", "add", URL, "--types", "order.*, job.dead", *options)


def test_one_is_added_shown_and_deleted(cli: Cli) -> None:
    done = cli(
        "subscriptions", "add", URL, "--types", "order.*", "--condition", "event.data.total > 5", "--title", "CRM"
    )
    assert done.returncode == 0, done.stderr
    secret = done.stdout.splitlines()[-1]
    assert secret.startswith("whsec_")
    assert "it isn't shown again" in done.stderr
    made = next(each for each in cli.json("subscriptions") if each["title"] == "CRM")
    shown = cli.good("subscriptions", "show", made["id"])
    for part in (URL, "order.*", "event.data.total > 5", "CRM", "on"):
        assert part in shown
    assert made["id"] in cli.good("subscriptions", "list")
    assert secret not in shown + str(made)
    assert cli.good("subscriptions", "delete", made["id"]) == f"deleted {made['id']}\n"
    assert cli("subscriptions", "show", made["id"]).returncode == 1


def test_it_is_rotated_and_switched(cli: Cli) -> None:
    made = added(cli)
    assert made["types"] == ["order.*", "job.dead"]
    rotated = cli("subscriptions", "rotate", made["id"])
    assert rotated.stdout.startswith("whsec_")
    assert rotated.stdout.strip() != made["secret"]
    assert "signs too until" in cli.good("subscriptions", "show", made["id"])
    assert cli.good("subscriptions", "disable", made["id"]) == f"{made['id']}: off\n"
    assert "enable it first" in cli("subscriptions", "test", made["id"]).stderr
    assert cli.good("subscriptions", "enable", made["id"]) == f"{made['id']}: on\n"
    own = cli.json("subscriptions", "rotate", made["id"], "--secret", made["secret"])
    assert own["secret"] == made["secret"]
    cli.good("subscriptions", "delete", made["id"])


def test_deliveries_tell_what_became_of_them(cli: Cli) -> None:
    made = added(cli)
    assert cli.good("subscriptions", "deliveries", made["id"]) == "Nothing was delivered yet.\n"
    assert cli.good("subscriptions", "test", made["id"]).startswith("sending holdfast.test, delivery ")

    def failed() -> Any:
        (delivery,) = cli.json("subscriptions", "deliveries", made["id"])
        return delivery if delivery["error"] else None

    delivery = eventually_sync(failed, 20)
    assert delivery["error"]["type"] == "connection"
    line = cli.good("subscriptions", "deliveries", made["id"]).splitlines()[1]
    assert delivery["id"] in line
    assert "connection: no complete answer of the receiver" in line
    again = cli.json("subscriptions", "redeliver", made["id"], delivery["id"])
    assert (again["event"], again["id"] == delivery["id"]) == (delivery["event"], False)
    cli.good("subscriptions", "delete", made["id"])


def test_what_is_wrong_is_told(cli: Cli) -> None:
    wrong = cli("subscriptions", "add", "crm.example.com", "--types", "a b", "--condition", "(")
    assert wrong.returncode == 1
    for path in ("url: ", "types[0]: ", "condition: "):
        assert f"  {path}" in wrong.stderr
    assert cli("subscriptions", "add", URL, "--types", ",").returncode == 2
    assert cli("subscriptions", "show", "none").returncode == 1
