"""The Dockerfile taken apart: stages, what each copies, and the build context that `.dockerignore` leaves."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from tests.deploy.checks import DEPLOY, ROOT

DOCKERFILE = DEPLOY / "Dockerfile"


@dataclass
class Stage:
    """One `FROM` and what follows it: the instructions in order, each with its text."""

    image: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, instruction: str) -> str:
        return [text for name, text in self.steps if name == instruction][-1]

    def copies(self) -> list[tuple[str | None, list[str], str]]:
        """(stage that it comes from, sources, target) of each COPY."""
        found = []
        for name, text in self.steps:
            if name == "COPY":
                words = shlex.split(text)
                origin = words.pop(0).removeprefix("--from=") if words[0].startswith("--from=") else None
                found.append((origin, words[:-1], words[-1]))
        return found


def stages() -> list[Stage]:
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE)
    found: list[Stage] = []
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if not line.strip():
            continue
        instruction, _, rest = line.strip().partition(" ")
        if instruction == "FROM":
            image, _, name = rest.partition(" AS ")
            found.append(Stage(image, name))
        else:
            found[-1].steps.append((instruction, rest))
    return found


def words_of(text: str) -> list[str]:
    """An instruction in its exec form."""
    words: list[str] = json.loads(text)
    return words


def kept(path: str, patterns: list[str]) -> bool:
    """Whether `.dockerignore` lets this file into the context: the last pattern that matches it or a parent decides."""
    parts = path.split("/")
    parents = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    inside = True
    for pattern in patterns:
        rule = pattern.removeprefix("!").rstrip("/")
        anywhere = rule.startswith("**/")
        tried = [p.rpartition("/")[2] for p in parents] if anywhere else parents
        if any(
            fnmatch(each, rule.removeprefix("**/")) and (anywhere or each.count("/") == rule.count("/") or rule == "*")
            for each in tried
        ):
            inside = pattern.startswith("!")
    return inside


def context(target: Path) -> Path:
    """A copy of the build context: the project's files, without what `.dockerignore` keeps out."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in listed:
        if (ROOT / name).is_file() and kept(name, patterns):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def copied(stage: Stage, origin: Path, folder: Path) -> None:
    """Does the stage's COPYs from the context, as a build would."""
    for source_stage, sources, target in stage.copies():
        if source_stage is not None:
            continue
        for source in sources:
            place = folder / target
            if (origin / source).is_dir():
                shutil.copytree(origin / source, place, dirs_exist_ok=True)
            else:
                named = place / Path(source).name if target.endswith("/") or target == "." else place
                named.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(origin / source, named)
