"""Who lives, when they act, what a message does to them: pure, the same for the same seed."""

from __future__ import annotations

import json
from collections import Counter
from statistics import mean

import pytest

from bot.clock import SHANGHAI
from bot.errors import SettingsError
from bot.sandbox.crowd import fatigue, response
from bot.sandbox.crowd.agenda import Agenda
from bot.sandbox.crowd.fatigue import FINE, IGNORES, LEFT, OPTED_OUT, SILENT
from bot.sandbox.crowd.habits import Habits
from bot.sandbox.crowd.life import Life, Lives
from bot.sandbox.crowd.offers import NO_TOPIC, TOPICS, read
from bot.sandbox.crowd.reactions import Reactions, Received
from bot.sandbox.crowd.rhythm import BY_NAME, RHYTHMS, WEEK, hours_into_week
from bot.sandbox.crowd.speech import buttons, session, something
from bot.sandbox.crowd.table import Table
from tests.bot.sandbox.conftest import a_config
from tests.conftest import NOON

PEOPLE = 4000
LINK = "http://e.example/t/a"


def lives(seed: int = 1, people: int = PEOPLE, **habits: float) -> Lives:
    return Lives(seed, people, Habits(**habits), 8.0)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def crowd() -> list[Life]:
    found = lives()
    return [found.of(index) for index in range(PEOPLE)]


# --- who they are ------------------------------------------------------------------------------


def test_a_person_depends_on_the_seed_and_the_index_alone():
    one, same, other = lives(7), lives(7), lives(8)
    backwards = {index: same.of(index) for index in reversed(range(50))}
    assert [one.of(index) for index in range(50)] == [backwards[index] for index in range(50)]
    assert all(one.of(index) != other.of(index) for index in range(50))


def test_openids_are_28_characters_and_all_different(crowd):
    assert {len(life.openid) for life in crowd} == {28}
    assert len({life.openid for life in crowd}) == PEOPLE


def test_interests_are_weights_and_mean_affinity(crowd):
    for life in crowd:
        assert sum(life.interests.values()) == pytest.approx(1)
        assert list(life.interests.values()) == sorted(life.interests.values(), reverse=True)
        assert all(0 <= liking <= 1 for liking in life.affinity)
    liked = mean(life.affinity_to(TOPICS.index(t)) for life in crowd for t in life.interests)
    other = mean(
        life.affinity_to(place)
        for life in crowd
        for place, topic in enumerate(TOPICS)
        if topic not in life.interests
    )
    assert liked > 4 * other


