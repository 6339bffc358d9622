"""Answers as documents: what is accepted, what is refused, and which one a follower gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InvalidInput
from bot.talk.answers import Answer, filled, read_answer, write_answer
from bot.talk.choosing import choose, merge
from bot.values.replies import (
    NO_REPLY,
    Article,
    ImageReply,
    MenuOption,
    MenuReply,
    MiniProgramReply,
    MusicReply,
    NewsReply,
    Several,
    TextReply,
    TransferReply,
    VideoReply,
    VoiceReply,
)

CARD = {"title": "点单", "appid": "wx1", "pagepath": "p/i", "thumb": "m"}
MENU = {"head": "想看什么？", "options": [{"say": "菜单"}, {"say": "活动", "id": "act"}]}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param({"text": "你好"}, TextReply("你好"), id="text"),
        pytest.param({"image": "m"}, ImageReply("m"), id="image"),
        pytest.param({"voice": "m"}, VoiceReply("m"), id="voice"),
        pytest.param({"video": "m", "title": "t"}, VideoReply("m", "t"), id="video"),
        pytest.param(
            {"music": "m", "url": "https://u"}, MusicReply("m", url="https://u"), id="music"
        ),
        pytest.param(
            {"news": [{"title": "t", "url": "https://u"}]},
            NewsReply((Article("t", url="https://u"),)),
            id="news",
        ),
        pytest.param(
            {"menu": MENU},
            MenuReply("想看什么？", (MenuOption("", "菜单"), MenuOption("act", "活动"))),
            id="menu",
        ),
        pytest.param(
            {"miniprogram": CARD}, MiniProgramReply("点单", "wx1", "p/i", "m"), id="mini-program"
        ),
    ],
)
def test_what_only_says_something_is_a_reply(document, expected):
    answer = read_answer(document)
    assert answer.reply == expected
    assert read_answer(write_answer(answer)) == answer


@pytest.mark.parametrize(
    ("document", "kind", "name"),
    [
        ({"coupon": "spring-8"}, "coupon", "spring-8"),
        ({"coupon": "mine"}, "coupon", "mine"),
        ({"content": "咖啡"}, "content", "咖啡"),
        ({"content": "interests"}, "content", "interests"),
        ({"form": "booking"}, "form", "booking"),
        ({"human": ""}, "human", ""),
        ({"human": "kf1@gh"}, "human", "kf1@gh"),
        ({"silent": True}, "silent", ""),
    ],
)
def test_what_does_something_is_named(document, kind, name):
    answer = read_answer({**document, "lang": "en", "only": "regulars"})
    assert answer == Answer(kind=kind, name=name, lang="en", only="regulars")
    assert read_answer(write_answer(answer)) == answer


@pytest.mark.parametrize(
    ("document", "field"),
    [
        pytest.param("你好", "answer", id="no mapping"),
        pytest.param({}, "", id="nothing"),
        pytest.param({"text": "a", "image": "m"}, "", id="two kinds"),
        pytest.param({"text": ""}, "text", id="an empty text"),
        pytest.param({"text": "火" * 683}, "text", id="a text longer than a message"),
        pytest.param({"text": '<a href="x">y'}, "text", id="a link that is not closed"),
        pytest.param({"text": "{hours}"}, "text", id="a fact that may be missing, no default"),
        pytest.param({"text": "{name"}, "text", id="a brace that is not closed"),
        pytest.param({"text": "{name.__class__}"}, "text", id="a format-string trick"),
        pytest.param({"text": "{0}"}, "text", id="a place by number"),
        pytest.param({"text": "a\x00"}, "text", id="a character that nobody sees"),
        pytest.param({"text": "a", "lang": "fr"}, "lang", id="a language that there is not"),
        pytest.param({"text": "a", "only": "A B"}, "only", id="no slug of a segment"),
        pytest.param({"text": "a", "colour": 1}, "colour", id="a field that there is not"),
        pytest.param({"image": 5}, "image", id="a media id that is no text"),
        pytest.param({"silent": False}, "silent", id="silent, but not"),
        pytest.param({"coupon": ""}, "coupon", id="no batch"),
        pytest.param({"news": []}, "news", id="no article"),
        pytest.param({"news": [{"title": "t"}] * 9}, "news", id="nine articles"),
        pytest.param(
            {"news": [{"title": "t", "url": "javascript:x"}]}, "news[0].url", id="no web address"
        ),
        pytest.param(
            {"news": [{"title": "{x}"}]}, "news[0].title", id="an unknown variable in a title"
        ),
        pytest.param({"menu": {"head": "h", "options": []}}, "options", id="no choice"),
        pytest.param(
            {"menu": {"head": "h", "options": [{"say": ""}]}},
            "options[0].say",
            id="an empty choice",
        ),
        pytest.param({"miniprogram": {"title": "t"}}, "appid", id="a card without its app"),
    ],
)
def test_what_is_refused_and_where(document, field):
    with pytest.raises(InvalidInput) as refused:
        read_answer(document)
    assert refused.value.field == field


def test_a_form_may_use_its_own_slots():
    answer = read_answer({"text": "{day} {people}位"}, known=("day", "people"))
    assert filled(answer.reply, lambda text: text.replace("{day}", "周六")) == TextReply(
        "周六 {people}位"
    )


def test_addresses_are_left_alone_when_variables_are_filled_in():
    news = NewsReply((Article("{name}", "{name}", "https://u/{name}", "https://p/{name}"),))
    done = filled(news, lambda text: text.replace("{name}", "林"))
    assert done == NewsReply((Article("林", "林", "https://u/{name}", "https://p/{name}"),))


# --- choosing -----------------------------------------------------------------------------------


def texts(*said, **more):
    return [Answer(kind="text", reply=TextReply(one), **more) for one in said]


def given_to(answers, give="all", lang="zh", segments=(), lately=(), seed=1):
    from random import Random

    chosen = choose(
        answers, give, Random(seed), lang, set(segments).__contains__,
        lambda one: lately.index(one.reply.text) + 1 if one.reply.text in lately else 0,
    )  # fmt: skip
    return [one.reply.text for one in chosen]


@pytest.mark.parametrize(
    ("answers", "how", "expected"),
    [
        pytest.param(texts("a", "b"), {}, ["a", "b"], id="all, in order"),
        pytest.param(texts("a", "b"), {"give": "first"}, ["a"], id="the first"),
        pytest.param([], {}, [], id="none"),
        pytest.param(
            texts("a", only="vip") + texts("b"), {"give": "first"}, ["b"], id="others' segment"
        ),
        pytest.param(
            texts("a", only="vip") + texts("b"),
            {"give": "first", "segments": ["vip"]},
            ["a"],
            id="one's own segment",
        ),
        pytest.param(texts("a", only="vip"), {"give": "random"}, [], id="nothing for them"),
        pytest.param(
            texts("甲") + texts("A", lang="en"), {"give": "first", "lang": "en"}, ["A"],
            id="their own language first",
        ),
        pytest.param(
            texts("甲") + texts("A", lang="en"), {"give": "first"}, ["甲"],
            id="what names no language is Chinese",
        ),
        pytest.param(
            texts("甲", lang="zh"), {"give": "random", "lang": "en"}, ["甲"],
            id="better in Chinese than nothing",
        ),
        pytest.param(
            texts("甲", lang="zh") + texts("A", lang="en"), {"lang": "en"}, ["A"],
            id="all of one's language",
        ),
        pytest.param(
            texts("a", "b"), {"give": "random", "lately": ["a"]}, ["b"], id="not the same again"
        ),
        pytest.param(
            texts("a", "b"), {"give": "random", "lately": ["b", "a"]}, ["a"],
            id="and if there is no other, what was said longest ago",
        ),
        pytest.param(
            texts("a"), {"give": "random", "lately": ["a"]}, ["a"], id="the only one always"
        ),
    ],
)  # fmt: skip
def test_who_gets_which_answer(answers, how, expected):
    assert given_to(answers, **how) == expected


@given(st.integers(), st.lists(st.text(min_size=1), min_size=1, unique=True))
def test_the_same_event_gets_the_same_variant(event_id, said):
    answers = texts(*said)
    first, again = (given_to(answers, "random", seed=event_id) for _ in range(2))
    assert first == again
    assert len(first) == 1


def test_every_variant_is_given_to_somebody():
    found = {given_to(texts("a", "b", "c"), "random", seed=n)[0] for n in range(50)}
    assert found == {"a", "b", "c"}


# --- putting together ---------------------------------------------------------------------------

OPTIONS = (MenuOption("1", "好"),)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param([], NO_REPLY, id="nothing"),
        pytest.param([NO_REPLY, TextReply("a")], TextReply("a"), id="one"),
        pytest.param([TextReply("a"), TextReply("b")], TextReply("a\n\nb"), id="texts are one"),
        pytest.param(
            [TextReply("a"), MenuReply("b", OPTIONS)], MenuReply("a\n\nb", OPTIONS),
            id="a text above a menu",
        ),
        pytest.param(
            [TextReply("a"), ImageReply("m"), TextReply("b")],
            Several((TextReply("a"), ImageReply("m"), TextReply("b"))),
            id="a picture between them keeps its place",
        ),
        pytest.param(
            [TextReply("a"), TransferReply()], Several((TransferReply(), TextReply("a"))),
            id="a transfer comes first",
        ),
        pytest.param(
            [Several((TextReply("a"), ImageReply("m"))), TextReply("b")],
            Several((TextReply("a"), ImageReply("m"), TextReply("b"))),
            id="several are not put into several",
        ),
    ],
)  # fmt: skip
def test_what_is_said_in_one_message_is(parts, expected):
    assert merge(parts) == expected


def test_texts_too_long_for_one_message_stay_two():
    long = TextReply("火" * 500)
    assert merge([long, long]) == Several((long, long))


def test_no_more_messages_than_a_window_has():
    assert len(merge([ImageReply(str(n)) for n in range(9)]).replies) == 5
