"""A campaign out into a file: a line a send, by pseudonym, with what came of it; and its report."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from bot import campaign, coupon
from bot.imports.exporting_sends import COLUMNS, export_report, export_sends
from bot.profile import privacy
from bot.store import events, followers, pseudonyms
from bot.store.models import Click, Conversion, Link, Send
from bot.values.audience import SendState
from tests.bot.campaign.world import SLUG, found_world
from tests.conftest import NOON


@pytest.fixture
def town(any_store):
    """Six followers, one of them without a channel; of who was written to, one taps and buys."""
    world = found_world(any_store, followers=6)
    world.begin()
    world.push()
    return world


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_each_send_is_a_line_with_its_end_and_what_came_of_it(town, tmp_path):
    campaign_id = town.state().id
    first, second, third, *_ = Send.select().order_by(Send.id)
    link = Link.create(campaign=campaign_id, url="https://h.example", url_hash="h", created_at=NOON)
    for seconds, automatic in ((0, True), (5, False), (9, False)):
        Click.create(link=link, send=first, follower=first.follower_id, automatic=automatic,
                     at=NOON + timedelta(seconds=seconds))  # fmt: skip
    bought = events.append(town.account_id, first.follower_id, "order", at=NOON, received_at=NOON,
                           source="order", key="A1", facts={"amount_fen": 3000})  # fmt: skip
    Conversion.create(send=first, event=bought, at=NOON, amount_fen=3000)
    assert coupon.claim(first.coupon_code, NOON + timedelta(seconds=7))
    Send.update(state=SendState.SKIPPED, skip="no_channel").where(Send.id == second.id).execute()
    privacy.erase(third.follower_id, "follower", NOON)
    path = tmp_path / "sends.jsonl"
    assert export_sends(campaign_id, path) == 6
    one, two, three, *more = lines(path)
    assert one["follower"] == pseudonyms.of(first.follower_id)
    assert (one["state"], one["clicks"], one["clicked_at"]) == (
        "sent", 2, "2026-11-21T12:00:05+08:00",
    )  # fmt: skip
    assert (one["conversions"], one["credited_fen"]) == (1, 3000)
    assert (one["claimed_at"], one.get("redeemed_at")) == ("2026-11-21T12:00:07+08:00", None)
    assert (two["state"], two["reason"], two["clicks"]) == ("skipped", "no_channel", 0)
    assert (two["reason_words"], one.get("reason_words", "")) == ("没有可用渠道", "")
    assert "follower" not in three, "erased since"
    assert len(more) == 3
    assert one["channel"]
    assert one["sent_at"].endswith("+08:00")


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_nobody_stands_there_by_name(store, tmp_path, suffix):
    world = found_world(store, followers=3)
    world.begin()
    world.push()
    path = tmp_path / f"out.{suffix}"
    assert export_sends(world.state().id, path) == 3
    assert path.stat().st_mode & 0o077 == 0
    text = path.read_text("utf-8") if suffix == "csv" else str(sheet(path))
    names = followers.openids_of([1, 2, 3])
    assert len(names) == 3
    assert [name for name in names.values() if name in text] == []
    assert pseudonyms.of(1) in text


def sheet(path):
    return list(load_workbook(path).active.iter_rows(values_only=True))


def test_a_campaign_that_sent_nothing_is_a_file_with_its_columns(store, tmp_path):
    world = found_world(store, followers=0)
    path = tmp_path / "out.csv"
    assert export_sends(world.begin().id, path) == 0
    assert path.read_text("utf-8-sig").strip() == ",".join(COLUMNS)


def test_a_report_is_a_figure_a_line(store, tmp_path):
    world = found_world(store, followers=3)
    world.begin()
    world.push()
    report = campaign.report_of(world.account_id, SLUG, world.now).to_json()
    path = tmp_path / "report.jsonl"
    told = export_report(report, path)
    figures = {one["figure"]: one.get("value") for one in lines(path)}
    assert len(figures) == told
    assert figures["closing.audience"] == report["closing"]["audience"] == 3
    assert figures["variants.1.delivered"] == report["variants"][0]["delivered"]
