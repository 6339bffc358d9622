"""The form of a campaign: all that the document knows, back and forth, and nothing lost."""

from __future__ import annotations

import re

import pytest
from werkzeug.datastructures import MultiDict

from bot import campaign, coupon
from bot.campaign.document.definition import parse
from bot.clock import SHANGHAI
from bot.console.campaign_fields import shown
from bot.console.campaign_form import document_of, not_numbers
from bot.console.rights import Role
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.store import campaigns
from tests.bot.console.conftest import form_of, post
from tests.conftest import a_follower

FULL = {
    "slug": "weekend", "name": "周末", "purpose": "marketing", "url": "",
    "audience": {"all": ["all", "buyers"], "also": ["vip"], "lists": ["hand"], "except": ["out"]},
    "match": {"offers": [{"batch": "cup", "margin_fen": 1250}, {"batch": "cake"}],
              "minimum_fen": 30, "assumed": 0.1, "by": "uplift", "leaver_fen": 250},
    "variants": [{"name": "a", "weight": 2, "text": "甲 {link}"},
                 {"name": "b", "weight": 1, "text": "乙 {link}"}],
    "experiment": {"key": "words", "group": "spring", "bandit": False,
                   "winner": {"after_hours": 24, "metric": "redeemed"}},
    "channels": ["customer_service", "subscription_notice"],
    "subscription": {"template_id": "t-1", "fields": {"thing1": "{title}"}},
    "schedule": {"at": "2026-12-01T10:00:00+08:00", "until": "2026-12-31T10:00:00+08:00",
                 "cron": "0 10 * * 1", "zone": "Asia/Tokyo", "times": 4, "catch_up": "none",
                 "best_hour": True},
    "pace": {"per_minute": 600, "ramp_minutes": 30}, "opportunist": True,
    "guardrails": {"per_day": 2, "per_week": None, "per_month": 9,
                   "quiet_hours": ["22:30", "08:00"],
                   "rest": {"after_unanswered": 4, "days": 20},
                   "variety": {"same_topic_days": 5}, "when_capped": "wait", "yield_hours": 12},
    "holdout": 0.125, "priority": 70, "budget_fen": 123450, "attribution_days": 14,
    "goal": {"event": "order", "where": {"shop": "一店"}, "within_days": 3},
    "approval": "required", "concurrency": 32,
}  # fmt: skip
TICKS = ("best_hour", "opportunist", "bandit")


def filled(document):
    """What a browser sends of the form that shows this document, untouched."""
    f = shown(document, SHANGHAI)
    given = MultiDict({name: value for name, value in f.items() if isinstance(value, str)})
    for name in ("any", "also", "lists", "except", "channel", "content"):
        given.setlist(name, f[name])
    given.setlist("match", list(f["match"]))
    given.update({f"margin-{slug}": margin for slug, margin in f["match"].items()})
    given["text_mode"] = f["text_mode"]
    for part in ("name", "share", "text"):
        given.setlist(f"v_{part}", [one[part] for one in f["variants"]])
    given.update({name: "1" for name in TICKS if f[name]})
    given.update({"name": document["name"], "purpose": document["purpose"],
                  "url": document.get("url", ""), "text": document.get("text", "")})  # fmt: skip
    return given


def meaning(document):
    return parse(document, SHANGHAI).document()


