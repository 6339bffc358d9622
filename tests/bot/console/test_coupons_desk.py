"""优惠券: what was given and redeemed, tills with QR codes, files of shops, radar, low stock."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest

from bot import coupon
from bot.background import run_long, run_short
from bot.console.rights import Role
from bot.coupon import patrol, stocks, tills
from bot.store import (
    accounts,
    audit,
    background,
    coupon_batches,
    coupon_list,
    coupon_notices,
    coupon_tills,
    coupons,
    operators,
    pseudonyms,
)
from bot.store.coupons import Use
from bot.store.db import run
from bot.store.spots import Spot
from handlers import dispatch
from tests.bot.console.conftest import House
from tests.bot.console.sharing import emptied, post, seen_in, shared, stamp
from tests.conftest import a_follower

HERE = "/console/a/default"
MAKING = {"slug": "cup", "title": "<b>第二杯</b>", "kind": "cash", "face_value_fen": 500,
          "codes": 40, "per_person": 9, "valid_days": 7}  # fmt: skip


TABLES = (
    *("background_task", "coupon_notice", "coupon_attempt", "coupon_till", "coupon_use"),
    *("coupon_rule", "coupon_batch"),
)


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    """One house for all tests here: nobody's chat goes anywhere."""
    folder = tmp_path_factory.mktemp("house")
    with shared(House, folder, fresh_sqlite(folder), "http://127.0.0.1:9", dispatch) as found:
        found.hire("lin", Role.MARKETER)
        found.hire("vi", Role.VIEWER)
        yield found


@pytest.fixture
def shop(built):
    for table in TABLES:
        run(f"DELETE FROM {table}")
    operators.update(operators.by_name("lin").id, language="zh")
    found = emptied(built)
    found.batch = coupon.make_batch(found.account_id, MAKING, found.clock())
    return found


@pytest.fixture
def lin(shop):
    return shop.signed_in("lin")


def give(shop, openid="o-1"):
    """A code in somebody's hands: whose."""
    who = a_follower(shop.account_id, openid=openid)
    coupons.issue_now(shop.batch.id, who, f"t:{openid}", shop.clock())
    return who


def upload(browser, path, text, name="file.csv", **values):
    data = {"form": stamp(browser), "file": (io.BytesIO(text.encode()), name), **values}
    return browser.post(path, data=data)


def done(shop, answer):
    """The page of the work that was asked for, after it was done; and its task."""
    assert answer.status_code == 302, answer.text
    run_short(shop.services, shop.clock())
    run_long(shop.services, shop.clock())
    task = background.get(shop.account_id, int(answer.location.rsplit("/", 1)[1]))
    assert task.state == "done", task.error
    return shop.signed_in("lin").get(answer.location).text, task


