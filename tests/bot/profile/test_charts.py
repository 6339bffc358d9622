"""The picture in words: complete in both languages, kind to the follower, safe in a drawing."""

from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from bot.profile import cycle, fatigue, fold
from bot.profile.charts import Chart, Row, charts_of
from bot.profile.drawing import svg
from bot.profile.features import Around
from bot.profile.picture import draw
from bot.profile.reckoned import reckoned
from bot.profile.timeline import GROUPS, OTHER, groups
from bot.profile.words import HIMSELF, LANGUAGES, MARKETER, Words, yuan
from bot.store.picture import Act, Quantiles
from bot.store.timeline import Happened
from bot.talk.forms import PREFERENCE
from bot.values import inbound
from bot.values.audience import Channel, SendState, Skip, WindowKind
from bot.values.coupons import CodeState
from bot.values.facts import FAMILIES, FoldEvent
from bot.values.reported import ABOUT, ACTS
from bot.values.stage import Stage
from tests.conftest import NOON

ZONE = ZoneInfo("Asia/Shanghai")
NOON_MS = int(NOON.timestamp() * 1000)
DAY = 86_400_000
HOSTILE = '</title><script>alert("1")</script>&'


def words(lang: str = "zh", reader: str = MARKETER) -> Words:
    return Words(lang, ZONE, reader)


# --- every word is there ------------------------------------------------------------------------


def _below(cls: type) -> set[str]:
    """The kinds of a class of pushes and all those below it."""
    return {cls.kind}.union(*map(_below, cls.__subclasses__()))


# What the program appends by itself, beside pushes and reports.
OWN = {"click", "order", "refund", "coupon.issued", "coupon.claimed", "coupon.redeemed", "consent",
       "opt_in", "opt_out", "overheard", "satisfied", "handoff_wanted", "clarified",
       "desk.said", "desk.settled",
       "follow.synced", "interest.imported", "segment.entered", "segment.left", "friends",
       PREFERENCE}  # fmt: skip


def all_kinds() -> set[str]:
    pushed = _below(inbound.Inbound) - {"message", "event", "unknown"}
    told = {kind for family in FAMILIES.values() for kind in family}
    return pushed | told | {*ACTS, *ABOUT} | OWN | set(fold.TOPIC_WEIGHT)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_kind_of_event_has_words_and_a_group(lang):
    kinds = all_kinds()
    assert len(kinds) > 60
    known = {kind for group in GROUPS.values() for kind in group}
    assert sorted(kinds - known) == []
    assert [kind for kind in sorted(kinds) if words(lang, HIMSELF).act(kind) == kind] == []
    for group in groups(own=False):
        assert words(lang).has(f"group.{group}")


KEYS = {
    "stage": Stage, "send": SendState, "skip": Skip, "channel": Channel, "window": WindowKind,
    "code": CodeState, "cycle": ("waiting", "due", "overdue", "lapsed", "because"),
    "sentiment": ("better", "worse", "same", "unknown", "because"),
    "fatigue": ("fresh", "rest", "never"), "owner": ("bot", "queue", "agent"),
    "fatigue.why": (*fatigue._EACH, *fatigue._FADING, "opted_out"),
    "measure": ("recency", "frequency", "monetary"),
}  # fmt: skip


@pytest.mark.parametrize("family", KEYS)
def test_every_state_has_words(family):
    assert [one for one in KEYS[family] if not words().has(f"{family}.{one}")] == []


def test_a_house_s_own_names_stay_as_they_are():
    assert words("en").act("custom.spin") == "own event spin"
    assert words("en").act("tasting") == "tasting"
    form = Happened("tasting", NOON_MS, "handler", {"form": "tasting"}, {})
    assert words("en").happened(form)[0] == "filled in the form tasting"
    assert OTHER in groups(own=True)


@pytest.mark.parametrize(
    ("kind", "facts", "about"),
    [
        ("order", {"amount_fen": 12850, "topics": {"咖啡": 1}}, "coffee · 128.50 yuan"),
        ("order", {"amount_fen": "12850", "topics": "咖啡"}, ""),
        ("coupon.issued", {"batch": "b", "campaign": "c"}, "campaign c · coupon batch b"),
        ("attribute", {"name": "city", "value": "北京"}, "city: 北京"),
        ("attribute", {"name": "city", "value": None}, "city: forgotten"),
        ("attribute", {"name": "phone"}, "phone"),
        ("consent", {"purpose": "marketing"}, "Recommendations and offers"),
        ("friends", {"count": 100}, "100 of them"),
        ("message.text", {}, ""),
    ],
)
def test_what_an_event_was_about(kind, facts, about):
    assert words("en").happened(Happened(kind, 0, "", facts, {}))[1] == about