def without(**changes):
    found = {**FULL, **changes}
    return {name: value for name, value in found.items() if value is not None}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(FULL, id="everything that it can say"),
        pytest.param(
            without(match=None, variants=None, experiment=None, offer="cup", text="看 {link}",
                    channels="auto", subscription=None, pace=None, goal=None, guardrails=None,
                    schedule={}, audience={"any": ["all"]}, budget_fen=None, approval=None),
            id="one offer, one text, by hand",
        ),
        pytest.param(
            without(match=None, offer="", url="https://shop.example/", content=["new", "old"],
                    experiment={"key": "words", "bandit": True}, audience=None, segment="all",
                    schedule={"at": "2026-12-01T10:00:00+08:00"}),
            id="content that suits, a bandit, at a time, the short form of the audience",
        ),
        pytest.param(
            without(guardrails={"per_day": None, "per_week": None, "per_month": None,
                                "quiet_hours": None, "yield_hours": 0}, holdout=0, budget_fen=0),
            id="without caps and quiet hours, with a budget of nothing",
        ),
    ],
)  # fmt: skip
def test_a_form_that_is_saved_as_it_was_opened_says_the_same(document):
    before = meaning(document)
    again = meaning(document_of(filled(before), before))
    audience = again.pop("audience", None)
    assert audience == before.pop("audience", {"any": [before.pop("segment", None)]})
    assert again == before


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"when": "hand"}, "schedule.cron", None),
        ({"when": "once"}, "schedule.times", None),
        ({"offer_mode": "one", "offer": "cup"}, "match", None),
        ({"text_mode": "one", "text": "看 {link}"}, "experiment", None),
        ({"per_week": "3"}, "guardrails.per_week", 3),
        ({"quiet_from": "", "quiet_to": ""}, "guardrails.quiet_hours", None),
        ({"goal_event": ""}, "goal", None),
        ({"goal_days": ""}, "goal.within_days", None),
        ({"pace_rate": "", "pace_ramp": ""}, "pace", None),
        ({"channels": "auto"}, "channels", "auto"),
        ({"budget": ""}, "budget_fen", None),
        ({"holdout": "0"}, "holdout", 0.0),
        ({"approval": ""}, "approval", None),
        ({"match_by": "response"}, "match.by", "response"),
        ({"match_leaver": ""}, "match.leaver_fen", 0),
        ({"winner_hours": "", "bandit": "1"}, "experiment.bandit", True),
    ],
)
def test_what_is_changed_is_changed(changes, field, value):
    before = meaning(FULL)
    given = filled(before)
    for name, text in changes.items():
        given[name] = text
    found = meaning(document_of(given, before))
    for name in field.split("."):
        found = (found or {}).get(name)
    assert found == value


@pytest.mark.parametrize("text", ["viel", "1e999", "nan", "１０元"])
def test_what_is_no_number_is_told_by_field_and_comes_back_as_typed(text):
    given = filled(meaning(FULL))
    given["per_day"] = given["margin-cup"] = text
    assert list(not_numbers(given)) == ["per_day", "margin-cup"]
    again = shown(document_of(given, FULL), SHANGHAI)
    assert (again["per_day"], again["match"]["cup"]) == (text, text)


# --- the page ----------------------------------------------------------------------------------

LIST, NEW = "/console/a/default/campaigns", "/console/a/default/new-campaign"
SIMPLE = {
    "name": "周末第二杯", "slug": "weekend", "any": "all", "purpose": "marketing",
    "offer_mode": "one", "offer": "cup", "text_mode": "one", "text": "【鸿雁咖啡】{title} {link}",
    "url": "", "channels": "auto", "when": "hand", "holdout": "5", "budget": "", "priority": "50",
}  # fmt: skip


@pytest.fixture
def shop(house):
    now, account_id = house.clock(), house.account_id
    for number in range(4):
        a_follower(account_id, openid=f"o-{number}")
    define(account_id, "all", "全部", {"attribute": "subscribed", "op": "eq", "value": True}, now)
    refresh_all(now)
    for slug in ("cup", "cake"):
        batch = {"slug": slug, "title": slug.title(), "face_value_fen": 1050, "valid_days": 7,
                 "threshold_fen": 3000, "codes": 3}  # fmt: skip
        coupon.make_batch(account_id, batch, now)
    house.hire("lin", Role.MARKETER)
    house.hire("wu", Role.MARKETER)
    return house


