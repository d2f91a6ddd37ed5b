"""The checks themselves find what is wrong."""

from __future__ import annotations

import pytest
from typer._click.exceptions import UsageError

from tests.deploy.checks import RELEASE, parsed, unknown_settings


def test_commands_are_taken_apart_as_the_command_line_does() -> None:
    assert parsed(["keys", "owner"]) == "keys owner"
    assert parsed(["worker", "--queues", "a,b", "--processes", "3"]) == "worker"
    for wrong in (["worker", "--proceses", "3"], ["keys", "ownr"], ["server", "--port", "many"]):
        with pytest.raises(UsageError):
            parsed(wrong)
    with pytest.raises(KeyError):
        parsed(["wroker"])


def test_settings_that_mean_nothing_are_found() -> None:
    assert unknown_settings(["HOLDFAST_REDIS_ULR", "HOLDFAST_REDIS_URL", "PATH"]) == ["HOLDFAST_REDIS_ULR"]


@pytest.mark.parametrize("image", ["postgres", "postgres:latest", "postgres:17", "node:lts-slim"])
def test_an_image_without_a_release_is_found(image: str) -> None:
    assert RELEASE.match(image) is None
    assert RELEASE.match("ghcr.io/someone/thing:v1.2.3") is not None
