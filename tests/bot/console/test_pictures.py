"""图片素材: uploaded once, kept by the platform, shown small, chosen, removed if unused."""

from __future__ import annotations

import re
from itertools import count

import pytest
from urllib3.filepost import encode_multipart_formdata

from bot import background
from bot.console.rights import Role
from bot.errors import NotFound
from bot.sandbox.hosting import LocalSandbox
from bot.settings import DEVELOPMENT
from bot.store import audit, operators, pictures, talk
from bot.store import background as tasks
from bot.store.db import fetch, run
from handlers import dispatch
from tests.bot.console.conftest import House
from tests.bot.console.platforms import alert
from tests.bot.console.sharing import emptied, post, shared, stamp
from tests.support.pictures import jpg, png

A = "/console/a/default"
ADD = "/cgi-bin/material/add_material"
_sizes = count(11)


class Shop(House):
    """On a sandbox, of which a test may ask anything."""

    platform: LocalSandbox


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    folder = tmp_path_factory.mktemp("pictures")
    known = {"appid": DEVELOPMENT["APPID"], "appsecret": DEVELOPMENT["APPSECRET"]}
    with (
        LocalSandbox(**known) as platform,
        shared(Shop, folder, fresh_sqlite(folder), platform.url, dispatch) as found,
    ):
        found.platform = platform
        found.hire("lin", Role.MARKETER)
        found.hire("wu", Role.VIEWER)
        yield found


@pytest.fixture
def shop(built):
    for table in ("picture", "background_task", "talk_document", "menu_version", "menu"):
        run(f"DELETE FROM {table}")
    operators.update(operators.by_name("lin").id, language="zh")
    return emptied(built)


@pytest.fixture
def lin(shop):
    return shop.signed_in("lin")


def upload(browser, data, name="店.png", small=None, **values):
    """Encoded here: the test client leaves a large body's file open."""
    form = {"form": stamp(browser), "file": (name, data), **values}
    if small is not None:
        form["small"] = ("small.jpg", small)
    body, kind = encode_multipart_formdata(form)
    return browser.post(f"{A}/new-picture", data=body, content_type=kind)


def a_picture():
    """Bytes that no other test has sent."""
    return png(next(_sizes), 20)


def kept(shop, browser, data=None, **values):
    """Uploaded and taken by the platform."""
    answer = upload(browser, data or a_picture(), **values)
    assert answer.status_code == 302
    background.run_short(shop.services, shop.clock())
    return pictures.page(shop.account_id, 1, pictures.Spot())[0][0]


def on_the_platform(shop):
    client = shop.services.client_of(shop.account_id)
    return [one["name"] for one in client.library.material.batchget("image", 0, 20)["item"]]


def test_a_picture_is_kept_by_the_platform_and_shown_small(shop, lin):
    data = a_picture()
    answer = upload(lin, data, "店 <b>.png")
    assert "/work/" in answer.location
    assert "上传中" in lin.get(f"{A}/pictures").text
    background.run_short(shop.services, shop.clock())
    assert "已存为公众号的永久素材" in lin.get(answer.location).text
    one = pictures.page(shop.account_id, 9, pictures.Spot())[0][0]
    assert one.media_id
    assert one.file_name in on_the_platform(shop)
    page = lin.get(f"{A}/pictures").text
    assert "店 &lt;b&gt;.png" in page
    assert f"PNG {one.width}×20" in page
    assert one.media_id in page
    small = lin.get(f"{A}/pictures/{one.id}/small")
    assert (small.data, small.mimetype) == (data, "image/png")
    assert small.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in small.headers["Content-Security-Policy"]
    entry = audit.entries(1)[0]
    assert (entry.action, entry.detail["picture"]) == ("picture_add", one.id)


def test_the_same_file_again_is_the_one_that_is_there(shop, lin):
    data = a_picture()
    one = kept(shop, lin, data)
    before = len(on_the_platform(shop))
    answer = upload(lin, data, "other name.jpg")
    assert answer.location.endswith(f"/pictures?there={one.id}")
    assert "没有再上传" in lin.get(answer.location).text
    assert fetch("SELECT COUNT(*) FROM picture") == [(1,)]
    assert len(on_the_platform(shop)) == before


