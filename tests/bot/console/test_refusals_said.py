"""What is refused is said in the reader's language on every page, and is text, never markup."""

import pytest

from bot import background
from bot.background import kinds, running
from bot.background.kinds import Kind
from bot.console.rights import Right, Role
from bot.console.work import Work
from bot.errors import Conflict
from bot.i18n.refusals import said
from bot.store import journeys, operators
from tests.bot.console.conftest import post

A = "/console/a/default"


@pytest.fixture(params=["zh", "en"])
def reader(request, house):
    """(browser, what to look for, by language)"""
    operators.update(house.hire("lin", Role.MARKETER), language=request.param)
    return house.signed_in("lin"), lambda zh, en: {"zh": zh, "en": en}[request.param]


def test_a_form_that_is_refused(reader):
    browser, words = reader
    answer = post(browser, f"{A}/journeys/install", trade="<b>泥瓦匠</b>")
    assert answer.status_code == 422
    assert words("没有行业", "there is no trade") in answer.text
    assert "&lt;b&gt;泥瓦匠" in answer.text
    assert "<b>泥瓦匠" not in answer.text


def test_a_page_that_is_not_there(reader):
    browser, words = reader
    answer = browser.get(f"{A}/journeys/none")
    assert answer.status_code == 404
    assert words("没有这一页", "The requested URL was not found") in answer.text


def test_what_was_refused_when_nobody_looked(reader, house):
    browser, words = reader
    post(browser, f"{A}/journeys/install", trade="catering")
    (journey,) = journeys.of_account(house.account_id)
    journeys.complain(journey.id, "there is no segment 'vip'")
    said = words("没有人群 &#39;vip&#39;", "there is no segment &#39;vip&#39;")
    for page in ("journeys", f"journeys/{journey.slug}", "attention"):
        assert said in browser.get(f"{A}/{page}").text, page


def test_a_task_that_failed(reader, house, monkeypatch):
    def refuse(_desk):
        raise Conflict("the campaign is draft: it has not run")

    for module in (kinds, running):
        monkeypatch.setattr(module, "KINDS", {"copy": Kind(refuse)})
    known = {"copy": Work(Right.EDIT, "con.menu.segments")}
    for place in ("bot.console.work.WORKS", "bot.console.pages.work.WORKS"):
        monkeypatch.setattr(place, known)
    browser, words = reader
    person = operators.by_name("lin")
    task = background.ask(house.account_id, person.id, "copy", {}, house.clock())
    background.run_short(house.services, house.clock())
    said = words("活动目前是“草稿”，还没有发送过", "the campaign is draft: it has not run")
    for page in ("work", f"work/{task}", f"work/{task}/live", "attention"):
        assert said in browser.get(f"{A}/{page}").text, page


def test_a_form_names_fields_in_words_and_a_document_their_places_too(reader):
    browser, words = reader
    batch = {"slug": "cup", "title": "第二杯", "kind": "cut", "threshold": "5", "face_value": "10",
             "codes": "3", "valid_days": "7", "per_person": "1"}  # fmt: skip
    for changes, named in (
        ({"per_person": "x"}, words("每人限领", "Per person")),
        ({}, words("使用门槛：", "threshold")),
    ):
        refused = post(browser, f"{A}/coupons/new", **{**batch, **changes})
        assert refused.status_code == 422
        told = refused.text.partition('alert-danger" role="alert">')[2].partition("</div>")[0]
        assert named in told
        assert "per_person" not in told
        assert "（threshold_fen）" not in told
    assert said("variants[1].text: is required", "zh", paths=False) == "版本文案（第 2 项）：必填"
    assert said("variants[1].text: is required", "zh") == "版本文案（variants[1].text）：必填"
