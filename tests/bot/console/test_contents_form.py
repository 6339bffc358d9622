"""内容库 by form and by table: common pieces without YAML, a table of products as drafts."""

from __future__ import annotations

import io
import re

import pytest

from bot import coupon
from bot.background import run_long, run_short
from bot.console.rights import Role
from bot.content import library
from bot.store import background, contents, operators
from bot.store.db import run
from handlers import dispatch
from tests.bot.console.conftest import House
from tests.bot.console.sharing import emptied, post, shared, stamp

LIST = "/console/a/default/contents"
NEW = "/console/a/default/new-content"
IMPORT = "/console/a/default/contents-import"
FORM = {
    "as": "form", "do": "save", "kind": "product", "slug": "latte", "title": "大杯拿铁",
    "summary": "深烘豆", "topics": "咖啡，早餐:0.3", "price": "22.50", "stock": "300",
    "link": "https://shop.example.cn/latte", "valid_from": "2026-12-01",
    "valid_until": "2026-12-31", "purpose": "marketing", "language": "zh",
    "pictures": "media:AbC-1\nhttps://img.example.cn/latte.jpg\n",
}  # fmt: skip


TABLES = ("background_task", "content", "coupon_batch")


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    """One house for all tests here: nobody's chat goes anywhere."""
    folder = tmp_path_factory.mktemp("house")
    with shared(House, folder, fresh_sqlite(folder), "http://127.0.0.1:9", dispatch) as found:
        found.hire("lin", Role.MARKETER)
        yield found


@pytest.fixture
def shop(built):
    for table in TABLES:
        run(f"DELETE FROM {table}")
    operators.update(operators.by_name("lin").id, language="zh")
    return emptied(built)


@pytest.fixture
def lin(shop):
    return shop.signed_in("lin")


def held(shop, slug="latte"):
    state = contents.by_slug(shop.account_id, slug)
    return contents.version(state.id, state.latest).document


def test_a_product_is_made_by_its_form(shop, lin):
    assert 'name="price"' in lin.get(f"{NEW}?kind=product").text
    assert post(lin, NEW, **FORM).location == f"{LIST}/latte"
    found = held(shop)
    assert (found["price_fen"], found["stock"]) == (2250, 300)
    assert found["topics"] == {"咖啡": 1.0, "早餐": 0.3}
    assert found["pictures"] == ["media:AbC-1", "https://img.example.cn/latte.jpg"]


