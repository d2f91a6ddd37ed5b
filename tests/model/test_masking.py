"""Masking: no form of a planted secret survives, nothing else changes, and no text makes it slow."""

from __future__ import annotations

import html
import json
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.json import JSON
from holdfast.model.masking import Masker, label_of

SECRET: Final = 's3cr3t/vä+lue "quoted" & 100%'
LABEL: Final = label_of("KEY")
MASKER: Final = Masker({"KEY": SECRET})

values = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=4, max_size=60)
around = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


ENCODINGS: Final[dict[str, Callable[[str], str]]] = {
    "as it is": lambda value: value,
    "lower": str.lower,
    "upper": str.upper,
    "json": lambda value: json.dumps(value)[1:-1],
    "json in utf-8": lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
    "json in json": lambda value: json.dumps(json.dumps(value)[1:-1])[1:-1],
    "json with slashes": lambda value: json.dumps(value)[1:-1].replace("/", "\\/"),
    "python": lambda value: repr(value)[1:-1],
    "ascii": lambda value: ascii(value)[1:-1],
    "url": lambda value: quote(value, safe=""),
    "url in lower case": lambda value: "".join(f"%{byte:02x}" for byte in value.encode()),
    "path": quote,
    "form": quote_plus,
    "url twice": lambda value: quote(quote(value, safe=""), safe=""),
    "url in json": lambda value: json.dumps(quote_plus(value))[1:-1],
    "html": html.escape,
    "html numbers": lambda value: "".join(f"&#{ord(char)};" for char in value),
    "base64": lambda value: b64encode(value.encode()).decode(),
    "base64 for addresses": lambda value: urlsafe_b64encode(value.encode()).decode(),
    "basic": lambda value: "Basic " + b64encode(b"user:" + value.encode()).decode(),
    "base64 in the middle": lambda value: b64encode(b"a " + value.encode() + b" b").decode(),
    "base64 of json": lambda value: b64encode(json.dumps({"key": value}).encode()).decode(),
    "base64 of utf-8 json": lambda value: b64encode(json.dumps([value], ensure_ascii=False).encode()).decode(),
    "base64 of a form": lambda value: b64encode(f"a=1&key={quote_plus(value)}".encode()).decode(),
    "base64 in an address": lambda value: quote(b64encode(value.encode()).decode(), safe=""),
    "hex": lambda value: value.encode().hex(),
    "HEX": lambda value: value.encode().hex().upper(),
    "base64 twice": lambda value: _base64(_base64(value)),
    "base64 of basic": lambda value: _base64("Basic " + _base64("user:" + value)),
    "base64 for addresses, twice": lambda value: urlsafe_b64encode(urlsafe_b64encode(value.encode())).decode(),
    "base64 of hex": lambda value: _base64(value.encode().hex()),
    "base64 of HEX": lambda value: _base64(value.encode().hex().upper()),
    "hex of base64": lambda value: _base64(value).encode().hex(),
    "hex of basic": lambda value: _base64("user:" + value).encode().hex(),
    "hex twice": lambda value: value.encode().hex().encode().hex(),
    "base64 of html": lambda value: _base64(html.escape(value)),
    "base64 of a path": lambda value: _base64(quote(value)),
    "base64 of upper": lambda value: _base64(value.upper()),
    "hex of lower": lambda value: value.lower().encode().hex(),
    "misread": lambda value: value.encode().decode("latin-1"),
}


@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
@pytest.mark.parametrize("value", ["abcd", "hunter2hunter2", SECRET, "ключ от всего", "a b\tc\nd\\e", "😀😀😀😀"])
def test_no_encoding_survives(encoding: str, value: str) -> None:
    text = f"before {ENCODINGS[encoding](value)} after"
    masked = Masker({"KEY": value}).text(text)
    assert LABEL in masked
    assert ENCODINGS[encoding](value) not in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")


@given(values, around, around, st.sampled_from(sorted(ENCODINGS)))
def test_no_encoding_of_any_value_survives(value: str, before: str, after: str, encoding: str) -> None:
    planted = ENCODINGS[encoding](value)
    masked = Masker({"KEY": value}).text(f"{before}{planted}{after}")
    if planted not in LABEL and planted not in before + LABEL + after:
        assert planted not in masked


@given(values, st.binary(max_size=10), st.binary(max_size=10))
def test_no_bit_of_it_is_left_in_base64(value: str, before: bytes, after: bytes) -> None:
    encoded = b64encode(before + value.encode() + after).decode()
    masked = Masker({"KEY": value}).text(encoded)
    begin, _, end = masked.partition(LABEL)
    # What is left at both ends decodes to bytes that lie outside of the value.
    assert len(begin) * 6 <= len(before) * 8
    assert len(end.rstrip("=")) * 6 <= len(after) * 8 + 6


def test_several_values_over_each_other_go_whole() -> None:
    masker = Masker({"SHORT": "hunter", "LONG": "hunter2000", "OTHER": "2000-more"})
    assert masker.text("hunter2000") == label_of("LONG")
    assert masker.text("x hunter2000-more y") == f"x {label_of('LONG')} y"
    assert masker.text("hunter hunter2000") == f"{label_of('SHORT')} {label_of('LONG')}"


def test_a_short_value_counts_only_where_it_is_all() -> None:
    masker = Masker({"PIN": "123"})
    assert masker.json(["123", "1234", 123, {"123": "a 123"}]) == [
        label_of("PIN"), "1234", label_of("PIN"), {label_of("PIN"): "a 123"},
    ]  # fmt: skip


def test_json_is_masked_in_keys_values_and_numbers() -> None:
    masker = Masker({"KEY": SECRET, "NUMBER": "4711815"})
    value: JSON = {"a": [1, True, None, f"<{SECRET}>"], SECRET: {"n": 4711815, "m": 1.5, "deep": [[SECRET]]}}
    assert masker.json(value) == {
        "a": [1, True, None, f"<{LABEL}>"],
        LABEL: {"n": label_of("NUMBER"), "m": 1.5, "deep": [[LABEL]]},
    }
    assert masker.holds(value)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
))  # fmt: skip
def test_what_holds_no_value_is_the_same_object(value: JSON) -> None:
    masker = Masker({"KEY": "Zm9vYmFyYmF6-unlikely-value"})
    assert masker.json(value) is value
    assert Masker({}).json(value) is value


@pytest.mark.parametrize("length", range(8, len("a-long-secret-value-indeed")))
def test_a_text_that_was_cut_within_a_value_ends_before_it(length: int) -> None:
    value = "a-long-secret-value-indeed"
    assert Masker({"KEY": value}).text("cut: " + value[:length]) == f"cut: {LABEL}"


def test_a_key_of_several_lines_goes_line_by_line() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nq83vEjRWeJCrze8SNFZ4kKs\n-----END KEY-----\n"
    masked = Masker({"KEY": key}).text("line 2: q83vEjRWeJCrze8SNFZ4kKs")
    assert masked == f"line 2: {LABEL}"


@pytest.mark.parametrize("text", [
    "a" * 1_000_000, "%61" * 300_000, "\\u0061" * 200_000, "&#97;" * 200_000, "a%61\\x61&#97;" * 50_000, "+" * 500_000,
])  # fmt: skip
def test_no_text_makes_it_slow(text: str) -> None:
    masker = Masker({"KEY": "a" * 2_000 + "b", "SPACED": "a a"})
    began = time.process_time()
    masker.text(text)
    # Looked for at each place anew, the value would take minutes.
    assert time.process_time() - began < 10
