"""A token says which rows, to us alone; nobody can make, change or misuse one."""

import base64
import string
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.store.links import signed
from bot.tracking import tokens
from bot.tracking.tokens import LinkIds
from tests.conftest import NOON

NUMBERS = st.integers(1, 2**63 - 1)
quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@quick
@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_link_token_reads_back_as_it_was_made(store, link, send, follower):
    token = tokens.link_token(link, send, follower)
    assert tokens.read_link(token) == LinkIds(link, send, follower)
    assert set(token) <= set(string.ascii_letters + string.digits + "-_")


def test_a_link_outside_any_message_names_no_send(store):
    assert tokens.read_link(tokens.link_token(7, None, None)) == LinkIds(7, None, None)


def test_a_token_is_short(store):
    assert len(tokens.link_token(1_000, 20_000_000, 2_000_000)) <= 32
    assert len(tokens.coupon_token(20_000_000)) <= 24


@quick
@given(st.integers(0, 200), st.characters(codec="ascii"))
def test_a_token_with_any_character_changed_is_none(store, place, other):
    token = tokens.link_token(3, 14, 15)
    place %= len(token)
    changed = token[:place] + other + token[place + 1 :]
    assert (tokens.read_link(changed) is None) == (changed != token)


@quick
@given(st.text(max_size=80))
def test_garbage_is_no_token(store, text):
    assert tokens.read_link(text) is None
    assert tokens.read_coupon(text) is None
    assert tokens.read_page(text, "profile", NOON) is None


@pytest.mark.parametrize("cut", range(1, 20))
def test_a_truncated_or_lengthened_token_is_none(store, cut):
    token = tokens.coupon_token(77)
    assert tokens.read_coupon(token[:-cut]) is None
    assert tokens.read_coupon(token[cut:]) is None
    assert tokens.read_coupon(token + "A" * cut) is None
    assert tokens.read_coupon(token + "=" * cut) is None


def test_a_token_of_one_purpose_is_none_of_another(store):
    same_bytes = tokens.page_token("profile", 5, NOON + timedelta(hours=1))
    assert tokens.read_page(same_bytes, "profile", NOON) == 5
    assert tokens.read_page(same_bytes, "preferences", NOON) is None
    assert tokens.read_link(tokens.coupon_token(5)) is None
    assert tokens.read_coupon(tokens.link_token(5, 5, 5)) is None


def test_a_page_token_ends(store):
    token = tokens.page_token("profile", 5, NOON)
    assert tokens.read_page(token, "profile", NOON - timedelta(seconds=1)) == 5
    assert tokens.read_page(token, "profile", NOON) is None


def test_a_payload_of_another_shape_is_none(store):
    assert tokens.read_coupon(signed(b"", tokens.COUPON)) is None
    assert tokens.read_coupon(signed(b"\x01\x02", tokens.COUPON)) is None
    assert tokens.read_coupon(signed(b"\x81", tokens.COUPON)) is None


def test_other_keys_make_other_tokens(store, tmp_path):
    from bot.store.db import open_store
    from tests.conftest import KEY

    token = tokens.coupon_token(77)
    open_store(f"sqlite:///{tmp_path}/other.db", [KEY]).close()
    assert tokens.read_coupon(token) is None


def test_urls(store):
    url = tokens.link_url("https://bot.example.com", 1, 2, 3)
    assert url == f"https://bot.example.com/t/{tokens.link_token(1, 2, 3)}"
    url = tokens.coupon_url("https://bot.example.com", 9)
    assert url == f"https://bot.example.com/h5/coupon/{tokens.coupon_token(9)}"


def test_a_token_holds_numbers_and_a_signature_only(store):
    token = tokens.link_token(1, 2, 3)
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    assert (raw[:3], len(raw)) == (b"\x01\x02\x03", 15)
