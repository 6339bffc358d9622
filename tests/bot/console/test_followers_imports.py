"""导入, 同步 and 导出 in the console: a file, its columns, the background, and what came of it."""

from __future__ import annotations

import gzip
import io
import re
from dataclasses import replace

import pytest

from bot.background import forget, importing, run_long, run_short, running
from bot.console import import_table
from bot.console.gate import UPLOADS
from bot.console.pages import imports
from bot.console.rights import Role
from bot.imports import running as imports_running
from bot.store import accounts, audit, background, followers, profiles, syncs
from bot.store import imports as store
from bot.store.db import fetch, run
from bot.store.tokens import SharedTokens
from bot.wechat.client import connect
from tests.bot.console.followers_cast import form, post
from tests.conftest import a_follower
from tests.support.app import app_with

HOME = "/console/a/default/followers"
IMPORTS = f"{HOME}/imports"
EVIL = "<script>alert(1)</script>"
GOOD = f"openid,城市,年龄,备注\no-1,上海,31,{EVIL}\no-2,北京,abc,x\no-3,广州,28,x\n,深圳,30,x\n"
NUMBER = {"type-2": "number"}  # too few of the ages are numbers for that to be guessed


@pytest.fixture
def shop(house):
    house.hire("lin", Role.MARKETER)
    house.hire("shen", Role.REVIEWER)
    house.lin = house.signed_in("lin")
    return house


def upload(shop, content, name="people.csv", **more):
    data = content.encode() if isinstance(content, str) else content
    return shop.lin.post(
        f"{IMPORTS}/upload",
        data={"form": form(shop.lin), "file": (io.BytesIO(data), name), **more},
    )


def columns(shop, content=GOOD, **form):
    """The address of the page about its columns."""
    answer = upload(shop, content, **form)
    assert answer.status_code == 303, answer.text
    return answer.location


def start(shop, path, **form):
    """Begin it, let the scheduler work, and give its page."""
    answer = post(shop.lin, f"{path.partition('?')[0]}/start", **form)
    if answer.status_code != 303:
        return answer
    run_short(shop.services, shop.clock())
    run_long(shop.services, shop.clock())
    return shop.lin.get(answer.location)


def attributes(shop, openid):
    one = followers.find(shop.account_id, openid)
    assert one is not None
    held = profiles.state_of(one.id).get("attrs", {})
    return {name: value[0] for name, value in held.items()}


def test_a_table_is_brought_in_from_a_file_to_its_report(shop):
    path = columns(shop)
    page = shop.lin.get(path).text
    assert '<option value="openid" selected>' in page
    assert "上海" in page
    assert EVIL not in page
    done = start(shop, path, **NUMBER, save="会员表").text
    assert "新增或更新 2 行，失败 2 行" in done
    assert "不是数字" in done
    assert attributes(shop, "o-1") == {"city": "上海", "age": 31}
    assert store.mapping(shop.account_id, "会员表") is not None
    made = store.runs(shop.account_id)[0]
    assert made.file == "people.csv"
    listed = shop.lin.get(IMPORTS).text
    assert "people.csv" in listed
    report = shop.lin.get(f"{IMPORTS}/{made.id}").text
    assert "失败原因" in report
    assert EVIL not in report
    assert [one.action for one in audit.entries(2)] == ["import_start", "import_mapping"]
    assert shop.lin.get(path).status_code == 404  # nothing is left of the file


