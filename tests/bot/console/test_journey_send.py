"""The forms of a journey's steps: everything that a document may say is there, what nobody touches
stays as it was written, and the message of a step has variants with shares."""

from __future__ import annotations

import pytest

from bot import journey
from bot.channels.registry import CHANNELS
from bot.console.conditions import condition_shown
from bot.console.rights import Role
from bot.journey.installing import ready_made
from bot.store import journey_drafts, journeys, operators
from bot.store.db import run
from handlers import dispatch
from tests.bot.console.conftest import House
from tests.bot.console.journey_desk import LIST, STEPS, TABLES, Desk, Sent
from tests.bot.console.sharing import emptied, shared

FULL = {
    "purpose": "service",
    "variants": [{"name": "a", "weight": 2, "text": "\n甲 {link}"},
                 {"name": "b", "weight": 1, "text": "乙\n{link}"}],
    "experiment": {"key": "greeting", "group": "spring", "winner": {"after_hours": 6}},
    "url": "https://example.com/?a=1&b=2",
    "content": ["menu", "autumn"],
    "channels": ["customer_service", "template", "one_time", "subscription_notice"],
    "template": {"template_id": "T1", "fields": {"thing1": "您好", "time2": "今天"}},
    "one_time": {"template_id": "T2", "scene": 7, "title": "提醒"},
    "subscription": {"template_id": "T3", "fields": {"thing1": "到了"}},
    "holdout": 0.125,
    "goal": {"event": "order", "where": {"shop": "7", "big": True, "items": 2}, "within_days": 3},
    "attribution_days": 3.5,
    "guardrails": {"per_day": None, "quiet_hours": None, "when_capped": "wait",
                   "rest": {"after_unanswered": 3, "days": 14},
                   "variety": {"same_topic_days": 5}},
    "pace": {"per_minute": 600},
    "opportunist": True,
    "priority": 70,
    "budget_fen": 12345,
    "approval": "none",
    "concurrency": 8,
}  # fmt: skip
OFFER = {
    "purpose": "marketing", "offer": "latte", "text": "券：{link}", "channels": "auto",
    "reminder": {"template_id": "R1", "fields": {"thing1": "{title|}"}, "hours_before_expiry": 12},
}  # fmt: skip
# Each a way of a branch: what a rule can say, one at a time.
RULES = [
    {"segment": "away"},
    {"not": {"tag": "vip"}},
    {"interest": "咖啡", "at_least": 0.25},
    {"attribute": "city", "op": "in", "value": ["北京", "上海"]},
    {"attribute": "level", "op": "eq", "value": "7"},
    {"attribute": "birthday", "op": "yearly_within", "value": 7},
    {"event": "order", "exactly": 2, "within_days": 30, "where": {"shop": "A1"}},
    {"event": "order", "sum": "amount_fen", "at_least": 20000},
    {"sequence": [{"event": "click"}, {"event": "order", "within_days": 7, "not": True}]},
    {"coupon": "latte", "state": "claimed", "never": True},
    {"campaign": "autumn", "outcome": "clicked", "variant": "a"},
]  # fmt: skip
WAITS = [
    {"minutes": 90, "any": [{"event": "order", "where": {"paid": "true"}}, {"scan": "store-*"}]},
    {"until": "best_hour", "weekdays": [6, 7]},
    {"segment": "away", "does": "leaves", "days": 0.5, "then": "split", "else": "tag"},
]  # fmt: skip
HEAD = {
    "slug": "wake", "name": "唤醒", "holdout": 0.05, "goal_days": 30, "longest_days": 60,
    "trigger": [
        {"when": "event", "event": "order", "where": {"shop": "7", "n": 1.5}},
        {"when": "date", "attribute": "birthday", "days_before": -2, "yearly": False},
        {"when": "segment", "segment": "away", "does": "leaves"}, {"when": "scan"}],
    "audience": {"all": [{"model": "churn", "at_least": 0.7}, {"bucket": [0, 50], "salt": "x"}]},
    "reentry": {"rule": "after", "days": 30, "most": 5},
    "goals": [{"event": "order", "where": {"paid": True}}],
    "exits": [{"segment": "away"}, {"scan": "leave"}], "limits": {"active": 1000, "daily": 100},
}  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    folder = tmp_path_factory.mktemp("house")
    with shared(House, folder, fresh_sqlite(folder), "http://127.0.0.1:9", dispatch) as found:
        found.hire("lin", Role.MARKETER)
        yield found