def test_the_house_s_own_names_are_not_for_the_follower():
    facts = {"campaign": "c", "batch": "b", "intent": "i", "segment": "s", "topics": ["咖啡"]}
    event = Happened("click", 0, "", facts, {})
    assert words("en", HIMSELF).happened(event)[1] == "coffee"
    assert words("en").happened(event)[1] == "coffee · s · campaign c · coupon batch b · intent i"


def test_money_in_yuan():
    assert [yuan(fen) for fen in (0, 5, 100, 950, 123_456_700, -50)] == [
        "0", "0.05", "1", "9.50", "1,234,567", "-0.50"
    ]  # fmt: skip


# --- what follows -------------------------------------------------------------------------------


def of_a_life(worn: bool = False, out: bool = False):
    """Orders every ten days, the last a hundred days ago: the habit has lapsed."""
    happened = [("subscribe", 200, {}), ("message.text", 150, {"topics": ["a", "b", HOSTILE[:32]]})]
    happened += [("order", 100 + 10 * n, {"amount_fen": 100}) for n in range(4)]
    happened += [("message.text", 9 * n, {"sentiment": 0.8}) for n in (1, 2, 3)]
    happened += [("message.text", 120 + 9 * n, {"sentiment": -0.8}) for n in (1, 2, 3)]
    happened += [("opt_out", 0, {})] if out else []
    events = [
        FoldEvent(str(n), kind, NOON_MS - days * DAY, facts)
        for n, (kind, days, facts) in enumerate(happened)
    ]
    acts = sorted((Act(one.kind, one.at_ms) for one in events), key=lambda one: one.at)
    known = {"monetary": Quantiles(100, tuple(range(0, 1000, 10)), NOON)}
    sent = [NOON_MS - n * DAY // 4 for n in range(1, 10)] if worn else []
    state = fold.fold({}, events)
    return draw(1, state, acts, known, Around(True, sent=sent), NOON)


@pytest.mark.parametrize(
    ("slug", "how", "plain", "kind"),
    [
        ("cycle", {}, "习惯已中断", "随时欢迎"),
        ("sentiment", {}, "在变好", "比以前好"),
        ("fatigue", {}, "可以发送", "目前不算多"),
        ("fatigue", {"worn": True}, "建议休息到", "我们会少发"),
        ("fatigue", {"out": True}, "不要发送", "我们不再主动推荐"),
    ],
)
def test_a_marketer_is_told_plainly_and_the_follower_kindly(slug, how, plain, kind):
    told = of_a_life(**how).told
    for reader, wanted in ((MARKETER, plain), (HIMSELF, kind)):
        found = {one.slug: one.stands for one in reckoned(told, words("zh", reader))}
        assert wanted in found[slug]


def test_what_is_not_known_is_left_out():
    nobody = draw(1, {}, [], {}, Around(), NOON)
    assert reckoned(nobody.told, words()) == []
    assert charts_of(nobody, words()) == ()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_chart_says_what_it_shows(lang):
    found = {one.slug: one for one in charts_of(of_a_life(), words(lang))}
    assert set(found) == {
        "radar", "interests", "hours", "weekdays", "weeks", "moods", "stages", "place"
    }  # fmt: skip
    for chart in found.values():
        assert chart.title in chart.said
    assert found["hours"].rows[12].label in found["hours"].said, "all came at noon"
    assert found["stages"].rows[-1].words in found["stages"].said
    assert (found["moods"].least, found["moods"].most) == (-1, 1)


def test_a_day_of_the_cycle_is_a_day_of_the_calendar():
    assert cycle.date_of(NOON_MS // DAY) == f"{NOON + timedelta(hours=8):%Y-%m-%d}"


# --- the drawing --------------------------------------------------------------------------------


def test_a_drawing_is_well_formed_and_says_what_it_shows():
    charts = charts_of(of_a_life(), words())
    root = ElementTree.fromstring(svg(charts, HOSTILE))
    said = [one.text for one in root.iter("{http://www.w3.org/2000/svg}title")]
    assert said == [chart.said for chart in charts]
    assert {one.tag.rpartition("}")[2] for one in root.iter()} <= {
        "svg", "g", "title", "text", "rect", "path", "polyline", "polygon"
    }  # fmt: skip
    tall = float(root.attrib["height"])
    for one in root.iter("{http://www.w3.org/2000/svg}text"):
        assert 0 <= float(one.attrib["y"]) <= tall
        assert 0 <= float(one.attrib["x"]) <= 720


@pytest.mark.parametrize("kind", ["bars", "columns", "line", "steps", "radar"])
@pytest.mark.parametrize("values", [[0], [0, 0, 0], [5], [1, 2, 3], [-1, 0.5, 1]])
def test_any_figures_can_be_drawn(kind, values):
    least = min(0, *values, 0)
    rows = tuple(Row(HOSTILE, value, HOSTILE) for value in values)
    chart = Chart("x", kind, HOSTILE, "", "", rows, least=least, said=HOSTILE)
    text = svg([chart], "t")
    assert "nan" not in text
    ElementTree.fromstring(text)
