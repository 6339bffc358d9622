"""Rules as documents, and which of several answers."""

import random
import time
from datetime import timedelta

import pytest

from bot.clock import SHANGHAI
from bot.errors import InvalidInput
from bot.nlp.normalise import normalise
from bot.talk.rules import MOST_RULES, read_rule, read_rules, write_rule
from bot.talk.rules_match import Rules
from tests.conftest import NOON


def rule(slug="r", *keywords, **more):
    """A document whose answer is its slug."""
    listed = [one if isinstance(one, str) else dict(zip(("match", "text"), one, strict=True))
              for one in keywords]  # fmt: skip
    usual = {"slug": slug, "answers": [slug]}
    return {**usual, **({"keywords": listed} if keywords else {}), **more}


def read(document):
    return read_rule(document, str)


def compiled(*documents):
    return Rules(read_rules(documents, str))


def answers(rules, text, *, now=NOON, mine=()):
    found = rules.match(normalise(text), now, SHANGHAI, mine.__contains__)
    return found.rule.slug if found else None


# --- documents -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        rule("r", "退款"),
        rule("r", "退款", ("contains", "退"), ("regex", "退.{0,2}款"), give="random", priority=0),
        rule("r", "早", hours=["22:00-02:00"], weekdays=[6, 7], segment="vip", enabled=False),
        rule("r", "早", starts_at="2026-12-01", ends_at="2026-12-31T18:00+08:00", name="早安"),
        rule("r", on="subscribe", scenes=["shop-*", "spring"]),
        rule("r", on="subscribe"),
        rule("r", on="default"),
    ],
)
def test_documents_come_back_as_they_were(document):
    assert read(write_rule(read(document), lambda a: a)) == read(document)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ([], "rule"),
        (rule("R", "a"), "slug"),
        (rule("r"), "keywords"),
        (rule("r", "a", answers=[]), "answers"),
        (rule("r", "a", answers=["x"] * 21), "answers"),
        (rule("r", *["a"] * 101), "keywords"),
        (rule("r", "a" * 61), "keywords[0].text"),
        (rule("r", "a", " "), "keywords[1].text"),
        (rule("r", ("fuzzy", "a")), "keywords[0].match"),
        (rule("r", "a", ("regex", "(")), "keywords[1].text"),
        (rule("r", ("regex", "a*")), "keywords[0].text"),
        (rule("r", keywords=[{"text": "a", "mtach": "exact"}]), "keywords[0].mtach"),
        (rule("r", keywords=[7]), "keywords[0].keyword"),
        (rule("r", "a", on="follow"), "on"),
        (rule("r", "a", on="default"), "keywords"),
        (rule("r", "a", on="subscribe"), "keywords"),
        (rule("r", "a", scenes=["x"]), "scenes"),
        (rule("r", on="subscribe", scenes=["a*b"]), "scenes[0]"),
        (rule("r", on="subscribe", scenes=[""]), "scenes[0]"),
        (rule("r", "a", give="some"), "give"),
        (rule("r", "a", priority=1001), "priority"),
        (rule("r", "a", priority=-1), "priority"),
        (rule("r", "a", priority=True), "priority"),
        (rule("r", "a", enabled="yes"), "enabled"),
        (rule("r", "a", segment="VIP 1"), "segment"),
        (rule("r", "a", hours=["9-18"]), "hours[0]"),
        (rule("r", "a", keyword="b"), "keyword"),
    ],
)
def test_what_is_refused_is_named(document, field):
    with pytest.raises(InvalidInput) as refused:
        read(document)
    assert refused.value.field == field


def test_a_set_names_the_rule_that_is_wrong():
    with pytest.raises(InvalidInput) as refused:
        read_rules([rule("a", "a"), rule("b", ("regex", "("))], str)
    assert refused.value.field == "rules[1].keywords[0].text"


def test_a_slug_stands_once_and_rules_are_bounded():
    with pytest.raises(InvalidInput, match="twice"):
        read_rules([rule("a", "a"), rule("a", "b")], str)
    with pytest.raises(InvalidInput, match="at most 2000"):
        read_rules([rule(f"r{n}", "a") for n in range(MOST_RULES + 1)], str)


