"""The guide to people, from its own text: every command in it is run, in order, against a real server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from holdfast.http.app import ROUTERS, known_scopes
from holdfast.settings import describe
from tests.cli.conftest import address_of
from tests.support.guides import needs_shell, run_commands
from tests.support.process import HoldfastProcess

GUIDE = (Path(__file__).parents[2] / "docs" / "people.md").read_text()


@needs_shell
@pytest.mark.timeout(180)
def test_every_command_of_the_guide_works(tmp_path: Path) -> None:
    with HoldfastProcess("up", "--port", "0", folder=tmp_path) as server:
        printed = run_commands(GUIDE, address_of(server), tmp_path, 150)
    assert '"ada"\n"owner"' in printed
    assert "bob@example.com has the role operator" in printed
    assert "runs:read statistics:read" in printed


def test_the_guide_names_settings_and_scopes_that_exist() -> None:
    settings = {text.variable for text in describe()} | {"HOLDFAST_API_KEY", "HOLDFAST_URL"}
    assert set(re.findall(r"HOLDFAST_[A-Z_]+", GUIDE)) <= settings
    known = known_scopes([route for router in ROUTERS for route in router.routes])
    assert set(re.findall(r"\b[a-z-]+:(?:read|write)\b", GUIDE)) <= known
