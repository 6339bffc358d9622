"""数据分析 in the console: spans of days, files that do nothing in a spreadsheet, post-mortems."""

from __future__ import annotations

import csv
import io

import pytest

from bot import campaign
from bot.clock import utc_now
from bot.console.reports import verdict
from bot.console.rights import Role
from bot.console.sheets import guarded, shown
from bot.effect import postmortem
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.store import audit, effect_documents, events, figures, operators
from bot.store.accounts import add as add_account
from bot.store.db import transaction
from bot.store.figures import Figure
from tests.bot.console.conftest import form_of
from tests.conftest import a_follower

REPORTS = "/console/a/default/reports"
KINDS = ("users", "messages", "menu", "interface", "retention", "funnel", "sources", "campaigns")
EVIL = "=HYPERLINK(1)<b>"


@pytest.fixture
def office(house):
    house.hire("lin", Role.MARKETER)
    house.hire("vi", Role.VIEWER)
    return house


def read(answer) -> list[list[str]]:
    assert answer.status_code == 200
    text = answer.get_data().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def told(office, report, day, subject="", **numbers):
    with transaction():
        made = [Figure(report, day, subject, numbers)]
        figures.put(office.account_id, made, office.clock())


def a_day(office):
    """Yesterday: two came, three went, one of them wrote."""
    day = office.clock().date().replace(day=office.clock().day - 1).isoformat()
    who = [a_follower(office.account_id, openid=f"o-{n}") for n in range(3)]
    at = office.clock().replace(day=office.clock().day - 1)
    kinds = ("subscribe",) * 2 + ("unsubscribe",) * 3 + ("message.text",)
    for number, kind in enumerate(kinds):
        events.append(
            office.account_id, who[number % 3], kind, at=at, received_at=at, source="callback",
            key=f"k{number}", facts={},
        )  # fmt: skip
    told(office, "getusersummary", day, "user_source 0", new_user=2, cancel_user=1)
    told(office, "getusersummary", day, "user_source 30", new_user=5, cancel_user=2)
    told(office, "getusercumulate", day, cumulate_user=1234)
    told(
        office, "getinterfacesummary", day,
        callback_count=200, fail_count=3, total_time_cost=30_000, max_time_cost=4_900,
    )  # fmt: skip
    return day


def test_our_own_figures_stand_beside_the_platform_s(office):
    day = a_day(office)
    rows = read(office.signed_in("lin").get(f"{REPORTS}/users/csv?since={day}&until={day}"))
    assert rows[1:] == [[day, "2", "3", "-1", "1234", "7", "3", "4", "1234"]]
    rows = read(office.signed_in("lin").get(f"{REPORTS}/messages/csv?since={day}&until={day}"))
    assert rows[1:] == [[day, "1", "1", "1.0", "", "0", "0"]]
    page = office.signed_in("vi").get(REPORTS).text
    assert "1,234" in page
    assert "<polyline" in page


def test_the_interface_tells_failures_and_times(office):
    day = a_day(office)
    rows = read(office.signed_in("lin").get(f"{REPORTS}/interface/csv"))
    assert rows[1:] == [[day, "200", "3", "1.50%", "150.0", "4900", *[""] * 5]]
    assert "1.50%" in office.signed_in("vi").get(f"{REPORTS}/interface").text


@pytest.fixture
def ran(office):
    """A campaign with a name that is a formula, over and looked back on; nobody was reached."""
    for number in range(6):
        a_follower(office.account_id, openid=f"o-{number}")
    everybody = {"attribute": "subscribed", "op": "eq", "value": True}
    define(office.account_id, "all", "全部", everybody, office.clock())
    refresh_all(office.clock())
    document = {
        "slug": "formula", "name": EVIL, "segment": "all", "purpose": "marketing",
        "text": "看 {link}", "url": "https://example.com/", "holdout": 0.3,
        "attribution_days": 1,
    }  # fmt: skip
    campaign.create(office.services, office.account_id, document, office.clock())
    campaign.start(office.services, office.account_id, "formula", office.clock())
    campaign.push_due(office.services, office.clock())
    return office


def over(office):
    campaign.close_due(office.clock())
    office.clock.on(days=2)
    campaign.close_due(office.clock())
    assert postmortem.make_due(office.clock()) == 1


def test_a_run_is_told_as_counted_so_far_and_then_as_its_post_mortem_says(ran):
    page = ran.signed_in("lin").get(f"{REPORTS}/campaigns")
    assert "测量中" in page.text
    over(ran)
    lin = ran.signed_in("lin")
    page = lin.get(f"{REPORTS}/campaigns").text
    assert "测量中" not in page
    assert 'href="/console/a/default/campaigns/formula"' in page
    name, slug, run, *_, said = read(lin.get(f"{REPORTS}/campaigns/csv"))[1]
    assert (name, slug, run) == (f"'{EVIL}", "formula", "1")
    assert said in ("人数太少，不能下结论", "没有对照组")


