"""What a follower's own act changes at once, on every engine."""

from datetime import timedelta

import pytest

from bot.profile import lifecycle
from bot.store import accounts, dialogues, followers, handoff
from bot.store.db import fetch
from bot.store.models import Event
from tests.conftest import NOON, a_follower

LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def account(any_store):
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


@pytest.fixture
def lin(account):
    return a_follower(account, subscribed=False, subscribed_at=None)


def kinds():
    return [row.kind for row in Event.select().order_by(Event.id)]


def dirty():
    return [row[0] for row in fetch("SELECT follower_id FROM segment_dirty")]


def acts(account, lin):
    """Every use case, as a call for event 1."""
    return {
        "subscribed": lambda: lifecycle.subscribed(account, lin, "spring", 1, NOON, NOON),
        "unsubscribed": lambda: lifecycle.unsubscribed(lin, NOON),
        "scanned": lambda: lifecycle.scanned(account, lin, "shop", 1, NOON, NOON),
        "opted_out": lambda: lifecycle.opted_out(account, lin, 1, NOON, NOON),
        "opted_in": lambda: lifecycle.opted_in(account, lin, 1, NOON, NOON),
        "preferred": lambda: lifecycle.preferred(account, lin, {"咖啡": 1.0}, 1, NOON, NOON),
    }


ACTS = ("subscribed", "unsubscribed", "scanned", "opted_out", "opted_in", "preferred")


@pytest.mark.parametrize("act", ACTS)
def test_an_act_done_twice_for_one_event_changes_nothing_more(account, lin, act):
    acts(account, lin)[act]()
    before = (followers.get(lin), kinds())
    acts(account, lin)[act]()
    assert (followers.get(lin), kinds()) == before


@pytest.mark.parametrize("act", ACTS)
def test_segments_look_again_at_whoever_acted(account, lin, act):
    acts(account, lin)[act]()
    assert dirty() == [lin]


def test_the_events_say_what_happened_when_and_by_whom(account, lin):
    lifecycle.opted_out(account, lin, 7, NOON, LATER)
    event = Event.get()
    assert (event.kind, event.at, event.received_at, event.source) == (
        "opt_out", NOON, LATER, "handler"
    )  # fmt: skip


def test_a_return_is_known_by_an_earlier_leaving(account, lin):
    assert lifecycle.subscribed(account, lin, "", 1, NOON, NOON) is False
    assert lifecycle.unsubscribed(lin, NOON) is True
    assert lifecycle.subscribed(account, lin, "", 2, LATER, LATER) is True
    assert followers.get(lin).subscribed


def test_an_overtaken_leaving_leaves_no_mark(account, lin):
    lifecycle.subscribed(account, lin, "", 1, LATER, LATER)
    assert lifecycle.unsubscribed(lin, NOON) is False
    assert followers.get(lin).subscribed


@pytest.mark.parametrize(
    ("first", "second", "out"),
    [
        pytest.param("out", "in", False, id="out, then in"),
        pytest.param("in", "out", True, id="in, then out"),
    ],
)
@pytest.mark.parametrize("turned", [False, True], ids=["in order", "turned round"])
def test_the_later_word_counts(account, lin, first, second, out, turned):
    use = {"out": lifecycle.opted_out, "in": lifecycle.opted_in}
    words = [(first, 1, NOON), (second, 2, LATER)]
    for word, event_id, at in reversed(words) if turned else words:
        use[word](account, lin, event_id, at, LATER)
    assert (followers.get(lin).opted_out_at is not None) is out


def test_a_long_scene_fits_its_columns(account, lin):
    lifecycle.subscribed(account, lin, "s" * 100, 1, NOON, NOON)
    assert followers.get(lin).source_scene == "s" * 64
    assert len(Event.get(Event.kind == "tag").facts["tag"]) == 64


def test_leaving_ends_what_was_asked(account, lin):
    dialogues.begin(lin, "onboarding", LATER)
    lifecycle.unsubscribed(lin, NOON)
    assert dialogues.current(lin, NOON) is None


def test_leaving_gives_the_chat_back(account, lin):
    handoff.take(lin, "mei@hongyan", NOON, LATER)
    lifecycle.unsubscribed(lin, NOON)
    assert followers.get(lin).owner(NOON) == ""
    assert handoff.asked(lin)[0].outcome == "left"


# --- dialogues ---------------------------------------------------------------------------------


def test_a_later_question_takes_the_place_of_an_earlier_one(lin):
    dialogues.begin(lin, "onboarding", LATER, {"a": 1})
    dialogues.begin(lin, "erase", LATER)
    assert dialogues.current(lin, NOON) == dialogues.Dialogue("erase", LATER, {})
    assert dialogues.end(lin, "onboarding") is False
    assert dialogues.end(lin, "erase") is True


def test_a_question_is_over_at_its_end_and_swept_away(lin):
    dialogues.begin(lin, "erase", LATER)
    assert dialogues.current(lin, LATER) is None
    assert dialogues.forget_expired(NOON) == 0
    assert dialogues.forget_expired(LATER) == 1
