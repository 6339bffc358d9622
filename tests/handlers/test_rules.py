"""Marketers' rules in the conversation: keywords, the welcome, what nobody understood."""

from zoneinfo import ZoneInfo

import pytest

from bot.errors import Conflict
from bot.i18n import t
from bot.nlp.understanding import understand
from bot.store import dialogues, handoff, segments, talk
from bot.store.segments import Move
from bot.talk import rulebook
from bot.values.inbound import Subscribe, TextMessage, Unsubscribe, VoiceMessage
from bot.values.replies import NO_REPLY, ImageReply, Several, TextReply
from handlers import ruled
from tests.conftest import NOON
from tests.handlers.conftest import shown
from tests.handlers.talking import teach


def rule(house, slug="parking", *keywords, **more):
    document = {"slug": slug, "answers": [{"text": f"回答 {slug}"}], **more}
    if keywords:
        document["keywords"] = list(keywords)
    teach(house, "rule", slug, document)


def vip(house):
    """The follower enters the segment vip."""
    made = segments.put(house.account.id, "vip", "贵宾", {}, NOON)
    segments.move(made.id, [Move(house.follower_id, {})], [], NOON)


def steps(house):
    return {step: why for step, _, _, why in house.last.trace}


# --- keywords ------------------------------------------------------------------------------------


def test_a_keyword_is_answered_and_the_reason_kept(house):
    rule(house, "parking", {"text": "停车", "match": "contains"})
    assert house.says("你们那里能停车吗") == "回答 parking"
    assert (house.last.handler, house.last.reason) == (
        "rules.parking",
        "rule parking, contains 停车",
    )


def test_what_has_no_keyword_passes_and_says_so(house):
    rule(house, "parking", "停车")
    assert "优惠券" in house.says("帮助")
    assert steps(house)["rules"] == "no rule's keyword"


def test_a_rule_goes_before_the_houses_own_words(house):
    assert house.push(TextMessage, text="你好").handler == "text.greet"
    rule(house, "hello", "你好")
    assert house.says("你好") == "回答 hello"


@pytest.mark.parametrize(
    ("typed", "handler"), [("退订", "privacy.opt_out"), ("删除我的数据", "privacy.ask_to_erase")]
)
def test_words_of_rights_go_before_every_rule(house, typed, handler):
    rule(house, "greedy", typed, {"text": ".+", "match": "regex"}, priority=1000)
    assert house.push(TextMessage, text=typed).handler == handler


def test_a_rule_is_silent_while_an_agent_has_the_chat(house):
    rule(house, "parking", "停车")
    house.says("停车")
    handoff.take(house.follower_id, "kf@gh", house.now, house.now.replace(hour=6))
    assert house.says("停车") == ""


def test_the_answer_to_the_first_question_is_no_keyword(house):
    rule(house, "one", "1")
    house.push(Subscribe)
    assert "咖啡" in house.says("1")
    assert house.says("1") == "回答 one"


def test_recognised_voice_meets_keywords_too(house):
    rule(house, "parking", {"text": "停车", "match": "contains"})
    said = house.push(VoiceMessage, media_id="m", format="amr", recognition="哪里停车。")
    assert shown(said) == "回答 parking"


def test_hours_are_of_the_accounts_clock(house):
    rule(house, "noon", "开门吗", hours=["12:00-13:00"])
    assert house.says("开门吗") == "回答 noon"
    house.wait(hours=1)
    assert house.says("开门吗") != "回答 noon"


def test_a_rule_for_a_segment_is_for_its_members(house):
    rule(house, "regular", "折扣")
    rule(house, "special", "折扣", segment="vip", priority=200)
    assert house.says("折扣") == "回答 regular"
    vip(house)
    assert house.says("折扣") == "回答 special"


def test_all_answers_are_said_in_their_order(house):
    answers = [{"text": "一"}, {"text": "二"}]
    rule(house, "two", "数数", answers=answers)
    assert house.says("数数") == "一\n\n二"
    rule(house, "two", "数数", answers=answers, give="first")
    assert house.says("数数") == "一"


def test_one_at_random_is_the_same_for_the_same_message(house):
    rule(house, "dice", "掷", answers=[{"text": str(n)} for n in range(20)], give="random")
    texts = {house.says("掷") for _ in range(12)}
    assert len(texts) > 2
    ctx = house.context()
    said = understand("掷")
    found = ruled.matched(said, ctx)
    once, again = (ruled.reply_of(found, ctx, said) for _ in range(2))
    assert once == again


def test_a_silent_rule_says_nothing(house):
    rule(house, "hush", "嘘", answers=[{"silent": True}])
    assert house.push(TextMessage, text="嘘").reply == NO_REPLY


def test_a_rule_that_cannot_be_read_leaves_the_others(house, caplog):
    talk.put(house.account.id, "rule", "bad", {"slug": "bad", "keywords": [{"regx": "("}]}, NOON)
    rule(house, "parking", "停车")
    assert house.says("停车") == "回答 parking"
    assert "rule bad is left out" in caplog.text


