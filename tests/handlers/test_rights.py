"""Refusing, coming back, being forgotten; and what the platform tells about people."""

import logging
from datetime import timedelta

import pytest

from bot.profile import persons
from bot.store.models import Erasure, Event, Follower, IdentityJoin, Inbox
from bot.tracking import read_page
from bot.values.identity import Key, Kind, Named
from bot.values.inbound import (
    AuthorizationCancelled,
    AuthorizationRevoked,
    LocationMessage,
    Subscribe,
    TextMessage,
    UserInfoModified,
)
from tests.conftest import NOON
from tests.handlers.conftest import shown


def lin():
    return Follower.get()


def kinds():
    return [row.kind for row in Event.select().order_by(Event.id)]


@pytest.mark.parametrize("typed", ["TD", "退订", "T", "别再推送了", "[微笑]退订"])
def test_one_word_refuses_at_once(house, typed):
    assert "已退订" in house.says(typed)
    assert lin().opted_out_at == NOON
    assert kinds() == ["message.text", "opt_out"]


def test_one_word_comes_back(house):
    house.says("TD")
    house.wait(minutes=1)
    assert "已恢复" in house.says("HF")
    assert lin().opted_out_at is None
    assert kinds()[-1] == "opt_in"


@pytest.mark.parametrize(
    ("order", "out"),
    [
        pytest.param([("TD", 0), ("HF", 5)], False, id="in order"),
        pytest.param([("HF", 5), ("TD", 0)], False, id="the return arrives first"),
        pytest.param([("HF", 0), ("TD", 5)], True, id="refused last"),
        pytest.param([("TD", 5), ("HF", 0)], True, id="the refusal arrives first"),
        pytest.param([("TD", 0), ("TD", 9), ("HF", 5)], True, id="refused again after that"),
        pytest.param([("TD", 5), ("HF", 5)], False, id="in one second the later arrival counts"),
    ],
)
def test_the_latest_word_counts_whatever_the_order_of_arrival(house, order, out):
    for text, second in order:
        house.says(text, sent_at=NOON + timedelta(seconds=second))
    assert (lin().opted_out_at is not None) is out


def test_refusing_twice_is_confirmed_twice(house):
    house.says("TD")
    assert "已退订" in house.says("TD")


def test_what_is_held_can_be_asked(house):
    house.says("想喝咖啡")
    said = house.says("我的资料")
    assert "互动记录：2 条" in said
    assert "接收" in said


@pytest.mark.parametrize("typed", ["我的资料", "我的画像"])
def test_his_own_page_opens_for_a_day_and_is_nobody_elses(house, typed):
    said = house.says(typed)
    token = said.split("https://shop.example/h5/me/")[1].split()[0]
    assert read_page(token, "profile", house.now + timedelta(hours=23)) == house.follower_id
    assert read_page(token, "profile", house.now + timedelta(hours=24)) is None
    assert read_page(token, "preferences", house.now) is None


# --- being forgotten ---------------------------------------------------------------------------


def test_erasing_wants_to_be_confirmed(house):
    assert "确认删除" in house.says("删除我的数据")
    assert lin().erased_at is None
    said = house.says("确认删除")
    assert Erasure.get().certificate in said
    assert lin().erased_at == NOON


def test_a_confirmation_out_of_the_blue_erases_nothing(house):
    house.says("确认删除")
    assert lin().erased_at is None


def test_a_confirmation_after_ten_minutes_erases_nothing(house):
    house.says("删除我的数据")
    house.wait(minutes=10)
    house.says("确认删除")
    assert lin().erased_at is None


@pytest.mark.parametrize("word", ["取消", "算了", "不", "不要", "不用了", "No!", "别删了"])
def test_second_thoughts_keep_everything_and_refuse_nothing(house, word):
    house.says("删除我的数据")
    assert "没有删除" in house.says(word)
    house.says("确认删除")
    assert (lin().erased_at, lin().opted_out_at) == (None, None)


