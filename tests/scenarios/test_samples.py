"""Every sample as `holdfast up --samples` loads it, to its end, on SQLite and over real HTTP: offline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from holdfast.sdk.shapes import Run
from holdfast.sdk.sync import SyncClient
from tests.cli.conftest import Cli, address_of
from tests.support.process import HoldfastProcess
from tests.support.waiting import eventually_sync


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with HoldfastProcess("up", "--samples", "--port", "0", folder=tmp_path_factory.mktemp("samples")) as server:
        yield address_of(server)


@pytest.fixture
def client(url: str) -> Iterator[SyncClient]:
    with SyncClient(url) as client:
        yield client


@pytest.fixture
def cli(url: str, tmp_path: Path) -> Cli:
    return Cli(url, tmp_path)


def ended(client: SyncClient, name: str, run_input: dict[str, Any]) -> Run:
    return client.run(name, run_input, wait=60).wait(timeout=60)


def mail_to(cli: Cli, address: str) -> Any:
    """The newest mail to this address."""
    return next((mail for mail in cli.json("mailbox") if address in mail["to"]), None)


@pytest.mark.parametrize(("city", "warned"), [("Berlin", True), ("Ulm", False)])
def test_weather_alert(client: SyncClient, city: str, warned: bool) -> None:
    run = ended(client, "weather-alert", {"city": city})
    condition = "storm" if warned else "clear"
    assert (run.state, run.output) == ("SUCCEEDED", {"city": city, "condition": condition, "warned": warned})


def test_person_enrichment(client: SyncClient) -> None:
    emails = ["ada.lovelace@analytical.example", "nobody", "grace@navy.example"]
    run = ended(client, "person-enrichment", {"emails": emails})
    assert run.state == "SUCCEEDED"
    assert [person["name"] for person in run.output] == ["Ada Lovelace", "Grace"]
    assert [item.state for item in client.items(run.id, "people")] == ["SUCCEEDED", "FAILED", "SUCCEEDED"]


@pytest.mark.parametrize(
    ("email", "employees", "grade", "skipped"),
    [
        ("ada@analytical.example", 500, "hot", {"remind", "note"}),
        ("ada@gmail.com", 5, "warm", {"alert", "follow_up", "note"}),
        ("grace@gmail.com", 5, "cold", {"alert", "follow_up", "remind"}),
    ],
)
def test_lead_qualification(client: SyncClient, email: str, employees: int, grade: str, skipped: set[str]) -> None:
    run = ended(client, "lead-qualification", {"email": email, "employees": employees})
    assert (run.state, run.output["grade"]) == ("SUCCEEDED", grade), run
    assert run.output["alerted"] == (grade == "hot")
    assert {name for name, node in run.nodes.items() if node["state"] == "SKIPPED"} == skipped


@pytest.mark.parametrize(
    ("run_input", "cooled"), [({}, ["server-room"]), ({"threshold": 22}, ["office", "server-room"])]
)
def test_building_cooling(client: SyncClient, run_input: dict[str, Any], cooled: list[str]) -> None:
    run = ended(client, "building-cooling", run_input)
    assert (run.state, run.output) == ("SUCCEEDED", cooled)


def test_expense_approval(client: SyncClient, cli: Cli) -> None:
    small = ended(client, "expense-approval", {"employee": "ada@example.com", "amount": 20})
    assert (small.state, small.output) == ("SUCCEEDED", {"paid": 20, "by": None})
    run = client.run("expense-approval", {"employee": "bob@example.com", "amount": 480})
    eventually_sync(run.waits, 30)
    assert mail_to(cli, "boss@example.com")["subject"] == "480 EUR for bob@example.com?"
    run.approve("decide", comment="a good desk")
    assert run.wait(timeout=30).output == {"paid": 480, "by": "local"}
    assert mail_to(cli, "bob@example.com")["subject"] == "Your expense is paid"


def test_an_expense_that_is_refused_is_undone(client: SyncClient) -> None:
    run = client.run("expense-approval", {"employee": "eve@example.com", "amount": 4800})
    eventually_sync(run.waits, 30)
    run.reject("decide", comment="too much")
    over = run.wait(timeout=30)
    assert (over.state, over.error and over.error["message"]) == ("FAILED", "refused: too much")
    assert over.nodes["release"]["output"] == {"message": "gives 4800 EUR back"}


def test_sensor_etl(client: SyncClient, cli: Cli) -> None:
    for _ in range(2):  # the file and its table are there at the second run
        run = ended(client, "sensor-etl", {"report_to": "etl@example.com"})
        assert (run.state, run.output) == ("SUCCEEDED", {"rooms": 3, "warmest": 31.5, "mean": 25.7}), run
    assert mail_to(cli, "etl@example.com")["subject"] == "3 rooms read"


def test_three_tasks(client: SyncClient) -> None:
    run = ended(client, "three-tasks", {"colour": "green"})
    assert (run.state, run.output) == ("SUCCEEDED", {"colour": "green"})
    assert {name: node["state"] for name, node in run.nodes.items()} == dict.fromkeys(
        ("first", "second", "third"), "SUCCEEDED"
    )


def test_the_demo_still_shows_one(cli: Cli) -> None:
    told = cli.json("demo")
    assert told["run"]["state"] == "SUCCEEDED"
    assert told["mail"]["subject"] == "Hello Ada Lovelace"


def test_samples_follow_the_servers_address_and_nothing_else(tmp_path: Path) -> None:
    with (
        HoldfastProcess("up", "--samples", "--port", "0", folder=tmp_path) as server,
        SyncClient(address_of(server)) as c,
    ):
        mine = c.workflows.get("building-cooling").definition
        c.apply({**mine, "title": "Mine"})
    with HoldfastProcess("up", "--samples", "--port", "0", folder=tmp_path) as server:
        here = address_of(server)
        with SyncClient(here) as client:
            moved = client.workflows.get("weather-alert")
            assert (moved.version, moved.definition["vars"]["api"]) == (2, here)
            assert client.workflows.get("lead-followup").version == 1
            kept = client.workflows.get("building-cooling")
            assert (kept.version, kept.definition["title"]) == (2, "Mine")
            assert ended(client, "weather-alert", {"city": "Ulm"}).state == "SUCCEEDED"
