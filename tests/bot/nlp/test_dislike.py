"""What people say they do not like is no interest of theirs; a wish with conditions is one."""

from time import perf_counter

import pytest

from bot.nlp.dislike import liked
from bot.nlp.normalise import normalise
from bot.nlp.understanding import understand


@pytest.mark.parametrize(
    "text",
    [
        "不喜欢火锅", "我讨厌咖啡，别给我推荐", "我不喝奶茶", "对酒店没兴趣", "对火锅不感兴趣",
        "对咖啡没有什么兴趣", "我不太喜欢甜品", "火锅吃腻了", "烦死火锅了", "别再给我推荐酒店",
        "不想要咖啡", "我从来不爱吃烧烤！", "火锅，我真的不喜欢", "火锅？不吃", "不用推荐奶茶了",
    ],
)  # fmt: skip
def test_what_is_disliked_is_no_topic(text):
    assert understand(text).topics == {}


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        pytest.param("不要太贵的酒店", "酒店", id="a condition"),
        pytest.param("不想住太远的酒店", "酒店", id="another condition"),
        pytest.param("麻烦帮我订酒店", "酒店", id="please, not annoyance"),
        pytest.param("烦请推荐一家酒店", "酒店", id="please, in writing"),
        pytest.param("你喜不喜欢火锅", "火锅", id="asked, not said"),
        pytest.param("谁不喜欢火锅", "火锅", id="everybody does"),
        pytest.param("有没有兴趣一起喝咖啡", "咖啡", id="an invitation"),
        pytest.param("我想吃火锅，不吃辣", "火锅", id="how, not whether"),
        pytest.param("喜欢不油腻的火锅", "火锅", id="not greasy"),
    ],
)
def test_a_wish_stays_a_wish(text, topic):
    assert topic in understand(text).topics


@pytest.mark.parametrize(
    ("text", "kept", "dropped"),
    [
        ("我不吃火锅，想喝咖啡", "咖啡", "火锅"),
        ("想喝咖啡！讨厌奶茶", "咖啡", "奶茶"),
        ("不喜欢火锅但是喜欢咖啡", "咖啡", "火锅"),
        ("奶茶，咖啡不喜欢", "奶茶", "咖啡"),
        ("附近有酒店吗;对电影没兴趣。", "酒店", "电影"),
    ],
)
def test_only_the_clause_that_says_so_is_dropped(text, kept, dropped):
    topics = understand(text).topics
    assert kept in topics
    assert dropped not in topics


def test_a_text_without_dislike_is_looked_at_once():
    def never(_: str) -> dict[str, float]:
        raise AssertionError("looked at twice")

    assert liked("来杯咖啡", {"咖啡": 1.0}, never) == {"咖啡": 1.0}
    assert liked("讨厌你", {}, never) == {}


def test_no_text_takes_long_to_read():
    texts = [normalise(part * 500) for part in ("不", "没有", "别再", "火锅不喜欢，", "我，", "烦")]
    began = perf_counter()
    for text in texts:
        understand(text)
    assert perf_counter() - began < 10  # milliseconds; a pattern that explodes takes minutes