@pytest.mark.parametrize(
    "moment",
    ["before the folding", "before it is told to be done", "before the file goes",
     "before the import ends", "at the first rows"],
)  # fmt: skip
def test_killed_at_any_moment_an_import_is_done_once_and_told_to_be_done(shop, monkeypatch, moment):
    """What a process does last, statement by statement: it dies before each."""
    path = columns(shop)
    answer = post(shop.lin, f"{path.partition('?')[0]}/start", **NUMBER)
    where, name = {
        "at the first rows": (imports_running, "_import_batch"),
        "before the import ends": (imports_running.store, "end"),
        "before the folding": (importing, "fold_new"),
        "before it is told to be done": (running.background, "end"),
        "before the file goes": (background, "keep_result"),
    }[moment]

    def dies(*args, **kwargs):
        raise SystemExit("killed")

    with monkeypatch.context() as patch:
        patch.setattr(where, name, dies)
        with pytest.raises(SystemExit):
            run_long(shop.services, shop.clock())
    run("UPDATE background_task SET lease_until = 0")
    run_long(shop.services, shop.clock())
    forget(shop.clock())
    task = background.last(shop.account_id, "import")
    assert (task.state, task.error) == ("done", "")
    assert task.result["report"]["taken"] == 2
    assert task.result["report"]["rejected"] == 2
    assert [one["line"] for one in task.result["first"]] == [3, 5]
    assert [one.state for one in store.runs(shop.account_id)] == ["done"]
    assert attributes(shop, "o-1") == {"city": "上海", "age": 31}
    assert "新增或更新 2 行，失败 2 行" in shop.lin.get(answer.location).text
    assert shop.lin.get(path).status_code == 404, "nothing is left of the file"


def test_an_import_of_the_same_file_again_is_an_import_of_its_own(shop):
    for taken in (2, 0):
        start(shop, columns(shop), **NUMBER)
        shop.clock.on(minutes=1)
        assert store.runs(shop.account_id)[0].report["taken"] == taken
    assert len(store.runs(shop.account_id)) == 2


def test_the_file_is_read_once_for_each_way_to_look_at_it(shop, monkeypatch):
    path, opened = columns(shop), []
    real = import_table.open_source
    monkeypatch.setattr(
        import_table, "open_source", lambda *a, **k: opened.append(1) or real(*a, **k)
    )
    first = shop.lin.get(path).text
    assert len(opened) == 1
    assert without_once(shop.lin.get(path).text) == without_once(first)
    assert len(opened) == 1
    shop.lin.get(f"{path.partition('?')[0]}?kind=orders")
    assert len(opened) == 2, "as orders it is another table"
    sealed = fetch("SELECT content FROM background_part")
    assert all("上海".encode() not in bytes(one[0]) for one in sealed)
    start(shop, path, **NUMBER)
    assert len(opened) == 2
    left = fetch("SELECT f.role, f.size FROM background_file f WHERE f.size > 0")
    assert left == [], "what was found goes with the file"


def without_once(page):
    return re.sub(r'name="once" value="[0-9a-f]+"', "", page)


def test_rejected_rows_are_taken_away_put_right_and_logged(shop):
    start(shop, columns(shop), **NUMBER)
    made = store.runs(shop.account_id)[0]
    answer = post(shop.lin, f"{IMPORTS}/{made.id}/rejects")
    assert "attachment" in answer.headers["Content-Disposition"]
    lines = answer.text.splitlines()
    assert lines[0].startswith("\ufeffimport_line,import_field")
    assert len(lines) == 3
    assert "o-2" in lines[1]
    assert audit.entries(1)[0].action == "rejects_opened"
    back = start(shop, columns(shop, answer.text.replace("abc", "40"))).text
    assert "新增或更新 1 行" in back
    assert post(shop.signed_in("shen"), f"{IMPORTS}/{made.id}/rejects").status_code == 403


def test_trying_writes_nothing(shop):
    path = columns(shop)
    page = start(shop, path, act="try").text
    assert "没有写入" in page
    assert followers.count(shop.account_id) == 0
    assert store.runs(shop.account_id) == []
    assert path.partition("?")[0].rpartition("/")[2] in page  # and the way back to it


def test_columns_are_changed_by_hand(shop):
    path = columns(shop, "编号甲,城市\no-1,上海\no-2,北京\n")
    assert "至少有一列" in shop.lin.get(path).text
    refused = start(shop, path)
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    form = {"to-0": "openid", "to-1": "tag", "name-1": ""}
    assert "新增或更新 2 行" in start(shop, path, **form).text
    tags = profiles.state_of(followers.find(shop.account_id, "o-1").id)["tags"]
    assert set(tags) == {"上海"}


