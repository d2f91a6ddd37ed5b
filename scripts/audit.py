"""Asks whether known advisories name what we depend on: `make audit`.

Python packages by `pip-audit` from the lock files (what users install, and what the image holds), the console's by
`npm audit` without what only builds it. `pip-audit` lives in an environment of its own under `.cache`, so that nothing
of it gets among what it looks at.

Ends with 1 when an advisory names a locked version. A source of advisories that can't be reached, or that doesn't know
our packages, is no good news: it is told as "not audited", and ends with 2 where `--strict` asks for that, else with 0.
Standard library only.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
LOCKS: Final = ("requirements.lock", "deploy/requirements.lock")
AUDITOR: Final = "pip-audit==2.10.1"
VENV: Final = ROOT / ".cache" / "audit"
FOUND: Final = 1
UNKNOWN: Final = 2
_PATIENCE: Final = 300


@dataclass
class Audit:
    """What became of one source: how many were looked at, what was found, and why some weren't."""

    of: str
    looked_at: int = 0
    found: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        told = [f"{self.of}: {len(self.found)} advisories, {self.looked_at} packages audited"]
        told += [f"  {line}" for line in self.found]
        if self.unknown:
            told.append(f"  NOT AUDITED ({len(self.unknown)}): {self.unknown[0]}")
        return told


def read_pip_audit(of: str, text: str) -> Audit:
    """What `pip-audit --format json` printed."""
    audit = Audit(of)
    for package in _object(text).get("dependencies", []):
        if "skip_reason" in package:
            audit.unknown.append(str(package["skip_reason"]))
            continue
        audit.looked_at += 1
        for known in package.get("vulns", []):
            fixed = ", ".join(known.get("fix_versions", [])) or "no version yet"
            audit.found.append(f"{package['name']} {package['version']}: {known['id']}, fixed in {fixed}")
    return _complete(audit)


def read_npm_audit(of: str, text: str) -> Audit:
    """What `npm audit --json` printed."""
    audit, told = Audit(of), _object(text)
    if "vulnerabilities" not in told:
        failure = {**told, **told["error"]} if isinstance(told.get("error"), dict) else told
        said = failure.get("message") or failure.get("summary") or "npm audit gave no answer"
        audit.unknown.append(str(said).strip())
        return audit
    audit.looked_at = int(told.get("metadata", {}).get("dependencies", {}).get("prod", 0))
    for name, known in told["vulnerabilities"].items():
        audit.found.append(f"{name} {known.get('range', '')}: {known.get('severity', 'unknown')}")
    return _complete(audit)


def status_of(audits: list[Audit], *, strict: bool) -> int:
    if any(audit.found for audit in audits):
        return FOUND
    return UNKNOWN if strict and any(audit.unknown for audit in audits) else 0


def _complete(audit: Audit) -> Audit:
    """Nothing looked at is nothing known."""
    if not audit.looked_at and not audit.unknown:
        audit.unknown.append("the audit gave no answer")
    return audit


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def audit_python(lock: str) -> Audit:
    try:
        auditor = _auditor()
    except (OSError, subprocess.SubprocessError) as error:
        return Audit(lock, unknown=[f"pip-audit can't be installed: {error}"])
    options = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
    return read_pip_audit(lock, _printed([auditor, "-r", str(ROOT / lock), *options], ROOT))


def audit_console() -> Audit:
    npm = shutil.which("npm")
    if npm is None:
        return Audit("web", unknown=["npm isn't installed"])
    return read_npm_audit("web", _printed([npm, "audit", "--omit=dev", "--json"], ROOT / "web"))


def _auditor() -> str:
    """The command, installed when it isn't there in this version."""
    folder = VENV / ("Scripts" if os.name == "nt" else "bin")
    mark = VENV / ".holdfast"
    if not mark.is_file() or mark.read_text() != AUDITOR:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True, timeout=_PATIENCE)
        install = [str(folder / "python"), "-m", "pip", "install", "--quiet", AUDITOR]
        subprocess.run(install, check=True, timeout=_PATIENCE, stderr=subprocess.DEVNULL)
        mark.write_text(AUDITOR)
    return str(folder / "pip-audit")


def _printed(command: list[str], folder: Path) -> str:
    """What a command printed; nothing when it couldn't run. Its status says only that something was found."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.audit", description=__doc__)
    parser.add_argument("--strict", action="store_true", help="fail where something could not be audited")
    strict = parser.parse_args().strict
    audits = [*(audit_python(lock) for lock in LOCKS), audit_console()]
    for audit in audits:
        print("\n".join(audit.lines()))
    return status_of(audits, strict=strict)


if __name__ == "__main__":
    sys.exit(main())
