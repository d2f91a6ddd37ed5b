"""The audit of dependencies: what it makes of what the auditors print. Not audited is never taken for clean."""

from __future__ import annotations

import json

import pytest

from scripts.audit import FOUND, UNKNOWN, Audit, read_npm_audit, read_pip_audit, status_of

CLEAN = {"dependencies": [{"name": "a", "version": "1", "vulns": []}], "fixes": []}
KNOWN = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"], "description": "it leaks"}]}
SKIPPED = {"name": "c", "skip_reason": "Dependency not found on PyPI and could not be audited: c (1)"}
REFUSED = {"message": "405 Method Not Allowed - POST /advisories/bulk", "statusCode": 405}


def test_what_is_clean_is_clean() -> None:
    audit = read_pip_audit("a.lock", json.dumps(CLEAN))
    assert (audit.looked_at, audit.found, audit.unknown) == (1, [], [])
    assert status_of([audit], strict=True) == 0


def test_an_advisory_fails_and_says_what_mends_it() -> None:
    audit = read_pip_audit("a.lock", json.dumps({"dependencies": [*CLEAN["dependencies"], KNOWN]}))
    assert audit.found == ["b 2: PYSEC-1, fixed in 3"]
    assert status_of([audit], strict=False) == FOUND


@pytest.mark.parametrize("printed", ["", "no JSON", "[]", "{}", json.dumps({"dependencies": [SKIPPED]})])
def test_no_answer_of_pip_audit_is_not_clean(printed: str) -> None:
    audit = read_pip_audit("a.lock", printed)
    assert (audit.looked_at, len(audit.unknown)) == (0, 1)
    assert "NOT AUDITED" in "\n".join(audit.lines())
    assert (status_of([audit], strict=False), status_of([audit], strict=True)) == (0, UNKNOWN)


@pytest.mark.parametrize(
    "printed",
    ["", "{}", json.dumps(REFUSED), json.dumps({"error": {"summary": "offline"}}), '{"vulnerabilities": {}}'],
)
def test_no_answer_of_npm_is_not_clean(printed: str) -> None:
    audit = read_npm_audit("web", printed)
    assert audit.unknown
    assert status_of([audit], strict=True) == UNKNOWN


def test_npm_names_what_it_found() -> None:
    found = {"vulnerabilities": {"d": {"range": "<2", "severity": "high"}}, "metadata": {"dependencies": {"prod": 9}}}
    audit = read_npm_audit("web", json.dumps(found))
    assert (audit.found, audit.looked_at, audit.unknown) == (["d <2: high"], 9, [])
    assert status_of([Audit("a.lock", 1), audit], strict=False) == FOUND
