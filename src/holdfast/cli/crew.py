"""The crew of ``holdfast worker --processes N``: settings are checked and told once, then the supervisor takes over."""

import os
from typing import Any

from holdfast.cli.announcing import field, served, shown_database, shown_redis
from holdfast.cli.failures import Told, print_told, problem_lines
from holdfast.cli.screen import say
from holdfast.cli.supervising import supervise
from holdfast.model.instant import SECOND
from holdfast.model.job import ALL_QUEUES
from holdfast.settings import load, unknown_variables, variable_of
from holdfast.version import __version__


def keep_going(count: int, queues: tuple[str, ...], given: dict[str, Any]) -> int:
    """``given``: settings of the command line, by field name. The exit code; raises ``Invalid``."""
    settings = load(**given)
    for line in problem_lines(unknown_variables(os.environ)):
        print_told(Told(0, f"warning:{line[1:]}"))
    say(("Holdfast ", "bold"), __version__)
    field("database", shown_database(settings))
    field("redis", shown_redis(settings))
    field("workers", f"{count} processes of {settings.worker_concurrency} jobs at once each, {served(queues)}")
    command = ["worker"] if ALL_QUEUES in queues else ["worker", "--queues", ",".join(queues)]
    changed = {variable_of(name): str(value) for name, value in given.items() if value is not None}
    return supervise(command, changed, count, settings.shutdown_grace / SECOND)
