"""The samples at work, in an engine whose store is SQLite in memory: every branch of each, and the mail they send."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from holdfast import settings
from holdfast.compose import build
from holdfast.definition_yaml import read_yaml
from holdfast.engine.engine import Engine
from holdfast.model.instant import MINUTE
from holdfast.model.json import JSON, JSONObject
from holdfast.samples import DEMO, DEMO_INPUT, read_sample

CUP: JSONObject = {"article": "Cup", "quantity": 6, "price": 4}


@pytest.fixture
async def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Engine]:
    monkeypatch.chdir(tmp_path)
    built = await build(settings.load(database_url="memory:"), role="all")
    await built.start()
    yield built
    await built.stop()


async def outcome(engine: Engine, name: str, run_input: JSONObject) -> tuple[str, JSON, set[str]]:
    """The ended run's state and output, and the nodes that were skipped."""
    # How a delay waits is tested with the node; here only that the run goes on after it.
    document = read_yaml(read_sample(name).replace("for: 5s", "for: 20ms").replace("for: 2s", "for: 20ms"))
    await engine.workflows.create("default", document)
    accepted = await engine.runs.start("default", name, run_input, correlation_id="samples")
    run = await engine.runs.wait("default", accepted.id, MINUTE)
    assert run.nodes is not None
    return run.state, run.output, {node for node, record in run.nodes.items() if record.state == "SKIPPED"}


async def mails(engine: Engine) -> list[tuple[tuple[str, ...], str, str | None]]:
    return [(mail.to, mail.subject, mail.text) for mail in (await engine.store.list_mail("default", None, 50)).items]


async def test_a_promising_lead_gets_a_mail(engine: Engine) -> None:
    output: JSON = {"qualified": True, "points": 90, "mailed": True}
    assert await outcome(engine, DEMO, DEMO_INPUT) == ("SUCCEEDED", output, {"note"})
    ((to, subject, text),) = await mails(engine)
    assert (to, subject) == (("ada@analytical.example",), "Hello Ada Lovelace")
    assert text is not None
    assert text.startswith("Hello Ada Lovelace,")


async def test_a_cold_lead_is_noted(engine: Engine) -> None:
    output: JSON = {"qualified": False, "points": 10, "mailed": False}
    assert await outcome(engine, DEMO, {"email": "someone@gmail.com"}) == ("SUCCEEDED", output, {"mail"})
    assert await mails(engine) == []


async def test_an_order_is_confirmed(engine: Engine) -> None:
    order: JSONObject = {"order": "A-1", "email": "bob@example.com", "items": [CUP, {**CUP, "article": "Pot"}]}
    output: JSON = {"order": "A-1", "confirmed": True}
    assert await outcome(engine, "order-confirmation", order) == ("SUCCEEDED", output, {"refuse"})
    ((_, subject, text),) = await mails(engine)
    assert subject == "Your order A-1"
    assert text is not None
    assert text.endswith("6 x Cup\n6 x Pot\n")


async def test_an_order_that_cannot_be_right_is_refused(engine: Engine) -> None:
    order: JSONObject = {"order": "A-1", "email": "bob@example.com", "items": [{**CUP, "quantity": 0}]}
    output: JSON = {"order": "A-1", "confirmed": False}
    assert await outcome(engine, "order-confirmation", order) == ("SUCCEEDED", output, {"lines", "confirm"})
    assert await mails(engine) == []


async def test_a_reminder_comes_after_its_delay(engine: Engine) -> None:
    run_input: JSONObject = {"email": "ada@example.com", "what": "water the plants"}
    output: JSON = {"reminded": "ada@example.com"}
    assert await outcome(engine, "delay-reminder", run_input) == ("SUCCEEDED", output, set())
    ((_, subject, _),) = await mails(engine)
    assert subject == "Reminder: water the plants"


@pytest.mark.parametrize(
    ("amount", "output", "skipped"),
    [
        (250, {"paid": False, "reason": "250 is more than 100", "audit": None}, {"pay", "audit"}),
        (5, {"paid": True, "reason": None, "audit": "the audit service is away"}, {"decline", "apologise"}),
    ],
)
async def test_an_error_is_handled(amount: int, output: JSON, skipped: set[str], engine: Engine) -> None:
    assert await outcome(engine, "error-handling", {"amount": amount}) == ("SUCCEEDED", output, skipped)


@pytest.mark.parametrize(("amount", "accepted"), [(1200, False), (900, True)])
async def test_checks_run_in_parallel(amount: int, accepted: bool, engine: Engine) -> None:
    run_input: JSONObject = {"amount": amount, "country": "DE"}
    assert await outcome(engine, "parallel-checks", run_input) == ("SUCCEEDED", {"accepted": accepted}, set())
