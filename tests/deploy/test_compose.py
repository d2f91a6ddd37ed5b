"""The compose files: well-formed, and everything that they name exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import pytest

from holdfast.version import __version__
from scripts.docker_env import texts, write
from tests.deploy.checks import DEPLOY, RELEASE, ROOT, parsed, read_yaml, unknown_settings

FILES: Final = ["compose.yaml", "compose.dev.yaml"]
OWN: Final = "holdfast:"
WORDS: Final = {"type": "array", "items": {"type": "string"}}
TIME: Final = {"type": "string", "pattern": "^[0-9]+(ms|s|m|h)$"}
CONDITION: Final = {"enum": ["service_started", "service_healthy", "service_completed_successfully"]}
# The part of the compose specification that these files use; whatever else stands there is a slip.
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "services"],
    "patternProperties": {"^x-": {}},
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "services": {"type": "object", "additionalProperties": {"$ref": "#/$defs/service"}},
        "networks": {"type": "object", "additionalProperties": {"properties": {"internal": {"type": "boolean"}}}},
        "volumes": {"type": "object", "additionalProperties": {"type": "object", "maxProperties": 0}},
    },
    "$defs": {
        "service": {
            "type": "object",
            "additionalProperties": False,
            "required": ["image"],
            "properties": {
                "image": {"type": "string"},
                "build": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"context": {"type": "string"}, "dockerfile": {"type": "string"}},
                },
                "command": WORDS,
                "entrypoint": WORDS,
                "env_file": WORDS,
                "environment": {"type": "object", "additionalProperties": {"type": "string"}},
                "networks": WORDS,
                "network_mode": {"type": "string"},
                "ports": WORDS,
                "volumes": WORDS,
                "tmpfs": WORDS,
                "cap_drop": WORDS,
                "security_opt": WORDS,
                "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
                "init": {"type": "boolean"},
                "read_only": {"type": "boolean"},
                "shm_size": {"type": "string", "pattern": "^[0-9]+[kmg]$"},
                "stop_grace_period": TIME,
                "depends_on": {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["condition"],
                        "properties": {"condition": CONDITION},
                    },
                },
                "healthcheck": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "test": WORDS,
                        "disable": {"const": True},
                        "interval": TIME,
                        "timeout": TIME,
                        "retries": {"type": "integer"},
                    },
                },
                "deploy": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "resources": {
                            "type": "object",
                            "additionalProperties": False,
                            "properties": {
                                "limits": {
                                    "type": "object",
                                    "additionalProperties": False,
                                    "properties": {
                                        "cpus": {"type": "string", "pattern": "^[0-9]+[.][0-9]+$"},
                                        "memory": {"type": "string", "pattern": "^[0-9]+[MG]$"},
                                    },
                                }
                            },
                        }
                    },
                },
            },
        }
    },
}


def services(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = read_yaml(DEPLOY / name)["services"]
    return found


def ours(name: str) -> dict[str, dict[str, Any]]:
    """The services that run this project's image."""
    return {each: service for each, service in services(name).items() if service["image"].startswith(OWN)}


@pytest.mark.parametrize("name", FILES)
def test_it_is_a_compose_file(name: str) -> None:
    problems = jsonschema_rs.validator_for(SCHEMA).iter_errors(read_yaml(DEPLOY / name))
    assert [f"{'/'.join(map(str, problem.instance_path))}: {problem.message}" for problem in problems] == []


@pytest.mark.parametrize("name", FILES)
def test_what_it_names_is_there(name: str) -> None:
    file = read_yaml(DEPLOY / name)
    names = set(file["services"])
    for service in file["services"].values():
        assert set(service.get("depends_on", {})) <= names
        assert set(service.get("networks", [])) <= set(file.get("networks", {}))
        if "network_mode" in service:
            assert service["network_mode"].removeprefix("service:") in names
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (DEPLOY / source).exists() if source.startswith(".") else source in file["volumes"]
        if "build" in service:
            assert (DEPLOY / service["build"]["context"]).resolve() == ROOT
            assert (ROOT / service["build"]["dockerfile"]).is_file()


