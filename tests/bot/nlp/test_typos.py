"""Typos that sound like what was meant. A typo put right never unsubscribes anybody."""

from __future__ import annotations

import json
from pathlib import Path

import pypinyin
import pytest

from bot.nlp import typos
from bot.nlp.typos import Spelling, corrected, opts_out
from bot.nlp.understanding import understand

SPELLING = Spelling(["毛肚", "虾滑", "千层毛肚", "羊肉卷", "六级"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("优惠卷", "优惠券"),
        ("有优惠劵吗", "有优惠券吗"),
        ("快弟到哪了", "快递到哪了"),
        ("我要定坐", "我要订座"),
        ("会圆卡", "会员卡"),
        ("转人公", "转人工"),
        ("虾花", "虾滑"),
        ("来份千层毛杜", "来份千层毛肚"),
        ("客付在吗,发漂怎么开", "客服在吗,发票怎么开"),
        ("yhq", "优惠券"),
        ("kf", "客服"),
        ("youhuiquan", "优惠券"),
        ("kuaidi?", "快递"),
    ],
)
def test_a_typo_becomes_the_domains_word(typed, meant):
    text, slips = corrected(typed, SPELLING)
    assert text == meant
    assert all(typed[one.start : one.end] == one.said for one in slips)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "优惠券",
        "羊肉卷",
        "来份羊肉卷",
        "毛都掉了",
        "我想定做衣服",
        "现金发票",
        "今天会很晚",
        "先上课",
        "外买的东西能带吗",
        "yhq你好",
        "hello",
        "ok",
        "六及",
        "退订",
        "取消推送",
    ],
)
def test_what_is_right_stays(text):
    assert corrected(text, SPELLING) == (text, ())


def test_texts_made_of_the_domains_own_words_never_change():
    for word in SPELLING.words:
        assert corrected(word, SPELLING)[0] == word


def test_two_words_that_sound_alike_are_not_guessed_between():
    both = Spelling(["青禾", "清河"])
    assert corrected("轻合", both) == ("轻合", ())


@pytest.mark.parametrize(
    "typed", ["退定", "推订", "退丁!", "请退定", "tuiding", "退ding", "取消推松", "取消退送"]
)
def test_a_slip_in_a_whole_message_still_opts_out(typed):
    assert understand(typed).word == "opt_out"


@pytest.mark.parametrize(
    "typed",
    [
        "退定金",
        "推定",
        "退房",
        "退单",
        "腿疼",
        "我要退定的房",
        "订退",
        "取消订单",
        "取消预订",
        "推荐",
    ],
)
def test_what_is_not_plainly_a_refusal_opts_nobody_out(typed):
    assert not opts_out(typed)
    assert understand(typed).word != "opt_out"


def test_a_keyword_near_a_refusal_does_not_make_one_of_a_typo():
    from bot.nlp.dictionary import Dictionary

    words = Dictionary(keywords=["注销", "取消推送", "恢复"])
    assert understand("回复", words).word == ""
    assert understand("助消", words).word == ""


def test_the_table_of_sounds_is_pypinyins():
    kept = json.loads((Path(typos.__file__).parent / "entities/pinyin.json").read_text("utf-8"))
    for reading, listed in list(kept["syllables"].items())[::7]:
        for char in listed.partition("|")[0]:
            known = pypinyin.pinyin(
                char, style=pypinyin.Style.TONE3, heteronym=True, neutral_tone_with_five=True
            )
            assert reading in known[0], char


def test_a_long_text_is_left_alone():
    text = "快弟" * 1000
    assert corrected(text, SPELLING) == (text, ())
