"""Static segments of people who are alike, by MiniBatchKMeans over the feature vector.

A cluster keeps its slug and name from night to night as long as its centre stays near; a number
once given is never given to another. Without randomness: the same people make the same clusters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.threads import one_thread
from bot.profile.rfm_groups import Group
from bot.profile.vector import FEATURES, FEATURES_VERSION, fits, vector
from bot.segment import lists
from bot.store import groupings
from bot.store import segments as store
from bot.store.db import transaction

KIND = "clusters"
LEAST_PEOPLE = 50
MOST_CLUSTERS = 12
TRIED = range(2, 9)
SAMPLE = 4_000  # people by whom the number of clusters is chosen
NEAR = 0.75  # standard deviations a feature, on average, that a centre may move and stay itself
TELLING = 0.5  # standard deviations from everybody's mean that are worth a word
_SEED = 20
_DAYS = ("recency_days", "tenure_days")  # by their logarithm: a day matters more than a year

Matrix = NDArray[np.float32]

# Feature -> what many of it and what little of it is called.
_WORDS = {
    "recency_days": ("久未互动", "近来活跃"),
    "tenure_days": ("老粉丝", "新粉丝"),
    "messages_log": ("爱发消息", "很少发消息"),
    "menu_log": ("常点菜单", "很少点菜单"),
    "clicks_log": ("常点链接", "很少点链接"),
    "orders_log": ("下单多", "下单少"),
    "spent_yuan_log": ("消费高", "消费低"),
    "coupons_issued_log": ("券拿得多", "券拿得少"),
    "claim_rate": ("爱领券", "不领券"),
    "redeem_rate": ("爱用券", "不用券"),
    "interest_top": ("兴趣鲜明", "兴趣不明"),
    "interest_topics": ("兴趣广", "兴趣窄"),
    "evening_share": ("晚间活跃", "白天活跃"),
    "weekend_share": ("周末活跃", "工作日活跃"),
    "opted_out": ("多已退订", "极少退订"),
    "views_log": ("爱浏览", "很少浏览"),
    "cart_log": ("常加购", "很少加购"),
    "cycle_days": ("有购买规律", "无购买规律"),
    "overdue_days": ("到期未购", "未见逾期"),
    "sentiment": ("评价积极", "评价不积极"),
    "moments_log": ("爱发朋友圈", "不发朋友圈"),
    "comments_log": ("爱评论", "很少评论"),
    "shares_log": ("爱分享", "很少分享"),
    "groups": ("在群里", "不在群里"),
    "friends_log": ("好友多", "好友少"),
    "friends_top_share": ("好友有共同话题", "好友话题不明"),
    "judged_log": ("收到活动多", "收到活动少"),
    "ignored_share": ("对活动没反应", "对活动有反应"),
}


@dataclass(frozen=True, slots=True)
class _Known:
    """A cluster of the last time."""

    slug: str
    name: str
    centre: Matrix


def make(account_id: int, now: datetime, k: int | None = None) -> list[Group]:
    """Make the account's clusters, or bring them up to date; the biggest first.

    k    how many; None: as many as set people best apart (by silhouette, 2 to 8)

    Raises InvalidInput: fewer than LEAST_PEOPLE followers with a profile, or k out of range.
    """
    if k is not None and not 2 <= k <= MOST_CLUSTERS:
        raise InvalidInput(f"2 to {MOST_CLUSTERS} clusters", "k")
    ids, raw = _vectors(account_id, now)
    if len(ids) < LEAST_PEOPLE:
        raise InvalidInput(f"clusters need {LEAST_PEOPLE} followers with a profile at least", "k")
    mean, deviation = raw.mean(axis=0), raw.std(axis=0)
    deviation[deviation < 1e-6] = 1
    scaled = ((raw - mean) / deviation).astype(np.float32)
    labels, centres = _clustered(scaled, k or _best_k(scaled))
    held = groupings.noted(account_id, KIND) or {"next": 1, "clusters": []}
    known = _known(held, mean, deviation)
    with transaction():
        return _write(account_id, held, known, ids, labels, centres, (mean, deviation), now)


def _vectors(account_id: int, now: datetime) -> tuple[NDArray[np.int64], Matrix]:
    ids: list[int] = []
    rows: list[Matrix] = []
    for page in groupings.states(account_id):
        ids += [follower_id for follower_id, _ in page]
        rows.append(np.array([vector(state, now) for _, state in page], dtype=np.float32))
    found = np.concatenate(rows) if rows else np.zeros((0, len(FEATURES)), np.float32)
    for name in _DAYS:
        place = FEATURES.index(name)
        found[:, place] = np.log1p(found[:, place])
    return np.array(ids, dtype=np.int64), found


def _clustered(scaled: Matrix, k: int) -> tuple[NDArray[np.int64], Matrix]:
    # A second to import, and only here.
    from sklearn.cluster import MiniBatchKMeans  # type: ignore[import-untyped]

    with one_thread():
        model = MiniBatchKMeans(k, random_state=_SEED, n_init=3, batch_size=2_048).fit(scaled)
    return model.labels_.astype(np.int64), model.cluster_centers_.astype(np.float32)


def _best_k(scaled: Matrix) -> int:
    from sklearn.metrics import silhouette_score  # type: ignore[import-untyped]

    sample = scaled[:: max(1, len(scaled) // SAMPLE)][:SAMPLE]
    scores: dict[int, float] = {}
    for k in TRIED:
        labels, _ = _clustered(sample, k)
        if 1 < len(set(labels.tolist())) < len(sample):
            scores[k] = float(
                silhouette_score(sample, labels, sample_size=1_000, random_state=_SEED)
            )
    return max(scores, key=lambda k: (scores[k], -k), default=TRIED[0])


# --- names -------------------------------------------------------------------------------------


def _known(held: dict[str, Any], mean: Matrix, deviation: Matrix) -> list[_Known]:
    """The clusters of the last time, in the scale of this time; none of other features."""
    if not fits(held):
        return []
    return [
        _Known(
            one["slug"],
            one["name"],
            ((np.array(one["centre"], np.float32) - mean) / deviation).astype(np.float32),
        )
        for one in held["clusters"]
    ]


def matched(centres: Matrix, known: list[_Known]) -> dict[int, _Known]:
    """Which cluster of the last time each centre is: the nearest pairs first, none too far."""
    pairs = sorted(
        (float(np.linalg.norm(centre - one.centre)), place, number)
        for place, centre in enumerate(centres)
        for number, one in enumerate(known)
    )
    found: dict[int, _Known] = {}
    taken: set[int] = set()
    for distance, place, number in pairs:
        near = distance <= NEAR * sqrt(len(FEATURES))
        if near and place not in found and number not in taken:
            found[place] = known[number]
            taken.add(number)
    return found


def _traits(centre: Matrix) -> list[str]:
    """What tells the cluster from everybody, the strongest first."""
    order = sorted(range(len(FEATURES)), key=lambda place: -abs(float(centre[place])))
    telling = [place for place in order if abs(float(centre[place])) >= TELLING]
    return [_WORDS[FEATURES[place]][0 if centre[place] > 0 else 1] for place in telling[:3]]


def _write(
    account_id: int, held: dict[str, Any], known: list[_Known], ids: NDArray[np.int64],
    labels: NDArray[np.int64], centres: Matrix, scale: tuple[Matrix, Matrix], now: datetime,
) -> list[Group]:  # fmt: skip
    same, following = matched(centres, known), int(held["next"])
    groups: list[Group] = []
    noted: list[dict[str, Any]] = []
    for place in np.argsort(-np.bincount(labels, minlength=len(centres)), kind="stable").tolist():
        wanted = set(ids[labels == place].tolist())
        if not wanted:
            continue
        traits = _traits(centres[place])
        if place in same:
            slug, name = same[place].slug, same[place].name
        else:
            slug = f"cluster-{following}"
            name = f"群组{following} {'、'.join(traits[:2]) or '普通'}"
            following += 1
        lists.change(lists.static(account_id, slug, name, now, author="clusters"), wanted)
        groups.append(Group(slug, name, len(wanted), _said(len(wanted), len(ids), traits)))
        centre = centres[place] * scale[1] + scale[0]
        noted.append({"slug": slug, "name": name, "centre": [float(one) for one in centre]})
    _empty(account_id, {one["slug"] for one in held["clusters"]} - {one.slug for one in groups})
    document = {
        "next": following, "version": FEATURES_VERSION, "features": list(FEATURES),
        "clusters": noted,
    }  # fmt: skip
    groupings.note(account_id, KIND, document, now)
    return groups


def _empty(account_id: int, slugs: set[str]) -> None:
    """A cluster that is no more: its segment stays, for what names it, and is empty."""
    for state in store.of_account(account_id):
        if state.slug in slugs and state.rule == {"list": state.slug}:
            lists.change(state, set())


def _said(size: int, everybody: int, traits: list[str]) -> str:
    share = 100 * size / everybody
    return f"{size:,} 人（占 {share:.0f}%）：{'，'.join(traits) or '与全体相近'}"