@pytest.mark.parametrize("text", ["", " ", "\u200b", "[微笑]", "停" * 50_000, "(((((", "{0.x}"])
def test_no_text_upsets_the_rules(house, text):
    rule(house, "parking", "停车场", {"text": "(停+)+x$", "match": "regex"})
    assert house.push(TextMessage, text=text).handler


# --- the welcome ---------------------------------------------------------------------------------


def notice(lang="zh"):
    return t("rules.notice", lang)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_notice_is_that_of_the_houses_own_welcome(lang):
    own = t("welcome.new", lang, options="…")
    assert notice(lang) in own
    assert t("rules.question", lang, options="…") in own
    assert t("rules.refuse", lang) in t("welcome.back", lang)


def test_without_a_rule_the_houses_welcome_stays(house):
    rule(house, "spring", on="subscribe", scenes=["spring-*"])
    assert shown(house.push(Subscribe, scene="autumn")).startswith("你好，欢迎关注")


def test_a_rule_welcomes_by_scene_with_the_notice_and_the_question(house):
    rule(house, "spring", on="subscribe", scenes=["spring-*"])
    said = shown(house.push(Subscribe, scene="spring-7"))
    assert said.startswith("回答 spring\n\n")
    assert notice() in said
    assert "1 咖啡" in said
    assert house.last.reason == "rule spring, beginning spring-*"
    assert "咖啡" in house.says("1")


def test_who_comes_back_is_welcomed_by_the_rule_and_told_how_to_refuse(house):
    rule(house, "hello", on="subscribe")
    house.push(Subscribe)
    house.push(Unsubscribe)
    house.wait(days=3)
    assert shown(house.push(Subscribe)) == f"回答 hello\n\n{t('rules.refuse', 'zh')}"
    assert dialogues.current(house.follower_id, house.now) is None


def test_a_welcome_by_time(house):
    rule(house, "night", on="subscribe", hours=["22:00-06:00"])
    assert "回答 night" not in shown(house.push(Subscribe))
    house.wait(hours=11)
    assert shown(house.push(Subscribe, openid="o-mei")).startswith("回答 night")


def test_a_picture_is_followed_by_the_notice(house):
    rule(house, "picture", on="subscribe", answers=[{"image": "m-1"}, {"image": "m-2"}])
    reply = house.push(Subscribe).reply
    assert isinstance(reply, Several)
    first, second, third = reply.replies  # following opens a window for three messages
    assert (first, third) == (ImageReply("m-1"), ImageReply("m-2"))
    assert isinstance(second, TextReply)
    assert notice() in second.text


def test_a_silent_welcome_still_gives_the_notice(house):
    rule(house, "hush", on="subscribe", answers=[{"silent": True}])
    assert shown(house.push(Subscribe)).startswith(notice())


# --- what nobody understood ----------------------------------------------------------------------


def test_a_default_rule_answers_what_nobody_understood_once_a_minute(house):
    rule(house, "shrug", on="default")
    assert house.says("阿巴阿巴") == "回答 shrug"
    assert (house.last.handler, house.last.reason) == (
        "fallback.default",
        "nothing recognised, rule shrug",
    )
    house.wait(seconds=30)
    assert house.says("歪比巴卜") == t("fallback.again", "zh")
    house.wait(minutes=20)
    assert house.says("歪比巴卜") == "回答 shrug"


def test_out_of_its_time_the_houses_default_stays(house):
    rule(house, "shrug", on="default", hours=["22:00-06:00"])
    assert house.says("阿巴阿巴") == t("fallback.default", "zh")


# --- the rules of an account in the store --------------------------------------------------------


def test_kept_rules_come_back_as_they_were(house):
    documents = [
        {
            "slug": "a",
            "keywords": ["早"],
            "answers": [{"text": "早上好"}],
            "hours": ["05:00-11:00"],
        },
        {"slug": "b", "on": "default", "answers": [{"coupon": "mine"}], "segment": "vip"},
    ]
    read = rulebook.read(documents)
    found = rulebook.keep(house.account.id, read, NOON, _zone(house))
    assert [one.kind for one in found] == ["unreachable_segment"]
    assert rulebook.stored(house.account.id) == read


def test_rules_that_bring_errors_are_kept_only_by_force(house):
    rule(house, "a", "早")
    new = rulebook.read([{"slug": "b", "keywords": ["早"], "answers": [{"text": "x"}]}])
    with pytest.raises(Conflict, match="“早”"):
        rulebook.keep(house.account.id, new, NOON, _zone(house))
    assert [one.slug for one in rulebook.stored(house.account.id)] == ["a"]
    rulebook.keep(house.account.id, new, NOON, _zone(house), force=True)
    assert [one.slug for one in rulebook.stored(house.account.id)] == ["a", "b"]


def _zone(house):
    return ZoneInfo(house.account.timezone)