def test_matched_offers_and_variants_are_made_by_the_form(shop):
    browser = shop.signed_in("lin")
    form = {
        **SIMPLE, "form": form_of(browser), "offer_mode": "match", "match": ["cup", "cake"],
        "margin-cup": "12.50", "margin-cake": "9", "text_mode": "variants",
        "v_name": ["a", "b", ""], "v_share": ["", "", ""],
        "v_text": ["【鸿雁】甲 {link}", "【鸿雁】乙 {link}", ""], "exp_key": "words",
    }  # fmt: skip
    assert browser.post(NEW, data=form).status_code == 302
    found = campaigns.by_slug(shop.account_id, "weekend").definition
    assert [one["batch"] for one in found["match"]["offers"]] == ["cup", "cake"]
    assert found["match"]["offers"][0]["margin_fen"] == 1250
    assert [one["name"] for one in found["variants"]] == ["a", "b"]
    assert found["experiment"]["key"] == "words"
    page = browser.get(f"{LIST}/weekend/edit").text
    assert 'value="12.5"' in page
    assert 'value="words"' in page


def test_the_panel_shows_the_phone_the_linter_and_what_an_experiment_needs(shop):
    browser = shop.signed_in("lin")
    form = {
        **SIMPLE, "form": form_of(browser), "text_mode": "variants", "v_name": ["a", "b"],
        "v_share": ["75", "25"], "v_text": ["全网最低价 {title} {link}", "【鸿雁】乙 {link}"],
        "exp_key": "words",
    }  # fmt: skip
    page = browser.post("/console/a/default/campaign-check", data=form).text
    assert "全网最低价 Cup https://bot.example.com/" in page
    assert "最低" in page.partition('id="lint-text"')[2]
    assert "最多 4 人" in page
    assert "版本 a</strong> 75%，最多约 3 人" in page
    assert "版本 b</strong> 25%，最多约 1 人" in page
    assert "版本 a" in page.partition('id="lint-text"')[2], "what is found is told by variant"
    assert "每组最多需要" in page
    assert campaigns.all_of(shop.account_id) == []


@pytest.mark.parametrize(
    ("shares", "total"),
    [(["50", "40"], "90"), (["100", "0"], "100"), (["60", ""], "60"), (["60", "vierzig"], "60"),
     (["120", "-20"], "120"), (["50.1", "50"], "100.1")],
)  # fmt: skip
def test_shares_that_are_no_whole_are_refused_and_come_back_as_typed(shop, shares, total):
    browser = shop.signed_in("lin")
    form = {
        **SIMPLE, "form": form_of(browser), "text_mode": "variants", "v_name": ["a", "b"],
        "v_share": shares, "v_text": ["甲 {link}", "乙 {link}"],
    }  # fmt: skip
    panel = browser.post("/console/a/default/campaign-check", data=form).text
    assert f"合计是 {total}%" in panel
    assert 'data-field="v_share"' in panel
    page = browser.post(NEW, data=form)
    assert page.status_code == 422
    assert f"合计是 {total}%" in page.text
    assert re.findall(r'name="v_share"[^>]*value="([^"]*)"', page.text)[:2] == shares
    assert campaigns.all_of(shop.account_id) == []