def rows_of(task):
    file = background.file_of(task.id, "result")
    text = b"".join(background.content(file)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


# --- lists ---------------------------------------------------------------------------------------


def test_who_has_which_coupon_is_listed_with_what_became_of_it(shop, lin):
    who = give(shop)
    page = lin.get(f"{HERE}/coupons/given").text
    assert pseudonyms.of(who) in page
    assert "&lt;b&gt;第二杯" in page
    assert "已发放" in page
    assert pseudonyms.of(who) not in lin.get(f"{HERE}/coupons/given?state=redeemed").text
    assert pseudonyms.of(who) not in lin.get(f"{HERE}/coupons/given?batch=other").text
    assert lin.get(f"{HERE}/coupons/given?state=nonsense&before=x").status_code == 200


def test_pages_go_on_where_the_last_ended_and_none_is_shown_twice(shop, lin):
    for number in range(7):
        give(shop, f"o-{number}")
        shop.clock.on(seconds=number % 2)  # some at the same instant
    found, spot = [], Spot()
    while spot is not None:
        rows, spot = coupon_list.given(shop.account_id, spot, 3)
        found += [one.id for one in rows]
    assert len(found) == len(set(found)) == 7


def test_a_question_that_little_fits_looks_at_so_many_rows_a_page(shop, monkeypatch):
    monkeypatch.setattr(coupon_list, "SCAN", 3)
    for number in range(7):
        give(shop, f"o-{number}")
    none, spot = coupon_list.given(shop.account_id, Spot(), 3, state="void")
    assert none == []
    assert spot is not None
    found = [row for page in coupon_list.every(
        lambda at: coupon_list.given(shop.account_id, at, 3)) for row in page]  # fmt: skip
    assert len(found) == 7


def use(shop, code, shop_name="人民路店", order="A1"):
    found = coupon.redeem(
        code, order_number=order, amount_fen=3000, now=shop.clock(), account_id=shop.account_id,
        use=Use("till", shop_name),
    )  # fmt: skip
    assert found.ok
    return found


def codes(shop, count=3):
    """Codes on paper: known, and in nobody's hands."""
    return list(coupon.on_paper(shop.batch.id, count, shop.clock()))


def test_redemptions_are_listed_by_shop_and_way_and_say_when_they_were_taken_back(shop, lin):
    one, two, _ = codes(shop)
    use(shop, one)
    use(shop, two, "南京路店", "A2")
    coupon.undo_by_code(two, "A2", shop.account_id, shop.clock(), within=coupon.ANY_TIME)
    page = lin.get(f"{HERE}/coupons/used").text
    assert page.count("人民路店") == 1
    assert "已撤销" in page
    assert "¥5<" in page
    only = lin.get(f"{HERE}/coupons/used", query_string={"shop": "南京路店"}).text
    assert "人民路店" not in only
    assert "没有符合条件" in lin.get(f"{HERE}/coupons/used?source=pay").text


def test_the_lists_are_taken_away_as_files_without_codes(shop, lin):
    who = give(shop)
    one, *_ = codes(shop)
    use(shop, one, "=cmd()")
    page, task = done(shop, post(lin, f"{HERE}/coupons/given/export", batch="", state=""))
    assert "导出了 4 行" in page
    rows = rows_of(task)
    assert {row["follower"] for row in rows} == {pseudonyms.of(who), ""}
    assert one not in str(rows)
    _, task = done(shop, post(lin, f"{HERE}/coupons/used/export", batch="", source="", shop=""))
    assert [row["shop"] for row in rows_of(task)] == ["'=cmd()"]
    assert {one.action for one in audit.entries(2)} == {"coupon_export"}


# --- tills ---------------------------------------------------------------------------------------


def test_a_till_is_opened_shown_with_its_code_and_closed_for_good(shop, lin):
    made = post(lin, f"{HERE}/coupons/tills/new", shop="人民路店 <b>", days="30")
    page = lin.get(made.location).text
    link = re.search(r'class="link" href="([^"]+)"', page)[1]
    assert link.startswith("https://bot.example.com/h5/till/")
    assert tills.till_of(link.rsplit("/", 1)[1], shop.clock()) is not None
    assert 'class="qr"' in page
    assert audit.entries(1)[0].action == "till_show"
    listed = lin.get(f"{HERE}/coupons/tills").text
    assert "人民路店 &lt;b&gt;" in listed
    assert "/h5/till/" not in listed
    assert post(lin, f"{made.location}/revoke").status_code == 302
    assert post(lin, f"{made.location}/revoke").status_code == 409
    assert tills.till_of(link.rsplit("/", 1)[1], shop.clock()) is None
    assert "/h5/till/" not in lin.get(made.location).text


@pytest.mark.parametrize(
    ("name", "days"), [("", "30"), ("店", "0"), ("店", "367"), ("店", "x"), ("长" * 33, "30")]
)
def test_a_till_that_cannot_be_is_refused(shop, lin, name, days):
    answer = post(lin, f"{HERE}/coupons/tills/new", shop=name, days=days)
    assert answer.status_code == 422
    assert coupon_tills.of_account(shop.account_id) == []


# --- files ---------------------------------------------------------------------------------------


def test_a_shop_s_codes_come_on_stock_and_what_was_refused_is_a_file(shop, lin):
    text = "券码\nABCD-1234\nABCD-1234\nx\n券券券券\nEFGH5678\n"
    page, task = done(shop, upload(lin, f"{HERE}/coupons/files/codes", text, batch="cup"))
    assert {name: task.result[name] for name in ("lines", "added", "repeated", "rejected")} == {
        "lines": 5, "added": 2, "repeated": 1, "rejected": 2,
    }  # fmt: skip
    assert "长度不对" in page
    assert [row["line"] for row in rows_of(task)] == ["4", "5"]
    assert coupon_batches.stock(shop.batch.id)["available"] == 42
    lin = shop.signed_in("lin")
    _, again = done(shop, upload(lin, f"{HERE}/coupons/files/codes", text, batch="cup"))
    assert again.result["added"] == 0


def test_redemptions_of_a_file_are_tried_first_and_done_once(shop, lin):
    one, two, _ = codes(shop)
    text = f"券码,订单号,实付\n{one},A1,30\n{two},A2,20\nNOSUCH99,A3,1\n"
    path = f"{HERE}/coupons/files/redeem"
    page, task = done(shop, upload(lin, path, text, shop="人民路店", do="try"))
    assert (task.result["redeemed"], task.result["rejected"]) == (2, 1)
    assert "没有核销任何券" in page
    assert coupon_batches.stock(shop.batch.id)["redeemed"] == 0
    lin = shop.signed_in("lin")
    page, task = done(shop, upload(lin, path, text, shop="人民路店", do="redeem"))
    assert task.result["redeemed"] == 2
    assert coupon_batches.stock(shop.batch.id)["redeemed"] == 2
    assert [row["券码"] for row in rows_of(task)] == ["NOSUCH99"]
    lin = shop.signed_in("lin")
    assert lin.get(f"{HERE}/coupons/used").text.count("人民路店") == 2
    _, again = done(shop, upload(lin, path, text, shop="人民路店", do="redeem"))
    assert (again.result["redeemed"], again.result["repeated"]) == (0, 2)


def test_no_file_and_no_batch_are_refused(shop, lin):
    assert post(lin, f"{HERE}/coupons/files/redeem", do="try").status_code == 422
    assert upload(lin, f"{HERE}/coupons/files/codes", "AAAA", batch="other").status_code == 422


# --- low stock -----------------------------------------------------------------------------------


def test_the_line_below_which_stock_is_low_is_set_and_kept_to(shop, lin):
    assert "库存不足" not in lin.get(f"{HERE}/coupons").text
    seen = seen_in(lin, f"{HERE}/coupons", "/cup/low")
    done = post(lin, f"{HERE}/coupons/cup/low", share="12.5", count="41", seen=seen)
    assert done.status_code == 302
    batch = coupon_batches.batch_by_slug(shop.account_id, "cup")
    assert (batch.low_permille, batch.low_count) == (125, 41)
    assert "库存不足" in lin.get(f"{HERE}/coupons").text
    stocks.watch(shop.clock())
    assert "库存不足" in lin.get(f"{HERE}/coupons/radar").text


@pytest.mark.parametrize(
    ("ref", "share", "count", "status"),
    [("cup", "101", "1", 422), ("cup", "-1", "1", 422), ("cup", "nan", "1", 422),
     ("cup", "1", "1.5", 422), ("other", "1", "1", 409)],
)  # fmt: skip
def test_a_line_that_cannot_be_is_refused(shop, lin, ref, share, count, status):
    answer = post(lin, f"{HERE}/coupons/{ref}/low", share=share, count=count)
    assert answer.status_code == status


# --- radar ---------------------------------------------------------------------------------------


def too_many(shop):
    """A shop that redeems faster than the rule finds honest."""
    till, _ = tills.open_till(shop.account_id, "快店", 30, shop.clock(), "https://x")
    patrol.set_rule(shop.account_id, "till_speed", most=2, hold=True)
    for number, code in enumerate(codes(shop, 3)):
        tills.redeem_at(till, code, f"A{number}", 3000, shop.clock())
    return till


def test_what_the_radar_tells_is_listed_and_released_by_who_has_looked(shop, lin):
    till = too_many(shop)
    patrol.patrol(shop.clock())
    assert coupon_tills.get(till.id).held_at is not None
    page = lin.get(f"{HERE}/coupons/radar").text
    assert "同一核销台核销过快" in page
    assert "已暂停，待查看" in page
    notice = coupon_notices.open_notices(shop.account_id)[0]
    path = f"{HERE}/coupons/radar/{notice.id}/release"
    assert post(lin, path).status_code == 302
    assert coupon_tills.get(till.id).held_at is None
    assert post(lin, path).status_code == 409
    assert post(lin, f"{HERE}/coupons/radar/99999/release").status_code == 404
    assert audit.entries(1)[0].action == "radar_release"


def test_looking_holds_nobody(shop, lin):
    till = too_many(shop)
    page, task = done(shop, post(lin, f"{HERE}/coupons/radar/look", days="7"))
    assert task.result["total"] >= 1
    assert "同一核销台核销过快" in page
    assert coupon_tills.get(till.id).held_at is None
    assert post(lin, f"{HERE}/coupons/radar/look", days="x").status_code == 422


def test_a_rule_is_changed_and_nonsense_is_refused(shop, lin):
    path = f"{HERE}/coupons/radar/till_speed/rule"
    seen = seen_in(lin, f"{HERE}/coupons/radar", "till_speed/rule")
    done = post(lin, path, most="9", minutes="5", hold="on", enabled="on", seen=seen)
    assert done.status_code == 302
    page = lin.get(f"{HERE}/coupons/radar").text
    assert 'name="most" type="number" min="1" max="1000000" value="9"' in page
    for changes in ({"most": "0"}, {"minutes": "0"}, {"most": "x"}):
        seen = seen_in(lin, f"{HERE}/coupons/radar", "till_speed/rule")
        answer = post(lin, path, **{"most": "9", "minutes": "5", "seen": seen, **changes})
        assert answer.status_code == 422, changes
    refused = post(lin, f"{HERE}/coupons/radar/none/rule", most="1", minutes="5")
    assert refused.status_code == 422


# --- who may what --------------------------------------------------------------------------------


def test_who_may_only_look_sees_lists_and_changes_nothing(shop):
    vi = shop.signed_in("vi")
    who = give(shop)
    page = vi.get(f"{HERE}/coupons/given").text
    assert f"/followers/{who}" not in page
    assert "/export" not in page
    till, _ = tills.open_till(shop.account_id, "店", 30, shop.clock(), "https://x")
    assert vi.get(f"{HERE}/coupons/tills/{till.id}").status_code == 403
    assert post(vi, f"{HERE}/coupons/radar/look", days="7").status_code == 403


def test_another_account_s_coupons_and_tills_are_not_there(shop, lin):
    give(shop)
    till, _ = tills.open_till(shop.account_id, "店", 30, shop.clock(), "https://x")
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", shop.clock())
    other = "/console/a/second"
    assert "没有符合条件" in lin.get(f"{other}/coupons/given").text
    assert lin.get(f"{other}/coupons/tills/{till.id}").status_code == 404
    assert post(lin, f"{other}/coupons/tills/{till.id}/revoke").status_code == 404
    assert post(lin, f"{other}/coupons/cup/low", share="1", count="1").status_code == 409


def test_english_is_complete(shop):
    operators.update(operators.by_name("lin").id, language="en")
    run("UPDATE coupon_batch SET title = 'Second cup'")
    give(shop)
    till = tills.open_till(shop.account_id, "Main", 30, shop.clock(), "https://x")[0]
    shop.clock.now += timedelta(seconds=1)
    lin = shop.signed_in("lin")
    for path in ("given", "used", "tills", "files", "radar", f"tills/{till.id}"):
        shown = lin.get(f"{HERE}/coupons/{path}").text.replace("鸿雁", "")
        assert re.findall("[\u4e00-\u9fff]+", shown) == [], path
