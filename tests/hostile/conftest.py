"""The servers of the HTTP tests, for attacks."""

from tests.http.conftest import api, locked, logs

__all__ = ["api", "locked", "logs"]