def test_what_a_mapping_keeps_is_said_in_words(shop):
    page = shop.lin.get(columns(shop, "openid,性别\no-1,男\no-2,女\no-3,男\n")).text
    table = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert "对应：" in table
    assert "男 →" in table
    assert "{&#34;" not in table


def test_a_kept_mapping_is_chosen(shop):
    start(shop, columns(shop), **{"save": "m", "to-1": "ignore"})
    path = columns(shop, GOOD.replace("o-3", "o-9"), mapping="m")
    assert "mapping=m" in path
    page = shop.lin.get(path).text
    assert '<option value="m" selected>' in page
    start(shop, path, mapping="m")
    assert "city" not in attributes(shop, "o-9")


def test_orders_and_events_have_their_targets(shop):
    a_follower(shop.account_id, openid="o-1")
    table = "openid,订单号,金额,下单时间\no-1,A1,38.50,2026-11-20 12:00\n"
    page = start(shop, columns(shop, table, kind="orders"), kind="orders").text
    assert "新增或更新 1 行" in page
    assert profiles.state_of(followers.find(shop.account_id, "o-1").id)["spent"] == 3850
    visits = "openid,时间\no-1,2026-11-20 12:00\n"
    path = columns(shop, visits, kind="events")
    assert start(shop, path, kind="events").status_code == 422  # which kind of event?
    assert "新增或更新 1 行" in start(shop, path, kind="events", event="page.view").text


def test_what_is_no_table_is_refused_at_once(shop):
    for name, content in (("people.pdf", GOOD), ("people.csv", ""), ("people", GOOD), ("", GOOD)):
        answer = upload(shop, content, name)
        assert answer.status_code == 422, name
        assert 'role="alert"' in answer.text
    assert background.last(shop.account_id, "import_look") is None


def test_what_cannot_be_read_is_said_in_words(shop):
    for name, content in (
        ("t.xlsx", b"PK\x03\x04 broken"),
        ("t.csv", b"\x00\x01\x02\x03" * 50),
        ("t.csv.gz", b"plain"),
        ("t.csv.gz", gzip.compress(b"openid\no-1\n" * 99)[:30]),
        ("t.csv", b"\n\n\n"),
    ):
        page = shop.lin.get(_location(shop, name, content))
        assert page.status_code == 422, content
        assert 'role="alert"' in page.text


def _location(shop, name, content):
    answer = upload(shop, content, name)
    assert answer.status_code == 303
    return answer.location


def test_a_packed_file_and_a_long_one_show_their_beginning(shop, monkeypatch):
    packed = gzip.compress(GOOD.encode())
    assert "上海" in shop.lin.get(_location(shop, "t.csv.gz", packed)).text
    monkeypatch.setattr(import_table, "_BEGINNING", 1)
    long = "openid,城市\n" + "".join(f"o-{n},城{n}\n" for n in range(20_000))
    assert len(long.encode()) > background.PART
    page = shop.lin.get(_location(shop, "t.csv", long)).text
    assert "城0" in page


def test_a_file_that_is_too_large_is_refused_unread(shop, monkeypatch):
    monkeypatch.setitem(UPLOADS, "console.import_upload", 1000)
    answer = upload(shop, "openid\n" + "o-1\n" * 500)
    assert answer.status_code == 413
    assert f"{imports.LARGEST >> 20} MB" in answer.text
    other = shop.lin.post(f"{HOME}/act", data={"form": form(shop.lin), "tag": "x" * (1 << 21)})
    assert other.status_code == 413
    assert "太大" in other.text


def test_the_file_of_another_account_is_not_there(shop):
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", shop.clock())
    path = columns(shop).replace("/default/", "/second/")
    assert shop.lin.get(path).status_code == 404
    assert post(shop.lin, f"{path.partition('?')[0]}/start").status_code == 404
    start(shop, columns(shop))
    made = store.runs(shop.account_id)[0]
    for act in ("", "/rejects"):
        other = f"/console/a/second/followers/imports/{made.id}{act}"
        found = post(shop.lin, other) if act else shop.lin.get(other)
        assert found.status_code == 404


