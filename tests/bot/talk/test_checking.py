"""What files and stages name and is not there is refused, all of it, with its place."""

from __future__ import annotations

import json

import pytest

from bot.segment import catalogue
from bot.store import accounts, talk
from bot.talk import packs, training
from bot.talk.checking import Faulty, keep_checked, look, must_hold
from bot.talk.references import Known, missing, unanswered
from tests.bot.coupon.cast import a_batch
from tests.conftest import NOON

FOLLOWS = {"attribute": "subscribed", "op": "eq", "value": True}
TEXT = {"text": "好"}
SLOT = {"name": "day", "title": "日期", "kind": "date", "ask": "哪天？"}


def a_rule(*answers, **more):
    return {"slug": "tea", "keywords": ["茶"], "answers": list(answers or [TEXT]), **more}


def a_form(**more):
    return {"slug": "booking", "title": "订座", "slots": [SLOT], **more}


HAS = Known(batches={"spring-8"}, segments={"vip"}, topics={"火锅"})


@pytest.mark.parametrize(
    ("kind", "document", "wrong"),
    [
        pytest.param("rule", a_rule({"form": "booking"}), [], id="a form that is there"),
        pytest.param(
            "rule", a_rule(TEXT, {"form": "bookin"}),
            [("answers[1].form", "there is no form bookin; did you mean booking?")],
            id="a form that is not, and what may be meant",
        ),
        pytest.param("faq", {"answers": [{"coupon": "spring-8"}]}, [], id="a batch"),
        pytest.param("faq", {"answers": [{"coupon": "mine"}]}, [], id="all of theirs"),
        pytest.param(
            "intent", {"answers": [{"coupon": "xyz"}]},
            [("answers[0].coupon", "there is no batch xyz")], id="no such batch",
        ),
        pytest.param("rule", a_rule({"content": "火锅"}), [], id="a topic of the house"),
        pytest.param("rule", a_rule({"content": "滑雪"}), [], id="a topic of an entity"),
        pytest.param("rule", a_rule({"content": "interests"}), [], id="whatever they like"),
        pytest.param(
            "rule", a_rule({"content": "量子"}), [("answers[0].content", "there is no topic 量子")],
            id="no such topic",
        ),
        pytest.param("rule", a_rule({**TEXT, "only": "vip"}, segment="vip"), [], id="a segment"),
        pytest.param(
            "rule", a_rule({**TEXT, "only": "qqq"}, segment="rrr"),
            [("answers[0].only", "there is no segment qqq"),
             ("segment", "there is no segment rrr")],
            id="no such segment, of an answer and of a rule",
        ),
        pytest.param("form", a_form(intents=["reserve"]), [], id="an intent that begins a form"),
        pytest.param(
            "form", a_form(intents=["xxx"], slots=[{**SLOT, "kind": "entity:zzz"}]),
            [("intents[0]", "there is no intent xxx"), ("slots[0].kind", "there is no entity zzz")],
            id="no such intent, no such entity",
        ),
        pytest.param(
            "form", a_form(done=[{"form": "qqq"}]), [("done[0].form", "there is no form qqq")],
            id="what a form says when it is done",
        ),
        pytest.param("setting", {"greeting": "好"}, [], id="a setting names nothing"),
    ],
)  # fmt: skip
def test_what_is_named_and_not_there(kind, document, wrong):
    others = {
        ("form", "booking"): a_form(),
        ("intent", "reserve"): {"answers": [TEXT]},
        ("entity", "snow"): {"slug": "snow", "kind": "topic", "topic": "滑雪"},
    }
    found = missing(others | {(kind, "here"): document}, HAS)
    assert [(one.field, one.why) for one in found] == wrong


def test_an_answer_that_is_still_a_question_to_the_marketer():
    documents = {("intent", "wifi"): {"answers": [TEXT, {"text": "【待填写】顾客问密码"}]}}
    assert [one.field for one in unanswered(documents)] == ["answers[1].text"]


# --- files and stages ---------------------------------------------------------------------------


@pytest.fixture
def account(any_store):
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


@pytest.fixture
def write(tmp_path):
    def written(name, value):
        path = tmp_path / name
        path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
        return path

    return written


