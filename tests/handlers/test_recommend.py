"""推荐: a piece of the library with the reason, through the whole inbox."""

from __future__ import annotations

import time
from datetime import timedelta
from statistics import median

import pytest

from bot.content import library
from bot.learning import recommending
from bot.segment import scored
from bot.store import consents, contents
from bot.store.models import Follower, FollowerInterest
from bot.values.interest import day_of, level
from handlers import pieces
from tests.conftest import NOON
from tests.handlers.talking import context, means, teach

DAY = timedelta(days=1)
COFFEE, CAKE, NEWS = "手冲咖啡入门", "抹茶千层上新", "十二月店铺通知"


@pytest.fixture(autouse=True)
def _read_anew():
    recommending._library.cache_clear()


def piece(house, slug, title, topics=(), at=NOON, **more):
    """One published piece; later ones are newer."""
    document = {
        "slug": slug, "kind": "article", "title": title, "topics": list(topics),
        "link": f"https://shop.example/{slug}", "purpose": "editorial", **more,
    }  # fmt: skip
    state, _ = library.put(house.account.id, document, at)
    contents.point(state.id, state.latest, at)


@pytest.fixture
def shelf(house):
    """Three pieces, the one about nothing the newest."""
    house.says("嗯")
    piece(house, "coffee", COFFEE, ["咖啡"], NOON - 3 * DAY)
    piece(house, "cake", CAKE, ["甜品"], NOON - 2 * DAY)
    piece(house, "news", NEWS, (), NOON - DAY)
    return house


def likes(house, topic, mentions=300):
    day = str(day_of(int(NOON.timestamp() * 1000)))
    held = level({day: mentions})
    FollowerInterest.create(follower=house.follower_id, topic=topic, level=held)


def foreseen(house, **chances):
    Follower.update(subscribed=True).where(Follower.id == house.follower_id).execute()
    for topic, chance in chances.items():
        scored.put(house.account.id, f"topic-{topic}", 1, {house.follower_id: chance}, NOON)


@pytest.mark.parametrize(
    "text", ["推荐", "有什么好看的？", "适合我的", "有没有适合我的", "Recommend"]
)
def test_who_asks_gets_a_piece_and_why(shelf, text):
    likes(shelf, "咖啡")
    said = shelf.says(text)
    assert COFFEE in said
    assert "https://shop.example/coffee" in said
    assert ("因为您常看“咖啡”" in said) or ("Because you often look at" in said)


def test_what_is_foreseen_goes_before_what_was(shelf):
    """Last night's recommender said that desserts come next: it is not told as a habit."""
    likes(shelf, "咖啡")
    foreseen(shelf, 甜品=0.6, 咖啡=0.2)
    said = shelf.says("推荐")
    assert CAKE in said
    assert "您近来可能会喜欢“甜品”" in said
    likes(shelf, "甜品")
    shelf.says("在吗")
    shelf.says("几点开门")
    shelf.says("好的")
    assert "因为您常看“甜品”" in shelf.says("推荐")


@pytest.mark.parametrize("changes", [{"opted_out_at": NOON}, {"personalised": False}])
def test_who_refused_gets_nothing_of_the_personal_kind(shelf, changes):
    likes(shelf, "咖啡")
    foreseen(shelf, 咖啡=0.9)
    Follower.update(**changes).where(Follower.id == shelf.follower_id).execute()
    said = shelf.says("推荐")
    assert NEWS in said, "the latest, as anybody gets it"
    assert "咖啡" not in said


def test_nothing_is_offered_twice_in_a_row(shelf):
    likes(shelf, "咖啡")
    said = [shelf.says("推荐") for _ in range(4)]
    offered = [next((one for one in (COFFEE, CAKE, NEWS) if one in text), "") for text in said]
    assert offered[0] == COFFEE
    assert sorted(offered[:3]) == sorted([COFFEE, CAKE, NEWS])
    assert offered[3] == ""
    assert "没有新的内容" in said[3]


def test_the_same_push_again_is_offered_the_same(shelf):
    """What is repeated after a crash is the answer to that push, and not to the next."""
    likes(shelf, "咖啡")
    shelf.says("推荐")
    ctx = context(shelf)
    assert COFFEE in pieces.below(ctx).text
    assert COFFEE in pieces.below(ctx).text


def test_a_refused_topic_is_not_recommended(shelf):
    likes(shelf, "咖啡")
    consents.choose(shelf.follower_id, "咖啡", wanted=False, at=NOON, how="test")
    assert COFFEE not in shelf.says("推荐")


@pytest.mark.parametrize(
    "changes",
    [
        {"valid_until": "2020-01-01"}, {"valid_from": "2099-01-01"}, {"stock": 0},
        {"language": "en"},
    ],
    ids=["over", "to come", "sold out", "in another language"],
)  # fmt: skip
def test_what_cannot_be_had_is_passed_by(shelf, changes):
    likes(shelf, "咖啡")
    piece(shelf, "coffee", COFFEE, ["咖啡"], NOON, **changes)
    assert COFFEE not in shelf.says("推荐")


def test_an_archived_piece_is_gone_at_once(shelf):
    likes(shelf, "咖啡")
    assert COFFEE in shelf.says("推荐")
    library.archive(shelf.account.id, "coffee", NOON)
    for text in ("在吗", "几点开门", "好的"):
        shelf.says(text)
    assert COFFEE not in shelf.says("推荐")


def test_an_empty_library_says_so(house):
    assert "没有新的内容" in house.says("推荐")


def test_an_intent_of_the_shops_own_answers_and_the_piece_stands_below(shelf):
    likes(shelf, "咖啡")
    teach(shelf, "intent", "dish.recommend", {
        "slug": "dish.recommend", "title": "推荐菜", "answers": [{"text": "招牌是毛肚。"}],
    })  # fmt: skip
    means(shelf, "你们家什么好", intent="dish.recommend", confidence=0.99)
    said = shelf.says("你们家什么好")
    assert said.index("招牌是毛肚。") < said.index("因为您常看“咖啡”") < said.index(COFFEE)
    assert shelf.last.handler == "intent.dish.recommend"


def test_it_takes_less_than_five_milliseconds_of_three_hundred_pieces(shelf):
    for number in range(300):
        piece(shelf, f"p{number}", f"第{number}篇", ["咖啡", "甜品"], NOON)
    likes(shelf, "咖啡")
    foreseen(shelf, 甜品=0.6, 咖啡=0.2)
    ctx = context(shelf)

    def once() -> float:
        began = time.process_time()
        assert pieces.below(ctx).text
        return time.process_time() - began

    once()  # the library is read once a change
    assert median(once() for _ in range(15)) < 0.005
