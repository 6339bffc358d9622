"""Chats as the people see them who answer, and who may answer: on every engine."""

from datetime import timedelta

from bot.store import accounts, chats, events, followers, handoff, inbox
from bot.store.chats import SAID, SETTLED, SOURCE
from bot.store.spots import Spot
from bot.values.audience import WindowKind
from tests.conftest import NOON, a_follower
from tests.support.threads import together

SOON = NOON + timedelta(minutes=30)


def heard(account_id, openid, text, at, handler="text.coupon", reply="好"):
    """A message and its answer; the follower's id."""
    came = inbox.arrive(
        account_id, openid, "message.text", key=f"{openid}{at}", at=at, now=at, facts={},
        raw={"Content": text}, window=WindowKind.MESSAGE, lease=timedelta(seconds=5),
    )  # fmt: skip
    said = {"kind": "TextReply", "text": reply} if reply else None
    inbox.finish(came.event_id, came.follower.id, handler=handler, reason="", reply=said, took_ms=1)
    return came.follower.id


def answered(account_id, who, at):
    for kind, sealed in ((SAID, {"text": "您好"}), (SETTLED, None)):
        of = events.id_of(account_id, SOURCE, f"{SAID}{who}") if kind == SETTLED else 0
        facts = {"of": of, "came": "sent"} if of else {"by": "operator:mei"}
        events.append(account_id, who, kind, at=at, received_at=at, source=SOURCE,
                      key=f"{kind}{who}", facts=facts, sealed=sealed)  # fmt: skip


def test_lists_pages_and_one_chat(any_store):
    account_id = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    at = [NOON + timedelta(minutes=n) for n in range(5)]
    lin = heard(account_id, "o-lin", "优惠券", at[0])
    wang = heard(account_id, "o-wang", "呜啦啦", at[1], handler="fallback.default")
    heard(account_id, "o-lin", "人工", at[2], reply="")
    handoff.ask(lin, "word", at[2], SOON)

    every, more = chats.latest(account_id, Spot(), 2)
    assert [one.text for one in every] == ["人工", "呜啦啦"]
    assert [one.text for one in chats.latest(account_id, more, 2)[0]] == ["优惠券"]
    still, _ = chats.unanswered(account_id, at[3], Spot(), 9)
    assert [one.text for one in still] == ["人工", "呜啦啦"]
    (held,) = chats.held(account_id, at[3])
    assert (held.follower_id, held.owner, held.text, held.unread) == (lin, "queue", "人工", True)

    assert handoff.take_free(lin, "operator:mei", at[3], SOON)
    answered(account_id, lin, at[3])
    (held,) = chats.held(account_id, at[4])
    assert (held.owner, held.agent, held.unread) == ("agent", "operator:mei", False)
    still, _ = chats.unanswered(account_id, at[4], Spot(), 9)
    assert [one.follower_id for one in still] == [wang]
    said, _ = chats.chat(lin, Spot(), 9)
    assert [(one.by, one.text, one.came) for one in said] == [
        ("operator:mei", "您好", "sent"),
        ("", "人工", "none"),
        ("", "优惠券", "passive"),
    ]


def test_of_many_agents_one_has_the_chat_and_only_he_keeps_and_gives_it_back(any_store):
    who = a_follower(accounts.ensure_default("wxdevelopment0000", "service", NOON))
    handoff.ask(who, "word", NOON, SOON)
    won = together(4, lambda n: handoff.take_free(who, f"operator:{n}", NOON, SOON))
    assert sorted(won) == [False, False, False, True]
    his, other = f"operator:{won.index(True)}", f"operator:{won.index(False)}"
    later = SOON + timedelta(minutes=30)
    assert not handoff.keep(who, other, NOON, later)
    assert not handoff.give_back(who, other, NOON)
    assert handoff.keep(who, his, NOON, later)
    assert followers.get(who).held_until == later
    assert not handoff.keep(who, his, later, later)  # too late
    assert handoff.give_back(who, his, NOON)
    (asked,) = handoff.asked(who)
    assert (asked.agent, asked.outcome, followers.get(who).held_by) == (his, "closed", "")
