"""Definitions in files: YAML or JSON, several YAML documents in one file allowed, ``-`` is standard input.

A file ending in ``.json`` is JSON, anything else is YAML (of which JSON is a part). Reading is as strict as the
server's: the same reader, the same problems. A problem of reading names the file and, for a later document, which one;
its line is that of the file.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from holdfast.definition_yaml import read_yaml
from holdfast.model.errors import Invalid, Problem
from holdfast.model.json import JSON
from holdfast.strict_json import Malformed, read_json, text_of

MAX_BYTES: Final = 8 * 1024 * 1024
# Three dashes at the start of a line always separate documents: YAML allows them nowhere else, not even in block text.
_SEPARATOR: Final = re.compile(r"^---(?=\s|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """A definition and where it came from. ``error`` instead of ``value`` when it can't be read."""

    source: str
    value: JSON = None
    error: Invalid | None = None


def read_documents(files: list[Path]) -> list[Document]:
    """Every document of every file, also those that can't be read. Raises ``OSError`` for a file that isn't there."""
    return [document for file in files for document in _documents(file)]


def read_json_argument(text: str, name: str) -> JSON:
    """The value of an option that takes JSON, ``@file`` or ``-``. Raises ``Invalid`` with ``name`` as path."""
    data = _stdin() if text == "-" else Path(text[1:]).read_bytes() if text.startswith("@") else text.encode()
    try:
        return read_json(data)
    except Invalid as error:
        raise Invalid([Problem(_below(name, p.path), p.message) for p in error.problems], error.title) from None


def _documents(file: Path) -> Iterator[Document]:
    standard = str(file) == "-"
    data = _stdin() if standard else file.read_bytes()
    source = "standard input" if standard else str(file)
    if len(data) > MAX_BYTES:
        problem = Problem("", f"has {len(data)} bytes; a definition may have at most {MAX_BYTES}")
        yield Document(source, error=Malformed(problem.message, "The file is too large"))
        return
    try:
        parts = [text_of(data)] if file.suffix == ".json" else list(_split(text_of(data)))
    except Invalid as error:
        yield Document(source, error=error)
        return
    for number, part in enumerate(parts, start=1):
        yield _read(part, source if len(parts) == 1 else f"{source} ({number})", as_json=file.suffix == ".json")


def _read(text: str, source: str, *, as_json: bool) -> Document:
    try:
        return Document(source, read_json(text) if as_json else read_yaml(text))
    except Invalid as error:
        return Document(source, error=error)


def _split(text: str) -> Iterator[str]:
    """The documents of a YAML text, each after as many empty lines as stand before it, so that line numbers stay."""
    starts = [match.start() for match in _SEPARATOR.finditer(text)]
    if not starts or not _says_nothing(text[: starts[0]]):
        starts.insert(0, 0)
    parts = [(start, text[start:end]) for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    telling = [(start, part) for start, part in parts if not _says_nothing(part)]
    for start, part in telling or parts[:1]:
        yield "\n" * text.count("\n", 0, start) + part


def _says_nothing(part: str) -> bool:
    """Only empty lines, comments, directives and the marks of documents."""
    lines = part.removeprefix("---").splitlines()
    return all(not line.strip() or line.strip() == "..." or line.lstrip()[0] in "#%" for line in lines)


def _stdin() -> bytes:
    return sys.stdin.buffer.read(MAX_BYTES + 1)


def _below(name: str, path: str) -> str:
    if not path:
        return name
    return f"{name}{path}" if path.startswith("[") else f"{name}.{path}"