def test_most_people_are_silent_and_a_few_talk_a_lot(crowd):
    talks = sorted(life.talks for life in crowd)
    assert mean(talks) == pytest.approx(0.4, rel=0.25)
    assert talks[PEOPLE // 2] < 0.1
    assert talks[-PEOPLE // 100] > 4
    louder = lives(messages_a_month=4.0)
    assert mean(louder.of(n).talks for n in range(PEOPLE)) > 8 * mean(talks)


def test_when_people_come(crowd):
    present = [life for life in crowd if life.arrives < 0]
    coming = [life for life in crowd if 0 <= life.arrives < float("inf")]
    assert len(present) == pytest.approx(0.7 * PEOPLE, rel=0.05)
    assert sum(life.arrives == float("inf") for life in crowd) == 80  # a friend must tell
    assert max(life.arrives for life in coming) < 32 * 24
    assert lives().reserved() == range(PEOPLE - 80, PEOPLE)
    first_hour = lives(present=0.0, friends=0.0, arrival_days=1 / 24)
    assert all(0 <= first_hour.of(n).arrives < 3 for n in range(200))


def test_arrivals_are_told_without_making_the_person(crowd):
    again = lives()
    assert [again.arrives(life.index) for life in crowd] == [life.arrives for life in crowd]


def test_farmers_have_several_accounts_that_come_together_and_never_act(crowd):
    groups: dict[int, list[Life]] = {}
    for life in crowd:
        if life.farms:
            groups.setdefault(life.group, []).append(life)
    assert sum(map(len, groups.values())) == pytest.approx(0.01 * PEOPLE, rel=0.6)
    for accounts in groups.values():
        assert 3 <= len(accounts) <= 5
        assert all(life.talks == life.buys == 0 for life in accounts)
        assert max(a.arrives for a in accounts) - min(a.arrives for a in accounts) < 0.3


@pytest.mark.parametrize(
    "habits",
    [
        pytest.param({"present": 1.5}, id="more than all"),
        pytest.param({"present": 0.9, "friends": 0.2}, id="more than all together"),
        pytest.param({"arrival_days": 0}, id="no time to come"),
        pytest.param({"messages_a_month": -1}, id="a negative number"),
        pytest.param({"messages_a_month": "many"}, id="no number"),
        pytest.param({"note_offers": 1}, id="no yes or no"),
        pytest.param({"mood": 1}, id="no habit"),
    ],
)
def test_habits_that_cannot_be_are_refused(habits):
    with pytest.raises(SettingsError):
        a_config(habits=habits)
    assert Habits.of(json.loads(json.dumps(Habits().as_json()))) == Habits()


# --- when they act -----------------------------------------------------------------------------


@pytest.mark.parametrize("rhythm", RHYTHMS, ids=lambda rhythm: rhythm.name)
def test_a_week_has_168_hours_of_mean_activity_one(rhythm):
    assert sum(rhythm.hours) == pytest.approx(WEEK)
    assert rhythm.after(5.5, WEEK) == pytest.approx(5.5 + WEEK)
    moments = [rhythm.after(30.0, step / 7) for step in range(3000)]
    assert moments == sorted(moments)


def test_acts_fall_into_the_hours_of_the_rhythm():
    def hours(name: str) -> Counter[int]:
        return Counter(int(BY_NAME[name].after(0, n * WEEK / 5000) % 24) for n in range(5000))

    early, night, weekend = hours("early"), hours("night"), BY_NAME["weekend"].hours
    assert early[6] > 5 * early[23]
    assert night[23] > 5 * night[6]
    assert mean(weekend[120:]) > 4 * mean(weekend[:120])


def test_the_week_begins_on_monday_in_shanghai():
    midnight = NOON.astimezone(SHANGHAI).replace(hour=0)
    assert hours_into_week(midnight) == 24.0 * midnight.weekday()


def test_the_agenda_gives_each_hour_its_people_in_order():
    agenda = Agenda()
    assert agenda.put(1, 1.7)
    assert agenda.put(2, 1.2)
    assert agenda.put(3, 0.5)
    assert agenda.take() == [(0.5, 3)]
    assert not agenda.put(4, 0.9)  # that hour is under way
    assert agenda.take() == [(1.2, 2), (1.7, 1)]
    assert agenda.take() == []


def test_sessions_and_what_is_said(crowd):
    rng = lives().draws.rng(b"test", 0)
    assert mean(session(rng) for _ in range(5000)) == pytest.approx(1.5, rel=0.05)
    kinds = {something(crowd[n], rng)[0] for n in range(500)}
    assert kinds == {"say", "voice", "picture", "location"}


def test_only_what_the_menu_has_is_tapped():
    menu = [
        {"name": "券", "type": "click", "key": "COUPON"},
        {"name": "更多", "sub_button": [
            {"name": "店", "type": "view", "url": "http://e.example/"},
            {"name": "扫", "type": "scancode_push", "key": "SCAN"},
        ]},
        {"name": "空", "sub_button": None},
    ]  # fmt: skip
    assert buttons(menu) == [("click", "COUPON"), ("view", "http://e.example/")]


# --- what they read ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "topic", "value", "minimum_fen"),
    [
        pytest.param("咖啡减10元", "咖啡", 10 / 30, 0, id="yuan off"),
        pytest.param("满100减20，火锅", "火锅", 20 / 40, 10_000, id="off from a minimum on"),
        pytest.param("¥5 蛋糕券", "甜品", 0.2, 0, id="a sign before"),
        pytest.param("电影票8折", "电影", 0.34, 0, id="a share"),
        pytest.param("电影票88折", "电影", 0.204, 0, id="a share in percent"),
        pytest.param("奶茶买一送一", "甜品", 0.85, 0, id="one free"),
        pytest.param("今天休息", "", 0, 0, id="nothing offered"),
        pytest.param("咖啡 http://e.example/减99元", "咖啡", 99 / 119, 0, id="words after a link"),
        pytest.param("咖啡 http://e.example/t/99", "咖啡", 0, 0, id="a link's digits are no money"),
        pytest.param("满满减元折" * 500, "", 0, 0, id="words without numbers"),
    ],
)
def test_what_people_read_in_a_message(text, topic, value, minimum_fen):
    offer = read(text)
    assert (TOPICS[offer.topic] if offer.topic != NO_TOPIC else "") == topic
    assert offer.value == pytest.approx(value)
    assert offer.minimum_fen == minimum_fen


# --- what it does to them ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param((0.9, 0.5, 72, 0, 1), (0.1, 0.5, 72, 0, 1), id="liking"),
        pytest.param((0.5, 0.9, 72, 0, 1), (0.5, 0.1, 72, 0, 1), id="value"),
        pytest.param((0.5, 0.5, 72, 0, 1), (0.5, 0.5, 1, 0, 1), id="rest"),
        pytest.param((0.5, 0.5, 72, 0, 1), (0.5, 0.5, 72, 2, 1), id="no fatigue"),
        pytest.param((0.5, 0.5, 72, 0, 1), (0.5, 0.5, 72, 0, 0.3), id="attention"),
    ],
)
def test_what_makes_a_tap_likelier(better, worse):
    assert response.tap(*better) > 1.3 * response.tap(*worse)


