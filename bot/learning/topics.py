"""Which topics somebody takes up next: the recommender over topics and the days of each interest.

Taught by a share of the followers and their days until a month ago; judged by what they then took
up, against the order of their interests as they stood. What is kept holds nobody's history: each
night everybody's own is read anew, beside the habits of the crowd that taught.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from bot.clock import to_ms
from bot.errors import InvalidInput
from bot.insight import kinds
from bot.insight.choose import ahead
from bot.insight.kinds import Columns, Request
from bot.insight.modelfile import Learnt
from bot.insight.recommend import keeping, measures
from bot.insight.recommend.blend import chunks, of_others, scored
from bot.insight.recommend.history import History
from bot.insight.table import Cells, Table
from bot.learning import rows
from bot.learning.serving import Doubles, Now, Serving
from bot.learning.ways import Ask, Taught, fingerprint
from bot.profile.parts import State
from bot.segment.predicted import MOST_SLUG
from bot.store import profiles
from bot.store.predictions import TOPIC
from bot.values.interest import HALF_LIFE_DAYS, day_of

HORIZON_DAYS = 30
MOST = 3_000  # followers that teach: so many tell which topics go together
MOST_TOPICS = 5  # kept of each follower
LEAST_CHANCE = 0.05
LEAST_JUDGED = 20  # who took something up in the month that judges
GAIN = "NDCG@5"
_NONE = -np.inf

Had = tuple[int, str, int, float]  # place of a state, topic, day, weight


def teach(ask: Ask) -> Taught:
    """Raises InvalidInput where too few took up topics, or over too short a time."""
    states = [
        state
        for ids in rows.some(ask.account_id, MOST)
        for state in profiles.states_of(ids).values()
    ]
    cut = day_of(to_ms(ask.now)) - HORIZON_DAYS
    before = [one for one in _had(states) if one[2] <= cut]
    came = _came(states, cut)
    _check(before, sum(map(bool, came)))
    table, columns = _table(before)
    options = {"horizon": HORIZON_DAYS, **ask.options}
    learnt = keeping.impersonal(
        kinds.kind("recommend").train(Request(table, columns, ask.seed, options, ask.progress))
    )
    kept = Learnt({**learnt.card, "chosen": f"{learnt.card['items']} topics"}, learnt.arrays)
    old = _by_interest(states, cut) if ask.used is None else chances(ask.used.learnt, states, cut)
    gains = [_gains(*one, came) for one in (old, chances(kept, states, cut))]
    verdict = ahead(gains[0], gains[1], GAIN, seed=ask.seed)
    of = fingerprint(table.numbers("day"), table.numbers("weight"))
    return Taught(kept, verdict, table.rows, of)


def _check(before: Sequence[Had], took: int) -> None:
    span = max((day for _, _, day, _ in before), default=0) - min(
        (day for _, _, day, _ in before), default=0
    )
    if span < 2 * HORIZON_DAYS or took < LEAST_JUDGED:
        raise InvalidInput(
            f"too little to learn from: interests of {span + HORIZON_DAYS} days, of which {took} "
            f"followers had one in the last {HORIZON_DAYS}; it takes {3 * HORIZON_DAYS} days and "
            f"{LEAST_JUDGED} followers. Until then what somebody looked at most comes first"
        )


def _had(states: Sequence[State]) -> Iterator[Had]:
    """Every day of every interest."""
    for place, state in enumerate(states):
        for topic, days in state.get("topics", {}).items():
            for day, hundredths in days.items():
                if hundredths > 0:
                    yield place, topic, int(day), hundredths / 100


def _came(states: Sequence[State], cut: int) -> list[set[str]]:
    """What each took up after a day."""
    found: list[set[str]] = [set() for _ in states]
    for place, topic, day, _ in _had(states):
        if day > cut:
            found[place].add(topic)
    return found


def _table(had: Sequence[Had]) -> tuple[Table, Columns]:
    columns: dict[str, Cells] = {
        "user": [str(place) for place, *_ in had],
        "item": [topic for _, topic, *_ in had],
        "day": np.array([day for *_, day, _ in had], np.float64),
        "weight": np.array([weight for *_, weight in had], np.float64),
    }
    return Table(columns, len(had)), Columns(user="user", item="item", time="day", weight="weight")


def chances(learnt: Learnt, states: Sequence[State], now: int) -> tuple[Sequence[str], Doubles]:
    """The model's topics, and how likely each is taken up within HORIZON_DAYS, (n, topics).

    now  a day; what is of later days is not looked at. -inf: not among the most likely 60
    """
    names, found, weights = keeping.opened(learnt)
    part = of_others(found, _history(states, names.item, names.items), now, HORIZON_DAYS)
    said = np.full((len(states), len(names.items)), _NONE)
    for users in chunks(part):
        user, item, chance = scored(weights["all"], part, users, new_only=False)
        said[user + users.start, item] = chance
    return names.items, said


def _history(states: Sequence[State], item: Mapping[str, int], items: Sequence[str]) -> History:
    """Sorted by user, item and day, as habits are counted."""
    had = sorted(
        (place, item[topic], day, weight) for place, topic, day, weight in _had(states)
        if topic in item
    )  # fmt: skip
    found = np.array(had, np.float64).reshape(len(had), 4)
    users = tuple(str(place) for place in range(len(states)))
    places = found[:, :2].astype(np.intp)
    return History(users, items, places[:, 0], places[:, 1], found[:, 3], found[:, 2])


# --- judging -----------------------------------------------------------------------------------


def _by_interest(states: Sequence[State], cut: int) -> tuple[Sequence[str], Doubles]:
    """What each liked most until a day, and behind it what all together did."""
    names = sorted({topic for _, topic, *_ in _had(states)})
    place_of = {name: place for place, name in enumerate(names)}
    said = np.zeros((len(states), len(names)))
    for place, topic, day, weight in _had(states):
        if day <= cut:
            said[place, place_of[topic]] += weight * 0.5 ** ((cut - day) / HALF_LIFE_DAYS)
    return names, said + 1e-6 * said.mean(axis=0)


def _gains(names: Sequence[str], said: Doubles, came: Sequence[set[str]]) -> Doubles:
    """GAIN of each who took something up."""
    who = [place for place, topics in enumerate(came) if topics]
    best = np.argsort(-said[who], axis=1, kind="stable")[:, :MOST_TOPICS]
    hit = np.zeros((len(who), MOST_TOPICS), bool)
    for row, place in enumerate(who):
        hit[row, : best.shape[1]] = [names[one] in came[place] for one in best[row].tolist()]
    return measures.gains(hit, np.array([len(came[place]) for place in who], np.intp))[1]


# --- what is said ------------------------------------------------------------------------------


def say_own(of: Serving, found: Now, now: datetime) -> dict[str, Doubles]:
    """A score for each topic of the model: of the MOST_TOPICS likeliest of each follower those that
    are at all likely. Of who has shown no interest yet nothing is said."""
    names, said = chances(of.learnt, found.states, day_of(to_ms(now)))
    said = np.where(_best(said) & (said >= LEAST_CHANCE), said, np.nan)
    said[[not state.get("topics") for state in found.states]] = np.nan
    return {
        f"{TOPIC}{name}": said[:, place]
        for place, name in enumerate(names)
        if len(TOPIC) + len(name) <= MOST_SLUG
    }


def _best(said: Doubles) -> NDArray[np.bool_]:
    order = np.argsort(-said, axis=1, kind="stable")[:, :MOST_TOPICS]
    found = np.zeros(said.shape, bool)
    np.put_along_axis(found, order, values=True, axis=1)
    return found
