"""备份与升级, 隐私与合规 and 测试人员 in the console, with what they ask for in the background."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest

from bot import background
from bot.background.backup import BACKUP, CHECK
from bot.background.privacy_audit import AUDIT
from bot.console.rights import Role
from bot.store import accounts, audit, consents, copies, followers, operators, trials
from bot.store import background as tasks
from bot.store.db import run
from tests.bot.console.offices import anew, opened
from tests.bot.console.sharing import post

A = "/console/a/default"


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    folder = tmp_path_factory.mktemp("care")
    with opened(folder, fresh_sqlite(folder)) as found:
        yield found


@pytest.fixture
def office(built):
    anew(built, "campaign_tester", "background_task", "consent", "erasure")
    for one in copies.folder_of(built.services.settings).glob("*"):
        one.unlink()
    return built


@pytest.fixture
def lin(office):
    return office.signed_in("lin")


def done(office, browser, answer):
    """The page of the task that this answer leads to, when the task is over."""
    assert answer.status_code == 302, answer.text
    assert "/work/" in answer.location
    background.run_long(office.services, office.clock())
    return browser.get(answer.location).text


# --- copies --------------------------------------------------------------------------------------


def test_a_copy_is_made_beside_the_store_and_is_whole(office, lin):
    followers.ensure(office.account_id, "o-lin", office.clock())
    page = done(office, lin, post(lin, "/console/care/backup"))
    assert "已完成" in page
    (made,) = copies.copies(office.services.settings)
    assert f"backups/{made.name}" in page
    file = copies.folder_of(office.services.settings) / made.name
    assert file.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(file)) as copy:
        assert copy.execute("SELECT COUNT(*) FROM follower").fetchone() == (1,)
    page = lin.get("/console/care").text
    assert made.name in page
    assert "手动备份" in page
    assert audit.entries(1)[0].action == "care_backup"


def test_a_copy_is_taken_by_who_runs_the_house_and_that_is_logged(office, lin):
    settings = office.services.settings
    made = copies.make(settings, "hongyan-z.db", lambda done, of: None)
    assert 'href="/console/care/copies/hongyan-z.db"' in lin.get("/console/care").text
    with lin.get("/console/care/copies/hongyan-z.db") as answer:
        assert answer.data == (copies.folder_of(settings) / made.name).read_bytes()
        assert "hongyan-z.db" in answer.headers["Content-Disposition"]
        assert answer.headers["Cache-Control"] == "no-store"
    told = audit.entries(1)[0]
    assert (told.action, told.detail) == ("care_copy_taken", {"file": "hongyan-z.db"})
    office.hire("wu", Role.ADMIN, office.account_id)
    assert office.signed_in("wu").get("/console/care/copies/hongyan-z.db").status_code == 403


def test_nothing_but_a_listed_copy_is_taken(office, lin):
    settings = office.services.settings
    copies.make(settings, "hongyan-z.db", lambda done, of: None)
    store = copies.store_of(settings)
    (copies.folder_of(settings) / "other.txt").write_text("no")
    before = store.parent / f"{store.name}.before-0001"
    before.write_text("no")
    for name in (
        *("hongyan-none.db", "other.txt", f"{store.name}.before-0001"),
        *(f"../{store.name}", f"..%2f{store.name}", f"..%5c{store.name}", "%2e%2e/secret_keys"),
        *("hongyan-z.db%00", "*", "hongyan-*.db", "/etc/passwd", "%2fetc%2fpasswd"),
    ):
        answer = lin.get(f"/console/care/copies/{name}")
        assert answer.status_code in (404, 308), name  # 308: to the address without //
    before.unlink()
    assert [one.action for one in audit.entries(5)].count("care_copy_taken") == 0


def test_a_copy_begun_again_is_one_and_a_half_one_is_none(office, lin):
    settings = office.services.settings
    folder = copies.folder_of(settings)
    folder.mkdir(exist_ok=True)
    (folder / "hongyan-x.db.part").write_bytes(b"half")
    assert copies.copies(settings) == []
    first = copies.make(settings, "hongyan-x.db", lambda done, of: None)
    assert copies.make(settings, "hongyan-x.db", lambda done, of: None) == first
    assert [one.name for one in folder.iterdir()] == ["hongyan-x.db"]


def test_writers_go_on_while_a_copy_is_made_and_it_is_of_one_instant(office, monkeypatch):
    monkeypatch.setattr(copies, "_PAGES", 1)
    steps = []

    def write(_done, of):
        steps.append(of)
        followers.ensure(office.account_id, f"o-{len(steps)}", office.clock())

    made = copies.make(office.services.settings, "hongyan-y.db", write)
    assert len(steps) > 20
    with closing(sqlite3.connect(copies.folder_of(office.services.settings) / made.name)) as copy:
        assert copy.execute("SELECT COUNT(*) FROM follower").fetchone() == (0,)


def test_a_copy_that_is_wanted_no_more_leaves_nothing(office):
    def stop(_done, _of):
        raise background.Stopped("not wanted")

    with pytest.raises(background.Stopped):
        copies.make(office.services.settings, "hongyan-z.db", stop)
    assert list(copies.folder_of(office.services.settings).iterdir()) == []


def test_damage_is_found_and_said(office, lin, tmp_path):
    assert "数据库文件完好" in done(office, lin, post(lin, "/console/care/check"))
    settings = office.services.settings
    copies.make(settings, "hongyan-w.db", lambda done, of: None)
    file = copies.folder_of(settings) / "hongyan-w.db"
    torn = bytearray(file.read_bytes())
    torn[40_000:60_000] = b"\xff" * 20_000
    broken = tmp_path / "torn.db"
    broken.write_bytes(torn)
    assert copies.damage(broken, lambda done, of: None)
    assert copies.damage(file, lambda done, of: None) == []


def test_only_who_has_the_whole_house_sees_to_the_database(office):
    office.hire("chen", Role.ADMIN, office.account_id)
    chen, lin = office.signed_in("chen"), office.signed_in("lin")
    for path in ("/console/care", "/console/care/backup", "/console/care/check"):
        method = chen.get if path == "/console/care" else lambda at: post(chen, at)
        assert method(path).status_code == 403, path
    task = re.search(r"\d+$", post(lin, "/console/care/backup").location)[0]
    assert chen.get(f"{A}/work/{task}").status_code == 404
    assert {BACKUP, CHECK, AUDIT} <= set(background.running.KINDS)


# --- privacy -------------------------------------------------------------------------------------


def agreed(office, openid, given=True):
    who = followers.ensure(office.account_id, openid, office.clock()).id
    run("UPDATE follower SET subscribed = ? WHERE id = ?", (True, who))
    now = office.clock()
    consents.note(who, "marketing", given, at=now, received_at=now, how="keyword")
    return who


def test_an_audit_is_asked_for_and_then_stands_on_the_page_in_words(office, lin):
    assert "还没有审计过" in lin.get(f"{A}/privacy").text
    agreed(office, "o-1")
    agreed(office, "o-2", given=False)
    run("UPDATE follower SET marketing_consent = ? WHERE id > 0", (True,))
    page = done(office, lin, post(lin, f"{A}/privacy/audit"))
    assert "没有发现问题" in page
    page = lin.get(f"{A}/privacy").text
    assert "审计于 2026-11-21 12:00" in page
    assert "<dt>同意营销</dt><dd>2</dd>" in page
    assert '<th scope="row">营销</th><td>撤回</td><td>发送口令</td><td>1</td>' in page
    assert audit.entries(1, action="audit")[0].actor == "operator:lin"


def test_a_finding_is_said_with_its_detail(office, lin):
    agreed(office, "o-1")
    audit.record("operator:lin", "x", office.clock(), detail={"a": 1})
    run("UPDATE audit_entry SET detail = '{\"a\": 2}' WHERE action = 'x'")
    page = done(office, lin, post(lin, f"{A}/privacy/audit"))
    assert "1 项发现" in page
    page = lin.get(f"{A}/privacy").text
    assert "操作日志被改动" in page
    assert re.search(r"entry \d+ was changed", page)


def test_the_log_of_the_house_is_for_who_may_read_all_of_it(office, lin):
    who = agreed(office, "o-1")
    audit.record("operator:lin", "show", office.clock(), follower_id=who)
    office.hire("chen", Role.REVIEWER, office.account_id)
    chen = office.signed_in("chen")
    name = audit.pseudonym(who)[:8]
    assert name in lin.get(f"{A}/privacy").text
    page = chen.get(f"{A}/privacy").text
    assert name not in page
    assert "最近谁看过个人数据" not in page
    task = post(chen, f"{A}/privacy/audit").location
    background.run_long(office.services, office.clock())
    assert "looks" not in tasks.last(office.account_id, AUDIT).result
    assert chen.get(task).status_code == 200


def test_erasures_are_of_the_account(office, lin):
    accounts.add("cafe", "wx2", "s" * 32, "token", "a" * 43, "service", office.clock())
    for slug, number in (("default", "c-ours"), ("cafe", "c-theirs")):
        run(
            "INSERT INTO erasure (account_id, at, cause, certificate, removed)"
            " VALUES (?, ?, 'operator', ?, '{}')",
            (accounts.by_slug(slug).id, 1_700_000_000_000, number),
        )
    page = lin.get(f"{A}/privacy").text
    assert "c-ours" in page
    assert "c-theirs" not in page


# --- testers -------------------------------------------------------------------------------------


def test_a_tester_is_added_by_number_or_openid_and_removed(office, lin):
    who = followers.ensure(office.account_id, "o-lin", office.clock()).id
    name = "<b>小林</b>"
    assert post(lin, f"{A}/testers/add", name=name, follower=str(who)).status_code == 302
    assert post(lin, f"{A}/testers/add", name="店长", follower="o-lin").status_code == 302
    assert [one.follower_id for one in trials.testers(office.account_id)] == [who, who]
    page = lin.get(f"{A}/testers").text
    assert name not in page
    assert "&lt;b&gt;小林&lt;/b&gt;" in page
    assert "o-lin" not in page
    assert post(lin, f"{A}/testers/remove", name="店长").status_code == 302
    assert post(lin, f"{A}/testers/remove", name="店长").status_code == 404
    assert [one.action for one in audit.entries(3)] == ["tester_remove", "tester_add", "tester_add"]


def test_who_is_no_follower_of_the_account_tests_nothing(office, lin):
    accounts.add("cafe", "wx2", "s" * 32, "token", "a" * 43, "service", office.clock())
    theirs = followers.ensure(accounts.by_slug("cafe").id, "o-cafe", office.clock()).id
    ours = followers.ensure(office.account_id, "o-lin", office.clock()).id
    for follower, name, status in (
        (str(theirs), "a", 404), ("o-cafe", "a", 404), ("", "a", 404), ("9" * 30, "a", 404),
        (str(ours), "", 422), (str(ours), "名" * 33, 422), (str(ours), "名" * 32, 302),
    ):  # fmt: skip
        given = {"name": name, "follower": follower}
        assert post(lin, f"{A}/testers/add", **given).status_code == status, given
    for number in range(19):
        trials.add_tester(office.account_id, f"t{number}", ours, office.clock())
    assert post(lin, f"{A}/testers/add", name="one more", follower=str(ours)).status_code == 409
    assert post(lin, f"{A}/testers/add", name="t1", follower=str(ours)).status_code == 302


def test_the_webhook_key_is_shown_when_asked_for_and_that_is_logged(office, lin):
    from bot.journey.webhooks import key_of

    key = key_of(office.account_id)
    assert key not in lin.get(f"{A}/settings").text
    assert key in post(lin, f"{A}/settings/webhook-key").text
    assert audit.entries(1)[0].action == "account_webhook_key"


def test_english_is_complete(office, lin):
    operators.update(operators.by_name("lin").id, language="en")
    agreed(office, "o-1")
    asked = [post(lin, f"{A}/privacy/audit"), post(lin, "/console/care/backup"),
             post(lin, "/console/care/check")]  # fmt: skip
    background.run_long(office.services, office.clock())
    pages = [lin.get(one.location) for one in asked]
    pages += [lin.get(at) for at in ("/console/care", f"{A}/privacy", f"{A}/testers")]
    pages.append(post(lin, f"{A}/testers/add", name="", follower=""))
    pages.append(post(lin, f"{A}/settings/webhook-key"))
    assert [page.status_code for page in pages] == [200] * 6 + [422, 200]
    for page in pages:
        shown = page.text.replace("鸿雁", "")
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in shown), page.request.path
