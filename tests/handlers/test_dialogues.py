"""Forms in the house: how they begin and end, what is kept, and what comes between."""

import threading
from dataclasses import replace

import pytest

from bot.i18n import t
from bot.inbox.receive import Receiver
from bot.inbox.repairing import repair_inbox
from bot.settings import Settings
from bot.store import dialogues, events, handoff, talk
from bot.store.db import fetch
from bot.store.fields import Holder
from bot.store.models import Follower
from bot.talk.forms import shipped
from bot.values.inbound import TextMessage
from bot.values.replies import MenuReply, Several, TextReply, TransferReply
from handlers import dispatch
from tests.conftest import NOON
from tests.handlers.talking import means
from tests.support.platform import Platform
from tests.support.threads import together

READY = ("订座", "周六晚上六点四个人", "13800138000", "靠窗")
DAY = "请问哪天来用餐？"


def put(house, kind, slug, document):
    talk.put(house.account.id, kind, slug, document, NOON)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """The real receiver wants an account that callbacks can be proved for."""
    monkeypatch.chdir(tmp_path)
    return Settings.from_env({"HONGYAN_WECHAT_API_URL": "http://127.0.0.1:9"})


@pytest.fixture
def shop(house):
    """The house with the shipped forms."""
    for document in shipped():
        put(house, "form", document["slug"], document)
    return house


def say_all(house, *texts):
    return [house.says(text) for text in texts]


def menu_of(house, text, menu_id=""):
    reply = house.push(TextMessage, text=text, menu_id=menu_id).reply
    assert isinstance(reply, MenuReply), reply
    return reply


def happened(kind):
    """(facts, sealed) of the events of a kind."""
    rows = fetch("SELECT facts, sealed FROM event WHERE kind = ? ORDER BY id", (kind,))
    return [
        (facts, Holder.vault.open_json(bytes(sealed), events.PLACE) if sealed else None)
        for facts, sealed in rows
    ]


def test_a_booking_is_asked_for_confirmed_and_recorded(shop):
    asked = say_all(shop, *READY)
    assert asked[0].endswith(DAY)
    assert "11月21日（周六） 18:00，4位" in asked[3]
    assert "靠窗" in asked[3]
    done = shop.says("是")
    assert done == "已经登记：11月21日（周六） 18:00，4位。门店确认后会联系您；要改随时说。"
    assert (shop.last.handler, shop.last.reason) == ("dialogue.booking", "done: confirmed")
    assert happened("booking") == [
        (
            '{"form": "booking", "day": "2026-11-21", "at": "18:00", "people": 4}',
            {"phone": "13800138000", "note": "靠窗"},
        )
    ]
    assert dialogues.current(shop.follower_id, shop.now) is None
    assert shop.says("是") != done, "the form is over"


def test_what_people_typed_stands_sealed_while_the_form_is_open(shop):
    say_all(shop, *READY)
    for row in fetch("SELECT * FROM dialogue"):
        shown = " ".join(str(bytes(v)) if isinstance(v, memoryview) else str(v) for v in row)
        assert "13800138000" not in shown
        assert "靠窗" not in shown


def test_an_intents_answer_and_a_rules_begin_a_form_too(shop):
    from handlers.dialogue import begin

    shop.says("你好")
    ctx = shop.context(id=shop.follower_id)
    assert begin(ctx, "booking").text.endswith(DAY)
    assert shop.says("明天") == "几点到店？"


def test_a_form_that_is_gone_says_so_and_is_in_the_log(shop, caplog):
    from handlers.dialogue import begin

    shop.says("你好")
    assert begin(shop.context(id=shop.follower_id), "nothing").text == t("dialogue.gone")
    assert "alarm" in caplog.text


def test_an_open_form_whose_document_was_removed_stands_in_nobodys_way(shop):
    shop.says("订座")
    talk.remove(shop.account.id, "form", "booking")
    services = shop.services
    from bot.talk.live import Live

    shop.services = replace(services, talk_of=Live().of)
    assert shop.says("你好") == t("hello")
    assert dialogues.latest(shop.follower_id) is None


def test_without_forms_nothing_changes(house):
    assert house.says("订座") == t("fallback.default")


# --- rights and people go first -----------------------------------------------------------------