def test_a_large_one_has_the_small_one_that_the_browser_made(shop, lin):
    small = jpg(320, 200)
    one = kept(shop, lin, png(next(_sizes), 20, more=70_000), small=small)
    answer = lin.get(f"{A}/pictures/{one.id}/small")
    assert (answer.data, answer.mimetype) == (small, "image/jpeg")
    without = kept(shop, lin, png(next(_sizes), 20, more=70_000), small=b"<script>")
    assert not without.shows
    assert lin.get(f"{A}/pictures/{without.id}/small").status_code == 404
    assert lin.get(f"{A}/pictures").status_code == 200


@pytest.mark.parametrize(
    ("data", "name", "why"),
    [
        (b"<script>alert(1)</script>", "a.png", "只收 JPG、PNG、GIF 或 BMP 图片"),
        (png(30, 20)[:-12], "a.png", "已损坏或不完整"),
        (png(30, 20, more=10 << 20), "a.png", "图片最大 10 MB"),
        (b"", "", "请选择"),
    ],
)
def test_what_is_no_picture_of_theirs_is_refused_in_words(shop, lin, data, name, why):
    answer = upload(lin, data, name)
    assert answer.status_code == 422
    assert why in alert(answer)
    assert fetch("SELECT COUNT(*) FROM picture") == [(0,)]
    assert tasks.last(shop.account_id, "picture") is None


def test_what_is_larger_than_a_form_may_be_is_not_read(lin):
    assert upload(lin, png(30, 20, more=11 << 20)).status_code == 413


@pytest.mark.parametrize("done", [True, False], ids=["it came through", "it did not"])
def test_without_an_answer_it_is_looked_for_before_it_is_sent_again(shop, lin, done):
    data = a_picture()
    shop.platform.fault(ADD, kind="garbage", done=done, times=1)
    task = upload(lin, data).location
    background.run_short(shop.services, shop.clock())
    assert "微信没有应答" in lin.get(task).text
    one = pictures.page(shop.account_id, 1, pictures.Spot())[0][0]
    assert on_the_platform(shop).count(one.file_name) == int(done)
    assert "未成功" in lin.get(f"{A}/pictures").text
    assert kept(shop, lin, data).media_id
    assert on_the_platform(shop).count(one.file_name) == 1
    assert fetch("SELECT COUNT(*) FROM picture") == [(1,)]


def test_what_died_midway_is_looked_for_too(shop, lin):
    """The process ended behind the platform's answer: the task is taken again."""
    data = a_picture()
    upload(lin, data)
    one = pictures.page(shop.account_id, 1, pictures.Spot())[0][0]
    pictures.ask(one.id)
    shop.services.client_of(shop.account_id).add_picture(one.file_name, data)
    background.run_short(shop.services, shop.clock())
    assert pictures.get(shop.account_id, one.id).media_id
    assert on_the_platform(shop).count(one.file_name) == 1


def test_what_the_platform_refuses_says_why_and_goes_by_a_second_upload(shop, lin):
    data = a_picture()
    shop.platform.fault(ADD, errcode=45001, times=1)
    task = upload(lin, data).location
    background.run_short(shop.services, shop.clock())
    assert "45001" in lin.get(task).text
    page = lin.get(f"{A}/pictures").text
    assert "未成功" in page
    assert re.search(r'class="fault">45001: [^<]*[\u4e00-\u9fff]', page)
    assert "再上传同一个文件就是重试" in page
    assert kept(shop, lin, data).media_id
    assert fetch("SELECT COUNT(*) FROM picture") == [(1,)]


def test_what_the_platform_holds_on_to_stays_here(shop, lin):
    one = kept(shop, lin)
    shop.platform.fault("/cgi-bin/material/del_material", errcode=48005, times=1)
    answer = post(lin, f"{A}/pictures/{one.id}/remove")
    assert answer.status_code == 502
    assert "48005" in alert(answer)
    assert pictures.get(shop.account_id, one.id).media_id
    shop.services.client_of(shop.account_id).delete_material(one.media_id)
    assert post(lin, f"{A}/pictures/{one.id}/remove").status_code == 302, "gone there already"