@pytest.mark.parametrize("name", FILES)
def test_a_healthy_or_completed_dependency_can_be_that(name: str) -> None:
    found = services(name)
    for service in found.values():
        for needed, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "test" in found[needed]["healthcheck"]
            if how["condition"] == "service_completed_successfully":
                assert parsed(found[needed]["command"]) in ("migrate", "keys owner")
                assert found[needed].get("restart", "no") == "no"


@pytest.mark.parametrize("name", FILES)
def test_every_image_names_a_release(name: str) -> None:
    foreign = [s["image"] for s in services(name).values() if not s["image"].startswith(OWN)]
    assert [image for image in foreign if not RELEASE.match(image)] == []
    expected = f"{OWN}{__version__}" if name == "compose.yaml" else f"{OWN}dev"
    assert {service["image"] for service in ours(name).values()} == {expected}


@pytest.mark.parametrize("name", FILES)
def test_every_command_is_one_and_every_setting_too(name: str) -> None:
    for service in ours(name).values():
        words = service["command"]
        if "entrypoint" in service:
            script = service["entrypoint"][1].removeprefix("/source/")
            assert (ROOT / script).is_file()
            assert words[0] == "holdfast"
            words = words[1:]
        assert parsed(words)
        assert unknown_settings(service.get("environment", {})) == []


def test_production_has_every_part_and_its_databases_are_shut_in() -> None:
    found = services("compose.yaml")
    assert {"migrate", "owner", "server", "worker", "relay", "postgres", "redis"} == set(found)
    assert [name for name, service in found.items() if "ports" in service] == ["server"]
    assert read_yaml(DEPLOY / "compose.yaml")["networks"]["data"]["internal"] is True
    for name in ("postgres", "redis"):
        assert found[name]["networks"] == ["data"]
        assert "test" in found[name]["healthcheck"]
    for name in ("server", "worker", "relay", "postgres", "redis"):
        assert found[name]["restart"] == "unless-stopped"
        assert set(found[name]["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    for service in ours("compose.yaml").values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
    redis = shlex.split(" ".join(found["redis"]["command"][2:]).replace("$$", "$"))
    assert redis[redis.index("--maxmemory-policy") + 1] == "noeviction"
    assert redis[redis.index("--appendonly") + 1] == "yes"


def test_a_worker_can_be_scaled() -> None:
    """Neither a fixed name nor a published port stands in the way of a second one."""
    for name in FILES:
        assert not {"container_name", "ports"} & set(services(name)["worker"])


def test_its_secrets_are_written_once_for_the_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "env"
    assert write(folder) == sorted(texts())
    kept = {file.name: file.read_text() for file in folder.iterdir()}
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())
    assert write(folder) == []
    assert {file.name: file.read_text() for file in folder.iterdir()} == kept
    named = {file for service in services("compose.yaml").values() for file in service.get("env_file", [])}
    assert named == {f"env/{name}" for name in kept}
    variables = re.findall(r"^(\w+)=(.+)$", "".join(kept.values()), re.MULTILINE)
    assert unknown_settings(name for name, _ in variables) == []
    values = dict(variables)
    assert f":{values['POSTGRES_PASSWORD']}@postgres:5432/{values['POSTGRES_DB']}" in values["HOLDFAST_DATABASE_URL"]
    assert f":{values['REDIS_PASSWORD']}@redis:" in values["HOLDFAST_REDIS_URL"]


def test_development_publishes_on_this_machine_only_and_looks_into_everything() -> None:
    found = services("compose.dev.yaml")
    ports = [port for service in found.values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert {"api", "worker", "postgres", "redis", "mailbox", "redis-console", "postgres-console"} <= set(found)
    for name in ("api", "worker"):
        entrypoint = found[name]["entrypoint"]
        watched = entrypoint[entrypoint.index("--watch") + 1]
        assert f"../src:{watched}:ro" in found[name]["volumes"]
        assert found[name]["environment"]["PYTHONPATH"] == watched


def test_no_password_can_be_taken_for_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_urlsafe", lambda _: "--port")
    made = texts()
    assert not made["redis"]["REDIS_PASSWORD"].startswith("-")
    assert not made["postgres"]["POSTGRES_PASSWORD"].startswith("-")
