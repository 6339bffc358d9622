"""Tasks that go on without the one who asked: taken, held, ended, begun again, forgotten."""

from __future__ import annotations

import io
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest

from bot import background
from bot.background import kinds, running
from bot.background.desk import Desk
from bot.background.kinds import Kind
from bot.console.rights import Role
from bot.errors import InvalidInput, NotFound
from bot.store import background as store
from bot.store import operators
from bot.store.background import PART
from bot.store.db import fetch, run
from tests.bot.console.conftest import form_of, post
from tests.conftest import NOON


def counts(desk: Desk) -> dict[str, int]:
    """How many lines the uploaded file has, and the file turned round."""
    lines = desk.upload().read_bytes().splitlines()
    desk.progress(len(lines), len(lines))
    turned = desk.folder / "turned"
    turned.write_bytes(b"\n".join(reversed(lines)))
    desk.keep("反转.csv", turned)
    return {"lines": len(lines)}


def refuses(desk: Desk) -> dict[str, int]:
    raise InvalidInput("这个文件没有表头 (the file has no header)", "file")


def breaks(desk: Desk) -> dict[str, int]:
    return {"never": len({}["openid of somebody"])}


def stops_itself(desk: Desk) -> dict[str, int]:
    store.stop(desk.task.account_id, desk.task.id, desk.now())
    desk.progress(1)
    raise AssertionError("it went on after it was stopped")


@pytest.fixture
def desk_kinds(monkeypatch):
    """Kinds of this page instead of the product's."""
    known = {"count": Kind(counts, long=True), "refuse": Kind(refuses), "break": Kind(breaks),
             "stop": Kind(stops_itself)}  # fmt: skip
    monkeypatch.setattr(kinds, "KINDS", known)
    monkeypatch.setattr(running, "KINDS", known)


@pytest.fixture
def asked(house, desk_kinds):
    """Ask for a task as an operator of the house."""
    person = house.hire("lin", None)

    def ask(kind: str, upload: bytes | None = None, **about: object) -> store.Task:
        file = ("人.csv", io.BytesIO(upload)) if upload is not None else None
        made = background.ask(house.account_id, person, kind, about, house.clock(), file)
        return store.get(house.account_id, made)

    return ask


def state(task: store.Task) -> store.Task:
    return store.get(task.account_id, task.id)


def test_a_task_is_done_with_its_file_by_whoever_runs_next(house, asked):
    lines = [b"line %d" % number for number in range(60_000)]  # two pieces of a file
    task = asked("count", b"\n".join(lines))
    assert background.run_short(house.services, house.clock()) == 0
    assert background.run_long(house.services, house.clock()) == 1
    over = state(task)
    assert (over.state, over.result, over.done, over.total) == (
        "done", {"lines": 60_000}, 60_000, 60_000,
    )  # fmt: skip
    made = store.file_of(task.id, "result")
    assert made is not None
    assert made.name == "反转.csv"
    assert made.size > 2 * PART
    assert b"".join(store.content(made)) == b"\n".join(reversed(lines))
    assert store.file_of(task.id, "upload") is None  # it was needed until then


def test_files_stand_sealed(house, asked):
    asked("count", "微信号,张三的手机".encode())
    kept = [bytes(row[0]) for row in fetch("SELECT content FROM background_part")]
    assert len(kept) == 1
    assert "张三".encode() not in kept[0]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("refuse", "这个文件没有表头 (the file has no header)"),
        ("break", "内部错误，请联系管理员 (KeyError)"),
    ],
)
def test_what_goes_wrong_is_said_and_tells_nothing_of_followers(house, asked, kind, error):
    task = asked(kind)
    background.run_short(house.services, house.clock())
    assert (state(task).state, state(task).error) == ("failed", error)


def test_a_stopped_task_ends_at_its_next_word(house, asked):
    task = asked("stop")
    background.run_short(house.services, house.clock())
    assert (state(task).state, state(task).result) == ("stopped", {})
    assert not store.stop(task.account_id, task.id, house.clock())  # over is over


def test_asked_twice_it_is_one_task_until_it_is_over(house, asked):
    first = asked("refuse", of="a")
    assert asked("refuse", of="a").id == first.id
    assert asked("refuse", of="b").id != first.id
    background.run_short(house.services, house.clock())
    assert asked("refuse", of="b").id > first.id + 1


def test_a_task_whose_runner_died_is_begun_again_but_not_for_ever(house, asked):
    task = asked("count", b"a\nb")
    for start in range(1, running.MOST_STARTS + 1):
        taken = store.take(["count"], "a process that dies", NOON)
        assert taken is not None
        assert taken.starts == start
        assert store.take(["count"], "another", NOON) is None  # it is held
        run("UPDATE background_task SET lease_until = 0")  # a minute went by without a word
    background.run_long(house.services, house.clock())
    assert state(task).state == "failed"
    assert "多次中断" in state(task).error


