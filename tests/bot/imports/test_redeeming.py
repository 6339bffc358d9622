"""A file of redemptions: every line is answered for, and reading it again changes nothing."""

from datetime import timedelta

import pytest

from bot import coupon
from bot.errors import InvalidInput
from bot.imports import redeeming
from bot.imports.sources import open_source
from bot.store import coupons
from bot.store.db import fetch
from tests.conftest import NOON, a_follower

DAY = timedelta(days=1)


@pytest.fixture
def codes(account_id):
    lin = a_follower(account_id)
    document = {"slug": "b", "title": "满30减8", "face_value_fen": 800, "threshold_fen": 3000,
                "per_person": 9, "valid_days": 1, "codes": 9}  # fmt: skip
    batch = coupon.make_batch(account_id, document, NOON)
    given = [coupons.issue_now(batch.id, lin, f"event:{n}", NOON) for n in range(4)]
    return [coupons.code_text(one.id) for one in given]


def source_of(tmp_path, lines):
    path = tmp_path / "uses.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return open_source(path)


def lines_of(codes):
    return [
        "券码,订单号,订单原价,门店,核销时间",
        f"{codes[0]},A1,45.00,a1,2026-11-21 13:00",
        f"{codes[0]},A1,45.00,a1,2026-11-21 13:00",
        f"{codes[0]},A2,45.00,a1,2026-11-21 13:05",
        f"{codes[1]},A3,20.00,a1,2026-11-21 13:00",
        f"{codes[2]},A4,45.00,,2026-11-22 11:59",
        f"{codes[3]},A5,45.00,a1,2026-11-22 12:00",
        f"{codes[1]},A6,,a1,2026-11-21 11:00",
        "NOPE,A7,45.00,a1,",
        ",A8,45.00,a1,",
        f"{codes[1]},A9,forty,a1,",
        f"{codes[1]},A9,45.00,a1,2026-11-24 12:30",
    ]


REASONS = {
    "already_redeemed": 1,
    "below_threshold": 1,
    "expired": 1,  # used at the very end of its time
    "not_issued": 1,  # used before it was given
    "unknown": 1,
    "missing": 1,
    "not_amount": 1,
    "future": 1,
}


def test_every_line_is_answered_for_and_a_dry_run_says_the_same(account_id, codes, tmp_path):
    now = NOON + 3 * DAY
    coupon.sweep(now)  # expired meanwhile: a use that is told late counts by its own time
    source, refused = source_of(tmp_path, lines_of(codes)), []
    tried = redeeming.redeem_file(account_id, source, now, dry_run=True)
    assert fetch("SELECT COUNT(*) FROM coupon_use") == [(0,)]
    done = redeeming.redeem_file(
        account_id, source, now, refuse=lambda line, reason: refused.append((line.number, reason))
    )
    assert (done.lines, done.redeemed, done.repeated, done.rejected) == (11, 2, 1, 8)
    assert done.reasons == REASONS
    assert done.discount_fen == 1600
    assert tried.to_json() == {**done.to_json(), "dry_run": True}
    assert (4, "already_redeemed") in refused
    again = redeeming.redeem_file(account_id, source, now)
    assert (again.redeemed, again.repeated, again.reasons) == (0, 3, REASONS)
    assert fetch("SELECT COUNT(*) FROM event WHERE kind = 'coupon.redeemed'") == [(2,)]


def test_cut_off_anywhere_it_is_read_again_from_the_beginning(account_id, codes, tmp_path):
    lines = ["Coupon Code,Order_No,实付（分）"] + [
        f"{code},A{n},2200" for n, code in enumerate(codes)
    ]
    source = source_of(tmp_path, lines)
    for stop in range(1, len(codes)):
        run = redeeming._Run(account_id, redeeming._places(source.header), NOON, "")
        for line in list(source.rows())[:stop]:
            assert run.one(line).ok
    done = redeeming.redeem_file(account_id, source, NOON)
    assert (done.redeemed, done.repeated) == (1, 3)
    assert fetch("SELECT DISTINCT amount_fen FROM coupon_code WHERE state = 'redeemed'") == [
        (2200,)
    ]


def test_a_dry_run_knows_what_its_earlier_batches_used(account_id, codes, tmp_path, monkeypatch):
    monkeypatch.setattr(redeeming, "BATCH", 1)
    now = NOON + 3 * DAY
    source = source_of(tmp_path, lines_of(codes))
    tried = redeeming.redeem_file(account_id, source, now, dry_run=True)
    assert (tried.redeemed, tried.repeated, tried.reasons) == (2, 1, REASONS)


def test_rejected_lines_go_to_a_file_with_why(account_id, codes, tmp_path):
    source = source_of(tmp_path, lines_of(codes))
    out = redeeming.open_rejects(tmp_path / "rejects.csv", source)
    redeeming.redeem_file(account_id, source, NOON + 3 * DAY, refuse=out.put)
    out.close()
    rows = (tmp_path / "rejects.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 9
    assert any("这张券已经在别的订单用过了" in row and ",A2," in row for row in rows)


def test_a_file_without_codes_is_refused(account_id, tmp_path):
    with pytest.raises(InvalidInput, match="券码"):
        redeeming.redeem_file(account_id, source_of(tmp_path, ["订单号", "A1"]), NOON)
