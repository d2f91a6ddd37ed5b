"""The guide to live events, from its own text: its commands against a real server, and the members that it names."""

from __future__ import annotations

import json
import re
from pathlib import Path

from holdfast.engine.event_messages import read, write
from tests.cli.conftest import address_of
from tests.support.guides import needs_shell, run_commands
from tests.support.process import HoldfastProcess

GUIDE = (Path(__file__).parents[2] / "docs" / "events.md").read_text()


@needs_shell
def test_every_command_of_the_guide_works(tmp_path: Path) -> None:
    with HoldfastProcess("up", "--port", "0", folder=tmp_path) as server:
        printed = run_commands(GUIDE, address_of(server), tmp_path, 60)
    streamed = printed[printed.index("retry: 1000") :]
    assert "event: order.sent" in streamed
    assert "order.paid" not in streamed


def test_the_message_in_the_guide_is_one() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
    message = read(text.encode())
    assert message is not None
    assert json.loads(write(message.event, message.after)) == json.loads(text)
