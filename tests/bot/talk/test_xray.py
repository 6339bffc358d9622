"""The rule X-ray: each finding is proved by what the real matcher does with its message."""

import time
from itertools import chain, product
from operator import attrgetter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.clock import SHANGHAI
from bot.nlp.normalise import normalise
from bot.nlp.words import command
from bot.talk.rules import read_rules
from bot.talk.rules_match import Rules
from bot.talk.xray import HOUSE_TEXTS, RIGHTS, RIGHTS_TEXTS, xray
from tests.bot.talk.test_rules import answers, many, rule
from tests.conftest import NOON

MORNING, NOT_MORNING = ["00:00-12:00"], ["12:00-24:00"]


def look(*documents, segments=None):
    rules = read_rules(documents, str)
    found = xray(rules, NOON, SHANGHAI, segments)
    prove(rules, found)
    return found


def prove(rules, found):
    """What the real matcher does must be what each finding says."""
    compiled, by_slug = Rules(rules), {one.slug: one for one in rules}
    for one in found:
        assert one.why("zh") != one.why("en")
        mine = {by_slug[slug].segment for slug in (one.rule, one.other) if slug in by_slug}
        winner = answers(compiled, one.message, now=one.at or NOON, mine=mine)
        slugs = [hit.rule.slug for hit in compiled.hits(normalise(one.message))]
        match (one.kind, one.detail):
            case ("duplicate", "") | ("shadowed", ""):
                assert one.rule in slugs
                assert one.other in slugs
                assert winner not in (one.rule, None)
            case ("overlap", ""):
                assert {one.rule, one.other} <= set(slugs)
                assert winner == one.rule
            case ("overlap" | "rights_word", "word" | "part"):
                assert one.rule in slugs
                assert one.other == f"word:{command(normalise(one.message))}"
            case ("rights_word", ""):
                assert one.rule in slugs
                assert command(normalise(one.message)) in RIGHTS
            case (_, "subscribe"):
                met = compiled.welcome(one.message, one.at, SHANGHAI, mine.__contains__)
                assert met.rule.slug == one.other
            case (_, "default"):
                met = compiled.default(one.at, SHANGHAI, mine.__contains__)
                assert met.rule.slug == one.other
            case _:
                assert one.rule not in slugs or one.detail == "same_rule"


def kinds(found):
    return [(one.kind, one.rule, one.other) for one in found]


