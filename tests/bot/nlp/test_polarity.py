"""How pleased and how angry a text sounds."""

from __future__ import annotations

import pytest

from bot.nlp.normalise import normalise
from bot.nlp.polarity import _FOLDER, mood, polarity, read, signs
from bot.talk.handoff import HandOff


def feel(text: str) -> float:
    return polarity(normalise(text))


@pytest.mark.parametrize(
    "text",
    [
        "好吃",
        "非常满意",
        "没那么差",
        "不是不好",
        "虽然贵但是好吃",
        "👍",
        "不难吃",
        "yyds",
        "物超所值",
        "噪音不大",
        "价格也不算很贵",
        "发货速度比较快",
        "房间还是挺大的",
    ],
)
def test_it_is_praised(text):
    assert feel(text) > 0.1


@pytest.mark.parametrize(
    "text",
    [
        "不好吃",
        "一点都不好吃",
        "没有以前好吃",
        "太慢了",
        "骗子",
        "不太满意",
        "味道不错但是再也不会来",
        "😡",
        "噪音还是有点大",
        "速度不是很快",
        "房间也太小",
        "好慢啊",
        "掉页",
        "挂羊头卖狗肉",
        "要是有遥控器就更好了",
        "希望能改进",
    ],
)
def test_it_is_blamed(text):
    assert feel(text) < -0.1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "几点开门",
        "你好",
        "美国队长",
        "我要牛肉面",
        "给我推荐一个",
        "我在香港",
        "出差住一晚",
        "最近有什么电影",
        "房间在大堂旁边吗",
        "快递大概几天",
        "查一下余额",
    ],
)
def test_nothing_is_felt(text):
    assert feel(text) == 0


@pytest.mark.parametrize(
    ("more", "less"),
    [
        ("非常好吃", "好吃"),
        ("好吃", "还算好吃"),
        ("好吃", "好吃吗"),
        ("好吃", "如果好吃"),
        ("太慢了,但是好吃", "好吃,但是太慢了"),
        ("没那么差", "差"),
        ("不好吃", "非常难吃又恶心"),
    ],
)
def test_degree_turn_and_question_weigh(more, less):
    assert feel(more) > feel(less)


def test_a_code_that_normalising_takes_away_is_felt():
    assert mood("[发怒]", normalise("[发怒]")).sentiment < 0
    assert signs("", "[强][强]").total > 0


@pytest.mark.parametrize(
    ("angrier", "calmer"),
    [
        ("骗子!我要投诉12315", "有点慢"),
        ("怎么还没发货!!!", "怎么还没发货"),
        ("傻逼", "差评"),
        ("投诉", "请问怎么开发票"),
    ],
)
def test_anger_grows(angrier, calmer):
    one, other = (mood(text, normalise(text)).anger for text in (angrier, calmer))
    assert one > other
    assert 0 <= other <= one <= 1


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("😡😡😡", True),
        ("😡😡", True),
        ("[怒][怒]", True),
        ("[发怒] [发怒]", True),
        ("/::@/::@", True),
        ("🤬", True),
        ("😡", False),
        ("[怒]", False),
        ("😤😤", False),
        ("😭😭😭", False),
        ("[微笑]", False),
        ("😊😊😊", False),
    ],
)
def test_faces_alone_are_anger_enough_for_a_person_where_they_are_angry_and_several(text, person):
    assert (mood(text, normalise(text)).anger >= HandOff().anger) is person


def test_praise_is_not_anger_however_loud():
    assert mood("太好吃了!!!", normalise("太好吃了!!!")).anger == 0


def test_no_word_stands_twice_and_strengths_are_in_range():
    entries = read(_FOLDER)
    assert len(entries) > 11_000
    assert all(-1 <= strength <= 1 for strength in entries.values())
    assert all(normalise(word) in (word, "") for word in entries if word[0] not in "[/")
