"""自动化旅程画布: steps put in, filled in, moved, removed; a version of it; one walked through."""

from __future__ import annotations

import re

import pytest

from bot import journey
from bot.console.rights import Role
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.store import audit, events, journey_drafts, journeys, operators, pseudonyms
from bot.store.db import fetch, run
from bot.store.models import database
from bot.talk.files import write_yaml
from handlers import dispatch
from tests.bot.console.conftest import House
from tests.bot.console.journey_desk import DOCUMENT, LIST, PATH, STEPS, TABLES, Desk, filled
from tests.bot.console.sharing import emptied, post, shared
from tests.conftest import a_follower


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    """One house for all tests here: nobody's chat goes anywhere."""
    folder = tmp_path_factory.mktemp("house")
    with shared(House, folder, fresh_sqlite(folder), "http://127.0.0.1:9", dispatch) as found:
        found.hire("lin", Role.MARKETER)
        found.hire("bo", Role.MARKETER)
        found.hire("vi", Role.VIEWER)
        yield found


@pytest.fixture
def shop(built):
    for table in TABLES:
        run(f"DELETE FROM {table}")
    operators.update(operators.by_name("lin").id, language="zh")
    found = emptied(built)
    journey.define(found.account_id, DOCUMENT, found.clock())
    return found


@pytest.fixture
def desk(shop):
    found = Desk(shop)
    found.look(step="*")
    return found


def test_the_canvas_draws_every_step_as_a_link_and_each_way_a_place_to_put_one_in(desk):
    page = desk.look().text
    for step in STEPS:
        assert f"/canvas?step={step['id']}#side" in page
    assert page.count('class="plus"') == 5, "the beginning, wait, two ways of ask, tag"
    assert "随机分流" not in page
    palette = desk.look(add="wait", way="over").text
    assert all(f'value="{kind}"' in palette for kind in ("send", "wait", "split", "handoff"))


def test_nothing_is_kept_by_looking(desk):
    desk.look(step="tag")
    assert journey_drafts.of_journey(desk.held.id) is None


@pytest.mark.parametrize("asked", [{"step": "nobody"}, {"step": "<x>"}])
def test_a_step_that_is_not_there_is_not_found(desk, asked):
    assert desk.look(**asked).status_code == 404


def test_a_step_put_in_is_incomplete_until_it_is_filled_in(desk):
    assert desk.do("add", at="wait/over", kind="send").location.endswith("step=send#side")
    page = desk.look(step="send").text
    assert "还没填：文案" in page
    assert 'class="dot"' in page
    assert desk.do("publish", base="1", policy="keep").status_code == 422
    assert desk.held.version == 1
    done = desk.do("step", step="send", purpose="service", text="您好 <b>", **{"to-": "ask"})
    assert done.status_code == 302
    assert desk.draft("send")["send"] == {"purpose": "service", "text": "您好 <b>"}
    page = desk.look(step="send").text
    assert "还没填" not in page
    assert "<b>" not in page.split('id="side"')[1]


