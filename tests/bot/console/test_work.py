"""后台任务: progress and results on pages, and who may see them."""

from __future__ import annotations

import io

import pytest

from bot import background
from bot.background import kinds, running
from bot.background.desk import Desk
from bot.background.kinds import Kind
from bot.console import work
from bot.console.rights import Right, Role
from bot.console.work import Work
from bot.store import audit
from bot.store import background as store
from tests.bot.console.conftest import post


def copies(desk: Desk) -> dict[str, int]:
    desk.keep("结果 <b>.csv", desk.upload())
    return {}


@pytest.fixture
def works(monkeypatch):
    """Two kinds: one for whoever may edit, one for whoever has settings of the whole house."""
    known = {"copy": Kind(copies), "care": Kind(copies)}
    monkeypatch.setattr(kinds, "KINDS", known)
    monkeypatch.setattr(running, "KINDS", known)
    names = {"copy": Work(Right.EDIT, "con.menu.segments"),
             "care": Work(Right.SETTINGS, "con.menu.jobs", house=True)}  # fmt: skip
    monkeypatch.setattr(work, "WORKS", names)
    monkeypatch.setattr("bot.console.pages.work.WORKS", names)


@pytest.fixture
def asked(house, works):
    person = house.hire("lin", Role.MARKETER)

    def ask(kind: str = "copy", content: bytes = b"a,b\n") -> int:
        file = ("x.csv", io.BytesIO(content))
        return background.ask(house.account_id, person, kind, {}, house.clock(), file)

    return ask


def at(task: int, rest: str = "") -> str:
    return f"/console/a/default/work/{task}{rest}"


def test_a_task_is_followed_to_its_file(house, asked):
    task, browser = asked(), house.signed_in("lin")
    page = browser.get(at(task)).text
    assert "等待中" in page
    assert "every 1s" in page
    assert "HX-Refresh" not in browser.get(at(task, "/live")).headers
    background.run_short(house.services, house.clock())
    answer = browser.get(at(task, "/live"))
    assert answer.headers["HX-Refresh"] == "true"  # else its page offers to stop it still
    assert "/stop" not in browser.get(at(task)).text
    page = answer.text
    assert "已完成" in page
    assert "every 1s" not in page
    assert "结果 &lt;b&gt;.csv" in page
    taken = browser.get(at(task, "/file"))
    assert taken.data == b"a,b\n"
    assert taken.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E7%BB")
    assert audit.entries(1)[0].action == "work_file_taken"
    assert "结果 &lt;b&gt;.csv" in browser.get("/console/a/default/work").text


def test_one_that_nobody_begins_says_why(house, asked):
    task, browser = asked(), house.signed_in("lin")
    assert "调度程序可能没有运行" not in browser.get(at(task)).text
    house.clock.on(minutes=1)
    assert "调度程序可能没有运行" in browser.get(at(task)).text


def test_one_is_stopped(house, asked):
    task, browser = asked(), house.signed_in("lin")
    assert post(browser, at(task, "/stop")).status_code == 302
    assert "已停止" in browser.get(at(task)).text
    assert background.run_short(house.services, house.clock()) == 0
    assert browser.get(at(task, "/file")).status_code == 404


@pytest.mark.parametrize(
    ("kind", "role", "everywhere", "status"),
    [
        ("copy", Role.VIEWER, True, 404),
        ("copy", Role.MARKETER, False, 200),
        ("care", Role.MARKETER, True, 404),
        ("care", Role.ADMIN, False, 404),
        ("care", Role.ADMIN, True, 200),
    ],
)
def test_who_sees_a_task_of_a_kind(house, asked, kind, role, everywhere, status):
    task = asked(kind)
    house.hire("wu", role, **({} if everywhere else {"account_id": house.account_id}))
    browser = house.signed_in("wu")
    assert browser.get(at(task)).status_code == status
    assert browser.get(at(task, "/live")).status_code == status
    assert post(browser, at(task, "/stop")).status_code == (302 if status == 200 else 404)
    listed = browser.get("/console/a/default/work").text
    assert (at(task) in listed) == (status == 200)


def test_a_number_that_no_row_has_is_not_there(house, asked):
    browser = house.signed_in("lin")
    for number in (1 << 31, 1 << 70):
        assert browser.get(at(number)).status_code == 404
    assert browser.get("/console/a/default?days=²").status_code == 200


def test_a_task_of_a_kind_that_is_no_more_is_not_there(house, asked, monkeypatch):
    task = asked()
    monkeypatch.setattr(work, "WORKS", {})
    assert house.signed_in("lin").get(at(task)).status_code == 404


def test_what_it_forgets_it_forgets(house, asked):
    task = asked()
    background.run_short(house.services, house.clock())
    house.clock.on(days=8)
    background.forget(house.clock())
    assert store.latest(house.account_id, ["copy"]) == []
    assert house.signed_in("lin").get(at(task)).status_code in (302, 404)  # the session is old, too