KINDS = {
    "article": {"link": "https://a.example.cn/1"},
    "advertisement": {"link": "https://a.example.cn/1"},
    "miniprogram": {"appid": "wx1234567890abcd", "path": "pages/index"},
    "message": {"text": "{name|default:朋友}好\n回复 TD 退订"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_other_kinds_have_their_own_fields(shop, lin, kind):
    page = lin.get(f"{NEW}?kind={kind}").text
    assert all(f'name="{name}"' in page for name in KINDS[kind])
    plain = {"as": "form", "do": "save", "kind": kind, "slug": "one", "title": "一"}
    data = {"form": stamp(lin), **plain, **KINDS[kind]}
    assert lin.post(NEW, data=data).status_code == 302
    found = held(shop, "one")
    for name, value in KINDS[kind].items():
        assert found[name] == value


def test_a_coupon_is_chosen_from_the_batches_there_are(shop, lin):
    batch = {"slug": "cup", "title": "券", "kind": "cash", "face_value_fen": 500, "codes": 1,
             "per_person": 1, "valid_days": 7}  # fmt: skip
    coupon.make_batch(shop.account_id, batch, shop.clock())
    assert '<option value="cup">' in lin.get(f"{NEW}?kind=coupon_batch").text
    plain = {"as": "form", "do": "save", "kind": "coupon_batch", "slug": "one", "title": "一"}
    assert post(lin, NEW, **plain, batch="none").status_code == 422
    assert post(lin, NEW, **plain, batch="cup").status_code == 302


def test_what_the_form_does_not_know_stays_and_what_is_emptied_goes(shop, lin):
    document = {
        "slug": "hi", "kind": "message", "title": "欢迎", "channel": "customer_service",
        "text": "您好\n回复 TD 退订", "summary": "旧", "topics": {"咖啡": 0.5},
    }  # fmt: skip
    library.put(shop.account_id, document, shop.clock())
    page = lin.get(f"{LIST}/hi/edit").text
    assert "咖啡:0.5" in page
    given = {"as": "form", "do": "save", "seen": "1", "title": "欢迎您", "summary": "",
             "topics": "咖啡:0.5", "text": document["text"]}  # fmt: skip
    assert post(lin, f"{LIST}/hi/edit", **given).status_code == 302
    found = held(shop, "hi")
    assert (found["title"], found["channel"]) == ("欢迎您", "customer_service")
    assert "summary" not in found
    late = post(lin, f"{LIST}/hi/edit", **{**given, "title": "覆盖"})
    assert late.status_code == 409
    assert "覆盖" in late.text


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", ""), ("price", "viel"), ("price", "-1"), ("stock", "1.5"), ("slug", "No slug"),
     ("topics", "咖啡:x"), ("topics", "咖啡:2"), ("link", "javascript:alert(1)"),
     ("pictures", "javascript:1"), ("valid_from", "morgen")],
)  # fmt: skip
def test_a_fault_comes_back_with_what_was_filled_in(shop, lin, field, value):
    answer = post(lin, NEW, **{**FORM, field: value})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'value="深烘豆"' in answer.text
    assert list(contents.all_of(shop.account_id)) == []


def test_looked_at_first_it_stands_on_a_phone_and_nothing_is_kept(shop, lin):
    seen = post(lin, NEW, **{**FORM, "do": "check"})
    assert seen.status_code == 200
    assert "¥22.50" in seen.text
    assert list(contents.all_of(shop.account_id)) == []


def upload(shop, text, kind="product", name="goods.csv"):
    browser = shop.signed_in("lin")
    data = {"form": stamp(browser), "kind": kind, "file": (io.BytesIO(text.encode()), name)}
    answer = browser.post(IMPORT, data=data)
    assert answer.status_code == 302, answer.text
    run_short(shop.services, shop.clock())
    run_long(shop.services, shop.clock())
    task = background.get(shop.account_id, int(answer.location.rsplit("/", 1)[1]))
    return browser.get(answer.location).text, task


TABLE = "商品编号,商品名称,售价,库存,进货价\nlatte,大杯拿铁,22,300,9\nmocha,摩卡,25,x,9\n"


def test_a_table_of_products_is_kept_as_drafts_and_twice_changes_nothing(shop):
    page, task = upload(shop, TABLE)
    counts = {name: task.result[name] for name in ("added", "changed", "unchanged", "rejected")}
    assert counts == {"added": 1, "changed": 0, "unchanged": 0, "rejected": 1}
    assert "没有用到的列：进货价" in page
    assert "line 3" in page
    assert background.file_of(task.id, "result") is not None
    assert held(shop)["price_fen"] == 2200
    assert contents.by_slug(shop.account_id, "latte").published is None
    _, again = upload(shop, TABLE)
    assert again.result["unchanged"] == 1


def test_what_is_no_table_of_content_fails_in_words(shop, lin):
    _, task = upload(shop, "a,b\n1,2\n")
    assert task.state == "failed"
    assert "slug" in task.error
    assert post(lin, IMPORT, kind="product").status_code == 422
    assert post(lin, IMPORT, kind="robot").status_code == 404


def test_english_is_complete(shop):
    operators.update(operators.by_name("lin").id, language="en")
    lin = shop.signed_in("lin")
    for path in (IMPORT, f"{NEW}?kind=product", f"{NEW}?kind=miniprogram"):
        shown = lin.get(path).text.replace("鸿雁", "").split("<details")[0]
        assert re.findall("[\u4e00-\u9fff]+", shown) == [], path
