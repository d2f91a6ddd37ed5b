"""`queues`, `tenants`, `keys` of tenants, and `workers`: what an instance's admin sees and sets."""

from __future__ import annotations

from tests.cli.conftest import Cli, numbers
from tests.support.process import HoldfastProcess
from tests.support.waiting import eventually_sync


def test_groups_list_when_no_subcommand_is_named(cli: Cli) -> None:
    assert isinstance(cli.json("dead"), list)
    assert "default" in cli.good("tenants")
    assert "default" in [queue["name"] for queue in cli.json("queues")]
    assert cli.json("workers")[0]["concurrency"] == 500
    header, line = cli.good("workers").splitlines()[:2]
    assert header.split() == ["name", "id", "state", "running", "queues", "tags", "last", "heartbeat"]
    assert " alive " in line


def test_a_queue_is_limited_paused_and_resumed(cli: Cli) -> None:
    name = f"queue-{next(numbers)}"
    said = cli.good("queues", "set", name, "--concurrency", "5", "--rate", "100/1m", "--priority", "3")
    assert said == f"{name}: 5 at once, 100/1m\n"
    assert cli.good("queues", "pause", name) == f"{name}: paused, 5 at once, 100/1m\n"
    assert cli.good("queues", "resume", name) == f"{name}: 5 at once, 100/1m\n"
    kept = cli.json("queues", "set", name, "--retention", "succeeded=1d", "--retention", "DEAD=90d", "--rate", "none")
    assert (kept["retention"], kept["rate"]) == ({"SUCCEEDED": "1d", "DEAD": "90d"}, None)
    shown = cli.good("queues", "show", name)
    assert "SUCCEEDED 1d, DEAD 90d" in shown
    assert cli.json("queues", "set", name, "--concurrency", "none", "--retention", "none")["retention"] == {}


def test_pausing_a_queue_that_is_not_there_says_so(cli: Cli) -> None:
    name = f"lonely-{next(numbers)}"
    assert cli("queues", "pause", name).stderr == f"There was no queue {name}; it was made and is paused.\n"
    assert cli("queues", "pause", name).stderr == ""
    told = cli("queues", "pause", f"{name}x")
    assert (told.returncode, told.stderr.endswith(f" Did you mean {name}?\n")) == (0, True)


def test_a_worker_takes_no_tag_that_no_job_can_have(cli: Cli) -> None:
    refused = cli("worker", "--tags", "gpu,a b")
    assert (refused.returncode, "'a b' is no tag" in refused.stderr) == (2, True)


def test_a_wrong_setting_is_named(cli: Cli) -> None:
    assert "expected a whole number, or none" in cli("queues", "set", "q", "--concurrency", "many").stderr
    assert "  rate: expected a rate such as 10/1s" in cli("queues", "set", "q", "--rate", "quick").stderr
    assert "name at least one of --concurrency" in cli("queues", "set", "q").stderr
    assert "expected STATE=TIME" in cli("queues", "set", "q", "--retention", "1d").stderr
    assert cli("queues", "show", "no-such-queue").stderr.startswith("Not found: There is no queue")


def test_a_tenant_is_added_and_changed(cli: Cli) -> None:
    name = f"tenant-{next(numbers)}"
    made = cli.json("tenants", "add", name, "--weight", "2", "--max-running", "50", "--attributes", '{"plan": "pro"}')
    assert (made["weight"], made["max_running"], made["attributes"]) == (2, 50, {"plan": "pro"})
    assert cli("tenants", "add", name).returncode == 1
    changed = cli.json("tenants", "set", made["id"], "--max-running", "none", "--weight", "0.5")
    assert (changed["weight"], changed["max_running"]) == (0.5, None)
    assert cli.json("tenants", "set", name, "--weight", "3")["weight"] == 3
    assert name in cli.good("tenants", "show", made["id"])
    assert "name at least one of --name" in cli("tenants", "set", made["id"]).stderr
    assert cli("tenants", "suspend", name).returncode == 1  # nobody says yes
    assert cli.json("tenants", "suspend", name, "--yes")["suspended_at"]
    assert name in cli.good("tenants", "show", name)
    assert cli.json("keys", "create", "app", "--role", "operator", "--tenant", name)["key"]
    assert "No tenant" in cli("keys", "create", "app", "--role", "operator", "--tenant", "nobody").stderr
    assert "suspended since" in cli.good("tenants")
    assert cli.json("tenants", "resume", made["id"])["suspended_at"] is None
    assert cli.json("tenants", "delete", name, "--grace", "30d", "--yes")["delete_at"]
    assert "to be deleted at" in cli.good("tenants", "show", made["id"])
    assert "anywhere that is open" in cli.good("tenants", "resume", name)
    assert cli("tenants", "delete", "default", "--yes").returncode == 1


def test_keys_of_a_tenant_open_that_tenant_alone(cli: Cli) -> None:
    made = cli.json("tenants", "add", f"tenant-{next(numbers)}")
    key = cli.json("keys", "create", "app", "--role", "operator", "--tenant", made["id"])
    app = Cli(cli.url, cli.folder, key["key"])
    job = app.json("jobs", "insert", "noop", "--delay", "1h")
    assert cli("jobs", "show", job["id"]).returncode == 1
    assert app("queues", "pause", "default").stderr.startswith("Forbidden: ")
    assert "app" in cli.good("keys", "list", "--tenant", made["id"])
    cli.good("keys", "revoke", key["id"], "--tenant", made["id"])
    assert app("jobs", "list").returncode == 1


def test_a_worker_serves_its_queues_with_its_tags(cli: Cli, sqlite_url: str) -> None:
    settings = {"HOLDFAST_DATABASE_URL": sqlite_url}
    with HoldfastProcess("up", "--port", "0", settings=settings, folder=cli.folder) as server:
        mine = Cli(eventually_sync(lambda: address(server), 30, server.output) or "", cli.folder)
        plain = mine.json("jobs", "insert", "noop", "--queue", "video")
        tagged = mine.json("jobs", "insert", "noop", "--queue", "video", "--tag", "gpu")
        options = ("--queues", "video, other", "--tags", "gpu", "--concurrency", "7")
        with HoldfastProcess("worker", *options, settings=settings, folder=cli.folder) as worker:
            eventually_sync(lambda: all_done(mine, "video", 2), 30, worker.output)
            found = next(each for each in mine.json("workers") if each["tags"])
    assert (plain["state"] in ("PENDING", "RUNNING"), tagged["state"]) == (True, "PENDING")
    assert (found["queues"], found["tags"], found["concurrency"]) == (["video", "other"], ["gpu"], 7)


def address(server: HoldfastProcess) -> str | None:
    line = next((line for line in server.output().splitlines() if line.startswith("ready at ")), None)
    return None if line is None else line.removeprefix("ready at ")


def all_done(cli: Cli, queue: str, count: int) -> bool:
    return len(cli.json("jobs", "list", "--queue", queue, "--state", "SUCCEEDED")) == count