def test_patterns_that_every_message_tries_are_bounded():
    hungry = [rule(f"r{n}", ("regex", f"[a-z]{{{400 + n}}}")) for n in range(100)]
    assert read_rules(hungry[:10], str)
    with pytest.raises(InvalidInput, match="without letters"):
        read_rules(hungry, str)


def test_a_long_text_does_not_hang_on_many_hungry_patterns():
    patterns = ["(x+x+)+y{%d}", "(?:[a-f]|[c-x]{2}){%d}[0-9]z", "[a-z]*[0-9]{%d}[^a-z]"]
    documents = [rule(f"r{n}", ("regex", patterns[n % 3] % (n + 2))) for n in range(60)]
    rules, hostile = compiled(*documents), normalise("abcdefxyz" * 5000)
    assert _seconds(rules, [hostile]) < 2


# --- what fits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keyword", "text", "fits"),
    [
        ("优惠券", "优惠券", True),
        ("优惠券", " 優 惠 券！！ ", True),
        ("优惠券", "[微笑]优惠券[微笑]", True),
        ("优惠券", "我要优惠券", False),
        ("WiFi", "ＷＩＦＩ", True),
        ("🎂", "🎂", True),
        ("🎂", "生日🎂", False),
        ("[微笑]", "[微笑]", False),
        ("[微笑]", "", False),
        (("contains", "优惠"), "有什么優惠吗", True),
        (("contains", "优惠"), "优 惠", False),
        (("contains", "🎂"), "生日🎂快乐", True),
        (("contains", "[微笑]"), "你好[微笑]", False),
        (("contains", "c++"), "学C++吗", True),
        (("contains", "券"), "优惠券", True),
        (("regex", "^退.*款$"), "退一下款", True),
        (("regex", "^退.*款$"), "我要退款", False),
        (("regex", "\\d{4}号"), "查１２３４号", True),
        (("regex", "\\d{4}号"), "查123号", False),
        (("contains", "退款"), "退" + "款" * 40000, True),
        (("regex", "退.款"), "0" * 498 + "退一款", False),
        (("contains", "退款"), "好" * 3 + "啊呀" + "0" * 3000 + "退款", False),
    ],
)
def test_what_a_keyword_fits(keyword, text, fits):
    assert (answers(compiled(rule("r", keyword)), text) == "r") is fits


@pytest.mark.parametrize(
    ("rules", "text", "winner"),
    [
        pytest.param(
            [rule("a", "退款"), rule("b", ("contains", "退"), priority=101)], "退款", "b",
            id="the greater priority before everything",
        ),
        pytest.param(
            [rule("a", ("contains", "退款")), rule("b", "退款")], "退款", "b",
            id="exact before contains",
        ),
        pytest.param(
            [rule("a", ("regex", "退.款吧")), rule("b", ("contains", "退"))], "退个款吧", "b",
            id="contains before regex",
        ),
        pytest.param(
            [rule("a", ("contains", "退款")), rule("b", ("contains", "退款单"))], "退款单", "b",
            id="the longer keyword",
        ),
        pytest.param(
            [rule("b", ("contains", "退款")), rule("a", ("contains", "发票"))], "退款发票", "a",
            id="then the slug by the alphabet",
        ),
        pytest.param(
            [rule("a", "退款", enabled=False), rule("b", ("contains", "退"))], "退款", "b",
            id="a disabled rule is not there",
        ),
        pytest.param(
            [rule("a", "退款", hours=["00:00-06:00"]), rule("b", ("contains", "退"))], "退款", "b",
            id="a rule out of its hours lets the next one",
        ),
        pytest.param(
            [rule("a", "退款", segment="vip"), rule("b", "退款")], "退款", "b",
            id="so does a rule for others",
        ),
    ],
)  # fmt: skip
def test_which_of_several_answers_whatever_their_order(rules, text, winner):
    assert answers(compiled(*rules), text) == winner
    assert answers(compiled(*rules[::-1]), text) == winner