FORMS = {
    "wait": (
        {"days": "1", "until": "10:00", "weekday": "6", "l0-kind": "event", "l0-name": "order",
         "l1-kind": "scan", "l1-name": "store-*", "to-heard": "end", "to-over": "tag"},
        {"wait": {"days": 1, "until": "10:00", "weekdays": [6], "then": "end", "else": "tag",
                  "any": [{"event": "order"}, {"scan": "store-*"}]}},
    ),
    "branch": (
        {"w0-join": "any", "w0c0-kind": "interest", "w0c0-name": "咖啡", "w0c0-at_least": "0.3",
         "w0c1-kind": "tag", "w0c1-name": "vip", "w0c2-kind": "", "w0-to": "end",
         "w1-join": "all", "w1c0-kind": "attribute", "w1c0-name": "orders", "w1c0-op": "ge",
         "w1c0-value": "3", "w1c0-not": "1", "w1-to": "tag",
         "w2-join": "none", "w2c0-kind": "tag", "w2c0-name": "a", "w2c1-kind": "tag",
         "w2c1-name": "b", "w2-to": "wait", "to-else": "tag"},
        {"branch": {"ways": [{"if": {"any": [{"interest": "咖啡", "at_least": 0.3},
                                             {"tag": "vip"}]}, "to": "end"},
                             {"if": {"not": {"attribute": "orders", "op": "ge", "value": 3}},
                              "to": "tag"},
                             {"if": {"not": {"any": [{"tag": "a"}, {"tag": "b"}]}}, "to": "wait"}],
                    "else": "tag"}},
    ),
    "split": (
        {"w0-share": "50", "w0-to": "end", "w1-share": "30", "w1-to": "tag", "w2-share": "20",
         "w2-to": "tag"},
        {"split": {"ways": [{"weight": 50, "to": "end"}, {"weight": 30, "to": "tag"},
                            {"weight": 20, "to": "tag"}]}},
    ),
    "send": (
        {"purpose": "marketing", "text": "看看 {link}", "url": "https://example.com/",
         "channels": "auto", "holdout": "5", "to-": "tag"},
        {"send": {"purpose": "marketing", "text": "看看 {link}", "url": "https://example.com/",
                  "channels": "auto", "holdout": 0.05}, "next": "tag"},
    ),
    "tag": ({"name": "老朋友", "days": "30", "to-": "tag"},
            {"tag": {"tag": "老朋友", "days": 30}, "next": "tag"}),
    "untag": ({"name": "老朋友", "to-": "tag"}, {"untag": "老朋友", "next": "tag"}),
    "set": ({"name": "city", "value": "上海", "to-": "tag"},
            {"set": {"attribute": "city", "value": "上海"}, "next": "tag"}),
    "coupon": ({"name": "latte", "to-": "tag"}, {"coupon": "latte", "next": "tag"}),
    "webhook": ({"name": "https://example.com/h", "facts": "city，level", "to-": "tag"},
                {"webhook": {"url": "https://example.com/h", "facts": ["city", "level"]},
                 "next": "tag"}),
    "handoff": ({"name": "大客户", "to-": "tag"}, {"handoff": "大客户", "next": "tag"}),
    "start": ({"name": "other", "to-": "tag"}, {"start": "other", "next": "tag"}),
    "end": ({"name": "rest", "note": "够了"}, {"end": "rest", "note": "够了"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", FORMS)
def test_every_kind_of_step_is_put_in_and_filled_in_by_its_form(desk, kind):
    given, expected = FORMS[kind]
    desk.do("add", at="wait/over", kind=kind)
    id_ = f"{kind}-2" if kind in ("wait", "tag", "end") else kind
    assert desk.do("step", step=id_, **given).status_code == 302
    assert desk.draft(id_) == {"id": id_, **expected}
    page = desk.look(step=id_)
    assert page.status_code == 200
    assert "还没填" not in page.text
    again = desk.do("step", step=id_, **given)
    assert again.status_code == 302
    assert desk.draft(id_) == {"id": id_, **expected}, "filled in again it is the same"


def test_an_outcome_asks_for_the_send_before_it(desk):
    desk.do("add", at="wait/over", kind="send")
    desk.do("add", at="send/", kind="outcome")
    desk.do("step", step="outcome", of="send", **{"to-clicked": "end", "to-else": "ask"})
    found = desk.draft("outcome")
    assert found == {"id": "outcome", "outcome": {"of": "send", "clicked": "end"}}


def press(desk, step, changes, name="", value=""):
    """Fill in the form of a step as it is shown, and press one of its buttons; how it is then."""
    given, buttons = filled(desk.look(step=step).text)
    assert not name or (name, value) in buttons
    given |= {"step": step, **changes, **({name: value} if name else {})}
    answer = desk.do("step", **{key: one for key, one in given.items() if key != "do"})
    assert answer.status_code == 302
    return desk.draft(step)


def test_a_branch_gets_conditions_and_ways_by_its_buttons(shop, desk):
    """One condition becomes two, one way three; the second is tried first; then one goes."""
    vip, old = {"tag": "vip"}, {"tag": "old"}
    step = press(desk, "ask", {}, "more", "w0c")
    assert step["branch"]["ways"] == [{"if": {"all": [vip, {}]}, "to": "end"}]
    page = desk.look(step="ask").text
    assert "还没填：第 1 条路 › 分流条件" in page
    assert "全部满足（且）" in page
    two = {"w0-join": "any", "w0c1-kind": "tag", "w0c1-name": "old"}
    assert press(desk, "ask", two)["branch"]["ways"][0]["if"] == {"any": [vip, old]}
    press(desk, "ask", {}, "more", "w")
    gold = {"tag": "gold"}
    second = {"w1c0-kind": "tag", "w1c0-name": "gold", "w1-to": "tag"}
    assert press(desk, "ask", second)["branch"]["ways"][1] == {"if": gold, "to": "tag"}
    ways = press(desk, "ask", {}, "up", "w1")["branch"]["ways"]
    assert [one["if"] for one in ways] == [gold, {"any": [vip, old]}]
    assert desk.look().text.count('class="plus"') == 6, "three ways out of the branch"
    assert desk.do("publish", base="1", policy="keep").status_code == 302
    lin = shop.signed_in("lin")

    def walk(**asked):
        return walked(lin.get(f"{LIST}/wake/walk", query_string={"go": 1, **asked}).text)

    assert walk(tags="old") == walk(tags="vip") == ["wait", "ask", "end"]
    assert walk(tags="vip,gold") == walk() == ["wait", "ask", "tag", "end"]
    desk.look(step="ask")
    left = press(desk, "ask", {}, "less", "w1c0")["branch"]["ways"]
    assert left[1]["if"] == old
    assert [one["if"] for one in press(desk, "ask", {}, "less", "w0")["branch"]["ways"]] == [old]


def test_the_shares_of_a_split_are_a_whole(shop, desk):
    desk.do("add", at="wait/over", kind="split")
    assert press(desk, "split", {"w0-to": "ask", "w1-to": "end"}, "more", "w")
    assert [one["weight"] for one in desk.draft("split")["split"]["ways"]] == [1, 1, 1]
    page = desk.look(step="split").text
    assert re.findall(r'name="w\d-share"[^>]*value="([^"]*)"', page) == ["33.34", "33.33", "33.33"]
    wrong = {"w0-share": "50", "w1-share": "30", "w2-share": "10", "w2-to": "tag"}
    answer = desk.do("step", step="split", **wrong)
    assert answer.status_code == 422
    assert "合计是 90%" in answer.text
    assert re.findall(r'name="w\d-share"[^>]*value="([^"]*)"', answer.text) == ["50", "30", "10"]
    assert [one["weight"] for one in desk.draft("split")["split"]["ways"]] == [1, 1, 1]
    right = {"w0-share": "50", "w1-share": "30", "w2-share": "20", "w2-to": "tag"}
    assert press(desk, "split", right)["split"]["ways"][2] == {"weight": 20, "to": "tag"}
    page = desk.look().text
    assert all(f"{share}%<title>" in page for share in (50, 30, 20)), "each on its arrow"
    fewer = press(desk, "split", {}, "less", "w0")["split"]["ways"]
    assert [one["weight"] for one in fewer] == [30, 20]
    page = desk.look(step="split").text
    assert re.findall(r'name="w\d-share"[^>]*value="([^"]*)"', page) == ["60", "40"]
    assert ("less", "w0") not in filled(page)[1], "a split has two ways at least"
    even = press(desk, "split", {}, "even", "w")["split"]["ways"]
    assert [one["weight"] for one in even] == [1, 1]


def test_the_audience_of_a_journey_has_several_conditions(desk):
    given = {"name": "再唤醒", "t0-kind": "manual", "a-join": "none", "ac0-kind": "tag",
             "ac0-name": "vip", "ac1-kind": "segment", "ac1-name": "away"}  # fmt: skip
    assert desk.do("head", **given).status_code == 302
    assert desk.draft()["audience"] == {"not": {"any": [{"tag": "vip"}, {"segment": "away"}]}}
    page = desk.look(step="*").text
    assert 'value="none" selected' in page
    assert desk.do("head", **given, less="ac1").status_code == 302
    assert desk.draft()["audience"] == {"not": {"any": [{"tag": "vip"}]}}


def test_what_the_form_does_not_know_stays(shop, desk):
    variants = [{"name": "a", "weight": 1, "text": "甲"}, {"name": "b", "weight": 1, "text": "乙"}]
    send = {"purpose": "service", "variants": variants, "priority": 70}
    rule = {"any": [{"tag": "a"}, {"all": [{"tag": "b"}, {"tag": "c"}]}]}
    steps = [
        {"id": "send", "send": send},
        {"id": "ask", "branch": {"ways": [{"if": rule, "to": "end"}], "else": "end"}},
        STEPS[-1],
    ]
    journey.define(shop.account_id, {**DOCUMENT, "steps": steps}, shop.clock())
    desk.look(step="*")
    desk.do("step", step="send", purpose="service", url="", note="两版", **{"to-": "ask"})
    assert desk.draft("send")["send"] == send
    page = desk.look(step="ask").text
    assert "- tag: b" in page
    way = {"w0-join": "all", "w0c0-kind": "document", "w0-to": "end", "to-else": "end"}
    desk.do("step", step="ask", **way, **{"w0c0-rule": write_yaml(rule)})
    assert desk.draft("ask")["branch"]["ways"][0]["if"] == rule
    beside = {"w0c0-rule": write_yaml(rule), "w0c1-kind": "tag", "w0c1-name": "vip"}
    desk.do("step", step="ask", **way, **beside)
    assert desk.draft("ask")["branch"]["ways"][0]["if"] == {"all": [rule, {"tag": "vip"}]}
    assert desk.do("step", step="ask", **way, **{"w0c0-rule": "a: ["}).status_code == 422


def test_what_leads_in_and_out_is_a_form_as_well(desk):
    given = {
        "name": "再唤醒", "t0-kind": "scan", "t0-name": "store-*", "t1-kind": "date",
        "t1-name": "birthday", "t1-days_before": "3", "t1-hour": "9", "t1-yearly": "1",
        "a-join": "all", "ac0-kind": "tag", "ac0-name": "vip", "holdout": "5", "reentry": "after",
        "reentry-days": "300", "g0-kind": "event", "g0-name": "order",
        "g0-fact0": "amount_fen", "g0-is0": "100", "x0-kind": "leaves", "x0-name": "coffee",
        "goal_days": "14", "longest_days": "60", "daily": "100",
    }  # fmt: skip
    assert desk.do("head", **given).status_code == 302
    found = {name: value for name, value in desk.draft().items() if name != "steps"}
    assert found == {
        "slug": "wake", "name": "再唤醒",
        "trigger": [{"when": "scan", "scene": "store-*"},
                    {"when": "date", "attribute": "birthday", "days_before": 3, "hour": 9}],
        "audience": {"tag": "vip"}, "holdout": 0.05, "reentry": {"rule": "after", "days": 300},
        "goals": [{"event": "order", "where": {"amount_fen": 100}}],
        "exits": [{"segment": "coffee", "does": "leaves"}],
        "goal_days": 14, "longest_days": 60, "limits": {"daily": 100},
    }  # fmt: skip
    assert desk.do("head", **{**given, "t0-kind": "", "t1-kind": ""}).status_code == 302
    page = desk.look(step="*").text
    assert "触发条件" in page
    assert 'class="dot"' in page
    assert desk.do("head", **{**given, "holdout": "viel"}).status_code == 422


def test_moved_removed_and_undone(desk):
    assert desk.do("move", step="tag", at="*/").status_code == 302
    assert desk.draft()["steps"][0]["id"] == "tag"
    assert desk.do("remove", step="ask").status_code == 302
    assert [one["id"] for one in desk.draft()["steps"]] == ["tag", "wait", "end"]
    assert desk.do("undo").status_code == 302
    assert "ask" in [one["id"] for one in desk.draft()["steps"]]
    assert desk.do("remove", step="end").status_code == 409
    assert desk.do("move", step="tag", at="tag/").status_code == 409
    assert desk.do("remove", step="nobody").status_code == 422
    assert desk.do("fly").status_code == 404
    assert desk.do("add", at="wait/over", kind="rocket").status_code == 404
    assert desk.do("discard").status_code == 302
    assert journey_drafts.of_journey(desk.held.id) is None
    assert audit.entries(1)[0].action == "journey_discard"


def test_saved_it_is_the_next_version_and_those_on_the_way_go_as_was_asked(shop, desk):
    journey.start(shop.account_id, "wake", shop.clock())
    people = [a_follower(shop.account_id, openid=f"o-{n}") for n in range(3)]
    journey.let_in(shop.services, shop.account_id, "wake", people, shop.clock())
    desk.do("remove", step="ask")
    done = desk.do("publish", base="1", policy="move")
    assert done.location == f"{LIST}/wake"
    held = desk.held
    assert (held.version, held.state) == (2, "running")
    version = journeys.version(held.id, 2)
    assert (version.policy, version.author) == ("move", "operator:lin")
    assert journey_drafts.of_journey(held.id) is None
    journey.advance_due(shop.services, shop.clock())
    assert fetch("SELECT DISTINCT version FROM journey_run") == [(2,)]


def test_nobody_s_change_is_written_over_unseen(shop, desk):
    bo = Desk(shop, "bo")
    bo.look(step="*")
    assert bo.do("step", step="tag", name="bo", **{"to-": "end"}).status_code == 302
    late = desk.do("step", step="tag", name="lin", **{"to-": "end"})
    assert late.status_code == 409
    assert "别人刚改过" in late.text
    assert 'value="lin"' in late.text, "what was filled in comes back"
    assert desk.draft("tag")["tag"] == "bo"
    desk.seen = ""
    assert desk.do("undo").status_code == 409
    assert desk.do("discard").status_code == 409
    assert desk.do("publish", base="1").status_code == 409
    desk.look(step="*")
    assert desk.do("step", step="tag", name="lin", **{"to-": "end"}).status_code == 302


def test_a_version_that_came_meanwhile_is_looked_at_first(shop, desk):
    desk.do("step", step="tag", name="lin", **{"to-": "end"})
    journey.define(shop.account_id, {**DOCUMENT, "name": "别的"}, shop.clock(), author="bo")
    page = desk.look(step="*").text
    assert "别人已经保存了第 2 版" in page
    late = desk.do("publish", base="1", policy="keep")
    assert late.status_code == 409
    assert desk.held.version == 2
    assert desk.do("publish", base="2", policy="keep").status_code == 302
    assert desk.held.version == 3


def test_a_form_of_an_older_version_changes_nothing_of_a_newer_one(shop, desk):
    journey.define(shop.account_id, {**DOCUMENT, "name": "别的"}, shop.clock())
    assert desk.do("step", step="tag", name="lin", **{"to-": "end"}).status_code == 409
    assert journey_drafts.of_journey(desk.held.id) is None


def test_killed_between_any_two_statements_publishing_is_whole_or_nothing(shop, desk, monkeypatch):
    """The version, its standing campaigns, the draft's end and the log's entry are one."""
    journey.start(shop.account_id, "wake", shop.clock())
    desk.do("step", step="tag", name="新标", **{"to-": "end"})
    where, real = type(database.obj), type(database.obj).execute_sql
    before, died, at = told(desk), 0, 0
    while True:
        at += 1
        left = iter([None] * (at - 1))

        def dies(self, sql, *args, left=left, **kwargs):
            writes = sql.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE")
            if writes and next(left, "over") == "over":
                raise SystemExit("killed")
            return real(self, sql, *args, **kwargs)

        try:
            with monkeypatch.context() as patch:
                patch.setattr(where, "execute_sql", dies)
                done = desk.do("publish", base="1", policy="move")
        except SystemExit:
            died += 1
            assert told(desk) == before, f"half done at statement {at}"
            continue
        break
    assert done.status_code == 302
    assert died >= 5, "it was killed at every statement that writes"
    assert told(desk) == (2, None, 1)


def told(desk):
    """The version, the draft's step, and how many versions the log tells of."""
    draft = journey_drafts.of_journey(desk.held.id)
    return desk.held.version, draft and desk.draft("tag")["tag"], len(
        audit.entries(50, action="journey_define")
    )  # fmt: skip


def test_a_new_journey_begins_on_the_canvas(shop):
    lin = shop.signed_in("lin")
    begin = f"{LIST}/begin"
    assert post(lin, begin, name="新", slug="wake").status_code == 422
    assert post(lin, begin, name="", slug="new").status_code == 422
    assert post(lin, begin, name="新", slug="N <x>").status_code == 422
    made = post(lin, begin, name="新", slug="new")
    assert made.location == f"{LIST}/new/canvas"
    assert journeys.by_slug(shop.account_id, "new").version == 0
    new = Desk(shop, path=f"{LIST}/new/canvas")
    new.look(step="*")
    assert new.do("add", at="*/", kind="tag").status_code == 302
    new.do("step", step="tag", name="新朋友", **{"to-": "wait"})
    assert new.do("publish", base="0", policy="keep").status_code == 302
    held = journeys.by_slug(shop.account_id, "new")
    assert (held.version, held.state) == (1, "draft")
    assert journeys.version(held.id, 1).document["steps"][0]["id"] == "tag"


def test_the_document_shows_the_draft_and_saving_it_ends_the_draft(shop, desk):
    desk.do("step", step="tag", name="画布", **{"to-": "end"})
    lin = shop.signed_in("lin")
    page = lin.get(f"{LIST}/wake/edit?draft=1").text
    assert "tag: 画布" in page
    assert "tag: 画布" not in lin.get(f"{LIST}/wake/edit").text
    text = write_yaml(desk.draft())
    post(lin, f"{LIST}/wake/edit", yaml=text, do="save", seen="1", policy="keep", draft="1")
    assert desk.held.version == 2
    assert journey_drafts.of_journey(desk.held.id) is None


def test_the_live_canvas_counts_who_stands_who_went_on_and_who_left(shop):
    journey.start(shop.account_id, "wake", shop.clock())
    people = [a_follower(shop.account_id, openid=f"o-{n}") for n in range(5)]
    journey.let_in(shop.services, shop.account_id, "wake", people, shop.clock())
    page = shop.signed_in("lin").get(f"{LIST}/wake").text
    assert figures(page, "wait") == ["5", "0", "0"]
    assert figures(page, "tag") == ["0", "0", "0"]
    events.append(
        shop.account_id, people[0], "unsubscribe", at=shop.clock(), received_at=shop.clock(),
        source="test", key="left",
    )  # fmt: skip
    journey.advance_due(shop.services, shop.clock())
    shop.clock.on(days=2, minutes=1)
    journey.advance_due(shop.services, shop.clock())
    page = shop.signed_in("lin").get(f"{LIST}/wake?step=wait").text
    assert figures(page, "wait") == ["0", "4", "1"]
    assert figures(page, "ask") == ["0", "4", "0"]
    assert figures(page, "end") == ["0", "4", "0"]


def figures(page, step):
    """(here, through, left) in the box of a step."""
    box = re.search(rf'<a class="node[^>]*step={step}(?:&[^"]*)?#side".*?</a>', page, re.DOTALL)
    assert box is not None
    return re.findall(r"<b>([\d,]+)</b>", box[0])


WALKED = {
    "made up, without the tag": ({}, ["wait", "ask", "tag", "end"]),
    "with the tag": ({"tags": "vip"}, ["wait", "ask", "end"]),
}


@pytest.mark.parametrize("name", WALKED)
def test_a_made_up_follower_walks_through_and_nothing_happens(shop, name):
    asked, steps = WALKED[name]
    page = shop.signed_in("lin").get(f"{LIST}/wake/walk", query_string={"go": 1, **asked}).text
    assert walked(page) == steps
    assert "离开：走完" in page
    assert fetch("SELECT COUNT(*) FROM journey_run") == [(0,)]


def walked(page):
    found = re.findall(r'badge bg-blue-lt">([a-z0-9-]+)<', page)
    return [one for place, one in enumerate(found) if place == 0 or found[place - 1] != one]


def test_a_real_follower_walks_by_what_is_known_of_them(shop):
    tagged = {"tag": "vip"}
    define(shop.account_id, "vip", "会员", tagged, shop.clock())
    journey.define(shop.account_id, {**DOCUMENT, "audience": {"segment": "vip"}}, shop.clock())
    mei = a_follower(shop.account_id, openid="o-mei")
    columns = "follower_id, tag, weight, source, since"
    run(f"INSERT INTO follower_tag ({columns}) VALUES (?, 'vip', 1, 'rule', 0)", (mei,))
    refresh_all(shop.clock())
    bo = a_follower(shop.account_id, openid="o-bo")
    lin = shop.signed_in("lin")

    def walk(who):
        return lin.get(f"{LIST}/wake/walk", query_string={"go": 1, "who": who})

    assert walked(walk(pseudonyms.of(mei)).text) == ["wait", "ask", "end"]
    assert "不在“仅限”的人群里" not in walk(pseudonyms.of(mei)).text
    page = walk(pseudonyms.of(bo)).text
    assert walked(page) == ["wait", "ask", "tag", "end"]
    assert "不在“仅限”的人群里" in page
    assert audit.entries(1)[0].action == "journey_walk"
    assert walk("hy-1-00000000").status_code == 422
    seen = shop.signed_in("vi").get(
        f"{LIST}/wake/walk", query_string={"go": 1, "who": pseudonyms.of(mei)}
    )
    assert seen.status_code == 422
    assert walked(seen.text) == []


BAD_WALKS = {
    "an event that is none": {"events": "tomorrow order"},
    "no pair": {"attributes": "city"},
    "no number": {"interests": "咖啡=viel"},
    "an outcome that is none": {"o-send": "flown"},
}


@pytest.mark.parametrize("name", BAD_WALKS)
def test_a_walk_that_cannot_be_is_said_to_be_none(shop, name):
    steps = [{"id": "send", "send": {"purpose": "service", "text": "x"}}, STEPS[-1]]
    journey.define(shop.account_id, {**DOCUMENT, "steps": steps}, shop.clock())
    asked = {"go": 1, **BAD_WALKS[name]}
    answer = shop.signed_in("lin").get(f"{LIST}/wake/walk", query_string=asked)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_who_may_only_look_sees_the_canvas_and_changes_nothing(shop):
    vi = shop.signed_in("vi")
    page = vi.get(f"{LIST}/wake").text
    assert 'class="node flow' in page
    assert "wake/canvas" not in page
    assert vi.get(PATH).status_code == 403
    assert post(vi, PATH, do="discard").status_code == 403
    assert post(vi, f"{LIST}/begin", name="x", slug="x").status_code == 403


def test_english_is_complete(shop, desk):
    operators.update(operators.by_name("lin").id, language="en")
    steps = [{**one, "tag": "silent"} if one["id"] == "tag" else one for one in STEPS]
    journey.define(shop.account_id, {**DOCUMENT, "name": "wake", "steps": steps}, shop.clock())
    lin = shop.signed_in("lin")
    canvas = (PATH, *(f"{PATH}?{asked}" for asked in ("step=*", "step=ask", "step=wait",
                                                      "add=wait&way=over")))  # fmt: skip
    for path in (*canvas, f"{LIST}/wake/walk?go=1", f"{LIST}/wake?step=ask"):
        shown = lin.get(path).text.replace("鸿雁", "")
        found = re.findall("[\u4e00-\u9fff]+", shown)
        assert found == [], path
