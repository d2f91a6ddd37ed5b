"""Multipart forms as senders write them, and bodies that are made to cost much or to be read in two ways."""

from __future__ import annotations

import time
from base64 import b64encode

import pytest

from holdfast.http.multipart import multipart_object
from holdfast.model.json import JSON
from holdfast.strict_json import Malformed

TYPE = "multipart/form-data; boundary=b"


def part(head: str, content: bytes = b"x") -> bytes:
    return b"--b\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--b--\r\n"


def field(params: str) -> str:
    return f"Content-Disposition: form-data; {params}"


def file(name: str, content: bytes = b"x", kind: str = "text/plain") -> JSON:
    return {"filename": name, "content_type": kind, "base64": b64encode(content).decode()}


@pytest.mark.parametrize(
    ("head", "content", "value"),
    [
        (field('name="a"'), b"x", "x"),
        (field("name=a"), "zwölf\r\n".encode(), "zwölf\r\n"),
        ('content-disposition:form-data;name="a"', b"", ""),
        (field('name="a"; filename="f.txt"'), b"\x00\xff\r\n--", file("f.txt", b"\x00\xff\r\n--")),
        (field('filename="f"; name="a"') + "\r\nContent-Type: image/PNG; x=y", b"x", file("f", kind="image/png")),
        (field('name="a"; filename="a \\"b\\" ü.txt"'), b"x", file('a "b" ü.txt')),
        (field("name=a; filename=old; filename*=UTF-8''%e2%82%ac.txt"), b"x", file("€.txt")),
        (field('name="a";\r\n filename="f"'), b"x", file("f")),
        (field("name=a") + "\r\nContent-Transfer-Encoding: base64", b"eHl6", "xyz"),
        (field("name=a") + "\r\nContent-Transfer-Encoding: quoted-printable", b"=41=\r\nB", "AB"),
    ],
)
def test_a_part_is_a_field_or_a_file(head: str, content: bytes, value: JSON) -> None:
    assert multipart_object(form(part(head, content)), TYPE) == {"a": value}
    assert multipart_object(b"before\r\n" + form(part(head, content)) + b"behind", TYPE) == {"a": value}


def test_a_name_that_comes_again_is_a_list() -> None:
    parts = [part(field(f"name={name}"), name.encode()) for name in "aba"]
    assert multipart_object(form(*parts), TYPE) == {"a": ["a", "a"], "b": "b"}
    assert multipart_object(b"--b--", TYPE) == {}
    assert multipart_object(form(*parts).replace(b"\r", b""), TYPE) == {"a": ["a", "a"], "b": "b"}


@pytest.mark.parametrize("kind", ['multipart/form-data; boundary="a b"', "multipart/form-data; x=y; Boundary=a.b(+)"])
def test_a_boundary_stands_for_itself(kind: str) -> None:
    boundary = kind.partition("oundary=")[2].strip('"').encode()
    body = form(part(field("name=a"), b"--b in it")).replace(b"--b\r", b"--" + boundary + b"\r")
    assert multipart_object(body.replace(b"--b--", b"--" + boundary + b"--"), kind) == {"a": "--b in it"}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", form(part(field("name=a")))),
        (TYPE, b""),
        (TYPE, part(field("name=a"))),
        (TYPE, form(b"--b\r\nno head\r\n")),
        (TYPE, form(part("Content-Type: text/plain"))),
        (TYPE, form(part(field("nothing=a")))),
        (TYPE, form(part(field("name=a"), b"\xff"))),
        (TYPE, form(part(field("name=a"), b"x\r\n--boundary"))),
        (TYPE, form(part(field("name=a") + "\r\nContent-Transfer-Encoding: base64", b"x"))),
        (TYPE, form(*[part(field("name=a"))] * 1_001)),
    ],
)
def test_what_is_no_form_is_malformed(kind: str, body: bytes) -> None:
    with pytest.raises(Malformed):
        multipart_object(body, kind)


def nested() -> bytes:
    opening = (
        f"--b{'' if n == 0 else n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n" for n in range(300)
    )
    return "".join(opening).encode() + b"\n" * 900_000


@pytest.mark.parametrize(
    "body",
    [
        nested(),
        form(part(field("name=a; ") + "; ".join(f"f*{n}=a" for n in range(60_000)))),
        form(part("\r\n".join(f"X-{n}: a" for n in range(60_000)))),
        form(part(field('name="' + "(\\" * 300_000))),
        form(part(field("name=a" + ";" * 4_000 + " " * 4_000))),
        b"\r\n--" * 200_000,
        b"--b\r\n" * 100_000,
    ],
    ids=["nested", "params", "headers", "quotes", "spaces", "dashes", "boundaries"],
)
def test_no_body_costs_more_than_its_length(body: bytes) -> None:
    began = time.process_time()
    for _ in range(3):
        try:
            multipart_object(body, TYPE)
        except Malformed:
            continue
    assert time.process_time() - began < 1