def test_cancelling_a_booking_refuses_no_recommendations(shop):
    shop.says("订座")
    assert shop.says("取消") == "好的，不订了。想订的时候随时再说。"
    assert Follower.get_by_id(shop.follower_id).opted_out_at is None
    assert shop.says("取消") == t("cancel.nothing")
    assert Follower.get_by_id(shop.follower_id).opted_out_at is None
    shop.wait(hours=2)  # out of the blue, as in answer to a recommendation, it refuses them
    assert shop.says("取消") == t("opt_out.done")
    assert Follower.get_by_id(shop.follower_id).opted_out_at is not None


@pytest.mark.parametrize("word", ["退订", "TD", "取消推送"])
def test_other_words_refuse_them_in_the_middle_of_a_form_too(shop, word):
    shop.says("订座")
    assert shop.says(word) == t("opt_out.done")
    assert shop.says("明天") == "几点到店？"


def test_cancelling_after_the_form_is_forgotten_asks_what_is_meant(shop):
    shop.says("订座")
    shop.wait(minutes=31)
    assert shop.says("取消") == t("cancel.nothing")
    assert Follower.get_by_id(shop.follower_id).opted_out_at is None


def test_a_chat_that_a_person_has_is_no_forms(shop):
    shop.says("订座")
    handoff.take(shop.follower_id, "kf1", shop.now, shop.now.replace(hour=23))
    assert shop.says("明天") == ""
    assert shop.says("订座") == ""


def test_asking_for_a_person_ends_the_form(shop):
    shop.says("订座")
    handled = shop.push(TextMessage, text="人工")
    parts = handled.reply.replies if isinstance(handled.reply, Several) else (handled.reply,)
    assert any(isinstance(one, TransferReply) for one in parts)
    assert not any("哪天" in getattr(one, "text", "") for one in parts)


def test_a_complaint_ends_with_a_person(shop):
    say_all(shop, "我要投诉", "等了两个小时没人管", "没有")
    handled = shop.push(TextMessage, text="跳过")
    assert handled.reason.startswith("done")
    assert isinstance(handled.reply, Several | TransferReply)
    assert happened("complaint")[0] == ('{"form": "complaint"}', {"what": "等了两个小时没人管"})
    assert Follower.get_by_id(shop.follower_id).held_by == "queue"


# --- digression, nesting, expiry ----------------------------------------------------------------


def test_a_digression_is_answered_and_led_back(shop):
    shop.says("订座")
    answer = shop.says("帮助")
    assert answer == f"{t('help')}\n\n{t('dialogue.back', question=DAY)}"
    assert shop.last.handler == "text.give_help"
    assert shop.last.reason.endswith("; and back")
    steps = [(step, took) for step, _, took, _ in shop.last.trace]
    assert ("dialogue", False) in steps
    assert steps[-1] == ("commands", True)
    assert shop.says("明天") == "几点到店？"


def test_two_in_a_row_put_the_form_aside_until_it_is_asked_for(shop):
    say_all(shop, "订座", "明天", "帮助")
    aside = t("dialogue.aside_open", title="订座", question="几点到店？")
    assert shop.says("你好").endswith(aside)
    assert shop.says("帮助") == t("help")
    assert shop.says("继续") == "几点到店？"


def test_or_until_its_question_is_answered_after_all(shop):
    say_all(shop, "订座", "明天", "帮助", "你好", "帮助")
    assert shop.says("六点") == "一共几位？"
    assert shop.says("四个人").startswith("留个手机号")


def test_a_form_within_a_form_comes_back_to_the_first(shop):
    say_all(shop, "订座", "明天")
    assert menu_of(shop, "设置喜好").head.startswith("您对什么感兴趣")
    done = shop.says("咖啡")
    assert done.startswith("记下了：咖啡")
    assert done.endswith(t("dialogue.back", question="几点到店？"))
    assert shop.says("六点") == "一共几位？"


def test_preferences_are_remembered_as_what_they_like(shop):
    menu_of(shop, "设置喜好")
    shop.says("1和2")
    assert happened("preference") == [('{"topics": {"美食": 1.0, "咖啡": 1.0}}', None)]


def test_an_answer_that_comes_too_late_is_offered_to_go_on(shop):
    say_all(shop, "订座", "明天")
    shop.wait(minutes=31)
    assert shop.says("你好") == t("hello"), "nobody else is reminded"
    given = "日期 11月22日（周日）、时间 18:00"
    assert shop.says("六点") == t("dialogue.lapsed", title="订座", given=given)
    assert shop.last.reason.startswith("lapsed")
    assert shop.says("好的") == "一共几位？"


