"""What the console lists of followers, on every engine: states, tags, rows of one, exports."""

from __future__ import annotations

import json

import pytest

from bot.clock import to_ms
from bot.store import accounts, campaigns, exports, follower_list, follower_rows, listing, tag_list
from bot.store.db import insert_new, run
from bot.store.exports import Only
from bot.store.spots import Spot
from tests.conftest import NOON, a_follower

FIRST = follower_list.FIRST


@pytest.fixture
def house(any_store):
    """Six followers of one account, and one of another with the same tag."""
    mine = accounts.ensure_default("wx1", "service", NOON)
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", NOON)
    other = accounts.by_slug("second").id
    ids = [a_follower(mine, openid=f"o-{n}", subscribed=n != 5) for n in range(6)]
    stranger = a_follower(other, openid="o-x")
    for follower_id, tag, until in (
        (ids[0], "a", None), (ids[1], "a", to_ms(NOON) + 1), (ids[2], "a", to_ms(NOON)),
        (ids[3], "b", None), (stranger, "a", None), (stranger, "c", None),
    ):  # fmt: skip
        columns = ("follower_id", "tag", "weight", "source", "since", "until_at")
        insert_new("follower_tag", columns, (follower_id, tag, 1.0, "rule", 1, until), key="tag")
    listing.set_blacklisted([ids[1], ids[4]], True)
    run("UPDATE follower SET opted_out_at = ? WHERE id = ?", (5, ids[2]))
    return mine, other, ids


def test_states_are_listed_and_told_apart(house):
    mine, other, ids = house
    found = [one.id for one in follower_list.blacklisted(mine, FIRST, 10)]
    assert found == [ids[4], ids[1]]
    assert [one.id for one in follower_list.blacklisted(mine, ids[4], 10)] == [ids[1]]
    assert [one.id for one in follower_list.opted_out(mine, FIRST, 10)] == [ids[2]]
    assert follower_list.blacklisted(other, FIRST, 10) == []
    assert listing.blacklisted(mine) == {ids[1], ids[4]}


def test_tags_count_who_has_them_now_and_are_of_the_account(house):
    mine, other, ids = house
    held, more = tag_list.page(mine, "", 10, NOON)
    assert [(one.tag, one.people, one.whole) for one in held] == [("a", 2, True), ("b", 1, True)]
    assert more == ""
    assert tag_list.page(mine, "", 1, NOON) == ([held[0]], "a")
    assert [one.tag for one in tag_list.page(other, "", 10, NOON)[0]] == ["a", "c"]
    # Names that only another account has show nowhere, not even as a place to go on.
    assert tag_list.page(mine, "a", 1, NOON) == ([held[1]], "")
    assert tag_list.page(other, "", 1, NOON)[1] == "a"
    assert [one.follower_id for one in tag_list.carriers(mine, "a", ids[0], 9, NOON)] == [ids[1]]
    assert tag_list.having("a", ids, NOON) == set(ids[:2])


def test_a_tag_of_ours_is_found_behind_many_of_another_account(house, monkeypatch):
    mine, other, _ = house
    monkeypatch.setattr(tag_list, "BUDGET", 1)
    monkeypatch.setattr(tag_list, "LEAST", 1)
    of_other = tag_list.counts(other, ["a"], NOON)[0]
    assert (of_other.people, of_other.whole) == (1, False)
    assert tag_list.counts(mine, ["c"], NOON)[0].people == 0


@pytest.mark.parametrize(
    ("only", "wanted"),
    [
        (Only(), [0, 1, 2, 3, 4, 5]),
        (Only(tag="a"), [0, 1]),
        (Only(state="following"), [0, 1, 2, 3, 4]),
        (Only(state="left"), [5]),
        (Only(state="blacklisted"), [1, 4]),
        (Only(tag="a", state="blacklisted"), [1]),
        (Only(state="opted_out"), [2]),
    ],
)
def test_an_export_is_narrowed(house, only, wanted):
    mine, _, ids = house
    pages = list(exports.pages(mine, None, NOON, only=only))
    assert [one.id for page in pages for one in page] == [ids[n] for n in wanted]
    assert exports.count(mine, None, only, to_ms(NOON)) == len(wanted)


def test_rows_of_one_follower_a_page_at_a_time(house):
    mine, _, ids = house
    assert [one.tag for one in follower_rows.tags(ids[1], NOON)] == ["a"]
    assert follower_rows.tags(ids[2], NOON) == []
    campaign = campaigns.create(mine, "c", "活动", {}, NOON)
    for number in range(1, 6):
        run(
            "INSERT INTO send (campaign_id, generation, step, follower_id, state, purpose, variant,"
            " channel, skip, subject, client_id, msgid, planned_at, not_before, claimed_by,"
            " attempts, error, reasons, content) VALUES (?, ?, 'offer', ?, 'skipped', 'marketing',"
            " '', '', 'quota', '', '', '', ?, 0, '', 0, '', ?, '')",
            (campaign, number, ids[0], number // 2, json.dumps({"n": number})),
        )
    seen, mark = [], Spot()
    while mark is not None:
        rows, mark = follower_rows.sends(ids[0], mark, 2)
        seen += [row.reasons["n"] for row in rows]
    assert seen == [5, 4, 3, 2, 1]
    assert follower_rows.coupons(ids[0], Spot(), 5) == ([], None)
