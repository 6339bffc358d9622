"""Following, leaving, the first question, scanning."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.profile.onboarding import OPTIONS, answer, options_of
from bot.store import dialogues, followers
from bot.store.models import Event, Follower
from bot.talk import packs
from bot.talk.live import Live
from bot.values.inbound import MenuClick, Scan, Subscribe, Unsubscribe
from tests.conftest import NOON
from tests.handlers.conftest import shown
from tests.handlers.talking import teach


def facts(kind):
    return [row.facts for row in Event.select().where(Event.kind == kind).order_by(Event.id)]


def lin():
    return Follower.get()


def test_a_new_follower_learns_what_is_done_with_data_and_how_to_refuse(house):
    said = shown(house.push(Subscribe, scene="spring"))
    for part in ("推荐", "TD", "我的资料", "删除我的数据", "1 咖啡", "5 景点"):
        assert part in said
    assert lin().subscribed
    assert facts("consent") == [
        {"purpose": "marketing", "notice": "welcome-2026-11", "source": "subscribe"}
    ]


def test_the_first_scene_stays_the_source_and_every_scene_is_a_tag(house):
    house.push(Subscribe, scene="spring")
    house.push(Scan, scene="shop-7")
    assert lin().source_scene == "spring"
    assert [f["tag"] for f in facts("tag")] == ["scene:spring", "scene:shop-7"]


def test_a_scan_without_a_scene_tags_nothing(house):
    assert shown(house.push(Scan))
    assert facts("tag") == []


def test_who_comes_back_is_welcomed_in_brief_and_asked_nothing(house):
    house.push(Subscribe)
    house.push(Unsubscribe)
    house.wait(days=3)
    said = shown(house.push(Subscribe))
    assert said.startswith("欢迎回来")
    assert dialogues.current(lin().id, house.now) is None


def test_leaving_stops_sends_at_once_and_is_not_answered(house):
    house.push(Subscribe)
    assert shown(house.push(Unsubscribe)) == ""
    gone = lin()
    assert (gone.subscribed, gone.window_until, gone.window_left) == (False, None, 0)


def test_an_opt_out_outlives_leaving_and_coming_back(house):
    house.push(Subscribe)
    house.says("TD")
    house.push(Unsubscribe)
    house.push(Subscribe)
    assert lin().opted_out_at is not None


@pytest.mark.parametrize(
    ("order", "follows"),
    [
        pytest.param([(Subscribe, 0), (Unsubscribe, 5)], False, id="in order"),
        pytest.param([(Unsubscribe, 5), (Subscribe, 0)], False, id="the leaving arrives first"),
        pytest.param([(Unsubscribe, 0), (Subscribe, 5)], True, id="came back"),
        pytest.param([(Subscribe, 5), (Unsubscribe, 0)], True, id="the return arrives first"),
        pytest.param([(Subscribe, 5), (Unsubscribe, 5)], False, id="in the same second"),
    ],
)
def test_the_latest_act_counts_whatever_the_order_of_arrival(house, order, follows):
    for kind, second in order:
        house.push(kind, sent_at=NOON + timedelta(seconds=second))
    assert lin().subscribed is follows


# --- the question ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [
        ("1", ["咖啡"]),
        ("１", ["咖啡"]),
        ("二", ["火锅"]),
        ("第二个", ["火锅"]),
        ("1、3", ["咖啡", "甜品"]),
        ("13", ["咖啡", "甜品"]),
        ("5景点", ["景点"]),
        ("火锅", ["火锅"]),
        ("我喜欢咖啡和火锅", ["咖啡", "火锅"]),
        ("coffee", ["咖啡"]),
        ("都喜欢", list(OPTIONS)),
        ("9", []),
        ("0", []),
        ("16", []),
        ("2026", []),
        ("咖啡店在哪里", []),
        ("咖啡不好喝", []),
        ("我", []),
        ("你好", []),
        ("", []),
        ("1" * 30, []),
    ],
)
def test_what_answers_the_first_question(typed, chosen):
    assert list(answer(typed)) == chosen


def test_an_answer_is_kept_thanked_and_closes_the_question(house):
    house.push(Subscribe)
    said = house.says("1 2")
    assert "咖啡、火锅" in said
    assert "优惠券" in said
    assert facts("preference") == [{"topics": {"咖啡": 1.0, "火锅": 1.0}}]
    assert house.last.reason == "answer 咖啡,火锅"
    assert dialogues.current(lin().id, house.now) is None


def test_anything_else_is_answered_and_leaves_the_question_open(house):
    house.push(Subscribe)
    assert "您可以回复" in house.says("帮助")
    assert house.push(MenuClick, key="HELP").handler == "menu.click"
    house.says("4")
    assert facts("preference") == [{"topics": {"酒店": 1.0}}]


def test_the_question_is_open_for_a_day(house):
    house.push(Subscribe)
    house.wait(hours=24)
    house.says("1")
    assert facts("preference") == []


def test_a_number_out_of_the_blue_is_no_answer(house):
    assert house.says("1")
    assert facts("preference") == []


def test_answering_twice_for_one_event_counts_once(house):
    from bot.profile import lifecycle

    house.push(Subscribe)
    for expected in (True, False):
        new = lifecycle.preferred(house.account.id, lin().id, {"咖啡": 1.0}, 77, NOON, NOON)
        assert new is expected
    assert len(facts("preference")) == 1


def test_an_english_follower_reads_english(house):
    followers.ensure(house.account.id, "o-lin", NOON)
    Follower.update(language="en").execute()
    said = shown(house.push(Subscribe))
    assert said.startswith("Hello")
    assert "1 coffee" in said


# --- the house's own topics ----------------------------------------------------------------------


def a_topic(house, slug, topic, kind="topic"):
    document = {"slug": slug, "title": topic, "kind": kind, "values": []}
    teach(house, "entity", slug, document | ({"topic": topic} if kind == "topic" else {}))


def test_the_first_question_shows_the_topics_of_the_house(house):
    a_topic(house, "b", "编程")
    a_topic(house, "a", "英语")
    a_topic(house, "c", "书包", kind="product")
    said = shown(house.push(Subscribe))
    assert said.endswith("1 英语\n2 编程") or "1 英语\n2 编程\n" in said
    assert "书包" not in said
    assert "咖啡" not in said
    house.says("2")
    assert facts("preference") == [{"topics": {"编程": 1.0}}]


@pytest.mark.parametrize("typed", ["编程和英语", "coding and english", "都喜欢", "1、2"])
def test_they_are_chosen_by_number_and_name_in_both_languages(house, typed):
    a_topic(house, "a", "英语")
    a_topic(house, "b", "编程")
    house.push(Subscribe)
    house.says(typed)
    assert facts("preference") == [{"topics": {"英语": 1.0, "编程": 1.0}}]


def test_what_was_shown_counts_though_the_house_has_other_topics_by_now(house):
    house.push(Subscribe)
    a_topic(house, "a", "英语")
    a_topic(house, "b", "编程")
    house.says("2")
    assert facts("preference") == [{"topics": {"火锅": 1.0}}]


@pytest.mark.parametrize(
    ("topics", "asked"),
    [
        pytest.param([], OPTIONS, id="none: the usual ones"),
        pytest.param(["英语"], OPTIONS, id="one is no choice"),
        pytest.param(["英语", "英语", "编程"], ("英语", "编程"), id="each once"),
        pytest.param(
            list("甲乙丙丁戊己庚辛壬癸"), tuple("甲乙丙丁戊己庚辛壬"), id="one digit each"
        ),
    ],
)
def test_which_topics_are_asked_for(topics, asked):
    assert options_of(topics) == asked


@pytest.mark.parametrize(
    ("trade", "shown_first"),
    [
        ("catering", "1 咖啡\n2 甜品\n3 火锅\n4 奶茶"),
        ("ecommerce", "1 美妆\n2 服饰\n3 美食\n4 家居"),
        ("education", "1 美术\n2 编程\n3 舞蹈\n4 英语\n5 考试\n6 音乐"),
        ("entertainment", "1 密室\n2 电影\n3 K歌\n4 音乐\n5 乐园\n6 戏剧"),
    ],
)
def test_a_trades_pack_brings_its_topics(house, trade, shown_first):
    whole = packs.pack(trade)
    packs.apply(house.account.id, replace(whole, examples=()), NOON)
    house.services = replace(house.services, talk_of=Live().of)
    said = house.push(Subscribe).reply
    assert shown_first in said.text