def test_variants_are_added_and_taken_away_and_the_rest_keeps_its_weights(shop):
    """2 to 1 stays 2 to 1 while nobody touches the shares; a third one wants new shares."""
    document = {
        "slug": "weekend", "name": "旧名", "segment": "all", "purpose": "marketing", "offer": "cup",
        "variants": [{"name": "a", "weight": 2, "text": "甲 {link}"},
                     {"name": "b", "weight": 1, "text": "乙 {link}"}],
    }  # fmt: skip
    campaign.create(shop.services, shop.account_id, document, shop.clock())
    browser = shop.signed_in("lin")
    edit = f"{LIST}/weekend/edit"

    def save(rows):
        page = browser.get(edit).text
        names, shares, texts = (list(one) for one in zip(*rows, strict=True))
        form = {
            **SIMPLE, "form": form_of(browser), "text_mode": "variants", "v_name": names,
            "v_share": shares, "v_text": texts,
            "seen": re.search(r'name="seen" value="([^"]+)"', page)[1],
        }  # fmt: skip
        assert browser.post(edit, data=form).status_code == 302
        found = campaigns.by_slug(shop.account_id, "weekend").definition["variants"]
        return [(one["name"], one["weight"]) for one in found]

    page = browser.get(edit).text
    shown_now = re.findall(r'name="v_share"[^>]*value="([^"]*)"', page)
    assert shown_now == ["66.67", "33.33", "", ""], "and two empty rows where no script adds one"
    kept = [("a", "66.67", "甲甲 {link}"), ("b", "33.33", "乙 {link}")]
    assert save(kept) == [("a", 2), ("b", 1)]
    more = [("a", "50", "甲 {link}"), ("b", "25", "乙 {link}"), ("c", "25", "丙 {link}")]
    assert save(more) == [("a", 50), ("b", 25), ("c", 25)]
    assert save([("a", "60", "甲 {link}"), ("c", "40", "丙 {link}")]) == [("a", 60), ("c", 40)]


@pytest.mark.parametrize(
    ("variants", "field"),
    [
        ({"v_name": ["a", "a"], "v_text": ["甲 {link}", "乙 {link}"]}, "v_name-2"),
        ({"v_name": ["a", "b"], "v_text": ["甲 {link}", ""]}, "v_text-2"),
        ({"v_name": ["a", "b"], "v_text": ["甲 {link}", "乙"]}, "v_name"),
    ],
)
def test_a_fault_of_a_variant_is_told_at_its_own_field(shop, variants, field):
    browser = shop.signed_in("lin")
    form = {**SIMPLE, "form": form_of(browser), "text_mode": "variants", "v_share": ["50", "50"]}
    page = browser.post("/console/a/default/campaign-check", data=form | variants).text
    assert f'data-field="{field}"' in page


def test_the_panel_names_the_field_of_a_fault(shop):
    page = post(shop.signed_in("lin"), "/console/a/default/campaign-check", **SIMPLE | {"any": "x"})
    assert 'data-field="any"' in page.text
    other = post(shop.signed_in("lin"), "/console/a/default/campaign-check", **SIMPLE, of="nobody")
    assert other.status_code == 404


def test_of_two_editors_the_second_sees_both_texts_and_may_then_overrule(shop):
    campaign.create(
        shop.services, shop.account_id,
        {"slug": "weekend", "name": "旧名", "segment": "all", "purpose": "marketing",
         "offer": "cup", "text": "{link}"}, shop.clock(),
    )  # fmt: skip
    lin, wu = shop.signed_in("lin"), shop.signed_in("wu")
    edit = f"{LIST}/weekend/edit"
    seen = re.search(r'name="seen" value="([^"]+)"', lin.get(edit).text)[1]
    shop.clock.on(minutes=1)
    assert post(wu, edit, **SIMPLE | {"seen": seen, "name": "小吴的名字"}).status_code == 302
    mine = {**SIMPLE, "seen": seen, "name": "小林的名字"}
    page = post(lin, edit, **mine)
    assert page.status_code == 409
    assert "小吴的名字" in page.text
    assert "小林的名字" in page.text
    assert campaigns.by_slug(shop.account_id, "weekend").name == "小吴的名字"
    newer = re.search(r'name="seen" value="([^"]+)"', page.text)[1]
    assert post(lin, edit, **mine | {"seen": newer}).status_code == 302
    assert campaigns.by_slug(shop.account_id, "weekend").name == "小林的名字"


def test_a_copy_begins_with_all_but_name_and_slug(shop):
    post(shop.signed_in("lin"), NEW, **SIMPLE, attribution_days="21")
    page = shop.signed_in("lin").get(f"{NEW}?copy=weekend").text
    assert 'value="21"' in page
    assert "周末第二杯" not in page
    assert shop.signed_in("lin").get(f"{NEW}?copy=nothing").status_code == 404
