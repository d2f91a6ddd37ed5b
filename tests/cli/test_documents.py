"""Files with definitions: YAML and JSON, several documents, and positions that are those of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.cli.documents import MAX_BYTES, Document, read_documents, read_json_argument
from holdfast.model.errors import Invalid


def read(folder: Path, text: str, name: str = "flow.yaml") -> list[Document]:
    file = folder / name
    file.write_text(text)
    return read_documents([file])


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a: 1\n", [{"a": 1}]),
        ("---\na: 1\n", [{"a": 1}]),
        ("# words\n---\na: 1\n---\nb: 2\n...\n", [{"a": 1}, {"b": 2}]),
        ("a: 1\n---\nb: 2\n---\n", [{"a": 1}, {"b": 2}]),
        ("%YAML 1.2\n---\na: 1\n", [{"a": 1}]),
        ("a: |\n  x\n  ---\n  y\n", [{"a": "x\n---\ny\n"}]),
        ("--- {a: 1}\n--- {b: 2}\n", [{"a": 1}, {"b": 2}]),
        ("", [None]),
        ('{"a": [1, true]}', [{"a": [1, True]}]),
    ],
)
def test_each_document_of_a_file_is_read(text: str, values: list[object], tmp_path: Path) -> None:
    found = read(tmp_path, text)
    assert [document.value for document in found] == values
    assert [document.error for document in found] == [None] * len(values)


def test_the_line_of_a_problem_is_that_of_the_file(tmp_path: Path) -> None:
    good, bad = read(tmp_path, "a: 1\n---\nb: 2\nb: 3\n")
    assert good.value == {"a": 1}
    assert bad.source.endswith("flow.yaml (2)")
    assert bad.error is not None
    assert "line 4, column 1" in bad.error.problems[0].message


def test_json_files_are_read_as_json(tmp_path: Path) -> None:
    (document,) = read(tmp_path, "a: 1", "flow.json")
    assert document.error is not None
    assert document.error.title == "The JSON can't be read"


def test_a_file_that_is_too_large_is_not_parsed(tmp_path: Path) -> None:
    (document,) = read(tmp_path, "#" * (MAX_BYTES + 1))
    assert document.error is not None
    assert document.error.title == "The file is too large"


def test_an_option_takes_json_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "given.json").write_text('{"n": 1}')
    assert read_json_argument('{"n": 1}', "input") == {"n": 1}
    assert read_json_argument(f"@{tmp_path / 'given.json'}", "input") == {"n": 1}


def test_a_problem_of_an_option_names_it() -> None:
    with pytest.raises(Invalid) as raised:
        read_json_argument('{"n": 1e999}', "input")
    assert raised.value.problems[0].path == "input.n"
