"""Template messages (4.3): the library, the fields, what is stripped, how a message ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.sandbox.api import templates
from bot.sandbox.api.notices import CATALOGUE, Notice, link_mini_program, stripped
from bot.sandbox.codes import PlatformError
from bot.sandbox.reception import receive
from tests.bot.sandbox.asking import later
from tests.bot.sandbox.conftest import QUICK, Desktop, a_config

EXPIRY = next(notice for notice in CATALOGUE if notice.title == "优惠券到期提醒")
PAID = next(notice for notice in CATALOGUE if notice.title == "订单支付成功通知")
DAY = 24 * 3600.0
GOOD = {
    "thing1": {"value": "咖啡立减券"},
    "time2": {"value": "2026年11月30日 23:59"},
    "thing3": {"value": "您领取的券即将到期"},
}
PAYMENT = {
    "character_string1": {"value": "20261121001"},
    "amount2": {"value": "¥39.80"},
    "time3": {"value": "2026-11-21 10:00"},
}


@pytest.fixture
def trial() -> Iterator[Desktop]:
    desktop = Desktop(a_config(kind="test"))
    yield desktop
    desktop.timeline.stop()


def notify(desk: Desktop, client_id: str = "", **changes: Any) -> dict[str, Any]:
    body = {
        "touser": "o-lin",
        "template_id": EXPIRY.id,
        "url": "https://e.example/t/abc",
        "data": GOOD,
        **({"client_msg_id": client_id} if client_id else {}),
        **changes,
    }
    return desk.post("message/template/send", body)


def listed(desk: Desktop) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.get("template/get_all_private_template")["template_list"]
    return found


def add(desk: Desktop, short_id: str, *keywords: str) -> dict[str, Any]:
    body = {"template_id_short": short_id, "keyword_name_list": list(keywords)}
    return desk.post("template/api_add_template", body)


# --- the account's templates ---------------------------------------------------------------------


def test_the_account_has_the_expiry_template(desk: Desktop):
    (found,) = [one for one in listed(desk) if one["title"] == "优惠券到期提醒"]
    assert found["content"] == (
        "名称：{{thing1.DATA}}\n到期时间：{{time2.DATA}}\n说明：{{thing3.DATA}}"
    )


def test_a_category_template_is_made_of_keywords_in_the_order_they_are_named(desk: Desktop):
    template_id = add(desk, "47123", "活动地点", "活动名称")["template_id"]
    (found,) = [one for one in listed(desk) if one["template_id"] == template_id]
    assert found["title"] == "活动开始提醒"
    assert found["content"] == "活动地点：{{thing3.DATA}}\n活动名称：{{thing1.DATA}}"
    assert found["primary_industry"] == ""
    assert len(template_id) == 43


@pytest.mark.parametrize(
    ("short_id", "keywords", "expected"),
    [
        pytest.param("1", ["时间"], 200014, id="a number that the library does not have"),
        pytest.param("", [], 200014, id="no number"),
        pytest.param("47123", [], 40246, id="no keyword"),
        pytest.param("47123", ["活动名称", "天气"], 40246, id="a keyword of no such template"),
        pytest.param("47123", ["活动名称", "活动名称"], 40246, id="a keyword twice"),
        pytest.param("TM00015", [], 0, id="an old template of the account's industry"),
        pytest.param("OPENTM411651401", [], 45027, id="an old template of another industry"),
    ],
)
def test_what_can_be_added(desk: Desktop, short_id, keywords, expected):
    assert add(desk, short_id, *keywords)["errcode"] == expected


def test_an_account_has_25_templates_at_most(desk: Desktop):
    room = 25 - len(listed(desk))
    codes = [add(desk, "47123", "活动名称")["errcode"] for _ in range(room + 1)]
    assert codes == [0] * room + [45026]


def test_a_deleted_template_is_gone(desk: Desktop):
    desk.follower()
    body = {"template_id": EXPIRY.id}
    assert desk.post("template/del_private_template", body)["errcode"] == 0
    assert notify(desk)["errcode"] == 40037
    assert desk.post("template/del_private_template", body)["errcode"] == 40037


def test_the_industry_is_changed_once_a_month_and_old_templates_go_with_it(desk: Desktop):
    old = add(desk, "TM00015")["template_id"]
    body = {"industry_id1": "10", "industry_id2": 13}
    assert desk.post("template/api_set_industry", body)["errcode"] == 0
    assert desk.get("template/get_industry") == {
        "primary_industry": {"first_class": "餐饮", "second_class": "餐饮"},
        "secondary_industry": {"first_class": "运输与仓储", "second_class": "快递"},
    }
    assert old not in [one["template_id"] for one in listed(desk)]
    assert add(desk, "OPENTM411651401")["errcode"] == 0
    assert desk.post("template/api_set_industry", body)["errcode"] == 43100
    later(desk, 10 * DAY)  # December
    assert desk.post("template/api_set_industry", body)["errcode"] == 0


@pytest.mark.parametrize("industry", ["0", "42", "餐饮", None, True])
def test_an_industry_that_is_none(desk: Desktop, industry):
    body = {"industry_id1": industry, "industry_id2": "1"}
    assert desk.post("template/api_set_industry", body)["errcode"] == 40102


@pytest.mark.parametrize("kind", ["service_unverified", "subscription", "subscription_unverified"])
def test_only_a_verified_service_account_has_template_messages(kind):
    desk = Desktop(a_config(kind=kind))
    assert desk.get("template/get_all_private_template")["errcode"] == 48001
    assert notify(desk)["errcode"] == 48001
    desk.timeline.stop()


# --- what a message may hold ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, 0, id="a follower, a template, right values"),
        pytest.param({"template_id": "Tpl"}, 40037, id="a template we do not have"),
        pytest.param({"touser": "o-nobody"}, 40003, id="a stranger"),
        pytest.param({"touser": None}, 40003, id="nobody"),
        pytest.param({"data": None}, 47003, id="no data"),
        pytest.param({"data": {**GOOD, "extra9": {"value": "x"}}}, 0, id="a key too many"),
        pytest.param(
            {"data": {k: v for k, v in GOOD.items() if k != "thing3"}}, 47003, id="a key missing"
        ),
        pytest.param({"data": {**GOOD, "thing1": "咖啡"}}, 47003, id="a bare value"),
        pytest.param({"data": {**GOOD, "thing1": {"value": ""}}}, 47003, id="an empty value"),
        pytest.param({"data": {**GOOD, "thing1": {"value": True}}}, 47003, id="a truth value"),
        pytest.param({"data": {**GOOD, "thing1": {"value": "好" * 20}}}, 0, id="20 characters"),
        pytest.param({"data": {**GOOD, "thing1": {"value": "好" * 21}}}, 47003, id="21 characters"),
        pytest.param({"data": {**GOOD, "thing1": {"value": "好\n好"}}}, 47003, id="two lines"),
        pytest.param({"data": {**GOOD, "time2": {"value": "15:01"}}}, 0, id="a time of day"),
        pytest.param({"data": {**GOOD, "time2": {"value": "2026-11-30 23:59"}}}, 0, id="dashes"),
        pytest.param({"data": {**GOOD, "time2": {"value": "明天下午"}}}, 47003, id="no time"),
        pytest.param({"url": ""}, 0, id="no jump"),
        pytest.param({"miniprogram": {"appid": "wxother"}}, 40013, id="an unlinked mini-program"),
        pytest.param({"miniprogram": {"pagepath": "a"}}, 40013, id="a mini-program without appid"),
        pytest.param({"miniprogram": "wxmini"}, 40035, id="a mini-program that is no object"),
    ],
)
def test_what_a_template_message_may_hold(desk: Desktop, changes, expected):
    desk.follower()
    assert notify(desk, **changes)["errcode"] == expected


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("thing1", "双人火锅套餐", "火" * 21),
        ("number1", "-12.50", "12a"),
        ("number1", "1" * 32, "1" * 33),
        ("letter1", "abc", "ab1"),
        ("symbol1", "!?", "!a"),
        ("symbol1", "!!!!!", "!!!!!!"),
        ("character_string1", "A-20261121/1", "订单1"),
        ("character_string1", "A" * 32, "A" * 33),
        ("character_string1", "No. #7 ~!", "カード"),
        ("character_string1", "a@b.example", "ひらがな"),
        ("character_string1", "[1]{2}", "한글"),
        ("character_string1", "20261121", "２０２６"),
        ("character_string1", "A,B", "A，B"),
        ("symbol1", "！？", "好"),
        ("time1", "2019年10月1日 15:01", "2019年10月1日"),
        ("time1", "2019年10月1日 15:01 ~ 2019年10月1日 16:01", "十五点"),
        ("date1", "2026年11月30日", "30.11."),
        ("amount1", "¥39.80", "三十元"),
        ("amount1", "5元", "12345678901"),
        ("amount1", "1234567890", "1234567890.1"),
        ("amount1", "¥12,345,678.90", "¥123,456,789.00"),
        ("amount1", "$1,234,567.89元", "1,23"),
        ("amount1", "-3.5", "¥$3.5"),
        ("amount1", "￥8", "８元"),
        ("number1", "7", "７"),
        ("phone_number1", "0571-86", "０571"),
        ("time1", "24:00", "24:01"),
        ("time1", "23:59:59", "24:59"),
        ("time1", "9:05", "９:05"),
        ("time1", "2024年2月29日 15:01", "2026年2月29日 15:01"),
        ("time1", "15:01~16:30", "15:01~16:60"),
        ("time1", "2026-12-31 15:01", "2026-13-45 15:01"),
        ("date1", "2026/12/31", "2026/13/45"),
        ("date1", "2026.2.28", "2026.2.30"),
        ("date1", "2026年1月1日 ~ 2026年1月31日", "2026年1月1日 ~ 2026年1月32日"),
        ("date1", "2026-1-1 24:00", "2026-1-1 24:59"),
        ("date1", "2026-1-1", "0000-1-1"),
        ("phone_number1", "+86 13800138000", "1" * 18),
        ("car_number1", "沪A12345", "沪A1234567"),
        ("name1", "林晓雨", "林" * 11),
        ("name1", "Xiaoyu Lin", "a" * 21),
        ("phrase1", "已领取", "已经领取成功了"),
        ("phrase1", "已领取", "done"),
        ("const1", "微信支付", "两\n行"),
    ],
)
def test_the_value_types(key, good, bad):
    notice = Notice("T", "t", f"值：{{{{{key}.DATA}}}}", "")
    assert notice.check({key: {"value": good}}) == {key: good}
    with pytest.raises(PlatformError, match=f"data.{key}.value"):
        notice.check({key: {"value": bad}})


def test_a_const_field_takes_one_of_its_listed_values(desk: Desktop):
    desk.follower()
    template_id = add(desk, "43216", "支付方式")["template_id"]
    paid = {"const5": {"value": "微信支付"}}
    assert notify(desk, template_id=template_id, data=paid)["errcode"] == 0
    paid["const5"]["value"] = "贝壳"
    refused = notify(desk, template_id=template_id, data=paid)
    assert refused["errcode"] == 47003
    assert "data.const5.value invalid" in refused["errmsg"]


def test_a_linked_mini_program_is_where_the_tap_leads(desk: Desktop):
    lin = desk.follower()
    link_mini_program(desk.world, "wxmini")
    jump = {"appid": "wxmini", "pagepath": "pages/o?id=1"}
    assert notify(desk, miniprogram=jump)["errcode"] == 0
    desk.finished()
    assert lin.chat[-1].text.endswith("小程序：wxmini pages/o?id=1")
    assert lin.chat[-1].url == "https://e.example/t/abc"  # for clients that know no mini-programs
    jump["pagepath"] = "https://e.example/"
    assert notify(desk, miniprogram=jump)["errcode"] == 40165


def test_who_may_not_get_one(desk: Desktop):
    lin = desk.follower()
    lin.blacklisted = True
    assert notify(desk)["errcode"] == 43019
    lin.blacklisted = False
    desk.acts.unfollow(lin)
    assert notify(desk)["errcode"] == 43004


def test_a_banned_template_is_refused_until_it_is_allowed_again(desk: Desktop):
    desk.follower()
    templates.ban(desk.world, EXPIRY.id)
    assert notify(desk)["errcode"] == 43116
    templates.ban(desk.world, EXPIRY.id, banned=False)
    assert notify(desk)["errcode"] == 0
    with pytest.raises(KeyError):
        templates.ban(desk.world, "Tpl")


def test_the_day_s_quota_ends(desk: Desktop):
    desk.follower()
    desk.world.used[("/cgi-bin/message/template/send", "2026-11-21")] = 100_000
    assert notify(desk)["errcode"] == 45009


# --- what is taken away --------------------------------------------------------------------------

OLD = {
    "first": {"value": "恭喜您", "color": "#FF0000"},
    "keyword1": {"value": "10086"},
    "keyword2": {"value": "一二三四五六七八九十一二三四五六七八九十多余"},
    "keyword3": {"value": "2026-\n11-21🎉"},
    "remark": {"value": "点击抽奖"},
}


def test_an_old_template_loses_head_tail_emoji_newlines_and_length_but_is_sent(desk: Desktop):
    lin = desk.follower()
    old = add(desk, "OPENTM207679900")["template_id"]
    assert notify(desk, template_id=old, data=OLD)["errcode"] == 0
    assert desk.finished()[-1]["Status"] == "success"
    assert lin.chat[-1].text == (
        "会员积分变动提醒\n会员号：10086\n变动积分：一二三四五六七八九十一二三四五六七八九十\n"
        "变动时间：2026-11-21"
    )
    (record,) = desk.world.ledger.records("template_stripped")
    assert record["fields"] == ["first", "keyword2", "keyword3", "remark"]


def test_a_field_that_an_old_template_is_not_given_stays_blank(desk: Desktop):
    lin = desk.follower()
    old = add(desk, "TM00015")["template_id"]
    assert notify(desk, template_id=old, data={"orderMoneySum": {"value": 30}})["errcode"] == 0
    desk.finished()
    assert lin.chat[-1].text == "订单支付成功\n支付金额：30\n商品信息："


@pytest.mark.parametrize(
    ("key", "given", "left"),
    [
        pytest.param("First", "您好", "", id="the head, also in capitals"),
        pytest.param("Remark", "谢谢", "", id="the tail too"),
        pytest.param("keyword1", "★ 5℃ ①", "★ 5℃ ①", id="signs that are no emoji stay"),
        pytest.param("keyword1", "👨‍👩‍👧好❤️", "好", id="emoji made of several"),
    ],
)
def test_what_is_left_of_a_value(key, given, left):
    assert stripped(key, given) == left


def test_a_category_template_loses_its_emoji_too(desk: Desktop):
    lin = desk.follower()
    notify(desk, data={**GOOD, "thing1": {"value": "咖啡☕券"}})
    desk.finished()
    assert "名称：咖啡券" in lin.chat[-1].text


def test_on_a_test_number_templates_are_free_and_nothing_is_stripped(trial: Desktop):
    desk, text = trial, "恭喜🎉" + "长" * 30
    lin = desk.follower()
    mine = templates.write(desk.world, "测试", "{{first.DATA}}\n{{anything.DATA}}")
    data = {"first": {"value": text}, "anything": {"value": "两\n行"}}
    assert notify(desk, template_id=mine, data=data)["errcode"] == 0
    desk.finished()
    assert lin.chat[-1].text == f"测试\n{text}\n两\n行"
    assert notify(desk, data={**GOOD, "thing1": {"value": "长" * 30}})["errcode"] == 0
    assert not desk.world.ledger.records("template_stripped")


# --- what a reviewer would mind ------------------------------------------------------------------


def test_words_of_advertising_are_noted(desk: Desktop):
    desk.follower()
    notify(desk, data={**GOOD, "thing3": {"value": "双11大促全场秒杀"}})
    (record,) = desk.world.ledger.records("template_marketing")
    assert record["openid"] == "o-lin"
    assert record["words"] == ["优惠券", "立减", "秒杀", "大促"]


def test_a_plain_service_message_is_not_noted(desk: Desktop):
    desk.follower()
    assert notify(desk, template_id=PAID.id, data=PAYMENT)["errcode"] == 0
    assert desk.world.ledger.records("template_marketing") == []


# --- how it ends ---------------------------------------------------------------------------------


def test_a_template_message_is_reported_later(desk: Desktop):
    lin = desk.follower()
    msgid = notify(desk)["msgid"]
    event = desk.finished()[-1]
    assert event["Event"] == "TEMPLATESENDJOBFINISH"
    assert (event["MsgID"], event["Status"]) == (msgid, "success")
    assert lin.chat[-1].via == "template"
    assert "咖啡立减券" in lin.chat[-1].text


def test_the_same_client_id_within_ten_minutes_is_the_same_message(desk: Desktop):
    lin = desk.follower()
    first = notify(desk, "send-1")
    desk.clock.advance(599)
    again = notify(desk, "send-1")
    assert again["msgid"] == first["msgid"]
    finishes = [e for e in desk.finished() if e["Event"] == "TEMPLATESENDJOBFINISH"]
    assert len(finishes) == 1
    assert len([bubble for bubble in lin.chat if bubble.via == "template"]) == 1
    assert len(desk.world.deliveries["o-lin"]) == 1


def test_after_ten_minutes_it_is_a_new_message(desk: Desktop):
    desk.follower()
    first = notify(desk, "send-1")
    desk.clock.advance(600)
    assert notify(desk, "send-1")["msgid"] != first["msgid"]


def test_client_ids_are_forgotten_with_their_ten_minutes(desk: Desktop):
    desk.follower()
    for name in ("send-1", "send-2"):
        notify(desk, name)
        desk.clock.advance(300)
    notify(desk, "send-3")
    kept = desk.world.room(templates.Templates).client_ids
    assert [client_id for _, client_id in kept] == ["send-2", "send-3"]


def test_the_same_client_id_to_another_person_is_another_message(desk: Desktop):
    desk.follower()
    desk.follower("o-wang")
    assert notify(desk, "x")["msgid"] != notify(desk, "x", touser="o-wang")["msgid"]


def test_who_leaves_before_delivery_blocks_it():
    desk = Desktop(a_config(limits=replace(QUICK, job_delay=0.02)))
    lin = desk.follower()
    notify(desk)
    desk.acts.unfollow(lin)
    assert desk.finished()[-1]["Status"] == "failed:user block"
    assert lin.chat[-1].via != "template"
    desk.timeline.stop()


def test_who_has_turned_messages_off_blocks_it_until_they_are_on_again(desk: Desktop):
    lin = desk.follower()
    receive(desk.world, lin, on=False)
    assert notify(desk)["errcode"] == 0
    assert desk.finished()[-1]["Status"] == "failed:user block"
    receive(desk.world, lin, on=True)
    notify(desk)
    assert desk.finished()[-1]["Status"] == "success"


def test_the_platform_can_fail_too(desk: Desktop):
    desk.world.faults.set_push({"template_failed": 1.0})
    lin = desk.follower()
    notify(desk)
    assert desk.finished()[-1]["Status"] == "failed: system failed"
    assert lin.chat[-1].via != "template"
