"""Content of the library in campaigns: the piece that suits, kept with its chance, never a closed
one."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from bot import campaign
from bot.campaign.ahead.preview import preview
from bot.campaign.permission.matching import Piece, match
from bot.clock import to_ms
from bot.content import library
from bot.errors import Conflict, InvalidInput
from bot.store.db import Store
from bot.store.models import Follower, FollowerInterest, Link
from bot.tracking.tokens import read_link
from bot.values.interest import level
from tests.bot.campaign.world import SLUG, World, found_world
from tests.conftest import NOON

TEA, CAKE = Piece("tea", {"茶": 1.0, "甜品": 0.2}), Piece("cake", {"甜品": 1.0})


@pytest.mark.parametrize(
    ("interests", "share", "expected"),
    [
        pytest.param({"茶": 0.9}, 0.5, ("tea", 0.95), id="what they like"),
        pytest.param({"甜品": 0.9}, 0.5, ("cake", 0.95), id="what they like better"),
        pytest.param({"茶": 0.9}, 0.06, ("cake", 0.05), id="one in ten without looking"),
        pytest.param({}, 0.4, ("tea", 0.5), id="nothing is known: either"),
        pytest.param({}, 0.6, ("cake", 0.5), id="nothing is known: or"),
        pytest.param({"车": 0.9}, 0.6, ("cake", 0.5), id="nothing that these are about"),
    ],
)
def test_the_piece_that_suits(interests, share, expected):
    found = match([TEA, CAKE], interests, share)
    assert (found.slug, pytest.approx(found.chance)) == expected


@pytest.mark.parametrize(
    ("piece", "is_open"),
    [
        (Piece("p"), True),
        (Piece("p", stock=0), False),
        (Piece("p", valid_until=NOON), False),
        (Piece("p", valid_from=NOON, valid_until=NOON + timedelta(seconds=1)), True),
        (Piece("p", valid_from=NOON + timedelta(seconds=1)), False),
    ],
    ids=["for ever", "none left", "just over", "just begun", "not yet"],
)
def test_when_a_piece_can_go_out(piece: Piece, is_open: bool):
    assert piece.is_open(NOON) is is_open


def published(world: World, slug: str, topic: str, until: datetime | None = None) -> None:
    document = {
        "slug": slug, "kind": "article", "title": f"新品{slug}", "link": f"https://a.example/{slug}",
        "topics": {topic: 1.0}, "valid_until": until.isoformat() if until else None,
    }  # fmt: skip
    library.put(world.account_id, document, NOON)
    library.publish(world.account_id, slug, NOON - timedelta(days=1))


def a_town(store: Store, **tea: datetime) -> World:
    """Follower 1 likes tea, 2 cake, 3 tea but not that it is made use of; of the rest nothing is
    known."""
    world = found_world(store, followers=40)
    published(world, "tea", "茶", **tea)
    published(world, "cake", "甜品")
    day = to_ms(NOON) // 86_400_000
    for who, topic in ((1, "茶"), (2, "甜品"), (3, "茶")):
        FollowerInterest.create(follower=who, topic=topic, level=level({str(day): 300}))
    Follower.update(personalised=False).where(Follower.id == 3).execute()
    return world


WITH_CONTENT = {"content": ["tea", "cake"], "offer": ..., "text": "{content_title}：{link}"}


def test_each_gets_a_piece_and_a_link_of_its_own(any_store: Store):
    world = a_town(any_store)
    world.begin(**WITH_CONTENT)
    world.push()
    rows = {row.follower_id: row for row in world.rows()}
    texts = {body["touser"]: body["text"]["content"] for body in world.platform.sent}
    assert Counter(row.content for row in rows.values()).keys() == {"tea", "cake"}
    assert rows[3].chance == pytest.approx(0.5), "whose interests are not made use of"
    likely = {(who, rows[who].content) for who in (1, 2) if rows[who].chance > 0.5}
    assert likely <= {(1, "tea"), (2, "cake")}
    for row in rows.values():
        text = texts[f"o-{row.follower_id}"]
        assert text.startswith(f"新品{row.content}：https://h.example/t/")
        ids = read_link(text.split("/t/")[1].split("\n")[0])
        assert ids is not None
        assert Link.get_by_id(ids.link_id).url == f"https://a.example/{row.content}"
        assert ids.send_id == row.id


def test_a_piece_that_ends_meanwhile_is_not_sent(store: Store):
    world = a_town(store, until=NOON + timedelta(hours=30))
    world.later(hours=10)  # 22:00: planned for the morning
    world.begin(**WITH_CONTENT)
    world.push()
    carried = Counter(row.content for row in world.rows())
    world.later(hours=24)
    world.push()
    assert world.states() == {"no_content": carried["tea"], "intended": carried["cake"]}
    world.later(hours=11)  # 09:00 of the day after
    world.push()
    assert world.states() == {"no_content": carried["tea"], "sent": carried["cake"]}


def test_without_an_open_piece_nobody_gets_anything(store: Store):
    world = a_town(store, until=NOON)
    made = world.create(**{**WITH_CONTENT, "content": "tea"})
    told = campaign.dry_run(world.services, world.account_id, made.id, world.now)
    despite = ("content-gone",)
    campaign.start(world.services, world.account_id, SLUG, world.now, despite=despite)
    world.push()
    assert told.skipped == {"no_content": 40}
    assert world.states() == {"no_content": 40}


def test_the_dry_run_and_the_preview_show_each_their_piece(store: Store):
    world = a_town(store)
    made = world.create(**WITH_CONTENT)
    told = campaign.dry_run(world.services, world.account_id, made.id, world.now)
    assert {one.text[:6] for one in told.examples} <= {"新品tea：", "新品cake"}
    seen = {preview(world.services, world.account_id, SLUG, who, NOON).text for who in (1, 2)}
    campaign.start(world.services, world.account_id, SLUG, world.now)
    world.push()
    texts = {body["text"]["content"][:6] for body in world.platform.sent[:2]}
    assert {text[:6] for text in seen} == texts


def test_content_that_is_not_there_is_refused(store: Store):
    world = found_world(store, followers=1)
    with pytest.raises(InvalidInput, match="content: there is no content 'tea'"):
        world.create(**{**WITH_CONTENT, "content": "tea"})


# --- pieces that are gone -----------------------------------------------------------------------


def lint_of(world: World) -> list[tuple[str, str]]:
    told = campaign.dry_run(world.services, world.account_id, SLUG, world.now)
    return [(one.severity.value, one.why()) for one in told.findings if one.rule == "content-gone"]


def test_a_campaign_whose_content_is_all_gone_is_not_started(store: Store):
    world = found_world(store, followers=2)
    published(world, "tea", "茶")
    published(world, "cake", "甜品", until=NOON + timedelta(hours=1))
    for slug in ("tea", "cake"):
        assert library.archive(world.account_id, slug, world.now)
    world.create(offer=..., content=["tea", "cake"], text="{content_title}")
    assert lint_of(world) == [
        ("error", "内容“tea”已归档，发不出去。"), ("error", "内容“cake”已归档，发不出去。"),
    ]  # fmt: skip
    with pytest.raises(Conflict, match="content-gone"):
        campaign.start(world.services, world.account_id, SLUG, world.now)
    assert world.state().state == "draft"
    library.publish(world.account_id, "cake", world.now)
    assert lint_of(world) == [("warning", "内容“tea”已归档，发不出去。")]
    world.later(hours=2)
    assert ("error", "内容“cake”到发送时不在有效期内，或没有库存，发不出去。") in lint_of(world)
    world.later(hours=-2)
    assert campaign.start(world.services, world.account_id, SLUG, world.now).state == "scheduled"