NOTHING = []


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        pytest.param([rule("a", "退款"), rule("b", "退货")], NOTHING, id="different keywords"),
        pytest.param(
            [rule("a", "退款"), rule("b", "退 款！")], [("duplicate", "b", "a")],
            id="the same keyword in other writing",
        ),
        pytest.param(
            [rule("a", ("regex", "退.款")), rule("b", ("regex", "退.款"))],
            [("duplicate", "b", "a")], id="the same pattern",
        ),
        pytest.param(
            [rule("a", "退款", "退款！")], [("duplicate", "a", "a")], id="twice in one rule"
        ),
        pytest.param(
            [rule("a", "退款", hours=MORNING), rule("b", "退款", hours=NOT_MORNING)], NOTHING,
            id="the same keyword at different times",
        ),
        pytest.param(
            [rule("a", "退款", segment="vip"), rule("b", "退款", priority=50)], NOTHING,
            id="the same keyword, first for a segment",
        ),
        pytest.param(
            [rule("a", "退款", priority=200, ends_at="2026-12-31"), rule("b", "退款")], NOTHING,
            id="for a while another answer",
        ),
        pytest.param(
            [rule("a", "退款", priority=200), rule("b", "退款", ends_at="2026-12-31")],
            [("duplicate", "b", "a")], id="its window lies inside the other's",
        ),
        pytest.param(
            [rule("a", "退款", hours=MORNING, priority=200),
             rule("b", "退款", hours=NOT_MORNING, priority=200), rule("c", "退款")],
            [("duplicate", "c", "b")], id="two windows together cover a third rule",
        ),
        pytest.param(
            [rule("a", ("contains", "货"), priority=200), rule("b", "货款")],
            [("shadowed", "b", "a")],
            id="exact under a part of greater priority",
        ),
        pytest.param(
            [rule("a", ("contains", "款")), rule("b", "退款")], NOTHING,
            id="exact beside a part: the exact one goes first",
        ),
        pytest.param(
            [rule("a", ("contains", "货款"), priority=200), rule("b", ("contains", "货款单"))],
            [("shadowed", "b", "a")], id="a part under a shorter part",
        ),
        pytest.param(
            [rule("a", "货款单", priority=200), rule("b", ("contains", "货款单"))], NOTHING,
            id="a part under a whole: longer texts are left",
        ),
        pytest.param(
            [rule("a", ("contains", "货"), priority=200), rule("b", ("regex", "货.?款"))],
            [("shadowed", "b", "a")], id="a pattern under a part that each match holds",
        ),
        pytest.param(
            [rule("a", ("regex", "货.?款"), priority=200), rule("b", ("contains", "货款"))],
            [("shadowed", "b", "a")], id="a part under a pattern",
        ),
        pytest.param(
            [rule("a", ("regex", "^货款"), priority=200), rule("b", ("contains", "货款"))], NOTHING,
            id="a part under a pattern that is bound to the beginning",
        ),
        pytest.param(
            [rule("a", ("contains", "货"), priority=200, segment="vip"), rule("b", "货款")],
            NOTHING, id="under a rule for some: the others are left",
        ),
        pytest.param(
            [rule("a", ("contains", "货"), priority=200, segment="vip"),
             rule("b", "货款", segment="vip")],
            [("shadowed", "b", "a")], id="under a rule for the same ones",
        ),
        pytest.param(
            [rule("a", "货款", priority=200, enabled=False), rule("b", "货款")], NOTHING,
            id="a disabled rule takes nothing",
        ),
        pytest.param(
            [rule("a", "货款", priority=200, ends_at="2026-11-20"), rule("b", "货款")],
            [("dead", "a", "")], id="a rule that is over takes nothing",
        ),
        pytest.param([rule("a", "[微笑]", "好")], [("dead", "a", "")], id="a keyword of nothing"),
        pytest.param([rule("a", ("regex", "x^"))], [("dead", "a", "")], id="a pattern of nothing"),
        pytest.param(
            [rule("a", ("regex", "货{5}"))], [("dead", "a", "")],
            id="a pattern of what normalising shortens",
        ),
        pytest.param(
            [rule("a", "货", weekdays=[1], starts_at="2026-11-24", ends_at="2026-11-25")],
            [("empty_window", "a", "")], id="no Monday between Tuesday and Wednesday",
        ),
        pytest.param([rule("a", "td", "好的")], [("rights_word", "a", "")], id="a word of rights"),
        pytest.param(
            [rule("a", ("contains", "推送"))], [("rights_word", "a", "word:opt_out")],
            id="a part of words of rights",
        ),
        pytest.param(
            [rule("a", "人工")], [("overlap", "a", "word:human")],
            id="the word that calls a person",
        ),
        pytest.param(
            [rule("a", ("contains", "货款")), rule("b", ("contains", "货款单"))],
            [("overlap", "b", "a")], id="equal priority: the longer part goes first",
        ),
        pytest.param(
            [rule("a", ("contains", "货款"), answers=["x"]),
             rule("b", ("contains", "货款单"), answers=["x"])],
            NOTHING, id="equal priority, but the same answer",
        ),
        pytest.param(
            [rule("a", "货款", ends_at="2026-11-30"), rule("b", "货款", starts_at="2026-11-29")],
            [("overlap", "a", "b")], id="equal priority on two days",
        ),
        pytest.param(
            [rule("a", ("regex", "发票.*")), rule("b", ("regex", "抬头.?发票"))],
            [("overlap", "b", "a")], id="two patterns meet in one text",
        ),
        pytest.param(
            [rule("a", on="subscribe"), rule("b", on="subscribe")], [("duplicate", "b", "a")],
            id="two welcomes",
        ),
        pytest.param(
            [rule("a", on="subscribe", scenes=["s-*"], priority=200),
             rule("b", on="subscribe", scenes=["s-1"])],
            [("shadowed", "b", "a")], id="a scene under the beginning of it",
        ),
        pytest.param(
            [rule("a", on="subscribe", scenes=["s-*"]), rule("b", on="subscribe", scenes=["s-1"]),
             rule("c", on="subscribe")],
            NOTHING, id="scenes from the particular to any",
        ),
        pytest.param(
            [rule("a", on="default"), rule("b", on="default", hours=MORNING)],
            [("duplicate", "b", "a")], id="two defaults",
        ),
    ],
)  # fmt: skip
def test_what_the_xray_finds(rules, found):
    assert kinds(look(*rules)) == found