def test_what_waited_too_long_is_kept_for_a_day_and_no_longer(shop):
    say_all(shop, "订座", "明天")
    shop.wait(hours=24, minutes=29)
    assert dialogues.forget_expired(shop.now) == 0
    assert shop.says("四个人").startswith("刚才的订座")
    shop.wait(hours=24, minutes=30)
    assert "订座" not in shop.says("四个人")
    assert dialogues.latest(shop.follower_id) is None


def test_a_form_that_is_over_is_dropped_at_the_next_sweep(shop):
    say_all(shop, "订座", "取消")
    assert dialogues.forget_expired(shop.now) == 1


def test_a_yes_is_about_the_offer_only_right_after_it(shop):
    say_all(shop, "订座", "明天")
    shop.wait(minutes=31)
    say_all(shop, "六点", "帮助")
    assert "几位" not in shop.says("好的")
    assert shop.says("继续") == "一共几位？"


def test_the_question_after_following_is_still_answered(shop):
    from bot.values.inbound import Subscribe

    shop.push(Subscribe, scene="")
    assert "咖啡" in shop.says("1")
    assert shop.last.handler == "subscribe.choose"


# --- one message, one effect --------------------------------------------------------------------


def receiver(shop, handler=dispatch):
    settings = shop.services.settings
    account = replace(shop.account, appid=settings.appid, token=settings.token,
                      aes_keys=(settings.aes_key,))  # fmt: skip
    return Receiver(replace(shop.services, account_of=lambda _: account), handler, threads=8)


def delivered(shop, platform, to, text, msg_id=None):
    fields = platform.fields(shop.now, Content=text)
    query, body = platform.delivery(fields, shop.now)
    return platform.said(to.receive("default", query, body, shop.now).body)


def test_two_messages_at_once_both_count(shop):
    """Through the real receiver: whichever comes first, no answer is lost."""
    platform, door = Platform(), receiver(shop)
    delivered(shop, platform, door, "订座")
    texts = ("周六晚上六点", "四个人")
    together(2, lambda n: delivered(shop, platform, door, texts[n]))
    last = delivered(shop, platform, door, "13800138000")
    assert last.startswith("有什么要求吗")
    confirmation = delivered(shop, platform, door, "没有")
    assert "11月21日（周六） 18:00，4位" in confirmation
    together(2, lambda n: delivered(shop, platform, door, "是"))
    assert len(happened("booking")) == 1
    door.close()


class Dying:
    """The house's handlers in a process that dies before the answer is recorded, when told."""

    def __init__(self):
        self.dies = False
        self.replies = []
        self.lock = threading.Lock()

    def __call__(self, message, ctx):
        handled = dispatch(message, ctx)
        with self.lock:
            self.replies.append(handled.reply)
        if self.dies:
            raise RuntimeError("the process died")
        return handled


@pytest.mark.parametrize("dies_at", range(6))
def test_a_message_that_is_handled_again_is_answered_the_same_and_done_once(shop, dies_at):
    """Between storing and answering: the repair job handles the message anew."""
    texts = ("订座", "周六晚上六点四个人", "帮助", "13800138000", "没有", "是")
    platform, dying = Platform(), Dying()
    door = receiver(shop, dying)
    for at, text in enumerate(texts):
        dying.dies = at == dies_at
        delivered(shop, platform, door, text)
        if dying.dies:
            dying.dies = False
            shop.wait(seconds=10)
            shop.services = replace(shop.services, clock=lambda: shop.now)
            repair_inbox(replace(shop.services, client_of=lambda _: Phone()), dying, shop.now)
            assert dying.replies[-1] == dying.replies[-2]
            assert isinstance(dying.replies[-1], TextReply)
    door.close()
    assert len(happened("booking")) == 1
    assert len(dying.replies) == len(texts) + 1


class Phone:
    """Takes customer-service messages."""

    def send_custom(self, openid, reply):
        pass


def test_beginning_again_for_the_same_message_changes_nothing(shop):
    from handlers.dialogue import begin

    shop.says("你好")
    ctx = shop.context(id=shop.follower_id)
    first = begin(ctx, "booking")
    assert begin(ctx, "booking") == first
    state = dialogues.latest(shop.follower_id).sealed["state"]
    assert (state["form"], state["values"]) == ("booking", {})


# --- what else the house knows to say -----------------------------------------------------------