@pytest.fixture
def shop(built):
    for table in TABLES:
        run(f"DELETE FROM {table}")
    operators.update(operators.by_name("lin").id, language="zh")
    return emptied(built)


def desk_of(shop, steps, **head):
    """The canvas of a journey of these steps."""
    document = {**HEAD, "trigger": {"when": "manual"}, "audience": None, **head, "steps": steps}
    document = {name: value for name, value in document.items() if value is not None}
    journey.define(shop.account_id, document, shop.clock())
    desk = Desk(shop)
    desk.look(step="*")
    return desk


def as_shown(desk, step):
    """The form of a step as a browser would send it back, nothing touched."""
    form = Sent(desk.look(step=step).text, "head" if step == "*" else "step")
    assert form.found, step
    return [one for one in form.found if one[0] not in ("form", "once")]


def send(desk, given, **changes):
    """With some fields filled in otherwise; the step as it is in the draft then."""
    data = {}
    for name, value in [*((n, v) for n, v in given if n not in changes), *changes.items()]:
        data.setdefault(name, []).extend(value if isinstance(value, list) else [value])
    answer = desk.browser.post(desk.path, data={**data, "form": desk.form})
    desk.look()
    return answer


def untouched(desk, *steps):
    for step in steps:
        assert send(desk, as_shown(desk, step)).status_code == 302, step
        draft = journey_drafts.of_journey(desk.held.id)
        assert draft is None, (step, draft.document)


def test_a_message_s_form_that_nobody_touches_changes_nothing(shop):
    plain = {"purpose": "marketing", "text": " 看 {link}\n\n", "url": "https://example.com/",
             "holdout": 0, "content": "menu", "channels": ["mass_tag"]}  # fmt: skip
    steps = [{"id": "full", "send": FULL}, {"id": "offer", "send": OFFER},
             {"id": "plain", "send": plain}, STEPS[-1]]  # fmt: skip
    untouched(desk_of(shop, steps), "full", "offer", "plain")


def test_every_rule_and_wait_is_a_form_that_changes_nothing_by_itself(shop):
    ways = [{"if": rule, "to": "tag"} for rule in RULES]
    steps = [
        {"id": "ask", "branch": {"ways": ways, "else": "w0"}},
        *({"id": f"w{n}", "wait": wait} for n, wait in enumerate(WAITS)),
        {"id": "split", "split": {"ways": [{"to": "tag", "weight": 2}, {"to": "set"}]}},
        {"id": "set", "set": {"attribute": "level", "value": "7"}, "next": "tag"},
        {"id": "tag", "tag": {"tag": "silent"}},
        {"id": "hook", "webhook": {"url": "https://example.com/h", "facts": []}},
        STEPS[-1],
    ]
    desk = desk_of(shop, steps, trigger=HEAD["trigger"], audience=HEAD["audience"])
    untouched(desk, "*", "ask", "w0", "w1", "w2", "split", "set", "tag", "hook")
    assert all(condition_shown(rule)["kind"] != "document" for rule in RULES)
    page = desk.look(step="ask").text
    assert "依次发生" in page
    assert "amount_fen" in page


def test_a_ready_made_journey_is_whole_in_its_forms(shop):
    document = ready_made("entertainment")
    steps = [one["id"] for one in document["steps"] if one["id"] in ("film", "taste", "use")]
    journey.define(shop.account_id, document, shop.clock())
    desk = Desk(shop, path=f"{LIST}/{document['slug']}/canvas")
    for step in ["*", *steps]:
        assert send(desk, as_shown(desk, step)).status_code == 302
    held = journeys.by_slug(shop.account_id, document["slug"])
    assert journey_drafts.of_journey(held.id) is None