def test_a_post_mortem_is_read_as_it_was_written(ran):
    over(ran)
    lin = ran.signed_in("lin")
    assert f"{REPORTS}/lookbacks/formula/1" in lin.get(f"{REPORTS}/lookbacks").text
    page = lin.get(f"{REPORTS}/lookbacks/formula/1")
    assert page.status_code == 200
    assert "<b>" not in page.text.split("<main")[1]
    for gone in ("formula/2", "other/1", "formula/99999999999999"):
        assert lin.get(f"{REPORTS}/lookbacks/{gone}").status_code == 404


def test_a_week_s_digest_is_read(office):
    now = utc_now()
    assert effect_documents.keep_digest(office.account_id, "2026-W46", {}, "<b>周</b>报", now)
    lin = office.signed_in("lin")
    assert "2026-W46" in lin.get(f"{REPORTS}/lookbacks").text
    assert "&lt;b&gt;周" in lin.get(f"{REPORTS}/weeks/2026-W46").text
    for gone in ("2026-W45", "2026-W99", "x"):
        assert lin.get(f"{REPORTS}/weeks/{gone}").status_code == 404


SPANS = ("since=x", "until=2999-01-01", "since=2026-11-20&until=2026-11-01", "since=1999-12-31",
         "since=2020-01-01", "since=20261101'")  # fmt: skip


def test_a_span_that_is_none_is_refused_and_the_usual_one_shown(office):
    lin = office.signed_in("lin")
    for span in SPANS:
        for path in (f"{REPORTS}/users", f"{REPORTS}/users/csv"):
            answer = lin.get(f"{path}?{span}")
            assert answer.status_code == 422, span
            assert 'role="alert"' in answer.text, span
    assert lin.get(f"{REPORTS}/nothing").status_code == 404
    assert lin.get(f"{REPORTS}/nothing/csv").status_code == 404


def test_a_file_wants_the_right_and_is_in_the_audit_log(office):
    vi, lin = office.signed_in("vi"), office.signed_in("lin")
    for kind in KINDS:
        page = vi.get(f"{REPORTS}/{kind}")
        assert page.status_code == 200
        assert "/csv" not in page.text
        assert vi.get(f"{REPORTS}/{kind}/csv").status_code == 403
        assert "attachment" in lin.get(f"{REPORTS}/{kind}/csv").headers["Content-Disposition"]
    assert [one.detail["report"] for one in audit.entries(len(KINDS))] == list(reversed(KINDS))
    assert form_of(lin)  # the session outlives the streams


def test_another_account_has_its_own_figures(office):
    day = a_day(office)
    add_account("second", "wx2", "s" * 32, "token", "a" * 43, "service", office.clock())
    lin = office.signed_in("lin")
    rows = read(lin.get(f"/console/a/second/reports/users/csv?since={day}&until={day}"))
    assert rows[1:] == [[day, "0", "0", "0", "", "", "", "", ""]]


@pytest.mark.parametrize(
    ("cell", "in_a_file", "on_a_page"),
    [("=1+1", "'=1+1", "=1+1"), ("+86", "'+86", "+86"), ("-x", "'-x", "-x"), ("@a", "'@a", "@a"),
     ("\t=1", "'\t=1", "\t=1"), ("a=1", "a=1", "a=1"), (-5, -5, "-5"), (1234, 1234, "1,234"),
     (1.5, 1.5, "1.50"), (None, None, "–")],
)  # fmt: skip
def test_a_cell(cell, in_a_file, on_a_page):
    assert guarded(cell) == in_a_file
    assert shown(cell) == on_a_page


@pytest.mark.parametrize(
    ("held_out", "enough", "low", "high", "said"),
    [(100, True, 0.01, 0.05, "more"), (100, True, -0.05, -0.01, "less"),
     (100, True, -0.01, 0.05, "unclear"), (100, True, None, None, "unclear"),
     (100, False, 0.01, 0.05, "few"), (0, False, 0.0, 0.0, "alone")],
)  # fmt: skip
def test_a_verdict_says_what_the_interval_shows(held_out, enough, low, high, said):
    more = {"people": [900, held_out], "enough": enough, "difference": [0.02, low, high]}
    assert verdict(more) == said


def test_english_is_complete(office):
    operators.update(operators.by_name("lin").id, language="en")
    browser = office.signed_in("lin")
    for path in (*(f"{REPORTS}/{kind}" for kind in KINDS), f"{REPORTS}/lookbacks"):
        said = browser.get(path).text.replace("鸿雁", "")
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in said), path