def test_a_repeated_confirmation_finds_that_it_was_here(house):
    """The platform repeats what it thinks unanswered: that must not bring the person back."""
    house.says("删除我的数据")
    message = TextMessage(
        account="gh", openid="o-lin", sent_at=NOON, text="确认删除", raw={"MsgId": "77"}
    )
    house.deliver(message)
    with pytest.raises(AssertionError):  # a Repeat, not an Arrival
        house.deliver(message)
    assert Follower.select().count() == 1


def test_who_writes_again_is_somebody_new(house):
    house.push(Subscribe, scene="spring")
    house.says("删除我的数据")
    house.says("确认删除")
    house.says("你好")
    assert Follower.select().count() == 2
    newcomer = Follower.get(Follower.erased_at.is_null())
    assert newcomer.source_scene == ""


def test_who_had_refused_and_was_erased_is_not_advertised_to_on_return(house):
    house.says("TD")
    house.says("删除我的数据")
    house.says("确认删除")
    house.push(Subscribe)
    newcomer = Follower.get(Follower.erased_at.is_null())
    assert newcomer.opted_out_at is not None
    assert newcomer.marketing_consent is False


def test_the_first_word_after_an_erasure_can_be_the_return(house):
    for text in ("TD", "删除我的数据", "确认删除"):
        house.says(text)
    assert "已恢复" in house.says("HF")
    newcomer = Follower.get(Follower.erased_at.is_null())
    assert (newcomer.opted_out_at, newcomer.marketing_consent) == (None, True)


# --- what the platform tells -------------------------------------------------------------------


def test_a_closed_wechat_account_is_forgotten(house):
    house.says("我住在北京")
    assert shown(house.push(AuthorizationCancelled)) == ""
    assert lin().erased_at == NOON
    assert Erasure.get().cause == "cancelled"


@pytest.mark.parametrize("kind", [AuthorizationCancelled, AuthorizationRevoked, UserInfoModified])
def test_a_push_that_names_nobody_is_kept_and_raises_the_alarm(house, kind, caplog):
    house.says("你好")
    with caplog.at_level(logging.ERROR):
        house.push(kind, openid="")
    assert "alarm" in caplog.text
    assert lin().erased_at is None
    assert Inbox.select().count() == 2


def test_a_unionid_in_a_push_joins_what_waited_under_it(house):
    house.says("你好")
    key = Key(Kind.UNIONID, "u-lin")
    persons.whose(lin().account_id, [Named(None, (key,))], NOON)
    house.push(UserInfoModified, unionid="u-lin")
    house.push(UserInfoModified, unionid="u-lin")
    [join] = IdentityJoin.select()
    assert (join.why, join.follower_id) == ("platform_unionid", lin().id)


def test_a_push_about_a_stranger_makes_no_follower(house):
    house.push(AuthorizationCancelled, openid="o-stranger")
    assert Follower.select().count() == 0


def test_permission_taken_back_deletes_exactly_what_it_names(house):
    house.push(LocationMessage, latitude=39.9, longitude=116.4, label="家")
    house.says("想吃火锅")
    house.push(AuthorizationRevoked, codes=("206",))
    rows = {row.kind: row for row in Event.select()}
    assert rows["message.location"].sealed is None
    assert rows["message.text"].facts["topics"]
    assert rows["message.text"].sealed is not None
    assert Erasure.get().removed == {"event": 1}


def test_all_permission_taken_back_is_an_erasure(house):
    house.says("想吃火锅")
    house.push(AuthorizationRevoked, codes=("206", "301"))
    assert lin().erased_at == NOON


def test_an_unknown_code_deletes_nothing_and_raises_the_alarm(house, caplog):
    house.says("想吃火锅")
    with caplog.at_level(logging.ERROR):
        house.push(AuthorizationRevoked, codes=("999",))
    assert "alarm" in caplog.text
    assert Erasure.select().count() == 0