def test_the_uplift_is_what_the_message_changes():
    chances = response.Chances(tap=0.5, claim=0.5, redeem=0.4, buys_without=0.2)
    assert chances.redeems == pytest.approx(0.1)
    assert chances.buys_with == pytest.approx(0.28)
    assert chances.uplift == pytest.approx(0.08)
    assert response.Chances(0.0, 0.5, 0.4, 0.2).uplift == pytest.approx(0)


def test_fatigue_grows_with_messages_and_decays_over_days():
    assert fatigue.weight(False, 0.1) > 2 * fatigue.weight(False, 0.9) > fatigue.weight(True, 0.1)
    assert fatigue.decayed(2.0, fatigue.HALF_LIFE_HOURS) == pytest.approx(1.0)
    assert fatigue.chance_of_the_end(3.0, 3.0) == 0
    assert 0 < fatigue.chance_of_the_end(4.0, 3.0) < fatigue.chance_of_the_end(9.0, 3.0) <= 0.6
    ends = Counter(fatigue.which_end(n / 100) for n in range(1, 101))
    assert set(ends) == {IGNORES, OPTED_OUT, LEFT, SILENT}


class Town:
    """People who receive messages, without anybody else."""

    def __init__(self, **habits: float) -> None:
        self.lives = lives(**habits)
        self.table = Table(PEOPLE)
        for index in range(PEOPLE):
            self.table.learn(self.lives.of(index))
        self.reactions = Reactions(self.lives, self.table, 8.0)

    def send(self, text: str, at: float, via: str = "mass") -> list[Received | None]:
        return [self.reactions.receive(n, via, text, "", at) for n in range(PEOPLE)]

    def taps(self, text: str, at: float, via: str = "mass") -> int:
        found = self.send(text, at, via)
        return sum(r.kind == "tap" for one in found if one for r in one.reactions)


def test_taps_come_as_often_as_the_true_chances_say():
    town = Town(farmers=0.0)
    found = [one for one in town.send(f"咖啡减10元 {LINK}", 1.0) if one]
    expected = sum(one.chances.tap for one in found if one.chances)
    tapped = sum(r.kind == "tap" for one in found for r in one.reactions)
    assert tapped == pytest.approx(expected, rel=0.15)
    lovers = [n for n in range(PEOPLE) if "咖啡" in town.lives.of(n).interests]
    tapping = {n for n, one in enumerate(found) if one.reactions}
    assert len(tapping & set(lovers)) / len(tapping) > 2 * len(lovers) / PEOPLE


def test_the_same_message_is_received_the_same_again():
    assert Town().send(f"咖啡减10元 {LINK}", 1.0) == Town().send(f"咖啡减10元 {LINK}", 1.0)


def test_an_offer_a_day_wears_people_out_one_a_week_does_not():
    daily, weekly = Town(farmers=0.0), Town(farmers=0.0)
    ends: Counter[int] = Counter()
    for day in range(28):
        ends.update(one.end for one in daily.send(f"咖啡减10元 {LINK}", 24.0 * day) if one)
    for week in range(4):
        weekly.send(f"咖啡减10元 {LINK}", 168.0 * week)
    assert daily.table.mood.count(FINE) < 0.5 * PEOPLE
    assert all(ends[mood] > 0.05 * PEOPLE for mood in (IGNORES, OPTED_OUT, LEFT, SILENT))
    assert sum(mood != FINE for mood in weekly.table.mood) < 0.1 * PEOPLE


def test_who_is_worn_out_taps_no_more_but_still_reads_answers():
    town = Town(farmers=0.0)
    for index in range(PEOPLE):
        town.table.mood[index] = IGNORES
    assert town.taps(f"咖啡减10元 {LINK}", 500.0) == 0
    assert town.taps(f"咖啡减10元 {LINK}", 900.0, via="reply") > 0
    for index in range(PEOPLE):
        town.table.mood[index] = SILENT
    assert town.send("您好", 1000.0) == [None] * PEOPLE


def test_who_has_opted_out_and_gets_more_leaves():
    town = Town(farmers=0.0)
    for index in range(PEOPLE):
        town.table.mood[index] = OPTED_OUT
        town.table.opted_out_at[index] = 10.0
    assert all(not one.reactions for one in town.send("再见", 10.5) if one)  # just crossed
    left = [one for one in town.send("咖啡上新", 20.0) if one and one.end == LEFT]
    assert len(left) == pytest.approx(PEOPLE / 2, rel=0.1)
    assert all(r.kind == "unfollow" and r.after > 0 for one in left for r in one.reactions)


def test_farmers_tap_everything_at_once_with_all_accounts():
    town = Town(farmers=0.2)
    found = town.send(f"母婴 {LINK}", 1.0)
    for index, one in enumerate(found):
        if town.lives.of(index).farms:
            assert one is not None
            (tap,) = one.reactions
            assert tap.after < 2 / 60
    assert town.table.mood.count(FINE) == PEOPLE