def test_chosen_in_a_rule_it_answers_and_cannot_be_removed(shop, lin):
    one = kept(shop, lin, name="店铺")
    page = lin.get(f"{A}/new-rule?tab=message").text
    assert f'value="{one.media_id}"' in page
    rule = {"as": "form", "on": "message", "slug": "shop", "name": "店铺", "exact": "店铺",
            "contains": "", "priority": "100", "enabled": "on",
            "answer": "0", "a0-kind": "image", "a0-image": one.media_id}  # fmt: skip
    none = post(lin, f"{A}/new-rule", **{**rule, "a0-image": ""})
    assert none.status_code == 422
    assert alert(none).startswith("第 1 条回复 · 图片：请选择一个")
    assert post(lin, f"{A}/new-rule", **rule).status_code == 303
    document = talk.documents(shop.account_id, talk.DRAFT, "rule")[0].document
    assert document["answers"] == [{"image": one.media_id}]
    page = lin.get(f"{A}/rules/shop").text
    assert re.search(rf'name="a0-image" value="{one.media_id}" checked', page)
    answer = post(lin, f"{A}/pictures/{one.id}/remove")
    assert answer.status_code == 409
    assert "还在用：自动回复规则 shop" in alert(answer)
    seen = re.search(r'name="seen" value="([^"]*)"', page)[1]
    text = {**rule, "a0-kind": "text", "a0-text": "来吧", "seen": seen}
    assert post(lin, f"{A}/rules/shop", **text).status_code == 303
    assert post(lin, f"{A}/pictures/{one.id}/remove").status_code == 302
    assert one.file_name not in on_the_platform(shop)
    assert fetch("SELECT COUNT(*) FROM picture") == [(0,)]
    assert audit.entries(1)[0].action == "picture_remove"
    assert post(lin, f"{A}/pictures/{one.id}/remove").status_code == 404


def test_chosen_for_an_article_it_goes_by_its_address_and_cannot_be_removed(shop, lin):
    one = kept(shop, lin, name="门头")
    assert one.url.startswith("http")
    rule = {"as": "form", "on": "message", "slug": "shop", "exact": "店铺", "enabled": "on",
            "answer": "0", "a0-kind": "news", "a0-news": "0", "a0-n0-title": "新店开张",
            "a0-n0-picture": one.url, "a0-n0-picture_url": "https://a.example/a.jpg"}  # fmt: skip
    assert post(lin, f"{A}/new-rule", **rule).status_code == 303
    document = talk.documents(shop.account_id, talk.DRAFT, "rule")[0].document
    (article,) = document["answers"][0]["news"]
    assert article["picture_url"] == one.url
    page = lin.get(f"{A}/rules/shop").text
    assert f'value="{one.url}" selected' in page
    assert f'class="article-picture" src="{A}/pictures/{one.id}/small"' in page
    assert "还在用：自动回复规则 shop" in alert(post(lin, f"{A}/pictures/{one.id}/remove"))


def test_a_menu_offers_them_and_holds_them(shop, lin):
    one = kept(shop, lin)
    page = lin.get(f"{A}/menus?at=1").text
    assert f'<option value="{one.media_id}">' in page
    seen = re.search(r'name="seen" value="(\d+)"', page)[1]
    button = {"act": "save", "place": "1", "seen": seen, "name": "门店", "type": "media_id",
              "media_id": one.media_id}  # fmt: skip
    assert post(lin, f"{A}/menus/default/button", **button).status_code == 303
    answer = post(lin, f"{A}/pictures/{one.id}/remove")
    assert answer.status_code == 409
    assert "自定义菜单 default" in alert(answer)


def test_who_may_not_edit_looks_and_another_account_has_none(shop, lin):
    one = kept(shop, lin)
    wu = shop.signed_in("wu")
    page = wu.get(f"{A}/pictures")
    assert page.status_code == 200
    assert "new-picture" not in page.text
    assert wu.get(f"{A}/pictures/{one.id}/small").status_code == 200
    assert upload(wu, a_picture()).status_code == 403
    assert post(wu, f"{A}/pictures/{one.id}/remove").status_code == 403
    assert shop.browser().get(f"{A}/pictures/{one.id}/small").status_code == 302
    with pytest.raises(NotFound):
        pictures.get(shop.account_id + 1, one.id)
    assert pictures.small(shop.account_id + 1, one.id) is None


def test_english_is_complete(shop, lin):
    one = kept(shop, lin, name="shop")
    operators.update(operators.by_name("lin").id, language="en")
    for path in ("pictures", f"pictures?there={one.id}", "new-rule?tab=message"):
        text = lin.get(f"{A}/{path}").text.replace("鸿雁", "")
        text = re.sub(r'(<option) value="[^"]*"', r"\1", text)  # topics are kept by their own name
        assert re.findall("[\u4e00-\u9fff]+", text) == [], path