def test_a_marketers_rule_goes_before_a_forms_phrase(shop):
    put(shop, "rule", "full", {"slug": "full", "name": "满座", "keywords": ["订座"],
                               "answers": [{"text": "今天满座"}]})  # fmt: skip
    assert shop.says("订座") == "今天满座"


def test_a_rule_and_a_known_question_are_answered_in_the_middle_of_a_form(shop):
    put(shop, "rule", "park", {"slug": "park", "name": "停车", "answers": [{"text": "楼下可停"}],
                               "keywords": [{"text": "停车", "match": "contains"}]})  # fmt: skip
    put(shop, "faq", "wifi", {"slug": "wifi", "questions": ["无线网密码是多少"],
                              "answers": [{"text": "密码 88888888"}]})  # fmt: skip
    shop.says("订座")
    back = t("dialogue.back", question=DAY)
    assert shop.says("有地方停车吗") == f"楼下可停\n\n{back}"
    shop.says("明天")
    assert shop.says("无线网密码是多少？").startswith("密码 88888888")
    assert shop.says("六点") == "一共几位？"


def test_an_answer_of_a_rule_begins_a_form(shop):
    put(shop, "rule", "sit", {"slug": "sit", "name": "坐", "keywords": ["想坐坐"],
                              "answers": [{"form": "booking"}]})  # fmt: skip
    assert shop.says("想坐坐").endswith(DAY)
    assert shop.says("明天") == "几点到店？"


def test_questions_may_name_what_the_house_knows(shop):
    document = next(one for one in shipped() if one["slug"] == "booking")
    slots = [{**document["slots"][0], "ask": "{entity.dish|我们}这里哪天来？"}]
    put(shop, "form", "booking", {**document, "slots": slots, "confirm": "", "done": []})
    assert shop.says("订座").endswith("我们这里哪天来？")
    assert shop.says("明天") == t("dialogue.done")


def test_an_entity_slot_asks_for_what_the_house_has(shop):
    put(shop, "entity", "dish", {"slug": "dish", "title": "菜", "values": [["毛肚", "千层肚"]]})
    slot = {"name": "dish", "title": "菜", "kind": "entity:dish", "ask": "想吃什么？"}
    form = {"slug": "order_dish", "title": "点菜", "open": ["点菜"], "slots": [slot]}
    put(shop, "form", "order_dish", {**form, "done": [{"text": "{dish}马上来"}]})
    say_all(shop, "点菜")
    assert shop.says("牛排") == t("slot.again_entity", title="菜")
    assert shop.says("千层肚") == "毛肚马上来"


# --- choices to tap -----------------------------------------------------------------------------


def test_choices_are_tapped_named_or_numbered(shop):
    menu = menu_of(shop, "设置喜好")
    assert [one.say for one in menu.options][:2] == ["1 美食", "2 咖啡"]
    done = shop.says(menu.options[1].say, menu_id=menu.options[1].id)
    assert done.startswith("记下了：咖啡")
    more = shop.says(menu.options[0].say, menu_id=menu.options[0].id)
    assert more.startswith("记下了：美食"), "a tap later on is one more"
    assert [facts for facts, _ in happened("preference")] == [
        '{"topics": {"咖啡": 1.0}}', '{"topics": {"美食": 1.0}}'
    ]  # fmt: skip


def test_a_tap_on_another_question_answers_no_form(shop):
    menu = menu_of(shop, "设置喜好")
    shop.says("取消")
    shop.says("订座")
    assert shop.says("1 美食", menu_id=menu.options[0].id).startswith("记下了：美食")
    assert shop.says("明天") == "几点到店？", "the booking is where it was"
    assert shop.says("3 换货", menu_id="o:return_goods") != "一共几位？"
    assert shop.says("六点") == "一共几位？"


def test_a_form_asks_for_the_houses_own_topics(shop):
    for slug, topic in (("a", "火锅"), ("b", "甜品"), ("c", "火锅")):
        put(shop, "entity", slug, {"slug": slug, "title": topic, "kind": "topic", "topic": topic,
                                   "values": []})  # fmt: skip
    assert [one.say for one in menu_of(shop, "设置喜好").options] == ["1 火锅", "2 甜品"]
    assert shop.says("甜点").startswith("记下了：甜品"), "by the other names that are written down"