@pytest.mark.parametrize("kind", ["followers", "orders", "events"])
def test_a_template_can_be_imported_as_it_is(shop, kind):
    answer = shop.lin.get(f"{IMPORTS}/template/{kind}")
    assert answer.mimetype == "text/csv"
    if kind != "followers":
        a_follower(shop.account_id, openid="oABCDEFGHIJKLMNOPQRSTUVWXYZ1")
    page = start(shop, columns(shop, answer.text, kind=kind), kind=kind).text
    assert "新增或更新 1 行，失败 0 行" in page
    assert shop.lin.get(f"{IMPORTS}/template/people").status_code == 404


class TestTheFilteredListAsAFile:
    def test_is_made_in_the_background_without_openids(self, shop):
        ids = [a_follower(shop.account_id, openid=f"o-{n}", subscribed=n != 2) for n in range(4)]
        answer = post(shop.lin, f"{HOME}/export", following="yes")
        assert audit.entries(1)[0].action == "export"
        run_long(shop.services, shop.clock())
        page = shop.lin.get(answer.location).text
        assert "已导出 3 位粉丝" in page
        file = shop.lin.get(f"{answer.location}/file").text
        assert "o-1" not in file
        found = {line.split(",")[0] for line in file.splitlines()[1:]}
        assert found == {str(one) for n, one in enumerate(ids) if n != 2}

    def test_wants_the_right_and_a_segment_that_is_there(self, shop):
        assert post(shop.signed_in("shen"), f"{HOME}/export").status_code == 403
        assert post(shop.lin, f"{HOME}/export", segment="none").status_code == 422


class TestSync:
    @pytest.fixture
    def there(self, shop, wechat_sandbox):
        for name in "甲乙丙":
            wechat_sandbox.follower(name).follow()
        client = connect(
            wechat_sandbox.appid, wechat_sandbox.appsecret, wechat_sandbox.url, SharedTokens(),
            lambda: wechat_sandbox.now,
        )  # fmt: skip
        shop.services = replace(shop.services, client_of=lambda account_id: client)
        app_with(shop.services)
        shop.clock.now = wechat_sandbox.now
        shop.lin = shop.signed_in("lin")
        yield shop
        client.close()

    def test_goes_on_in_the_background_and_says_what_came_in(self, there):
        for what, said in (
            ("followers", "读到 3 位粉丝，3 位有变化"),
            ("full", "读到 3 位粉丝，0 位有变化"),
            ("tags", "个标签"),
        ):
            answer = post(there.lin, f"{HOME}/syncs/start", what=what)
            assert "查看进度" in there.lin.get(f"{HOME}/syncs").text
            run_long(there.services, there.clock())
            assert said in there.lin.get(answer.location).text
            assert syncs.latest(there.account_id)[0].state == "done"
        assert there.lin.get(f"{HOME}/syncs").text.count("完成") == 3

    def test_asked_twice_is_one(self, there):
        first = post(there.lin, f"{HOME}/syncs/start", what="tags").location
        assert post(there.lin, f"{HOME}/syncs/start", what="tags").location == first
        assert post(there.lin, f"{HOME}/syncs/start", what="all").status_code == 404

    def test_a_platform_that_is_away_fails_in_words(self, shop):
        answer = post(shop.lin, f"{HOME}/syncs/start", what="followers")
        run_long(shop.services, shop.clock())
        page = shop.lin.get(answer.location).text
        assert 'role="alert"' in page
        assert "微信没有应答" in page


def test_english_is_complete(shop):
    from bot.store import operators

    assert start(shop, columns(shop, "openid,city\no-1,x\n")).status_code == 200
    path = columns(shop, "openid,city\no-2,x\n")
    person = operators.by_name("lin")
    assert person is not None
    operators.update(person.id, language="en")
    made = store.runs(shop.account_id)[0]
    task = background.last(shop.account_id, "import")
    assert task is not None
    places = (HOME, f"{HOME}/tags", f"{HOME}/syncs", IMPORTS, path, f"{IMPORTS}/{made.id}",
              f"/console/a/default/work/{task.id}")  # fmt: skip
    for place in places:
        page = shop.lin.get(place)
        assert page.status_code == 200
        main = page.text.partition('<main id="main"')[2]
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in main), place
