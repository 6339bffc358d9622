"""The two token families (4.1)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.sandbox.codes import PlatformError
from bot.sandbox.tokens import Tokens
from tests.conftest import NOON

SECOND = timedelta(seconds=1)


def errcode(tokens: Tokens, text: str | None, now) -> int:
    try:
        tokens.check(text, now)
    except PlatformError as error:
        return error.errcode
    return 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(None, 41001, id="missing"),
        pytest.param("", 41001, id="empty"),
        pytest.param("abc", 40014, id="malformed"),
        pytest.param("92_" + "x" * 100, 40001, id="never given"),
    ],
)
def test_wrong_tokens(text, expected):
    assert errcode(Tokens(), text, NOON) == expected


def test_a_plain_token_is_new_each_time_and_the_old_one_lives_five_minutes_more():
    tokens = Tokens()
    first, seconds = tokens.plain(NOON)
    second, _ = tokens.plain(NOON)
    assert seconds == 7200
    assert first != second
    assert errcode(tokens, first, NOON + 299 * SECOND) == 0
    assert errcode(tokens, first, NOON + 300 * SECOND) == 40001
    assert errcode(tokens, second, NOON + 7199 * SECOND) == 0
    assert errcode(tokens, second, NOON + 7200 * SECOND) == 42001


def test_a_stable_token_stays_until_five_minutes_before_its_end():
    tokens = Tokens()
    first, _ = tokens.stable(NOON)
    assert tokens.stable(NOON + 6899 * SECOND) == (first, 301)
    second, seconds = tokens.stable(NOON + 6900 * SECOND)
    assert (second != first, seconds) == (True, 7200)
    assert errcode(tokens, first, NOON + 7199 * SECOND) == 0, "both are valid for five minutes"
    assert errcode(tokens, first, NOON + 7200 * SECOND) == 42001


def test_forcing_kills_the_old_one_at_once():
    tokens = Tokens()
    first, _ = tokens.stable(NOON)
    second, _ = tokens.stable(NOON, force=True)
    assert errcode(tokens, first, NOON) == 40001
    assert errcode(tokens, second, NOON) == 0


def test_forcing_wants_thirty_seconds_between():
    tokens = Tokens()
    tokens.stable(NOON, force=True)
    with pytest.raises(PlatformError) as refused:
        tokens.stable(NOON + 29 * SECOND, force=True)
    assert refused.value.errcode == 45011
    tokens.stable(NOON + 30 * SECOND, force=True)


def test_forcing_works_twenty_times_a_day():
    tokens = Tokens()
    for number in range(20):
        tokens.stable(NOON + number * 30 * SECOND, force=True)
    with pytest.raises(PlatformError) as refused:
        tokens.stable(NOON + timedelta(hours=1), force=True)
    assert refused.value.errcode == 45009
    tokens.stable(NOON + timedelta(days=1), force=True)


def test_the_families_do_not_invalidate_each_other():
    tokens = Tokens()
    stable, _ = tokens.stable(NOON)
    plain, _ = tokens.plain(NOON)
    tokens.plain(NOON)
    tokens.stable(NOON, force=True)
    assert errcode(tokens, stable, NOON + 301 * SECOND) == 40001
    assert errcode(tokens, plain, NOON + 301 * SECOND) == 40001
    assert errcode(tokens, tokens.stable(NOON + 301 * SECOND)[0], NOON + 301 * SECOND) == 0