def test_what_is_held_about_somebody_shows_topics_to_tap(shop):
    menu = menu_of(shop, "我的资料")
    assert menu.head.endswith(t("profile.likes"))
    assert menu.options[1].say == "咖啡"
    assert shop.says("咖啡", menu_id=menu.options[1].id).startswith("记下了：咖啡")
    assert happened("preference") == [('{"topics": {"咖啡": 1.0}}', None)]
    shop.says("TD")
    assert shop.says("我的资料"), "whoever refused recommendations is asked for no topics"


# --- two requests in one message ----------------------------------------------------------------


@pytest.fixture
def parking(shop):
    put(shop, "intent", "parking", {"slug": "parking", "title": "停车",
                                    "answers": [{"text": "楼下可停"}]})  # fmt: skip
    put(shop, "intent", "hours", {"slug": "hours", "title": "时间",
                                  "answers": [{"text": "十点到十点"}]})  # fmt: skip
    meanings = {"有没有停车位": "parking", "能停车吗？": "parking", "几点关门": "hours",
                "订明天四个人的位子": "reserve"}  # fmt: skip
    for text, intent in meanings.items():
        means(shop, text, intent=intent, confidence=0.98)
    return shop


def test_a_booking_and_a_question_are_both_answered(parking):
    said = parking.says("订明天四个人的位子，顺便问下有没有停车位")
    assert said == "楼下可停\n\n好的，帮您登记订座。\n几点到店？"
    assert parking.last.handler == "dialogue.booking"
    assert parking.last.reason == "reserve 0.98 begins booking; also asked: parking 0.98"
    assert parking.says("六点").startswith("留个手机号")


def test_so_are_an_answer_and_a_question(parking):
    say_all(parking, "订座", "明天")
    assert parking.says("六点，能停车吗？") == "楼下可停\n\n一共几位？"
    assert parking.last.reason == "asking: at said; also asked: parking 0.98"
    assert parking.says("四个人，靠窗").startswith("留个手机号")


def test_a_question_beside_no_answer_is_a_digression(parking):
    say_all(parking, "订座")
    means(parking, "真好啊，能停车吗？", intent="parking", confidence=0.9)
    back = t("dialogue.back", question=DAY)
    assert parking.says("真好啊，能停车吗？") == f"楼下可停\n\n{back}"


def test_in_answer_to_a_question_for_a_text_nothing_is_taken_apart(parking):
    say_all(parking, "我要投诉")
    parking.says("保安骂人，能停车吗")
    state = dialogues.latest(parking.follower_id).sealed["state"]
    assert state["values"] == {"what": "保安骂人，能停车吗"}


def test_two_questions_are_answered_in_their_order(parking):
    text = "有没有停车位，几点关门"
    means(parking, text, intent="hours", confidence=0.6, second=("parking", 0.35))
    assert parking.says(text) == "楼下可停\n\n十点到十点"
    assert parking.last.reason == "two questions: parking 0.98 and hours 0.98"


def test_a_marketers_rule_for_all_of_it_goes_before(parking):
    put(parking, "rule", "both", {"slug": "both", "name": "都问", "answers": [{"text": "都有"}],
                                  "keywords": [{"text": "停车", "match": "contains"}]})  # fmt: skip
    text = "有没有停车位，几点关门"
    means(parking, text, intent="hours", confidence=0.6, second=("parking", 0.35))
    assert parking.says(text) == "都有"


def test_the_answer_to_both_is_the_same_when_the_message_is_handled_again(parking):
    platform, dying = Platform(), Dying()
    door = receiver(parking, dying)
    dying.dies = True
    delivered(parking, platform, door, "订明天四个人的位子，顺便问下有没有停车位")
    dying.dies = False
    parking.wait(seconds=10)
    parking.services = replace(parking.services, clock=lambda: parking.now)
    repair_inbox(replace(parking.services, client_of=lambda _: Phone()), dying, parking.now)
    door.close()
    assert dying.replies[0] == dying.replies[1]
    assert dying.replies[1].text.startswith("楼下可停")


def test_a_telephone_number_beside_a_wish_does_not_blur_it(shop):
    means(shop, "想来吃饭,电话13912345678", intent="phone", confidence=0.6)
    means(shop, "想来吃饭", intent="reserve", confidence=0.97)
    assert shop.says("想来吃饭，电话13912345678").endswith(DAY)
    assert shop.says("明天晚上六点四个人").startswith("有什么要求吗")


def test_words_that_begin_a_form_begin_it_whatever_else_is_said(shop):
    assert shop.says("订座，电话13912345678").endswith(DAY)
    assert shop.last.reason == "begins with a phrase of booking"
