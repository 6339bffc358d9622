"""渠道二维码 in the console: a code for each source, what it brought and cost, what follows."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot import journey
from bot.clock import to_ms
from bot.segment.catalogue import define
from bot.store import accounts, audit, effect_costs, operators, qrcodes, source_days, talk
from bot.store.db import run
from bot.store.source_days import Sums
from bot.store.talk import DRAFT
from tests.bot.console.platforms import alert, on_platform
from tests.bot.console.sharing import emptied, post, seen_in
from tests.conftest import NOON

A = "/console/a/default"
NEW = {"name": "南山店台卡", "scene": "shop-1", "note": "收银台", "kind": "passing", "days": "7"}


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    folder = tmp_path_factory.mktemp("codes")
    with on_platform(folder, fresh_sqlite(folder)) as found:
        yield found


@pytest.fixture
def shop(built):
    emptied(built)
    for table in ("qr_code", "source_day", "source_cost", "segment", "journey"):
        run(f"DELETE FROM {table}")
    return built


@pytest.fixture
def lin(shop):
    return shop.signed_in("lin")


def made(lin, **changes):
    answer = post(lin, f"{A}/new-code", **{**NEW, **changes})
    assert answer.status_code == 303, alert(answer)
    return answer.headers["Location"].removeprefix("http://localhost")


def test_a_code_is_made_shown_and_taken_as_a_picture(shop, lin):
    path = made(lin)
    page = lin.get(path).text
    for words in (
        "南山店台卡",
        "shop-1",
        "http://weixin.qq.com/q/",
        "<svg",
        "scene:shop-1",
        "可用",
    ):
        assert words in page
    kinds = {kind: lin.get(f"{path}/picture.{kind}").data[:8] for kind in ("png", "svg")}
    assert kinds["png"] == b"\x89PNG\r\n\x1a\n"
    assert kinds["svg"].startswith(b"<?xml")
    assert lin.get(f"{path}/picture.exe").status_code == 404
    assert [one.action for one in audit.entries(9)] == ["qrcode_make"]


def test_a_temporary_code_ends_and_is_made_anew_and_a_permanent_one_is_not(shop, lin):
    passing, lasting = made(lin), made(lin, scene="shop-2", kind="lasting")
    old = qrcodes.by_scene(shop.account_id, "shop-1").url
    shop.clock.on(days=8)
    lin = shop.signed_in("lin")
    assert "已过期" in lin.get(passing).text
    assert post(lin, passing, act="make", days="30").status_code == 303
    assert "可用" in lin.get(passing).text
    assert qrcodes.by_scene(shop.account_id, "shop-1").url != old
    assert post(lin, lasting, act="make").status_code == 409
    assert "永久码已用 1 / 100,000" in lin.get(f"{A}/codes").text


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"scene": ""}, 422), ({"scene": "a b"}, 422), ({"scene": "a" * 59}, 422),
     ({"name": " "}, 422), ({"days": "31"}, 422), ({"days": "x"}, 422), ({"days": "9" * 30}, 422),
     ({"scene": "taken"}, 409)],
)  # fmt: skip
def test_what_cannot_be_made_comes_back_as_it_was_filled_in(shop, lin, changes, status):
    made(lin, scene="taken")
    answer = post(lin, f"{A}/new-code", **{**NEW, **changes, "note": "写了一半"})
    assert answer.status_code == status
    assert alert(answer)
    assert 'value="写了一半"' in answer.text


def test_a_code_that_the_platform_refused_waits_on_its_page(shop, lin):
    client = shop.services.client_of(shop.account_id)
    kept, client.create_qrcode = client.create_qrcode, lambda *_: {}  # its answer was lost
    try:
        answer = post(lin, f"{A}/new-code", **NEW)
    finally:
        client.create_qrcode = kept
    assert answer.status_code == 502
    assert "不知道是否成功" in alert(answer)
    path = f"{A}/codes/{qrcodes.by_scene(shop.account_id, 'shop-1').id}"
    assert "还没生成" in lin.get(path).text
    assert lin.get(f"{path}/picture.png").status_code == 404
    assert post(lin, path, act="make", days="30").status_code == 303
    assert "可用" in lin.get(path).text


def brought(shop):
    source_days.replace(shop.account_id, "2026-11-20", {
        "shop-1": Sums(came=8, gone=2, scans=31, joins=10, orders=3, revenue_fen=4550),
    })  # fmt: skip
    source_days.replace(shop.account_id, "2026-11-21", {"shop-1": Sums(joins=2, scans=1)})
    source_days.replace(shop.account_id, "2026-10-01", {"shop-1": Sums(joins=900)})


def test_what_it_brought_and_cost_by_day_and_in_the_list(shop, lin):
    path = made(lin)
    brought(shop)
    given = {"act": "cost", "day": "2026-11-20", "yuan": "30", "note": "印刷"}
    assert post(lin, path, **given).status_code == 303
    assert post(lin, path, **{**given, "yuan": "60"}).status_code == 303  # said anew, not added
    assert post(lin, path, **{**given, "yuan": "999", "day": "2026-10-01"}).status_code == 303
    row = lin.get(f"{A}/codes").text.partition("<tbody>")[2].partition("</tbody>")[0]
    assert re.findall(r'text-end">([\d,.–]+)<', row) == ["12", "32", "2", "60.00", "5.00"]
    page = lin.get(path).text
    assert "印刷" in page
    table = lin.get(f"{path}/csv").data.decode("utf-8-sig").splitlines()
    assert table[1:3] == ["2026-11-21,2,1,0,0,0,0.0", "2026-11-20,10,31,8,2,3,45.5"]
    assert len(table) == 31
    whole = lin.get(f"{A}/codes-csv").data.decode("utf-8-sig").splitlines()
    assert whole[1] == "shop-1,南山店台卡,临时,可用,12,32,8,2,3,45.5,60.0,5.0"


@pytest.mark.parametrize(
    "given",
    [{"yuan": ""}, {"yuan": "-1"}, {"yuan": "nan"}, {"yuan": "1", "day": "yesterday"},
     {"yuan": "1", "note": "x" * 191}],
)  # fmt: skip
def test_a_cost_that_is_none_is_refused(shop, lin, given):
    path = made(lin)
    answer = post(lin, path, **{"act": "cost", "day": "2026-11-20", **given})
    assert answer.status_code == 422
    assert alert(answer)
    first, last = NOON.date() - timedelta(days=99), NOON.date()
    assert effect_costs.source_costs(shop.account_id, first, last) == {}


def test_what_follows_a_scan(shop, lin):
    path, now = made(lin), shop.clock()
    assert "系统默认" in lin.get(path).text
    assert post(lin, path, act="welcome", text="南山店欢迎您").status_code == 303
    (rule,) = [one.document for one in talk.documents(shop.account_id, DRAFT, "rule")]
    assert (rule["on"], rule["scenes"], rule["answers"]) == (
        "subscribe", ["shop-1"], [{"text": "南山店欢迎您"}],
    )  # fmt: skip
    assert "草稿里有专属欢迎语" in lin.get(path).text
    draft = seen_in(lin, f"{A}/rules", "rules-act?tab=message", "draft")
    assert post(lin, f"{A}/rules-act", act="publish", draft=draft).status_code == 303
    define(shop.account_id, "nanshan", "南山店来的", {"tag": "scene:shop-1"}, now)
    define(shop.account_id, "others", "别处来的", {"tag": "scene:shop-2"}, now)
    for slug, scene in (("in", "shop-*"), ("out", "poster-*")):
        document = {
            "slug": slug,
            "name": f"旅程{slug}",
            "trigger": {"when": "scan", "scene": scene},
            "steps": [{"id": "end", "end": "finished"}],
        }
        journey.define(shop.account_id, document, now)
        journey.start(shop.account_id, slug, now)
    page = lin.get(path).text
    for words in (f"/rules/{rule['slug']}", "南山店来的", "旅程in"):
        assert words in page
    for words in ("别处来的", "旅程out"):
        assert words not in page


def test_a_welcome_that_cannot_be_one_is_refused(shop, lin):
    answer = post(lin, made(lin), act="welcome", text=" ")
    assert answer.status_code == 422
    assert not talk.has(shop.account_id, DRAFT)


def test_archived_codes_leave_the_list_and_come_back(shop, lin):
    path = made(lin)
    assert post(lin, path, act="archive").status_code == 303
    assert "南山店台卡" not in lin.get(f"{A}/codes").text
    assert "南山店台卡" in lin.get(f"{A}/codes?archived=1").text
    assert post(lin, path, act="back").status_code == 303
    assert "南山店台卡" in lin.get(f"{A}/codes?scene=shop").text
    assert "南山店台卡" not in lin.get(f"{A}/codes?scene=poster").text
    assert post(lin, path, act="eat").status_code == 422


def test_a_name_is_changed_and_is_text(shop, lin):
    path = made(lin)
    bad = "<script>alert(1)</script>"
    given = {"act": "describe", "name": bad, "note": bad}
    assert post(lin, path, seen=seen_in(lin, path), **given).status_code == 303
    given = {"act": "describe", "name": "", "note": ""}
    assert post(lin, path, seen=seen_in(lin, path), **given).status_code == 422
    for where in (path, f"{A}/codes"):
        assert "<script>alert" not in lin.get(where).text


def test_the_list_goes_on_behind_fifty(shop, lin):
    columns = "account_id, scene, name, note, lasting, ticket, url, actor, created_at"
    for n in range(51):
        values = (shop.account_id, f"s{n}", f"码{n}", "", False, "t", "u", "x", to_ms(NOON))
        run(f"INSERT INTO qr_code ({columns}) VALUES (?,?,?,?,?,?,?,?,?)", values)
    page = lin.get(f"{A}/codes").text
    assert "码50" in page
    assert "码0<" not in page
    more = re.search(r'href="(\?before=\d+)"', page)
    assert "码0<" in lin.get(f"{A}/codes{more[1]}").text


def test_who_may_and_another_account_s(shop, lin):
    path = made(lin)
    wu = shop.signed_in("wu")
    assert "南山店台卡" in wu.get(path).text
    assert "new-code" not in wu.get(f"{A}/codes").text
    assert wu.get(f"{path}/csv").status_code == 403
    assert post(wu, path, act="archive").status_code == 403
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", NOON)
    assert lin.get(path.replace("default", "second")).status_code == 404
    assert lin.get(f"{A}/codes/{1 << 70}").status_code == 404


def test_english_is_complete(shop, lin):
    path = made(lin, name="Shop", note="Table")
    brought(shop)
    operators.update(operators.by_name("lin").id, language="en")
    lin = shop.signed_in("lin")
    shown = [lin.get(one) for one in (path, f"{A}/codes", f"{A}/new-code")]
    shown.append(post(lin, path, act="cost", day="x", yuan="1"))
    operators.update(operators.by_name("lin").id, language="zh")
    for page in shown:
        assert re.findall("[\u4e00-\u9fff]+", page.text.replace("鸿雁", "")) == []