def lines(account, *files, **how):
    """What is wrong with these files."""
    with pytest.raises(Faulty) as refused:
        keep_checked(account, look(files), NOON, **how)
    return list(map(str, refused.value.faults))


def test_everything_wrong_with_all_files_is_said_at_once_and_nothing_is_kept(account, write):
    first = write(
        "a.json",
        {
            "rules": [a_rule({"form": "bookin"}), a_rule({"say": 1}, slug="b")],
            "poems": [],
            "settings": {"tone": {"emoji": "yes"}},
            "examples": [{"text": "好", "label": "a"}, {"text": "", "label": "a"}],
        },
    )
    second = write("b.json", {"faqs": [{"slug": "x"}], "rules": [a_rule()]})
    broken = write("c.json", [1])
    found = lines(account, first, second, broken)
    for place in (
        "a.json: rules[0].answers[0].form: there is no form bookin",
        "a.json: rules[1].answers[0]: ",
        "a.json: poems: ",
        "a.json: settings.tone.emoji: wants true or false",
        "a.json: examples[1].text: ",
        "b.json: faqs[0].",
        "b.json: rules[0]: rule tea stands there twice",
        "c.json: file: is a mapping",
    ):
        assert any(line.startswith(place) for line in found), (place, found)
    assert len(found) == 8
    assert not talk.has(account, "draft")


def test_a_faulty_document_is_there_for_whoever_names_it(account, write):
    file = write("a.json", {"rules": [a_rule({"form": "booking"})], "forms": [{"slug": "booking"}]})
    assert [line.split(":")[1] for line in lines(account, file)] == [" forms[0].slots"]


def test_what_one_file_names_another_may_bring(account, write):
    rules = write("a.json", {"rules": [a_rule({"form": "booking"})]})
    assert lines(account, rules) == ["a.json: rules[0].answers[0].form: there is no form booking"]
    keep_checked(account, look([rules, write("b.json", {"forms": [a_form()]})]), NOON)
    assert {one.slug for one in talk.documents(account, "draft")} == {"tea", "booking"}
    keep_checked(account, look([rules]), NOON)  # and it is there already


def test_batches_and_segments_are_looked_up_in_the_store(account, write):
    file = write("a.json", {"rules": [a_rule({"coupon": "spring-8", "only": "vip"})]})
    assert len(lines(account, file)) == 2
    a_batch(account)
    catalogue.define(account, "vip", "贵宾", FOLLOWS, NOON)
    keep_checked(account, look([file]), NOON)


def test_what_an_import_would_leave_behind_is_named_by_its_document(account, write):
    talk.put(account, "rule", "tea", a_rule({"form": "booking"}), NOON)
    talk.put(account, "form", "booking", a_form(), NOON)
    rules = write("a.json", {"rules": [a_rule({"form": "booking"})]})
    assert lines(account, rules, stage="live", whole=True, dry_run=True) == [
        "a.json: rules[0].answers[0].form: there is no form booking"
    ]
    keep_checked(account, look([rules]), NOON, stage="live")
    other = write("b.json", {"rules": [a_rule(slug="x")]})
    talk.remove(account, "form", "booking")
    keep_checked(account, look([other]), NOON, stage="live")  # no fault of this file


def test_a_draft_goes_live_only_where_everything_is_there(account):
    talk.begin_draft(account)
    talk.put(account, "rule", "tea", a_rule({"form": "booking"}), NOON, stage="draft")
    wifi = {"slug": "wifi", "title": "w", "answers": [{"text": "【待填写】密码？"}]}
    talk.put(account, "intent", "wifi", wifi, NOON, stage="draft")
    with pytest.raises(Faulty) as refused:
        training.publish(account, NOON)
    assert [str(one) for one in refused.value.faults] == [
        "rule tea: answers[0].form: there is no form booking",
        "intent wifi: answers[0].text: is a question to you; write the answer in its place",
    ]
    assert str(refused.value).endswith("(and 1 more)")
    assert not talk.has(account, "live")


@pytest.mark.engines("sqlite")  # what a pack names is the same everywhere
@pytest.mark.parametrize("name", packs.NAMES)
def test_a_pack_names_nothing_that_it_does_not_bring(account, name):
    packs.apply(account, packs.pack(name), NOON)
    must_hold(account, "live")