@pytest.mark.parametrize(("known", "found"), [(None, 0), ({"vip"}, 0), (set(), 1)])
def test_a_segment_that_does_not_exist_is_found(known, found):
    rules = [rule("a", "货", segment="vip", priority=200), rule("b", "货")]
    assert [f.kind for f in look(*rules, segments=known)] == ["unreachable_segment"] * found


def test_a_keyword_that_its_own_rule_gives_anyway_is_no_finding():
    rules = [rule("a", "货款", ("contains", "货"), ("regex", "货.款")), rule("b", "早")]
    assert look(*rules) == []


def test_what_a_rule_says_by_another_keyword_is_no_proof():
    rules = [rule("b", "货款", ("contains", "货款")), rule("a", ("contains", "货款"))]
    (found,) = look(*rules)
    assert (found.kind, found.rule, found.keyword) == ("duplicate", "b", "货款")
    assert found.message != "货款"  # which b answers, by its exact keyword


def test_errors_come_first_and_a_finding_says_all_of_itself():
    found = look(rule("a", "货款"), rule("b", "货款"), rule("c", ("contains", "推送")))
    assert [one.level for one in found] == ["error", "warning"]
    assert found[0].to_json() == {
        "kind": "duplicate",
        "level": "error",
        "rule": "b",
        "other": "a",
        "keyword": "货款",
        "message": "货款",
        "at": NOON.isoformat(),
        "why": {"zh": found[0].why("zh"), "en": found[0].why("en")},
    }
    for part in ("“货款”", " a ", " b "):
        assert part in found[0].why("zh")


def test_the_words_that_are_tried_are_words_of_the_house():
    assert {command(normalise(text)) for text in RIGHTS_TEXTS} == set(RIGHTS)
    assert {command(normalise(text)) for text in HOUSE_TEXTS} == {"human", "profile"}


# --- against trying everything -------------------------------------------------------------------

_KEYWORD = st.tuples(
    st.sampled_from(["exact", "contains"]), st.text("货款单", min_size=1, max_size=3)
)
_RULE = st.fixed_dictionaries(
    {
        "keywords": st.lists(_KEYWORD, min_size=1, max_size=3),
        "priority": st.sampled_from([50, 100, 100]),
        "hours": st.sampled_from([[], MORNING, NOT_MORNING, ["06:00-18:00"]]),
        "segment": st.sampled_from(["", "", "vip"]),
        "enabled": st.sampled_from([True, True, True, False]),
    }
)
# Every text of up to five letters, one of which stands in no keyword.
TEXTS = [
    "".join(one) for one in chain.from_iterable(product("货款单x", repeat=n) for n in range(6))
]
HOURS = [NOON.replace(hour=hour) for hour in (0, 8, 12, 20)]  # 08, 16, 20, 04 in Shanghai


@settings(max_examples=40, deadline=None)
@given(st.lists(_RULE, min_size=1, max_size=5))
def test_a_rule_without_a_finding_answers_something_and_a_lost_keyword_nothing(drawn):
    documents = [
        rule(f"r{n}", *one["keywords"], **{k: v for k, v in one.items() if k != "keywords"})
        for n, one in enumerate(drawn)
    ]
    rules = read_rules(documents, str)
    found = look(*documents)
    lost = {
        (one.rule, one.keyword)
        for one in found
        if one.kind in ("duplicate", "shadowed", "dead") and one.other != one.rule
    }
    said = _said_by(rules)
    for one in filter(attrgetter("enabled"), rules):
        matches = [keyword.match for keyword in one.keywords]
        for keyword in one.keywords:
            if (one.slug, keyword.text) not in lost:
                assert said.get(one.slug), f"{one.slug} is never said, and nothing was found"
            elif len(set(matches)) == 1:  # a finding names the text, not how it matches
                assert (keyword.match, keyword.key) not in said.get(one.slug, ())


def _said_by(rules):
    """slug -> the keywords by which it answers, over all texts, hours and followers."""
    compiled, said = Rules(rules), {}
    for text in TEXTS:
        hits = compiled.hits(normalise(text))
        for now, mine in product(HOURS, ((), ("vip",))):
            fits = (hit for hit in hits if hit.fits(now, SHANGHAI, mine.__contains__))
            first = next(fits, None)
            if first is not None:
                said.setdefault(first.rule.slug, set()).add((first.match, first.key))
    return said


def test_two_thousand_rules_are_looked_through_in_seconds():
    documents, _ = many()
    rules = read_rules(documents, str)
    started = time.perf_counter()
    found = xray(rules, NOON, SHANGHAI)
    assert time.perf_counter() - started < 10
    prove(rules, found[:50])