def test_a_segment_is_asked_for_only_where_a_rule_that_fits_names_one():
    rules = compiled(rule("a", "早", segment="vip"), rule("b", "晚"), rule("c", "早"))
    asked = []

    def in_segment(slug):
        asked.append(slug)
        return True

    rules.match("晚", NOON, SHANGHAI, in_segment)
    assert asked == []
    assert rules.match("早", NOON, SHANGHAI, in_segment).rule.slug == "a"
    assert asked == ["vip"]
    assert answers(rules, "早", mine=("vip",)) == "a"
    assert answers(rules, "早") == "c"


def test_a_match_says_why():
    found = compiled(rule("refund", ("contains", "退 款"))).match(
        "我 退 款", NOON, SHANGHAI, lambda slug: False
    )
    assert (found.keyword, found.why) == ("退 款", "rule refund, contains 退 款")


@pytest.mark.parametrize(
    ("scene", "winner"),
    [
        ("", "any"), ("spring", "whole"), ("shop-7", "shops"), ("shop-77", "shop7"),
        ("shop-", "shops"), ("other", "any"),
    ],
)  # fmt: skip
def test_the_most_particular_scene_welcomes(scene, winner):
    rules = compiled(
        rule("any", on="subscribe"),
        rule("shops", on="subscribe", scenes=["shop-*"]),
        rule("shop7", on="subscribe", scenes=["shop-7?", "shop-77*"]),
        rule("whole", on="subscribe", scenes=["spring"]),
        rule("none", on="default"),
    )
    found = rules.welcome(scene, NOON, SHANGHAI, lambda slug: False)
    assert found.rule.slug == winner


def test_a_welcome_and_a_default_have_their_times_too():
    rules = compiled(
        rule("day", on="subscribe", hours=["08:00-20:00"]),
        rule("night", on="default", hours=["20:00-08:00"]),
    )
    midnight = NOON + timedelta(hours=12)
    for now, welcome, default in ((NOON, "day", None), (midnight, None, "night")):
        found = (
            rules.welcome("", now, SHANGHAI, lambda slug: False),
            rules.default(now, SHANGHAI, lambda slug: False),
        )
        assert [one.rule.slug if one else None for one in found] == [welcome, default]


def test_no_rules_answer_nothing():
    assert answers(Rules(), "你好") is None
    assert Rules().welcome("x", NOON, SHANGHAI, lambda slug: True) is None
    assert Rules().default(NOON, SHANGHAI, lambda slug: True) is None


# --- many rules ----------------------------------------------------------------------------------


def many(count=2000, seed=1):
    """Rules with five keywords each: half exact, most of the rest contains, some patterns."""
    rng = random.Random(seed)
    letters = [chr(0x4E00 + rng.randrange(3000)) for _ in range(800)]

    def some(least, most):
        return "".join(rng.choice(letters) for _ in range(rng.randint(least, most)))

    def keyword():
        kind = rng.random()
        if kind < 0.5:
            return some(2, 6)
        if kind < 0.9:
            return ("contains", some(2, 5))
        return ("regex", some(2, 2) + ".{0,4}" + some(1, 1))

    rules = [rule(f"r{n}", *(keyword() for _ in range(5))) for n in range(count)]
    return rules, [some(3, 25) for _ in range(300)]


def test_ten_thousand_keywords_answer_as_one_by_one():
    documents, texts = many(300)
    rules = read_rules(documents, str)
    together, alone = Rules(rules), [Rules([one]) for one in rules]
    said = [*texts, *(one.text for each in rules[:60] for one in each.keywords)]
    for text in map(normalise, said):
        slugs = {one.rule.slug for one in together.hits(text)}
        assert slugs == {one.all[0].slug for one in alone if one.hits(text)}


def test_ten_thousand_keywords_cost_a_message_next_to_nothing():
    documents, texts = many()
    rules, plain = compiled(*documents), [normalise(text) for text in texts]
    best = min(_seconds(rules, plain) for _ in range(3)) / len(plain)
    assert best < 200e-6  # some 15 us on an idle machine; a look at each keyword takes 1,000


def _seconds(rules, texts):
    started = time.perf_counter()
    for text in texts:
        rules.match(text, NOON, SHANGHAI, lambda slug: True)
    return time.perf_counter() - started
