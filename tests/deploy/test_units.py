"""The units of systemd: what they share, they share as one user."""

from __future__ import annotations

from configparser import RawConfigParser

from tests.deploy.checks import DEPLOY


def test_units_that_share_a_folder_run_as_the_same_user() -> None:
    owners: dict[str, set[str | None]] = {}
    for path in DEPLOY.glob("systemd/*.service"):
        unit = RawConfigParser(strict=False)
        unit.read(path, encoding="utf-8")
        service = unit["Service"]
        # Without a name, a dynamic user is named by its unit.
        owners.setdefault(service["StateDirectory"], set()).add(service.get("User", path.stem))
    assert owners
    assert all(len(users) == 1 for users in owners.values()), owners
