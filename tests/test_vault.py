"""The vault: what it seals opens only for its tenant and id, under its key, unchanged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.ports import SealingFailed
from holdfast.vault import KeyVault

VAULT = KeyVault("k" * 40)
SECRET = "s3cr3t-välue"


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_what_is_sealed_opens(value: str) -> None:
    sealed = VAULT.seal("acme", "id-1", value)
    assert KeyVault("k" * 40).open("acme", "id-1", sealed) == value
    assert VAULT.seal("acme", "id-1", value) != sealed


def test_nothing_of_the_value_is_in_the_envelope() -> None:
    assert SECRET.encode() not in VAULT.seal("acme", "id-1", SECRET)


@pytest.mark.parametrize(
    ("tenant", "secret_id"), [("other", "id-1"), ("acme", "id-2"), ("acmei", "d-1"), ("", "acmeid-1")]
)
def test_it_is_bound_to_its_tenant_and_id(tenant: str, secret_id: str) -> None:
    with pytest.raises(SealingFailed, match="sealed for another tenant or id"):
        VAULT.open(tenant, secret_id, VAULT.seal("acme", "id-1", SECRET))


def test_another_key_is_named_as_such() -> None:
    with pytest.raises(SealingFailed, match="was sealed with another secret key") as failed:
        KeyVault("x" * 40).open("acme", "id-1", VAULT.seal("acme", "id-1", SECRET))
    assert SECRET not in str(failed.value)


def test_of_several_keys_the_first_seals_and_each_opens() -> None:
    old, both, new = KeyVault("k" * 40), KeyVault("n" * 40, "k" * 40), KeyVault("n" * 40)
    assert both.open("acme", "id-1", old.seal("acme", "id-1", SECRET)) == SECRET
    sealed = both.seal("acme", "id-1", SECRET)
    assert sealed.startswith(both.mark)
    assert new.open("acme", "id-1", sealed) == both.open("acme", "id-1", sealed) == SECRET
    with pytest.raises(SealingFailed, match="was sealed with another secret key"):
        old.open("acme", "id-1", sealed)
    assert KeyVault("k" * 40, "k" * 40).open("acme", "id-1", old.seal("acme", "id-1", SECRET)) == SECRET


def test_no_changed_byte_opens() -> None:
    sealed = VAULT.seal("acme", "id-1", SECRET)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealingFailed):
            VAULT.open("acme", "id-1", bytes(changed))
    for length in range(len(sealed)):
        with pytest.raises(SealingFailed):
            VAULT.open("acme", "id-1", sealed[:length])
