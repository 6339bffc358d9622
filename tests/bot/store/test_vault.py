"""Encryption at rest: what opens, what does not, and that keys rotate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SealBroken, SettingsError
from bot.store.vault import Vault, new_key

OLD, NEW = new_key(), new_key()
FIXED = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"


def unlocked(*keys: str) -> Vault:
    vault = Vault(keys)
    vault.unlock_index(b"k" * 32)
    return vault


@given(st.binary(max_size=200))
def test_what_is_sealed_opens(plain):
    vault = Vault([OLD])
    assert vault.open(vault.seal(plain, "a.b"), "a.b") == plain


def test_equal_values_look_different():
    vault = Vault([OLD])
    assert vault.seal(b"x", "a.b") != vault.seal(b"x", "a.b")


def test_a_value_moved_to_another_column_does_not_open():
    vault = Vault([OLD])
    with pytest.raises(SealBroken, match="changed or moved"):
        vault.open(vault.seal(b"x", "follower.openid"), "follower.unionid")


@given(st.integers(min_value=0, max_value=60), st.integers(min_value=1, max_value=255))
def test_a_changed_byte_does_not_open(position, change):
    vault = Vault([OLD])
    sealed = bytearray(vault.seal(b"some text that is longer than that", "a.b"))
    sealed[position % len(sealed)] ^= change
    with pytest.raises(SealBroken):
        vault.open(bytes(sealed), "a.b")


def test_after_rotation_old_values_open_and_new_ones_use_the_new_key():
    before, after = Vault([OLD]), Vault([NEW, OLD])
    sealed = before.seal(b"x", "a.b")
    assert after.open(sealed, "a.b") == b"x"
    assert not after.is_current(sealed)
    assert after.is_current(after.seal(b"x", "a.b"))


def test_a_dropped_key_says_what_is_missing():
    sealed = Vault([OLD]).seal(b"x", "a.b")
    with pytest.raises(SealBroken, match="HONGYAN_SECRET_KEYS"):
        Vault([NEW]).open(sealed, "a.b")


@pytest.mark.parametrize("key", ["", "short", "!" * 43, FIXED + "AA"])
def test_a_malformed_key_is_refused_without_being_shown(key):
    with pytest.raises(SettingsError) as refusal:
        Vault([key])
    assert not key or key not in str(refusal.value)


def test_no_key_at_all_is_refused():
    with pytest.raises(SettingsError):
        Vault([])


def test_a_keyed_hash_survives_rotation_and_differs_by_place():
    assert unlocked(OLD).blind("o1", "p") == unlocked(NEW, OLD).blind("o1", "p")
    assert unlocked(OLD).blind("o1", "p") != unlocked(OLD).blind("o1", "q")


def test_a_signature_holds_for_its_payload_and_purpose_only():
    vault = unlocked(OLD)
    signature = vault.sign(b"17", "link")
    assert vault.verify(b"17", signature, "link")
    assert not vault.verify(b"18", signature, "link")
    assert not vault.verify(b"17", signature, "coupon")