def test_a_process_that_ends_gives_its_task_back_for_another_to_begin(house, asked, monkeypatch):
    task = asked("count", b"a")
    background.closing.set()
    try:
        assert background.run_long(house.services, house.clock()) == 0  # it takes none
        taken = store.take(["count"], "this process", NOON)
        assert taken is not None
        running._one(house.services, taken, "this process")
    finally:
        background.closing.clear()
    assert (state(task).state, state(task).starts) == ("waiting", 0)
    assert background.run_long(house.services, house.clock()) == 1
    assert state(task).state == "done"


def test_a_file_that_never_came_whole_is_no_task(house, asked, monkeypatch):
    class Torn(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionResetError("the browser went away")

    with pytest.raises(ConnectionResetError):
        store.ask(house.account_id, 1, "count", {}, house.clock(), ("x.csv", Torn()))
    assert background.run_long(house.services, house.clock()) == 0
    assert fetch("SELECT state FROM background_task") == [("coming",)]
    assert background.forget(house.clock() + timedelta(days=8)) == 1


def test_who_lost_the_task_changes_nothing_of_it(house, asked):
    task = asked("count", b"a")
    store.take(["count"], "first", NOON)
    run("UPDATE background_task SET lease_until = 0")
    store.take(["count"], "second", NOON)
    assert not store.progress(task.id, "first", 1, 1)
    assert not store.hold(task.id, "first")
    assert not store.end(task.id, "first", "done", NOON, {"by": "first"})
    assert store.end(task.id, "second", "done", NOON, {"by": "second"})
    assert state(task).result == {"by": "second"}


def test_what_is_over_is_forgotten_after_a_week_with_its_files(house, asked):
    task = asked("count", b"a")
    background.run_long(house.services, house.clock())
    waiting = asked("refuse")
    later = house.clock() + timedelta(days=7)
    assert background.forget(later - timedelta(seconds=1)) == 0
    assert background.forget(later + timedelta(seconds=1)) == 1
    assert fetch("SELECT COUNT(*) FROM background_part") == [(0,)]
    with pytest.raises(NotFound):
        store.get(task.account_id, task.id)
    assert state(waiting).state == "waiting"


def test_an_unknown_kind_is_a_mistake_of_ours(house, asked):
    with pytest.raises(ValueError, match="no such kind"):
        asked("nonsense")


EXPORT = "/console/a/default/followers/export"


def once_of(browser, page="/console/a/default/followers"):
    found = re.search(r'name="once" value="([0-9a-f]+)"', browser.get(page).text)
    assert found is not None
    return found[1]


def test_a_form_sent_twice_begins_one_task_though_the_first_is_over(house):
    house.hire("lin", Role.ADMIN)
    lin = house.signed_in("lin")
    first = once_of(lin)
    one = post(lin, EXPORT, once=first)
    assert "/work/" in one.location
    background.run_long(house.services, house.clock())
    assert post(lin, EXPORT, once=first).location == one.location
    assert background.run_long(house.services, house.clock()) == 0
    again = post(lin, EXPORT, once=once_of(lin))
    assert again.location != one.location, "a page that was made anew begins another"


def test_clicks_at_the_same_instant_begin_one_task(house, monkeypatch):
    house.hire("lin", Role.ADMIN)
    lin = house.signed_in("lin")
    given = {"form": form_of(lin), "once": once_of(lin)}
    # Nobody sees the other's task before his own is kept.
    monkeypatch.setattr(running.background, "last", lambda account_id, kind: None)
    together = threading.Barrier(4)

    def click(_):
        browser = house.signed_in("lin")
        own = {**given, "form": form_of(browser)}
        together.wait()
        return browser.post(EXPORT, data=own).location

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(click, range(4)))) == 1
    assert [one.kind for one in store.latest(house.account_id, ["followers_export"])] == [
        "followers_export"
    ]


def test_one_nonce_is_another_s_nothing(house):
    house.hire("lin", Role.ADMIN)
    mei = house.hire("mei", Role.ADMIN)
    lin = operators.by_name("lin").id
    ask = partial(background.ask, house.account_id, kind="sync", now=NOON, nonce="n")
    first = ask(operator_id=lin, asked={"what": "a"})
    run("UPDATE background_task SET state = 'done'")
    assert ask(operator_id=lin, asked={"what": "a"}) == first
    assert ask(operator_id=lin, asked={"what": "b"}) != first
    assert ask(operator_id=mei, asked={"what": "a"}) != first


def test_a_file_sent_twice_is_kept_once(house):
    lin = house.hire("lin", Role.ADMIN)

    def ask(name):
        upload = (name, io.BytesIO(b"a,b\n1,2\n"))
        return background.ask(
            house.account_id, lin, "contents", {"kind": "product"}, NOON, upload, nonce="n"
        )

    assert ask("a.csv") == ask("a.csv")
    assert ask("b.csv") != ask("a.csv")
    assert fetch("SELECT COUNT(*) FROM background_file")[0][0] == 2
