"""`hongyan coupons` as an operator types it: what it prints, what it refuses, what is on record."""

from __future__ import annotations

import csv
import json

import pytest
from click.testing import CliRunner

from bot.cli import common
from bot.cli.root import cli
from bot.clock import utc_now
from bot.coupon import make_batch
from bot.store import audit, coupon_notices, coupons
from tests.conftest import KEY, a_follower


@pytest.fixture
def codes(tmp_path, monkeypatch, fresh_sqlite):
    """Two codes of Lin's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HONGYAN_DATABASE_URL", fresh_sqlite(tmp_path))
    monkeypatch.setenv("HONGYAN_WECHAT_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("HONGYAN_SECRET_KEYS", KEY)
    kept = (common.settings, common.services, common._clock)
    for one in kept:
        one.cache_clear()
    account, now = common.services().account_of("default").id, utc_now()
    lin = a_follower(account)
    document = {"slug": "b0", "title": "满30减8", "face_value_fen": 800, "threshold_fen": 3000,
                "per_person": 9, "codes": 3, "total_limit": 9}  # fmt: skip
    batch = make_batch(account, document, now)
    refs = [coupons.issue_now(batch.id, lin, f"event:{n}", now) for n in range(2)]
    yield [coupons.code_text(ref.id) for ref in refs]
    common.services().store.close()
    for one in kept:
        one.cache_clear()


def run(*words):
    return CliRunner().invoke(cli, ["coupons", *words])


def said(*words):
    """The document on stdout."""
    return json.loads(run(*words, "--json").stdout)


def test_a_code_is_redeemed_by_its_terms_taken_back_and_made_void(codes):
    refused = run("redeem", codes[0], "--order", "A1", "--basket-fen", "2999")
    assert "below_threshold" in str(refused.exception)
    done = said("redeem", codes[0], "--order", "A1", "--basket-fen", "4500", "--shop", "a1")
    assert (done["discount_fen"], done["amount_fen"], done["message"]) == (800, 3700, "核销成功。")
    assert "another order" in str(run("undo", codes[0]).exception)
    assert said("undo", codes[0], "--order", "A1") == {"undone": True}
    assert said("undo", codes[0], "--order", "A1") == {"undone": False}
    assert "no such code" in str(run("undo", "NOPE", "--order", "A1").exception)
    assert run("void", codes[0], "--why", "顾客投诉").exit_code == 0
    assert "void" in str(run("void", codes[0], "--why", "again").exception)
    assert {"coupon_undo", "coupon_void"} <= {one.action for one in audit.entries()}


def test_codes_are_made_and_written_for_paper(codes, tmp_path):
    assert said("make", "b0", "--count", "2") == {"batch": "b0", "made": 2, "exported": False}
    assert run("make", "b0", "--count", "4", "--export", "paper.csv").exit_code == 0
    rows = list(csv.reader((tmp_path / "paper.csv").read_text("utf-8-sig").splitlines()))
    assert (rows[0], len({code for code, _ in rows[1:]})) == (["券码", "名称"], 4)
    assert (tmp_path / "paper.csv").stat().st_mode & 0o777 == 0o600
    assert "File exists" in str(
        run("make", "b0", "--count", "1", "--export", "paper.csv").exception
    )
    assert "room for 0" in str(run("make", "b0", "--count", "1").exception)
    (stock,) = said("stock")["batches"]
    assert (stock["available"], stock["issued"], stock["open_cost_fen"]) == (3, 6, 4800)


def test_a_batch_is_shown_as_it_can_be_made_again(codes, tmp_path):
    shown = said("show", "b0")
    assert "满30元减8元" in run("show", "b0").output
    (tmp_path / "again.yaml").write_text(json.dumps({**shown, "slug": "b1"}, ensure_ascii=False))
    assert run("create", "again.yaml").exit_code == 0
    assert said("show", "b1") == {**shown, "slug": "b1"}


def test_a_till_is_made_listed_and_revoked(codes):
    made = said("till", "静安店", "--days", "3")
    assert made["link"].startswith("http://127.0.0.1:8000/h5/till/")
    assert [(one["till"], one["shop"]) for one in said("tills")["tills"]] == [(1, "静安店")]
    assert [run("till-revoke", "1").exit_code for _ in range(2)] == [0, 1]
    assert run("till", "x" * 33).exit_code == 1


def test_the_radar_is_looked_at_set_and_released(codes):
    assert said("radar")["findings"] == []
    assert run("radar-rule", "follower_uses", "--most", "1", "--hold").exit_code == 0
    assert {"rule": "follower_uses", "most": 1, "within_minutes": 1440, "hold": True,
            "enabled": True} in said("radar-rules")["rules"]  # fmt: skip
    for n, code in enumerate(codes):
        run("redeem", code, "--order", f"A{n}")
    (found,) = said("radar")["findings"]
    assert (found["rule"], found["count"], found["holds"]) == ("follower_uses", 2, True)
    account, now = common.account().id, common.now()
    coupon_notices.tell(account, "follower_uses", found["subject"], "medium", {}, now)
    assert [one["kind"] for one in said("notices")["notices"]] == ["follower_uses"]
    assert [run("release", "1").exit_code for _ in range(2)] == [0, 1]
    assert run("radar-rule", "nonsense").exit_code == 2


def test_without_a_merchant_there_is_no_wallet(codes):
    for words in ("wallet-open b0", "wallet-sync", "wallet-callback"):
        assert "HONGYAN_PAY_CONFIG" in str(run(*words.split()).exception), words


def test_withdrawing_asks_first(codes):
    asked = CliRunner().invoke(cli, ["coupons", "withdraw", "b0", "--why", "印错"], input="n\n")
    assert "2 followers' codes" in asked.output
    assert coupons.batches(1)[0].withdrawn_at is None
    assert said("withdraw", "b0", "--why", "印错", "--yes") == {"batch": "b0", "void": 3}
