"""发送规则 in the console: the house's guardrails, whom they hold back, and two who change them."""

from __future__ import annotations

import re

import pytest

from bot.console.rights import Role
from bot.store import accounts, audit, campaign_rules, followers, operators
from bot.store.db import run_many
from tests.bot.console.offices import anew, opened
from tests.bot.console.sharing import post

RULES = "/console/a/default/sending-rules"
ALL = {
    "per_day": "1", "per_week": "2", "per_month": "", "quiet_from": "22:00", "quiet_to": "08:30",
    "rest_after": "3", "rest_days": "14", "same_topic_days": "7", "control": "2.5",
    "approval": "1", "timezone": "Asia/Shanghai",
}  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    folder = tmp_path_factory.mktemp("rules")
    with opened(folder, fresh_sqlite(folder)) as found:
        yield found


@pytest.fixture
def office(built):
    return anew(built, "campaign_rule")


def put(browser, version=0, **changes):
    given = {name: one for name, one in {**ALL, **changes}.items() if one is not None}
    return post(browser, RULES, version=str(version), **given)


def test_rules_are_put_in_place_and_the_log_has_before_and_after(office):
    lin = office.signed_in("lin")
    assert put(lin).status_code == 302
    found = campaign_rules.of(office.account_id)
    assert (found.per_day, found.per_week, found.per_month) == (1, 2, None)
    assert (found.quiet_from, found.quiet_to, found.rest_after) == ("22:00", "08:30", 3)
    assert (found.control_permille, found.approval, found.version) == (25, True, 1)
    entry = audit.entries(1)[0]
    assert (entry.action, entry.detail["account"]) == ("sending_rules", "default")
    assert "per_day=–" in entry.detail["before"]
    assert "per_day=1" in entry.detail["after"]
    assert "timezone" not in entry.detail["after"], "it stayed"
    page = lin.get(f"{RULES}?saved=1").text
    assert "已保存" in page
    assert 'value="08:30"' in page
    assert "per_day=1" in lin.get("/console/audit").text


def test_saving_the_same_again_is_no_entry_in_the_log(office):
    lin = office.signed_in("lin")
    put(lin)
    entries = len(audit.entries(50))
    assert put(lin, version=1).status_code == 302
    assert len(audit.entries(50)) == entries


REFUSED = (
    ("per_day", "0"), ("per_day", "1001"), ("per_week", "two"), ("per_month", "-1"),
    ("per_day", "１"), ("per_day", "1.5"), ("per_day", "9" * 30), ("rest_days", "366"),
    ("rest_after", ""), ("rest_days", ""), ("quiet_to", ""), ("quiet_from", ""),
    ("quiet_to", "22:00"), ("quiet_from", "25:00"), ("quiet_from", "late"), ("control", "50.1"),
    ("control", "-1"), ("control", "nan"), ("control", "a few"), ("timezone", ""),
    ("timezone", "Mars/Olympus"), ("timezone", "../../etc/passwd"),
)  # fmt: skip


def test_what_is_no_rule_comes_back_with_the_form_and_changes_nothing(office):
    lin = office.signed_in("lin")
    for field, value in REFUSED:
        answer = put(lin, **{field: value})
        assert answer.status_code == 422, (field, value)
        assert 'class="invalid-feedback" role="alert"' in answer.text, (field, value)
        assert 'name="per_week" type="number" value="2"' in answer.text or field == "per_week"
    assert campaign_rules.of(office.account_id) == campaign_rules.Rules()
    assert not audit.entries(50, action="sending_rules")


def test_of_two_people_the_second_sees_what_the_first_did_and_may_then_insist(office):
    office.hire("chen", Role.ADMIN)
    lin, chen = office.signed_in("lin"), office.signed_in("chen")
    put(lin, per_day="3")
    answer = put(chen, per_day="5", approval=None)
    assert answer.status_code == 409
    assert campaign_rules.of(office.account_id).per_day == 3
    row = re.search(r'<th scope="row">每天</th><td>3</td><td>5</td>', answer.text)
    assert row is not None
    assert '<th scope="row">审批</th><td>是</td><td>否</td>' in answer.text
    assert 'name="per_day" type="number" value="5"' in answer.text, "his form is not lost"
    version = re.search(r'name="version" value="(\d+)"', answer.text)
    assert put(chen, version=version[1], per_day="5").status_code == 302
    assert campaign_rules.of(office.account_id).per_day == 5


def test_a_version_that_never_was_is_a_conflict(office):
    lin = office.signed_in("lin")
    for version in ("", "-1", "x", "9" * 40, "7"):
        assert put(lin, version=version).status_code == 409, version


def test_the_control_group_is_drawn_anew_only_when_asked(office):
    lin = office.signed_in("lin")
    put(lin)
    assert campaign_rules.of(office.account_id).control_salt == ""
    put(lin, version=1, reshuffle="1")
    first = campaign_rules.of(office.account_id).control_salt
    assert first
    put(lin, version=2)
    assert campaign_rules.of(office.account_id).control_salt == first


def test_another_zone_holds_for_the_account(office):
    put(office.signed_in("lin"), timezone="Asia/Urumqi")
    assert accounts.by_slug("default").timezone == "Asia/Urumqi"
    assert "timezone=Asia/Urumqi" in audit.entries(1)[0].detail["after"]


def test_who_is_held_back_now_is_told_by_reason(office):
    made = [followers.ensure(office.account_id, f"o-{n}", office.clock()).id for n in range(8)]
    run_many("UPDATE follower SET subscribed = ? WHERE id = ?", [(True, who) for who in made])
    run_many("UPDATE follower SET blacklisted = ? WHERE id = ?", [(True, who) for who in made[:2]])
    page = office.signed_in("lin").get(RULES).text
    assert "在黑名单</dt><dd>2 人（25.0%）" in page
    assert "关注中的 8 人都算过" in page
    put(office.signed_in("lin"), control="50", quiet_from="11:00", quiet_to="13:00")
    page = office.signed_in("lin").get(RULES).text
    assert "长期对照组" in page
    assert "现在是免打扰时段，2026-11-21 13:00 之后才发" in page


def test_only_who_may_set_the_account_up_sees_the_rules_and_finds_them_in_the_menu(office):
    accounts.add("cafe", "wx2", "s" * 32, "token", "a" * 43, "service", office.clock())
    office.hire("chen", Role.ADMIN, accounts.by_slug("cafe").id)
    office.hire("wu", Role.MARKETER)
    chen, wu = office.signed_in("chen"), office.signed_in("wu")
    assert wu.get(RULES).status_code == 403
    assert chen.get(RULES).status_code == 404
    page = chen.get("/console/a/cafe").text
    assert "/console/a/cafe/settings" in page
    assert "/console/accounts" not in page
    page = chen.get("/console/a/cafe/settings").text
    assert "/console/a/cafe/sending-rules" in page
    assert "/console/accounts" not in page
    post(chen, "/console/a/cafe/sending-rules", **ALL, version="0")
    assert campaign_rules.of(office.account_id).per_day is None, "cafe's rules are cafe's"


def test_english_is_complete(office):
    operators.update(operators.by_name("lin").id, language="en")
    lin = office.signed_in("lin")
    pages = [
        lin.get(RULES),
        put(lin, per_day="0"),
        put(lin, version=5),
        lin.get(f"{RULES}?saved=1"),
    ]
    for page in pages:
        shown = page.text.replace("鸿雁", "")
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in shown)
