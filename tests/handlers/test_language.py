"""Followers are answered in the language that they write."""

from __future__ import annotations

import pytest

from bot.i18n import t
from bot.store import followers, segments
from bot.store.models import Follower
from bot.values.inbound import MenuClick, Subscribe, TextMessage
from tests.conftest import NOON
from tests.handlers.conftest import shown
from tests.handlers.talking import setting, teach

LOST = {"zh": t("fallback.default"), "en": t("fallback.default", "en")}
ENGLISH, CHINESE = "what about the weather", "今天天气不错哦"


def speaks(house, language):
    followers.ensure(house.account.id, "o-lin", NOON)
    Follower.update(language=language).execute()


@pytest.mark.parametrize(
    ("known", "text", "answered"),
    [
        pytest.param("zh", ENGLISH, "en", id="who writes English reads English"),
        pytest.param("zh", CHINESE, "zh", id="who writes Chinese reads Chinese"),
        pytest.param("en", CHINESE, "zh", id="whatever was known before"),
        pytest.param("en", "blub", "en", id="where the words show nothing, what is known counts"),
        pytest.param("zh", "blub", "zh", id="and Chinese where nothing is"),
    ],
)
def test_in_which_language_a_text_is_answered(house, known, text, answered):
    speaks(house, known)
    assert house.says(text) == LOST[answered]


def test_a_language_is_remembered_until_they_write_another(house):
    house.push(Subscribe)
    house.says(ENGLISH)
    assert Follower.get().language == "en"
    assert shown(house.push(MenuClick, key="HELP")) == t("help", "en")
    house.says("优惠券")  # a command, which English followers type as well
    assert Follower.get().language == "en"
    house.says(CHINESE)
    assert Follower.get().language == "zh"


def test_a_tap_repeats_our_words_and_says_nothing_about_theirs(house):
    speaks(house, "en")
    house.push(TextMessage, text="看看菜单", menu_id="m1")
    assert Follower.get().language == "en"


def test_segments_look_again_at_who_changed_the_language(house):
    house.push(Subscribe)
    segments.settle_dirty(segments.dirty(house.account.id, 10))
    house.says(CHINESE)
    assert segments.dirty(house.account.id, 10) == []
    house.says(ENGLISH)
    assert len(segments.dirty(house.account.id, 10)) == 1


BOTH = [{"text": "在三楼"}, {"text": "On the third floor", "lang": "en"}]


@pytest.mark.parametrize("give", ["all", "first", "random"])
@pytest.mark.parametrize(
    ("text", "said"), [("toilet where is it", "On the third floor"), ("洗手间在哪", "在三楼")]
)
def test_a_document_says_what_is_written_for_the_language(house, give, text, said):
    rule = {"slug": "wc", "keywords": ["toilet where is it", "洗手间在哪"], "answers": BOTH}
    teach(house, "rule", "wc", {**rule, "give": give})
    assert house.says(text) == said


def test_a_chinese_greeting_does_not_begin_an_english_answer(house):
    setting(house, "tone", greeting="您好呀～", closing="期待您的光临！")
    rule = {"slug": "wc", "keywords": ["where is it", "在哪儿呢"], "answers": BOTH}
    teach(house, "rule", "wc", rule)
    assert house.says("where is it") == "On the third floor"
    house.wait(days=1)
    assert house.says("在哪儿呢") == "您好呀～在三楼"
