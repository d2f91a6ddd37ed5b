"""What people prove themselves with, as values: passwords, one-time codes, addresses."""

from __future__ import annotations

import asyncio
from base64 import b32encode

import pytest
from argon2 import extract_parameters

from holdfast.engine.people import one_time
from holdfast.engine.people.addresses import address_of, name_of
from holdfast.engine.people.passwords import _HASHER, _NOBODYS, _WAITING, Busy, Passwords, checked
from holdfast.engine.people.tokens import digest_of, new_token
from holdfast.model.errors import Invalid
from holdfast.model.instant import SECOND
from holdfast.system import SystemEntropy

# RFC 6238, appendix B: the seed, and the ends of its eight-digit codes.
SEED = b32encode(b"12345678901234567890").decode()
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


async def test_a_password_fits_its_own_hash_alone() -> None:
    passwords = Passwords()
    known = await passwords.hash("correct horse battery")
    assert known.startswith("$argon2id$")
    assert await passwords.fits("correct horse battery", known)
    assert not await passwords.fits("correct horse batterz", known)
    assert not await passwords.fits("correct horse battery", "no hash")
    assert not await passwords.fits("correct horse battery", None)
    assert known != await passwords.hash("correct horse battery")  # salted
    assert not passwords.outdated(known)
    await passwords.close()


async def test_the_same_keys_give_the_same_password_everywhere() -> None:
    passwords = Passwords()
    known = await passwords.hash("A\u030angstro\u0308m \u2126\u2026 and more")
    assert await passwords.fits("\u00c5ngstr\u00f6m \u03a9... and more", known)
    await passwords.close()


def test_nobodys_password_costs_as_much_as_anybodys() -> None:
    nobodys, anybodys = extract_parameters(_NOBODYS), extract_parameters(_HASHER.hash("x"))
    assert (nobodys.memory_cost, nobodys.time_cost, nobodys.parallelism, nobodys.type, nobodys.version) == (
        *(anybodys.memory_cost, anybodys.time_cost, anybodys.parallelism, anybodys.type, anybodys.version),
    )


async def test_so_many_passwords_may_wait_and_no_more() -> None:
    passwords = Passwords()
    tasks = [asyncio.create_task(passwords.fits("x", None)) for _ in range(_WAITING + 5)]
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in done] == [bool] * _WAITING + [Busy] * 5
    assert not await passwords.fits("x", None)  # it goes on
    await passwords.close()


@pytest.mark.parametrize(
    "password",
    ["elevenchars", "x" * 257, "ada@example.com", "Ada@Example.Com", "aaaaaaaaaaaaaaa", "with a \0 in its midst"],
)
def test_poor_passwords_are_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(password, "ada@example.com", "new")
    assert [problem.path for problem in refused.value.problems] == ["new"]
    assert password not in str(refused.value)


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_one_time_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    now = seconds * SECOND
    assert one_time.code_at(SEED, now) == code
    assert one_time.step_of(SEED, code, now) == seconds // 30


def test_a_code_counts_in_its_step_and_its_neighbours() -> None:
    at = 1111111111 // 30 * 30 * SECOND
    code = one_time.code_at(SEED, at)
    counts = [one_time.step_of(SEED, code, at + shift * SECOND) is not None for shift in (-31, -30, 0, 29, 59, 60)]
    assert counts == [False, True, True, True, True, False]


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345", " 87082"])
def test_what_isnt_six_digits_is_no_code(code: str) -> None:
    assert one_time.step_of(SEED, code, 59 * SECOND) is None


@pytest.mark.parametrize("text", ["", "AAAA", "not base 32!", SEED[:-8], SEED + SEED])
def test_a_seed_that_wasnt_given_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        one_time.seed_of(text)


def test_seeds_and_recovery_codes() -> None:
    entropy = SystemEntropy()
    seed = one_time.new_seed(entropy)
    assert one_time.seed_of(seed.lower()) == seed
    assert one_time.uri_of(seed, "ada+1@example.com").startswith("otpauth://totp/Holdfast%3Aada%2B1%40example.com?")
    codes = one_time.new_recovery_codes(entropy)
    assert len({*codes}) == one_time.RECOVERY_CODES
    assert all(len(code.replace("-", "")) == 16 for code in codes)
    assert one_time.recovery_hash(codes[0].upper().replace("-", " ")) == one_time.recovery_hash(codes[0])


@pytest.mark.parametrize("text", ["Ada@Example.com ", "a.b+c@d.example", "ä@ö.example"])
def test_addresses(text: str) -> None:
    assert address_of(text) == text.strip().lower()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "a b@example.com",
        "a@b@c",
        "a@b\r\nBcc: c@d",
        "<a@b>",
        "a,b@c",
        f"{'a' * 65}@b",
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(Invalid):
        address_of(text)


@pytest.mark.parametrize("text", ["", "  ", "a\x1b[31mb", "x" * 101, "a\u202eb"])
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(Invalid):
        name_of(text)


def test_tokens_have_256_bits() -> None:
    entropy = SystemEntropy()
    tokens = {new_token(entropy) for _ in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {44}
    assert len(digest_of("x")) == 32
