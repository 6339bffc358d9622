"""Orders whose money went back: the events that the shop's own report makes (bot.collect)."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from bot.clock import to_ms
from bot.collect import intake
from bot.errors import InvalidInput
from bot.imports.guessing import guess
from bot.imports.mapping import parse
from bot.imports.sources import open_source
from bot.profile.refresh import fold_new
from bot.store.db import fetch, run
from tests.bot.imports.cast import an_account, bring, rejected, sums, table, try_out
from tests.conftest import NOON, a_follower

HEADER = ["openid", "订单号", "实付金额", "下单时间", "订单状态", "退款金额", "退款时间"]
BOUGHT = "2026-11-01T10:00:00+08:00"
BACK = "2026-11-05T10:00:00+08:00"


def order(status="已完成", back="", since="", *, who="o-lin", paid="100.00"):
    return [who, "A1", paid, BOUGHT, status, back, since]


def orders(tmp_path, *rows, name="orders.csv"):
    path = table(tmp_path / name, [HEADER, *rows])
    return path, guess(open_source(path), "orders", NOON)


def refunds():
    """(facts, at in ms) of each refund in the log."""
    rows = fetch("SELECT facts, at FROM event WHERE kind = 'refund' ORDER BY dedupe")
    return [(json.loads(facts), at) for facts, at in rows]


STATES = [
    pytest.param(order("退款成功"), 10_000, True, id="a status says all of it"),
    pytest.param(order("已完成", "30"), 3_000, False, id="an amount says a part"),
    pytest.param(order("已退款", "30"), 3_000, False, id="an amount is more exact than a status"),
    pytest.param(order("已退款", "100"), 10_000, True, id="an amount may be all"),
    pytest.param(order("部分退款", "1"), 100, False, id="a part with its amount"),
    pytest.param(order("REFUNDED"), 10_000, True, id="in any case"),
    pytest.param(order("", "100"), 10_000, True, id="without a status"),
    pytest.param(order("已退款", "0"), 10_000, True, id="an amount of nothing says nothing"),
    pytest.param(order("退款中"), None, None, id="not yet"),
    pytest.param(order("已完成", "0"), None, None, id="nothing went back"),
]


@pytest.mark.parametrize(("row", "fen", "whole"), STATES)
def test_what_went_back(store, tmp_path, row, fen, whole):
    path, mapping = orders(tmp_path, row)
    result = bring(path, mapping)
    assert sums(result) == (1, 1, 0, 0, 0)
    bought = to_ms(datetime.fromisoformat(BOUGHT))
    facts = {"amount_fen": fen, "whole": whole, "order_at": bought}
    assert refunds() == ([] if fen is None else [(facts, bought)])


REFUSED = [
    pytest.param(order("部分退款"), "refund_missing", "退款金额", id="a part of unknown size"),
    pytest.param(order("已退款", "100.01"), "refund_more", "退款金额", id="more than was paid"),
    pytest.param(order("待付款"), "not_paid", "订单状态", id="an order that nobody paid"),
    pytest.param(order("已退款", "x"), "not_amount", "退款金额", id="no amount"),
]


@pytest.mark.parametrize(("row", "reason", "column"), REFUSED)
def test_what_is_no_order_is_rejected_with_its_refund(store, tmp_path, row, reason, column):
    path, mapping = orders(tmp_path, row)
    result = bring(path, mapping)
    assert result.report.reasons == {reason: 1}
    assert rejected(result)[1][1] == column
    assert fetch("SELECT COUNT(*) FROM event") == [(0,)]


def test_the_same_as_the_shop_reports_it_and_counted_once(any_store, tmp_path):
    """Reported by the API, then imported: nothing is new; and the other way round."""
    owner = an_account()
    a_follower(owner)
    sold = {"order_number": "A1", "follower": {"openid": "o-lin"}, "amount_fen": 10_000,
            "at": BOUGHT, "topics": []}  # fmt: skip
    back = {"order_number": "A1", "status": "refunded", "refund_fen": 3_000, "at": BACK}
    path, mapping = orders(tmp_path, order("已完成", "30", BACK))
    first = bring(path, mapping)
    assert sums(first) == (1, 1, 0, 0, 0)
    told = fetch("SELECT kind, at, source, dedupe, facts FROM event ORDER BY id")
    assert intake.take_orders(owner, [sold, back], NOON).repeated == 2
    run("DELETE FROM event")
    assert intake.take_orders(owner, [sold, back], NOON).accepted == 2
    assert [(*row[:4], json.loads(row[4])) for row in told] == [
        (*row[:4], json.loads(row[4]))
        for row in fetch("SELECT kind, at, source, dedupe, facts FROM event ORDER BY id")
    ]
    path, mapping = orders(tmp_path, order("已完成", "30", BACK), name="again.csv")
    assert sums(bring(path, mapping)) == (1, 0, 1, 0, 0)
    fold_new(NOON)
    assert fetch("SELECT spent_fen FROM profile") == [(7_000,)]


def test_of_an_order_reported_before_the_report_counts(any_store, tmp_path):
    owner = an_account()
    a_follower(owner)
    a_follower(owner, "o-mei")
    sold = {"order_number": "A1", "follower": {"openid": "o-lin"}, "amount_fen": 5_000,
            "at": BOUGHT, "topics": []}  # fmt: skip
    intake.take_orders(owner, [sold], NOON)
    for number, (row, reasons) in enumerate([
        (order("已退款", "60"), {"refund_more": 1}),
        (order("已退款", who="o-mei"), {"other_payer": 1}),
        (order("已退款"), {}),
    ]):  # fmt: skip
        path, mapping = orders(tmp_path, row, name=f"{number}.csv")
        said, done = try_out(path, mapping), bring(path, mapping)
        assert said.report == done.report
        assert done.report.reasons == reasons
    ((facts, _),) = refunds()
    assert (facts["amount_fen"], facts["whole"]) == (5_000, True)


def test_states_of_something_else_are_left_out_by_the_guess_and_own_words_are_declared(tmp_path):
    rows = [[*order("A 类")[:5]], [*order("B 类")[:5]]]
    path = table(tmp_path / "a.csv", [HEADER[:5], *rows])
    document = guess(open_source(path), "orders", NOON)
    assert document["columns"]["订单状态"] == "ignore"
    document["columns"]["订单状态"] = {"to": "status", "values": {"A 类": "refunded"}}
    assert parse(document).one("status")
    document["columns"]["订单状态"]["values"]["B 类"] = "lost"
    with pytest.raises(InvalidInput, match="a status is one of paid, refunded, partly, unpaid"):
        parse(document)
