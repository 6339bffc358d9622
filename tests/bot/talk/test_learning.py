"""Unanswered messages become suggestions, labels become examples; nobody's words outlive him."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.clock import SHANGHAI
from bot.errors import Conflict, InvalidInput, NotFound
from bot.profile import privacy
from bot.store import accounts, events, suggestions, talk
from bot.store.db import insert_new
from bot.store.talk import Example
from bot.talk import learning
from tests.conftest import NOON, a_follower

YESTERDAY = NOON - timedelta(days=1)
WIFI = ["wifi密码多少", "店里wifi密码是啥", "请问wifi的密码", "wifi密码告诉我"]


@pytest.fixture
def account(any_store):
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


@pytest.fixture
def lin(account):
    return a_follower(account)


def said(account, follower, text, handler="fallback.default", at=YESTERDAY, **facts):
    """A message and how it was answered; its event id."""
    event = events.append(
        account, follower, "message.text", at=at, received_at=at, source="callback",
        key=f"{text}{at}{handler}", facts={"topics": {}, "word": "", **facts},
        sealed={"raw": {"Content": text}},
    )  # fmt: skip
    columns = ("event_id", "state", "attempts", "handler", "answer", "repeats", "error", "reason",
               "trace")  # fmt: skip
    values = (event, "done", 1, handler, "passive", 0, "", "", "[]")
    insert_new("inbox", columns, values, key="event_id")
    return event


def an_intent(account, slug="wifi", stage="live"):
    document = {"slug": slug, "title": "无线网", "answers": [{"text": "密码是店名拼音"}]}
    talk.put(account, "intent", slug, document, NOON, stage=stage)


def opened(account):
    return suggestions.listed(account)


# --- suggestions --------------------------------------------------------------------------------


def test_what_nobody_answered_is_grouped_with_coverage_and_a_draft(account, lin):
    for text in (*WIFI, "今天月亮好圆"):
        said(account, lin, text)
    assert learning.suggest(account, NOON) == 1
    (found,) = opened(account)
    assert (found.kind, found.size, found.coverage) == ("rule", 4, 0.8)
    assert found.keywords[0] in found.draft["text"]
    assert set(suggestions.texts(account, found.events).values()) == set(WIFI)


@pytest.mark.parametrize(
    ("handler", "facts", "taken"),
    [
        pytest.param("fallback.default", {}, True, id="the default: unanswered"),
        pytest.param("clarify.ask", {}, True, id="asked back: unanswered"),
        pytest.param("intent.wifi", {"confidence": 0.55}, True, id="answered in doubt: looked at"),
        pytest.param("intent.wifi", {"confidence": 0.9}, False, id="answered surely: left"),
        pytest.param("text.greet", {}, False, id="a command: left"),
        pytest.param("rules.keyword", {}, False, id="a rule: left"),
    ],
)
def test_which_messages_are_looked_at(account, lin, handler, facts, taken):
    for text in WIFI:
        said(account, lin, text, handler, **facts)
    assert bool(learning.suggest(account, NOON)) == taken


def test_texts_that_lean_to_an_intent_are_proposed_as_its_examples(account, lin):
    an_intent(account)
    for text in WIFI:
        said(account, lin, text, intent="wifi", confidence=0.45)
    learning.suggest(account, NOON)
    (found,) = opened(account)
    assert (found.kind, found.intent) == ("example", "wifi")
    assert found.draft == {"text": "密码是店名拼音"}


def test_what_followers_chose_themselves_needs_no_guess(account, lin):
    an_intent(account)
    event = said(account, lin, "那个无线的东西", "clarify.ask")
    events.append(
        account, lin, "clarified", at=YESTERDAY, received_at=YESTERDAY, source="handler",
        key="c", facts={"intent": "wifi", "event": event},
    )  # fmt: skip
    learning.suggest(account, NOON)
    (found,) = opened(account)
    assert (found.kind, found.intent, found.events) == ("example", "wifi", (event,))


def test_what_is_older_than_asked_for_is_left(account, lin):
    for text in WIFI:
        said(account, lin, text, at=NOON - timedelta(days=8))
    assert learning.suggest(account, NOON) == 0
    assert learning.suggest(account, NOON, timedelta(days=9)) == 1


def test_made_twice_they_are_not_doubled_and_decided_ones_do_not_come_back(account, lin):
    for text in WIFI:
        said(account, lin, text)
    assert learning.suggest(account, NOON) == learning.suggest(account, NOON) == 1
    learning.dismiss(account, opened(account)[0].id)
    assert learning.suggest(account, NOON) == 0
    assert opened(account) == []


# --- deciding -----------------------------------------------------------------------------------


def test_accepting_makes_examples_in_the_draft_and_leaves_what_is_live(account, lin):
    an_intent(account)
    for text in WIFI:
        said(account, lin, text)
    learning.suggest(account, NOON)
    number = opened(account)[0].id
    assert learning.accept(account, number, "wifi", NOON) == 4
    assert talk.examples(account) == []
    assert {one.text for one in talk.examples(account, "draft")} == set(WIFI)
    assert {one.source for one in talk.examples(account, "draft")} == {"traffic"}
    with pytest.raises(Conflict):
        learning.accept(account, number, "wifi", NOON)


def test_a_rule_is_made_of_the_keyword_and_the_draft(account, lin):
    for text in WIFI:
        said(account, lin, text)
    learning.suggest(account, NOON)
    found = opened(account)[0]
    slug = learning.make_rule(account, found.id, NOON, SHANGHAI)
    (rule,) = talk.documents(account, "draft", "rule")
    assert rule.slug == slug
    assert rule.document["keywords"] == [{"text": found.keywords[0], "match": "contains"}]
    assert rule.document["answers"] == [found.draft]


def test_an_unknown_intent_is_refused_and_nothing_is_kept(account, lin):
    an_intent(account)
    event = said(account, lin, WIFI[0])
    with pytest.raises(InvalidInput, match="wifi"):
        learning.label(account, [event], "wlan", NOON)
    assert talk.examples(account, "draft") == []
    with pytest.raises(NotFound):
        learning.accept(account, 404, "wifi", NOON)


def test_long_numbers_are_not_kept(account, lin):
    an_intent(account)
    event = said(account, lin, "我的电话13800001111，3号桌")
    learning.label(account, [event], "wifi", NOON, "live")
    assert talk.examples(account)[0].text == "我的电话00000000000，3号桌"


def test_who_is_erased_is_gone_from_suggestions_and_examples(account, lin):
    an_intent(account)
    for text in WIFI:
        said(account, lin, text)
    learning.suggest(account, NOON)
    found = opened(account)[0]
    learning.label(account, found.events, "wifi", NOON, "live")
    privacy.erase(lin, "follower", NOON)
    assert talk.examples(account) == []
    assert suggestions.texts(account, found.events) == {}


# --- a new intent -------------------------------------------------------------------------------

PETS = ["能带狗进店吗", "可以带狗吃饭吗", "带狗可以吗", "带狗进去行不行"]


def unanswered(account, lin, texts, **facts):
    for text in texts:
        said(account, lin, text, **facts)
    learning.suggest(account, NOON)
    (found,) = opened(account)
    return found


def test_what_is_far_from_every_intent_becomes_a_new_one_in_one_step(account, lin):
    an_intent(account, "hours")
    talk.add_examples(account, [Example("hours", "几点开门"), Example("hours", "营业到几点")])
    found = unanswered(account, lin, (*WIFI, "今天月亮好圆"))
    assert (found.kind, found.size, found.coverage) == ("intent", 4, 0.8)
    assert (found.intent, found.title) == ("wifi-password", "wifi密码")
    assert found.draft == {"text": "【待填写】顾客常问“wifi密码”，该怎么回答？"}
    assert learning.accept(account, found.id, "", NOON) == 4
    made = next(one for one in talk.documents(account, "draft", "intent") if one.slug != "hours")
    assert made.document == {
        "slug": "wifi-password", "title": "wifi密码", "answers": [found.draft],
    }  # fmt: skip
    kept = talk.examples(account, "draft", "wifi-password")
    assert {(one.text, one.source) for one in kept} == {(text, "traffic") for text in WIFI}
    assert [one.slug for one in talk.documents(account)] == ["hours"]
    with pytest.raises(Conflict):
        learning.accept(account, found.id, "", NOON)


def test_a_new_intent_begins_with_the_answer_of_the_nearest_question(account, lin):
    an_intent(account, "hours")
    pets = {"slug": "pets", "questions": ["小狗小猫能不能一起进餐厅", "餐厅允许宠物狗进门吗"],
            "answers": [{"text": "露台可以"}]}  # fmt: skip
    talk.put(account, "faq", "pets", pets, NOON)
    assert unanswered(account, lin, PETS).draft == {"text": "露台可以"}


@pytest.mark.parametrize(
    ("intents", "facts", "kind", "intent"),
    [
        pytest.param({}, {}, "rule", "", id="a house without intents gets a rule"),
        pytest.param({"hours": []}, {}, "intent", "wifi-password", id="far from what there is"),
        pytest.param(
            {"hours": []}, {"intent": "out_of_scope", "confidence": 0.9}, "intent",
            "wifi-password", id="what the model refused is far, however sure it was",
        ),
        pytest.param(
            {"hours": []}, {"intent": "hours", "confidence": 0.2}, "intent", "wifi-password",
            id="a slight leaning is far",
        ),
        pytest.param(
            {"hours": []}, {"intent": "hours", "confidence": 0.3}, "example", "hours",
            id="more of it is not",
        ),
        pytest.param(
            {"wifi": ["wifi密码是多少", "wifi的密码"]}, {}, "example", "wifi",
            id="the words of its examples, though no model was learnt",
        ),
        pytest.param(
            {"wifi-password": []}, {}, "intent", "wifi-password-2", id="a name that is taken"
        ),
    ],
)  # fmt: skip
def test_what_a_group_could_become(account, lin, intents, facts, kind, intent):
    for slug, examples in intents.items():
        an_intent(account, slug)
        talk.add_examples(account, [Example(slug, text) for text in examples])
    found = unanswered(account, lin, WIFI, **facts)
    assert (found.kind, found.intent) == (kind, intent)


@pytest.mark.parametrize(
    ("name", "stage", "error"),
    [
        pytest.param("Wi Fi", "draft", InvalidInput, id="no slug"),
        pytest.param("", "live", Conflict, id="live, but nobody has written the answer"),
    ],
)
def test_a_new_intent_that_cannot_be_made_leaves_everything_as_it_was(
    account, lin, name, stage, error
):
    an_intent(account, "hours")
    found = unanswered(account, lin, WIFI)
    with pytest.raises(error):
        learning.accept(account, found.id, name, NOON, stage)
    assert not talk.has(account, "draft")
    assert [one.slug for one in talk.documents(account)] == ["hours"]
    assert talk.examples(account) == []
    assert [one.id for one in opened(account)] == [found.id]


def test_the_marketer_may_name_it_otherwise_or_give_it_to_an_intent_that_is_there(account, lin):
    an_intent(account, "hours")
    found = unanswered(account, lin, WIFI)
    assert learning.accept(account, found.id, "wlan", NOON) == 4
    assert {one.slug for one in talk.documents(account, "draft", "intent")} == {"hours", "wlan"}
    more = unanswered(account, lin, PETS)
    assert learning.accept(account, more.id, "hours", NOON) == more.size
    assert {one.slug for one in talk.documents(account, "draft", "intent")} == {"hours", "wlan"}
