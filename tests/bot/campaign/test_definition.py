"""A campaign's document: what is accepted, what is refused and where."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from bot.campaign.document.definition import Audience, parse
from bot.campaign.document.schema import schema
from bot.channels.registry import CHANNELS
from bot.errors import InvalidInput
from bot.values.audience import Channel
from tests.bot.campaign.world import a_document

SCHEMA = Path(__file__).parents[3] / "docs/reference/campaign.schema.json"
NOTICE = {"template_id": "T", "fields": {"thing1": "{title}"}}
VARIANTS = [{"name": "a", "text": "A {link}"}, {"name": "b", "weight": 3, "text": "B {link}"}]


def test_the_least_a_campaign_needs():
    found = parse({"slug": "s", "name": "N", "segment": "all", "purpose": "service", "text": "Hi"})
    assert found.text == "Hi"
    assert (found.holdout, found.attribution_days, found.concurrency) == (0.05, 7.0, 64)
    assert found.channels == (Channel.CUSTOMER_SERVICE,)
    assert (found.guardrails.per_day, found.guardrails.quiet_from) == (1, time(21))


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("{link}", "{link}\n回复 TD 退订"),
        ("{link}，回复TD退订", "{link}，回复TD退订"),
    ],
    ids=["added where missing", "left alone where there"],
)
def test_marketing_says_how_to_stop_it(text, ends):
    assert parse(a_document(text=text)).text == ends


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"text": "送您一张券"}, id="the only text"),
        pytest.param(
            {
                "text": ...,
                "variants": [{"name": "a", "text": "{link}"}, {"name": "b", "text": "券"}],
            },
            id="one of the variants",
        ),
    ],
)
def test_an_offer_without_a_way_to_it_is_refused(changes):
    with pytest.raises(InvalidInput, match=r"needs \{link\}"):
        parse(a_document(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"variants": VARIANTS, "text": ...},
        {"guardrails": {"per_day": None, "per_week": 3, "quiet_hours": None}},
        {"guardrails": {"quiet_hours": ["12:00", "14:00"]}},
        {"schedule": {"at": "2026-11-22T10:00", "until": "2026-11-23T10:00+08:00"}},
        {"reminder": {**NOTICE, "hours_before_expiry": 2.5}},
        {
            "purpose": "service",
            "channels": ["customer_service", "template"],
            "offer": ...,
            "text": "Hi",
            "template": {"template_id": "T", "fields": {"thing1": "x"}},
        },
        {"segment": ..., "audience": {"all": ["a", "b"], "also": ["c"], "except": ["d"]}},
        {"segment": ..., "audience": {"segment": "a", "lists": ["vip"]}, "channels": "auto"},
        {"schedule": {"cron": "0 10 * * 1-5", "zone": "Europe/Berlin", "times": 3}},
        {"schedule": {"best_hour": True}, "opportunist": True, "budget_fen": 0, "priority": 90},
        {"goal": {"event": "order", "where": {"paid": True, "shop": "s1"}, "within_days": 2}},
        {"pace": {"per_minute": 600, "ramp_minutes": 10}, "approval": "none"},
        {"content": ["latte", "mocha"], "text": "{content_title} {link}"},
        {"guardrails": {"rest": {"days": 30}, "variety": {}, "when_capped": "wait"}},
        {"variants": VARIANTS, "text": ..., "experiment": {"key": "k", "bandit": True}},
    ],
)
def test_a_document_survives_the_way_to_the_store_and_back(changes):
    found = parse(a_document(**changes))
    assert parse(json.loads(json.dumps(found.document()))) == found


def test_a_time_without_an_offset_is_the_accounts_wall_time():
    found = parse(a_document(schedule={"at": "2026-11-22T10:00"}))
    assert found.at == datetime(2026, 11, 22, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": "Große Aktion"}, "slug"),
        ({"name": ...}, "name"),
        ({"segment": 7}, "segment"),
        ({"purpose": ...}, "purpose"),
        ({"purpose": "spam"}, "purpose"),
        ({"text": ...}, "text"),
        ({"text": "x" * 601}, "text"),
        ({"text": "{tittle}"}, "text"),
        ({"text": "{title"}, "text"),
        ({"offer": ..., "text": "{title}"}, "text"),
        ({"offer": ..., "text": "{link}"}, "text"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"holdout": 1}, "holdout"),
        ({"holdout": "half"}, "holdout"),
        ({"holdout": float("nan")}, "holdout"),
        ({"attribution_days": -1}, "attribution_days"),
        ({"concurrency": 2.5}, "concurrency"),
        ({"channels": ["sms"]}, "channels[0]"),
        ({"channels": ["template"]}, "channels[0]"),
        ({"variants": [VARIANTS[0], VARIANTS[0]]}, "variants[1].name"),
        ({"variants": [{"name": "a", "text": "x", "weight": 0}]}, "variants[0].weight"),
        ({"variants": {"name": "a"}}, "variants"),
        ({"guardrails": {"per_day": 0}}, "guardrails.per_day"),
        ({"guardrails": {"quiet_hours": ["21:00"]}}, "guardrails.quiet_hours"),
        ({"guardrails": {"quiet_hours": ["21:00", "24:00"]}}, "guardrails.quiet_hours"),
        ({"guardrails": {"quiet_hours": ["09:00", "09:00"]}}, "guardrails.quiet_hours"),
        ({"guardrails": {"perday": 1}}, "guardrails.perday"),
        ({"schedule": {"at": "tomorrow"}}, "schedule.at"),
        ({"schedule": {"at": "2026-11-22T10:00", "until": "2026-11-22T10:00"}}, "schedule.until"),
        ({"reminder": {"template_id": "T"}}, "reminder.fields"),
        ({"reminder": {**NOTICE, "fields": {"a": "{link}"}}}, "reminder.fields.a"),
        ({"reminder": NOTICE, "offer": ..., "text": "x"}, "reminder"),
        ({"atribution_days": 3}, "atribution_days"),
        ({"audience": {"any": ["a"]}}, "audience"),
        ({"segment": ..., "audience": {}}, "audience.any"),
        ({"segment": ..., "audience": {"any": ["a"], "all": ["b"]}}, "audience.all"),
        ({"segment": ..., "audience": {"any": ["a"], "except": ["a"]}}, "audience.except"),
        ({"segment": ..., "audience": {"any": ["a", 7]}}, "audience.any[1]"),
        ({"schedule": {"cron": "0 10 * *"}}, "schedule.cron"),
        ({"schedule": {"cron": "0 10 1 * 1"}}, "schedule.cron"),
        ({"schedule": {"cron": "0 10 * * 9"}}, "schedule.cron"),
        ({"schedule": {"cron": "0 10 * * *", "zone": "Mars/Base"}}, "schedule.zone"),
        ({"schedule": {"times": 2}}, "schedule.times"),
        ({"schedule": {"best_hour": 1}}, "schedule.best_hour"),
        ({"goal": {"where": {}}}, "goal.event"),
        ({"goal": {"event": "order", "where": {"paid": []}}}, "goal.where.paid"),
        ({"pace": {"per_minute": 0}}, "pace.per_minute"),
        ({"priority": 101}, "priority"),
        ({"budget_fen": -1}, "budget_fen"),
        ({"approval": "maybe"}, "approval"),
        ({"content": ["Latte!"]}, "content[0]"),
        ({"text": "{content_title} {link}"}, "text"),
        ({"experiment": {"key": "k"}}, "experiment"),
        ({"variants": VARIANTS, "experiment": {"key": "k", "bandit": True,
          "winner": {"after_hours": 4}}}, "experiment.winner"),
        ({"guardrails": {"rest": {"days": 0}}}, "guardrails.rest.days"),
        ({"guardrails": {"when_capped": "later"}}, "guardrails.when_capped"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_field(changes, field):
    with pytest.raises(InvalidInput) as refusal:
        parse(a_document(**changes))
    assert refusal.value.field == field
    assert str(refusal.value).startswith(field)


@pytest.mark.parametrize("document", [None, [], "slug: x", 7])
def test_what_is_no_document_is_refused(document):
    with pytest.raises(InvalidInput):
        parse(document)


def test_marketing_by_template_is_refused_with_the_rule_it_breaks():
    with pytest.raises(InvalidInput, match="service notice") as refusal:
        parse(a_document(channels=["template"], template=NOTICE))
    assert CHANNELS[Channel.TEMPLATE].rule in str(refusal.value)


def test_a_coupon_by_template_is_refused_even_as_a_service():
    with pytest.raises(InvalidInput, match="no coupons") as refusal:
        parse(a_document(purpose="service", channels=["template"],
                         template={"template_id": "T", "fields": {"a": "x"}}))  # fmt: skip
    assert refusal.value.field == "offer"


def test_a_misspelt_field_gets_a_suggestion():
    with pytest.raises(InvalidInput, match="did you mean holdout"):
        parse(a_document(hold_out=0.1))


def test_the_long_form_of_an_audience_means_what_the_short_one_means():
    assert parse(a_document()).aim() == Audience(("everybody",))
    long = a_document(segment=..., audience={"segment": "everybody"})
    assert parse(long).aim() == Audience(("everybody",))


def test_the_published_schema_is_this_one():
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == schema()


def test_the_schema_knows_every_field_that_is_written():
    whole = a_document(
        variants=VARIANTS, reminder=NOTICE, goal={"event": "order"}, pace={}, approval="none",
        experiment={"key": "k"}, content="latte", budget_fen=1, opportunist=True,
    )  # fmt: skip
    written = parse(whole).document()
    known = schema()["properties"]
    assert set(written) - {"template"} <= set(known)
    for name in ("guardrails", "schedule", "reminder", "goal", "pace", "experiment"):
        assert set(written[name]) == set(known[name]["properties"])
    assert set(written["variants"][0]) == set(known["variants"]["items"]["properties"])
