"""Bad definitions get the same answer from the API and from the command line, name the place, and change nothing.

Each file in ``bad/`` is one fault. ``PATHS`` says where the answer must point: the same for both ways in.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.cli.conftest import Cli, address_of
from tests.support.process import HoldfastProcess

BAD = Path(__file__).parent / "bad"
TYPES = {".yaml": "application/yaml", ".json": "application/json"}
# (path, part of its message) of every problem that must be told; an empty path: the text can't be read at all
PATHS: dict[str, list[tuple[str, str]]] = {
    "unknown_type.yaml": [("nodes[0].type", 'did you mean "http.request"?')],
    "cycle.yaml": [("edges", "two")],
    "missing_field.yaml": [("nodes[0].params.url", "is required")],
    "unknown_key.yaml": [("nodes[0].retries", 'did you mean "retry"?'), ("trigers", 'did you mean "triggers"?')],
    "duplicate_id.yaml": [("nodes[1].id", "already")],
    "expression.yaml": [("nodes[0].params.value", "character 14"), ("nodes[1].params.condition", "nowhere")],
    "body.yaml": [
        ("nodes[1].params.body.nodes[0].params.url", "is required"),
        ("nodes[1].params.body.nodes[1].params.until", "character 13"),
        ("nodes[1].params.body.nodes[1].params.body.nodes[0].type", 'did you mean "noop"?'),
        ("nodes[1].params.body.nodes[1].params.body.nodes[0].id", "already the id of nodes[0]"),
        ("nodes[1].params.body.nodes[1].params.body.nodes[1].params.value", 'can\'t have run before "last"'),
        ("nodes[1].params.body.nodes[1].params.body.nodes[1].params.value", 'can\'t have run before "each"'),
        ("nodes[1].params.body.edges[0].to", "in this body there is no node"),
        ("nodes[2].params.message", "item exists only inside a map or a loop"),
        ("nodes[2].params.message", "read nodes.each.output"),
    ],
    "map_without_body.yaml": [
        ("nodes[0].params.body", "a map needs a body, or the name of a workflow"),
        ("nodes[1].params.workflow", "not both"),
        ("nodes[2].params.body.nodes", "at least one node"),
    ],
    "steps.yaml": [
        ("steps[0]", "has no port out"),
        ("steps[1].parallel[0].type", 'did you mean "noop"?'),
        ("steps[1].parallel[1].steps", "at least one step"),
        ("steps[2].params.value", 'can\'t have run before "three"'),
    ],
    "compensate.yaml": [
        ("settings.max_concurrent_runs.limit", "between 1 and"),
        ("settings.max_concurrent_runs.when_full", "must be one of queue, reject, replace"),
        ("nodes[0].compensate", 'did you mean "one"?'),
        ("nodes[1].compensate", '"one" has edges'),
        ("nodes[3].compensate", "already"),
        ("nodes[4].when", "it can't have a when"),
    ],
    "cases.yaml": [
        ("nodes[0].params.cases.big", "character 10"),
        ("nodes[0].params.cases.default", "another port"),
        ("nodes[0].params.cases.small", "expected an expression"),
        ("nodes[1].params.condition", 'did you mean "least"?'),
        ("nodes[2].params.message", "only a wait.callback node has one"),
        ("edges[0].from", "write way.big or way.default or way.small"),
        ("edges[1].from", 'has no port "huge"'),
    ],
    "edges.yaml": [("edges[0].from", "maybe"), ("edges[1].to", "three")],
    "duplicate_key.yaml": [("", "line 3, column 1")],
    "not_yaml.yaml": [("", "line 3, column 1")],
    "not_an_object.yaml": [("", "a workflow is an object")],
    "not_json.json": [("", "line 1, column 72")],
    "not_a_number.json": [("", "NaN")],
    "not_utf8.yaml": [("", "byte 32 is not UTF-8")],
}
Answer = list[tuple[str, str]]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with HoldfastProcess("up", "--port", "0", folder=tmp_path_factory.mktemp("bad")) as server:
        yield address_of(server)


def bytes_of(file: Path) -> bytes:
    return file.read_bytes()


async def api(url: str, file: Path) -> Answer:
    headers, body = {"Content-Type": TYPES[file.suffix]}, bytes_of(file)
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/api/v1/workflows", data=body, headers=headers) as response,
    ):
        problem = await response.json()
        assert response.status in (400, 422)
        assert response.content_type == "application/problem+json"
        return [(each["path"], each["message"]) for each in problem["errors"]]


def applied(url: str, file: Path, folder: Path) -> Answer:
    done = Cli(url, folder)("apply", str(file), "--json")
    assert (done.returncode, done.stdout) == (1, "")
    prefix = f"{file}: "
    return [(e["path"], e["message"].removeprefix(prefix)) for e in json.loads(done.stderr)["errors"]]


def validated(file: Path, folder: Path) -> Answer:
    done = Cli("http://127.0.0.1:9", folder)("validate", str(file), "--json")
    assert (done.returncode, done.stderr) == (1, "")
    return [(each["path"], each["message"]) for each in json.loads(done.stdout)[0]["errors"]]


def test_every_bad_file_has_its_paths() -> None:
    assert set(PATHS) == {file.name for file in BAD.iterdir()}


@pytest.mark.parametrize("name", PATHS)
async def test_a_bad_definition_is_told_by_its_paths_and_changes_nothing(name: str, url: str, tmp_path: Path) -> None:
    answer = await api(url, BAD / name)
    for path, words in PATHS[name]:
        assert [message for where, message in answer if where == path and words in message], answer
    assert applied(url, BAD / name, tmp_path) == answer
    assert validated(BAD / name, tmp_path) == answer
    assert Cli(url, tmp_path).json("workflows", "list") == []


async def test_a_body_of_ten_megabytes_is_refused_by_both(url: str, tmp_path: Path) -> None:
    large = tmp_path / "large.json"
    large.write_text(json.dumps({"holdfast": 1, "name": "bad", "description": "x" * 10_000_000, "nodes": []}))
    headers = {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{url}/api/v1/workflows", data=io.BytesIO(bytes_of(large)), headers=headers, expect100=True
        ) as answer,
    ):
        assert answer.status == 413
    done = Cli(url, tmp_path)("apply", "large.json")
    assert done.returncode == 1
    assert "large.json: The file is too large" in done.stderr
    assert Cli(url, tmp_path).json("workflows", "list") == []