def test_one_text_becomes_variants_with_shares_and_one_text_again(shop):
    one = {"purpose": "service", "text": "甲", "concurrency": 8}
    desk = desk_of(shop, [{"id": "send", "send": one}, STEPS[-1]])
    assert send(desk, as_shown(desk, "send"), more="v").status_code == 302
    assert desk.draft("send")["send"]["variants"] == [
        {"name": "a", "weight": 1, "text": "甲"}, {"name": "b", "weight": 1, "text": ""}
    ]  # fmt: skip
    page = desk.look(step="send").text
    assert "版本 2 › 文案" in page
    given = as_shown(desk, "send")
    assert ("v0-share", "50") in given
    wrong = send(desk, given, **{"v0-share": "80", "v1-text": "乙"})
    assert wrong.status_code == 422
    assert "各版本的比例合计是 130%" in wrong.text
    assert ("v0-share", "80") in Sent(wrong.text, "step").found, "it comes back as it was typed"
    changed = {"v0-share": "80", "v1-share": "20", "v1-text": "乙", "exp_key": "hello"}
    assert send(desk, given, **changed).status_code == 302
    found = desk.draft("send")["send"]
    assert found == {
        "purpose": "service", "concurrency": 8, "experiment": {"key": "hello"},
        "variants": [{"name": "a", "weight": 80, "text": "甲"},
                     {"name": "b", "weight": 20, "text": "乙"}],
    }  # fmt: skip
    assert "2 个版本" in desk.look().text
    assert desk.do("publish", base="1", policy="keep").status_code == 302
    assert send(desk, as_shown(desk, "send"), even="v").status_code == 302
    assert [each["weight"] for each in desk.draft("send")["send"]["variants"]] == [1, 1]
    assert send(desk, as_shown(desk, "send"), less="v0").status_code == 302
    assert desk.draft("send")["send"] == {"purpose": "service", "concurrency": 8, "text": "乙"}


def test_every_channel_and_what_it_wants_is_filled_in(shop):
    desk = desk_of(shop, [{"id": "send", "send": {"purpose": "service", "text": "好"}}, STEPS[-1]])
    page = desk.look(step="send").text
    assert all(f'<option value="{way.value}"' in page for way in CHANNELS)
    changed = {"channel-0": "template", "channel-1": "customer_service", "template_id": "T1",
               "template_key": ["thing1", ""], "template_text": ["好了", ""], "per_day": "",
               "holdout": "12.5", "budget": "99.9", "quiet_from": "", "quiet_to": ""}  # fmt: skip
    assert send(desk, as_shown(desk, "send"), **changed).status_code == 302
    assert desk.draft("send")["send"] == {
        "purpose": "service", "text": "好", "channels": ["template", "customer_service"],
        "template": {"template_id": "T1", "fields": {"thing1": "好了"}}, "holdout": 0.125,
        "budget_fen": 9990, "guardrails": {"per_day": None, "quiet_hours": None},
    }  # fmt: skip
    gone = {"channel-0": "", "channel-1": "", "template_id": "", "template_key": "",
            "template_text": "", "per_day": "viele"}  # fmt: skip
    assert send(desk, as_shown(desk, "send"), **gone).status_code == 302
    found = desk.draft("send")["send"]
    assert "channels" not in found
    assert "template" not in found
    page = desk.look(step="send").text
    assert "护栏 › 每天最多 有误：请填数字" in page, "in the reader's words, with what was typed"
    assert 'value="viele"' in page


def test_a_fault_names_step_and_field_in_either_language(shop):
    steps = [{"id": "send", "send": {"purpose": "service", "text": "好"}}, STEPS[-1]]
    desk = desk_of(shop, steps)
    bad = {"channel-0": "template", "template_key": "thing1", "template_text": "{nobody}"}
    assert send(desk, as_shown(desk, "send"), **bad).status_code == 302
    page = desk.look().text
    assert "发消息「send」</a> 模板消息 › 模板字段" in page
    assert "steps[0]" not in page
    operators.update(operators.by_name("lin").id, language="en")
    desk = Desk(shop)
    assert "Send a message &#34;send&#34;</a> " in desk.look().text
    for refused in (desk.do("head", name="x", holdout="viel"),):
        assert refused.status_code == 422
        assert "Control group" in refused.text or "held out" in refused.text
