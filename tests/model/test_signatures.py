"""Signatures of webhooks: what their makers publish as examples, and everything around them that must be refused."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from hmac import digest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.instant import SECOND, Instant
from holdfast.model.signatures import Message, Proof, Untrusted, verify
from holdfast.model.trigger import Signature, SignatureType

# The reference implementations of Standard Webhooks (and Svix) test their signing with these.
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD_BODY = b'{"test": 2432232314}'
STANDARD_AT = 1614265330 * SECOND
STANDARD = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
# GitHub's documentation, "Validating webhook deliveries": testing the webhook payload validation.
GITHUB_SECRET = "It's a Secret to Everybody"
GITHUB_BODY = b"Hello, World!"
GITHUB = {"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}
# Slack's documentation, "Verifying requests from Slack".
SLACK_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SLACK_AT = 1531420618 * SECOND
SLACK = {
    "X-Slack-Request-Timestamp": "1531420618",
    "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
}
# Stripe publishes its scheme (t, a point, the body; HMAC-SHA256 in hex) and no secret: these were made with OpenSSL.
STRIPE_SECRET = "whsec_of_a_test"
STRIPE_BODY = b'{"id": "evt_1", "object": "event"}'
STRIPE_AT = 1492774577 * SECOND
STRIPE_V1 = "900ecc81311ef0856f50d4a2a81f259b1153e08770b8127f5040bf45fdaacc8f"
STRIPE = {"Stripe-Signature": f"t=1492774577,v1={STRIPE_V1},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aab8"}
# RFC 4231, test case 2 (HMAC-SHA-256 and -512); RFC 2202, test case 2 (HMAC-SHA-1).
RFC_SECRET = "Jefe"
RFC_BODY = b"what do ya want for nothing?"
RFC_SHA1 = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
RFC_SHA256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
RFC_SHA512 = (
    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
    "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
)


def check(
    kind: SignatureType,
    secrets: str | list[str],
    headers: dict[str, str] | list[tuple[str, str]],
    body: bytes,
    now: Instant = 0,
    **more: str,
) -> Proof:
    """Checks a request; a name of a secret is its place in the list."""
    values = [secrets] if isinstance(secrets, str) else secrets
    known = {f"S{place}": value for place, value in enumerate(values)}
    pairs = headers.items() if isinstance(headers, dict) else headers
    raw = [(name.lower().encode(), value.encode()) for name, value in pairs]
    return verify(Signature(kind, tuple(known), **more), known, Message(raw, body), now)  # type: ignore[arg-type]


def hmac_headers(value: str) -> dict[str, str]:
    return {"X-Signature": value}


# -- the published examples ------------------------------------------------------------------------------------------


def test_standard_webhooks() -> None:
    proof = check("standard", STANDARD_SECRET, STANDARD, STANDARD_BODY, STANDARD_AT)
    assert proof.delivery_id == "msg_p5jXN8AQM9LWM0D4loKWxJek"


def test_standard_webhooks_under_the_names_of_svix() -> None:
    headers = {name.replace("webhook", "svix"): value for name, value in STANDARD.items()}
    assert check("standard", STANDARD_SECRET, headers, STANDARD_BODY, STANDARD_AT).delivery_id == STANDARD["webhook-id"]


def test_github() -> None:
    assert check("github", GITHUB_SECRET, GITHUB, GITHUB_BODY).delivery_id is None


def test_slack() -> None:
    assert check("slack", SLACK_SECRET, SLACK, SLACK_BODY, SLACK_AT).digest is not None


def test_stripe() -> None:
    assert check("stripe", STRIPE_SECRET, STRIPE, STRIPE_BODY, STRIPE_AT).digest is not None


@pytest.mark.parametrize(("algorithm", "value"), [("sha1", RFC_SHA1), ("sha256", RFC_SHA256), ("sha512", RFC_SHA512)])
def test_hmac_in_both_encodings(algorithm: str, value: str) -> None:
    check("hmac", RFC_SECRET, hmac_headers(value), RFC_BODY, algorithm=algorithm)
    text = b64encode(bytes.fromhex(value)).decode()
    check("hmac", RFC_SECRET, hmac_headers(text), RFC_BODY, algorithm=algorithm, encoding="base64")


def test_hmac_with_a_prefix_in_a_header_of_its_own() -> None:
    check("hmac", RFC_SECRET, {"X-Acme": f"sig:{RFC_SHA256}"}, RFC_BODY, header="x-ACME", prefix="sig:")


def test_basic() -> None:
    # RFC 7617, section 2.
    check("basic", "open sesame", {"Authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}, b"", user="Aladdin")


def test_bearer() -> None:
    # RFC 6750, section 2.1.
    check("bearer", "mF_9.B5f-4.1JqM", {"Authorization": "bearer mF_9.B5f-4.1JqM"}, b"")


# -- for every kind --------------------------------------------------------------------------------------------------

Case = tuple[SignatureType, str, dict[str, str], bytes, Instant]
CASES: dict[str, Case] = {
    "standard": ("standard", STANDARD_SECRET, STANDARD, STANDARD_BODY, STANDARD_AT),
    "github": ("github", GITHUB_SECRET, GITHUB, GITHUB_BODY, 0),
    "slack": ("slack", SLACK_SECRET, SLACK, SLACK_BODY, SLACK_AT),
    "stripe": ("stripe", STRIPE_SECRET, STRIPE, STRIPE_BODY, STRIPE_AT),
    "hmac": ("hmac", RFC_SECRET, hmac_headers(RFC_SHA256), RFC_BODY, 0),
    "basic": ("basic", "p", {"Authorization": "Basic " + b64encode(b":p").decode()}, b"", 0),
    "bearer": ("bearer", "t", {"Authorization": "Bearer t"}, b"", 0),
}
SIGNING = ["standard", "github", "slack", "stripe", "hmac"]
TIMED = {"standard": STANDARD_AT, "slack": SLACK_AT, "stripe": STRIPE_AT}
MALFORMED = [
    "", " ", "é", "v1", "v1,", "v1,!", "sha256=", "sha256=zz", "t=,v1=", "v0=x", "=,=", "Basic", "Bearer ",
    "x" * 70_000,
]  # fmt: skip
kinds = pytest.mark.parametrize("name", CASES)


@kinds
def test_any_of_several_secrets_may_match(name: str) -> None:
    kind, secret, headers, body, now = CASES[name]
    other = "whsec_" + b64encode(b"another").decode()
    assert check(kind, [other, secret], headers, body, now) == check(kind, [secret], headers, body, now)


@kinds
def test_another_secret_is_refused(name: str) -> None:
    kind, _, headers, body, now = CASES[name]
    with pytest.raises(Untrusted, match="doesn't match"):
        check(kind, "whsec_" + b64encode(b"another").decode(), headers, body, now)


@pytest.mark.parametrize("name", SIGNING)
def test_another_body_is_refused(name: str) -> None:
    kind, secret, headers, body, now = CASES[name]
    for changed in (body + b" ", body[:-1], b""):
        with pytest.raises(Untrusted, match="doesn't match"):
            check(kind, secret, headers, changed, now)


@kinds
def test_a_missing_header_is_named(name: str) -> None:
    kind, secret, headers, body, now = CASES[name]
    for missing in headers:
        rest = {header: value for header, value in headers.items() if header != missing}
        with pytest.raises(Untrusted, match=f"(?i)the header {missing} is missing"):
            check(kind, secret, rest, body, now)


@kinds
def test_a_header_that_comes_twice_is_refused(name: str) -> None:
    kind, secret, headers, body, now = CASES[name]
    for header, value in headers.items():
        with pytest.raises(Untrusted, match="more than once"):
            check(kind, secret, [*headers.items(), (header.upper(), value)], body, now)


@kinds
def test_a_malformed_header_is_refused(name: str) -> None:
    kind, secret, headers, body, now = CASES[name]
    for header in headers:
        for value in MALFORMED:
            with pytest.raises(Untrusted):
                check(kind, secret, {**headers, header: value}, body, now)


@kinds
def test_without_a_secret_it_is_refused_and_only_the_owner_is_told_why(name: str) -> None:
    kind, _, headers, body, now = CASES[name]
    raw = [(header.lower().encode(), value.encode()) for header, value in headers.items()]
    for secrets in ({}, {"MINE": ""}, {"OTHER": "x"}):
        with pytest.raises(Untrusted) as refused:
            verify(Signature(kind, ("MINE",)), secrets, Message(raw, body), now)
        assert str(refused.value) == "the signature can't be checked"
        assert "MINE" in refused.value.reason


@pytest.mark.parametrize("secret", ["whsec_", "whsec_no base64!", "whsec_é", "whsec_abc"])
def test_a_standard_secret_that_is_not_base64_is_refused(secret: str) -> None:
    with pytest.raises(Untrusted) as refused:
        check("standard", secret, STANDARD, STANDARD_BODY, STANDARD_AT)
    assert "base64" in refused.value.reason
    assert secret not in str(refused.value) + refused.value.reason


def test_a_secret_that_is_not_base64_hides_no_other() -> None:
    check("standard", ["whsec_no base64!", STANDARD_SECRET], STANDARD, STANDARD_BODY, STANDARD_AT)


@pytest.mark.parametrize("name", TIMED)
def test_the_replay_window_has_two_sides(name: str) -> None:
    kind, secret, headers, body, now = CASES[name]
    for away in (-300, 300):
        check(kind, secret, headers, body, now + away * SECOND)
    for away in (-301, 301, 10**9):
        with pytest.raises(Untrusted, match="more than 5m away from now"):
            check(kind, secret, headers, body, now + away * SECOND)


@pytest.mark.parametrize("name", TIMED)
def test_the_time_is_told_only_to_who_signed(name: str) -> None:
    kind, _, headers, body, now = CASES[name]
    with pytest.raises(Untrusted, match="doesn't match"):
        check(kind, "whsec_" + b64encode(b"another").decode(), headers, body, now + 301 * SECOND)


@pytest.mark.parametrize("stamp", ["-1", "1.5", "now", "1" * 13, "١٢٣", "1_0", "+1", "0x1"])
def test_a_time_that_is_none_is_refused(stamp: str) -> None:
    for kind, secret, headers, body, now in (CASES["standard"], CASES["slack"]):
        name = next(header for header in headers if "imestamp" in header)
        with pytest.raises(Untrusted, match="form"):
            check(kind, secret, {**headers, name: stamp}, body, now)
    with pytest.raises(Untrusted, match="form"):
        check("stripe", STRIPE_SECRET, {"Stripe-Signature": f"t={stamp},v1={STRIPE_V1}"}, STRIPE_BODY, STRIPE_AT)


# -- kinds alone -----------------------------------------------------------------------------------------------------


def test_of_several_standard_signatures_one_must_match() -> None:
    right = STANDARD["webhook-signature"]
    several = f"v1,{b64encode(b'x' * 32).decode()} v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5B v1,!! {right}"
    check("standard", STANDARD_SECRET, {**STANDARD, "webhook-signature": several}, STANDARD_BODY, STANDARD_AT)
    headers = {**STANDARD, "webhook-signature": right.replace("v1,", "v2,")}
    with pytest.raises(Untrusted, match="form"):
        check("standard", STANDARD_SECRET, headers, STANDARD_BODY, STANDARD_AT)


def test_the_names_of_svix_and_of_the_standard_do_not_mix() -> None:
    mixed = {name.replace("webhook-id", "svix-id"): value for name, value in STANDARD.items()}
    with pytest.raises(Untrusted, match="the header svix-timestamp is missing"):
        check("standard", STANDARD_SECRET, mixed, STANDARD_BODY, STANDARD_AT)


def test_of_several_stripe_signatures_one_must_match() -> None:
    several = f"t=1492774577,v1={'0' * 64},v1={STRIPE_V1}"
    check("stripe", STRIPE_SECRET, {"Stripe-Signature": several}, STRIPE_BODY, STRIPE_AT)


@pytest.mark.parametrize("value", [
    f"v1={STRIPE_V1}", f"t=1492774577,t=1492774577,v1={STRIPE_V1}", "t=1492774577", f"t=1492774577,v0={STRIPE_V1}",
])  # fmt: skip
def test_a_stripe_header_without_its_parts_is_refused(value: str) -> None:
    with pytest.raises(Untrusted, match="form"):
        check("stripe", STRIPE_SECRET, {"Stripe-Signature": value}, STRIPE_BODY, STRIPE_AT)


def test_a_flood_of_signatures_is_refused() -> None:
    many = "t=1492774577" + f",v1={STRIPE_V1}" * 33
    with pytest.raises(Untrusted, match="more than 32"):
        check("stripe", STRIPE_SECRET, {"Stripe-Signature": many}, STRIPE_BODY, STRIPE_AT)


def test_the_old_signature_of_github_does_not_count() -> None:
    old = digest(GITHUB_SECRET.encode(), GITHUB_BODY, "sha1").hex()
    for headers in ({"X-Hub-Signature": f"sha1={old}"}, {"X-Hub-Signature-256": f"sha1={old}"}):
        with pytest.raises(Untrusted):
            check("github", GITHUB_SECRET, headers, GITHUB_BODY)


def test_an_algorithm_or_encoding_that_is_unknown_is_refused() -> None:
    for algorithm, encoding in (("md5", "hex"), ("sha256", "base32")):
        with pytest.raises(Untrusted, match="can't be checked"):
            check("hmac", RFC_SECRET, hmac_headers(RFC_SHA256), RFC_BODY, algorithm=algorithm, encoding=encoding)


def test_credentials_may_hold_any_text() -> None:
    pair = b64encode("zoë:pä:ß".encode()).decode()
    check("basic", "pä:ß", {"Authorization": f"Basic {pair}"}, b"", user="zoë")
    check("bearer", "pä ß", {"Authorization": "Bearer pä ß"}, b"")


@pytest.mark.parametrize("pair", ["Aladdin", "aladdin:open sesame", "Aladdin:", ":open sesame", "Aladdin:open"])
def test_both_halves_of_basic_must_match(pair: str) -> None:
    header = "Basic " + b64encode(pair.encode()).decode()
    with pytest.raises(Untrusted):
        check("basic", "open sesame", {"Authorization": header}, b"", user="Aladdin")


# -- what names a delivery -------------------------------------------------------------------------------------------


def test_what_was_signed_has_one_digest_however_its_signature_is_written() -> None:
    first = check("stripe", STRIPE_SECRET, STRIPE, STRIPE_BODY, STRIPE_AT)
    for value in (f"v1={'0' * 64}, t=1492774577, v1={STRIPE_V1.upper()}", f"t=1492774577,x=y,v1={STRIPE_V1}"):
        assert check("stripe", STRIPE_SECRET, {"Stripe-Signature": value}, STRIPE_BODY, STRIPE_AT) == first
    assert first.digest == sha256(b"1492774577." + STRIPE_BODY).hexdigest()


def test_credentials_name_no_delivery() -> None:
    for name in ("basic", "bearer"):
        kind, secret, headers, body, now = CASES[name]
        assert check(kind, secret, headers, body, now) == Proof()


# -- anything at all -------------------------------------------------------------------------------------------------

names = st.sampled_from([header for case in CASES.values() for header in case[2]] + ["svix-id", "x-other"])
sent = [value.encode() for case in CASES.values() for value in case[2].values()]
values = st.binary(max_size=60) | st.sampled_from(sent)


@given(
    st.sampled_from(list(CASES.values())),
    st.lists(st.tuples(names, values), max_size=6),
    st.binary(max_size=40),
    st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40), max_size=3),
)
def test_nothing_but_a_right_signature_passes_and_nothing_else_is_raised(
    case: Case, headers: list[tuple[str, bytes]], body: bytes, secrets: list[str]
) -> None:
    named = {f"S{place}": secret for place, secret in enumerate(secrets)}
    message = Message([(name.lower().encode(), value) for name, value in headers], body)
    try:
        verify(Signature(case[0], tuple(named)), named, message, case[4])
    except Untrusted:
        pass
    else:
        assert case[0] in ("basic", "bearer")
