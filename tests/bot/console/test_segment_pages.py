"""人群: RFM and clusters, segments compared, lists and pins, size by day, who is alike."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest

from bot import background, campaign
from bot.console.rights import Role
from bot.segment import comparing
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.store import accounts, audit, pseudonyms, segment_lists, segment_sizes, segments, talk
from bot.store.background import get as task_of
from bot.store.db import run
from tests.bot.console.conftest import form_of, post
from tests.conftest import a_follower

HOUSE = "/console/a/default"
SEGMENTS, COMPARE = f"{HOUSE}/segments", f"{HOUSE}/segment-compare"


@pytest.fixture
def crowd(house):
    """Numbers 0 to 59: `two`, `three` and `five` are those that these divide, as tags."""
    now = house.clock()
    house.ids = [a_follower(house.account_id, openid=f"o-{n}") for n in range(60)]
    for name, by in (("two", 2), ("three", 3), ("five", 5)):
        for n in range(0, 60, by):
            run(
                "INSERT INTO follower_tag (follower_id, tag, weight, source, since)"
                " VALUES (?, ?, 1.0, 'manual', 0)",
                (house.ids[n], name),
            )
        define(house.account_id, name, name.title(), {"tag": name}, now)
    refresh_all(now)
    house.hire("lin", Role.MARKETER)
    house.hire("li", Role.VIEWER)
    house.hire("wu", Role.REVIEWER)
    return house


def worked(crowd, answer):
    assert answer.status_code == 302, answer.text
    background.run_short(crowd.services, crowd.clock())
    background.run_long(crowd.services, crowd.clock())
    refresh_all(crowd.clock())
    return task_of(crowd.account_id, int(answer.location.rsplit("/", 1)[1]))


def size(crowd, slug):
    return segments.by_slug(crowd.account_id, slug).size


# --- compared ----------------------------------------------------------------------------------


def test_every_region_is_counted_exactly(crowd):
    page = crowd.signed_in("lin").get(f"{COMPARE}?s=two&s=three&s=five").text
    found = comparing.compare(comparing.chosen(crowd.account_id, ["two", "three", "five"]))
    expected = {}
    for n in range(60):
        mask = sum(bit for bit, by in ((1, 2), (2, 3), (4, 5)) if n % by == 0)
        if mask:
            expected[str(mask)] = expected.get(str(mask), 0) + 1
    assert found["regions"] == expected
    assert [one["size"] for one in found["segments"]] == [30, 20, 12]
    assert page.count("●") > 7
    assert "10（33.3%）" in page, "of the even ones those that three divides"


@pytest.mark.parametrize(
    ("operation", "holds"),
    [
        ("all", lambda n: n % 2 == 0 and n % 3 == 0),
        ("any", lambda n: n % 2 == 0 or n % 3 == 0),
        ("minus", lambda n: n % 2 == 0 and n % 3),
        ("region-2", lambda n: n % 2 and n % 3 == 0),
    ],
)
def test_what_one_sees_is_saved_as_a_segment(crowd, operation, holds):
    browser = crowd.signed_in("lin")
    given = {"s": ["two", "three"], "operation": operation, "slug": "new", "name": "新人群",
             "form": form_of(browser)}  # fmt: skip
    assert browser.post(f"{COMPARE}/save", data=given).location == f"{SEGMENTS}/new"
    refresh_all(crowd.clock())
    assert size(crowd, "new") == sum(1 for n in range(60) if holds(n))
    again = browser.post(f"{COMPARE}/save", data=given)
    assert again.status_code == 422, "the slug is taken"


def test_two_to_four_segments_that_are_there(crowd):
    browser = crowd.signed_in("lin")
    for chosen, status in (
        (["two"], 200),
        (["nobody"], 404),
        (["two", "two"], 422),
        (["two", "three", "five", "two", "nobody"], 404),
        (["two", "x' OR 1=1"], 404),
        ([], 200),
    ):
        assert browser.get(COMPARE, query_string={"s": chosen}).status_code == status, chosen


def test_with_one_chosen_the_form_waits_for_another(crowd):
    page = crowd.signed_in("lin").get(f"{COMPARE}?s=two").text
    assert '<option value="two" selected>' in page
    assert "alert-danger" not in page


def test_until_it_is_reckoned_a_segment_has_no_size(crowd):
    lin = crowd.signed_in("lin")
    define(crowd.account_id, "fresh", "新的", {"tag": "two"}, crowd.clock())
    assert "正在计算" in lin.get(f"{SEGMENTS}/fresh").text
    assert "正在计算" in lin.get(SEGMENTS).text
    refresh_all(crowd.clock())
    assert "正在计算" not in lin.get(f"{SEGMENTS}/fresh").text
    assert "正在计算" not in lin.get(SEGMENTS).text


def test_sentences_say_what_a_form_notes_by_its_title(crowd):
    for event, title in (("booking", "订座"), ("tasting", "品鉴会报名")):
        document = {"slug": event, "title": title, "event": event}
        talk.put(crowd.account_id, "form", event, document, crowd.clock())
    rule = {"all": [{"event": "tasting", "within_days": 9}, {"event": "booking"}]}
    define(crowd.account_id, "keen", "热心", rule, crowd.clock())
    page = crowd.signed_in("lin").get(f"{SEGMENTS}/keen").text
    assert "最近 9 天内发生「品鉴会报名」，并且曾经订座" in page


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"attribute": "spent_fen", "op": "ge", "value": "一百元"}, "消费金额应填整数"),
        ({"attribute": "stage", "op": "gt", "value": "new"}, "阶段应为其中之一：等于、不等于"),
        ({"attribute": "subscribed", "value": "x"}, "正在关注应填“是”或“否”"),
    ],
)
def test_what_a_condition_refuses_is_said_in_chinese(crowd, rule, said):
    lin = crowd.signed_in("lin")
    given = {"name": "x", "slug": "x", "rule": json.dumps({"all": [{"tag": "two"}, rule]})}
    for path in (f"{HOUSE}/new-segment", f"{HOUSE}/segment-preview"):
        page = post(lin, path, **given).text
        assert said in page
        assert "第 2 个条件：" in page
        assert "takes" not in page


def test_no_other_operation(crowd):
    browser = crowd.signed_in("lin")
    for operation in ("", "region-0", "region-4", "region-x", "drop"):
        assert_refused(crowd, browser, operation)


def assert_refused(crowd, browser, operation):
    given = {"s": ["two", "three"], "operation": operation, "slug": "new", "name": "x",
             "form": form_of(browser)}  # fmt: skip
    assert browser.post(f"{COMPARE}/save", data=given).status_code == 422
    assert "new" not in {one.slug for one in segments.of_account(crowd.account_id)}


def test_big_ones_are_counted_in_the_background(crowd, monkeypatch):
    monkeypatch.setattr(comparing, "QUICK", 10)
    lin = crowd.signed_in("lin")
    assert "在后台精确计数" in lin.get(f"{COMPARE}?s=two&s=three").text
    answer = lin.post(f"{COMPARE}/count", data={"s": ["two", "three"], "form": form_of(lin)})
    assert worked(crowd, answer).state == "done"
    assert "10（33.3%）" in lin.get(f"{COMPARE}?s=two&s=three").text


# --- reckoned ----------------------------------------------------------------------------------


def test_the_grid_has_a_segment_in_every_cell(crowd):
    lin = crowd.signed_in("lin")
    assert "还没有分层" in lin.get(f"{HOUSE}/segment-groups/rfm").text
    task = worked(crowd, post(lin, f"{HOUSE}/segment-groups/make", family="rfm"))
    assert len(task.result["groups"]) == 8
    page = lin.get(f"{HOUSE}/segment-groups/rfm").text
    assert page.count('class="cell" href="/console/a/default/segments/rfm-') == 8


def test_clusters_want_people_and_say_so(crowd):
    lin = crowd.signed_in("lin")
    assert "还没有群组" in lin.get(f"{HOUSE}/segment-groups/clusters").text
    task = worked(crowd, post(lin, f"{HOUSE}/segment-groups/make", family="clusters", k="3"))
    assert task.state == "failed"
    assert "50" in task.error


def test_only_who_may_edit_makes_groups(crowd):
    for path in ("segment-groups/make", "segment-compare/save", "new-list", "segments/two/alike"):
        assert post(crowd.signed_in("li"), f"{HOUSE}/{path}").status_code == 403, path


# --- lists and pins ----------------------------------------------------------------------------


def test_a_list_is_uploaded_and_what_names_nobody_is_a_file(crowd):
    lin = crowd.signed_in("lin")
    lines = "\ufeffopenid,name\no-1,a\no-2,b\no-2,b\nnobody,c\n"
    given = {"slug": "vip", "name": "贵宾", "by": "openid", "how": "replace",
             "form": form_of(lin), "file": (io.BytesIO(lines.encode()), "vip.csv")}  # fmt: skip
    task = worked(crowd, lin.post(f"{HOUSE}/new-list", data=given))
    assert task.result == {
        "segment": "vip", "how": "replace", "read": 4, "taken": 2, "added": 2, "dropped": 0,
        "rejects": {"repeated": 1, "unknown": 1},
    }  # fmt: skip
    assert size(crowd, "vip") == 2
    file = lin.get(f"{HOUSE}/work/{task.id}/file").data.decode()
    assert file.splitlines() == ["\ufeffline,why", "4,repeated", "5,unknown"]
    more = {**given, "how": "add", "file": (io.BytesIO(b"o-3\n"), "more.txt")}
    worked(crowd, lin.post(f"{HOUSE}/new-list", data=more))
    assert size(crowd, "vip") == 3
    assert "更新名单" in lin.get(f"{SEGMENTS}/vip").text


@pytest.mark.parametrize(
    "changes",
    [
        {"slug": "Not A Slug"},
        {"how": "drop"},
        {"by": "name"},
        {"lines": ""},
    ],
)
def test_a_fault_of_the_form_comes_back(crowd, changes):
    given = {"slug": "vip", "by": "id", "how": "replace", "lines": "1", **changes}
    answer = post(crowd.signed_in("lin"), f"{HOUSE}/new-list", **given)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize(
    ("slug", "content", "said"),
    [("two", b"1\n", "two"), ("vip", b"\xff\xfe\x00", "UTF-8")],
    ids=["a segment with a rule has no list", "what is no text"],
)
def test_a_list_that_cannot_be_is_told_on_its_task(crowd, slug, content, said):
    lin = crowd.signed_in("lin")
    given = {"slug": slug, "by": "id", "how": "replace", "form": form_of(lin),
             "file": (io.BytesIO(content), "x.csv")}  # fmt: skip
    task = worked(crowd, lin.post(f"{HOUSE}/new-list", data=given))
    assert task.state == "failed"
    assert said in task.error


def test_followers_are_put_in_and_kept_out_by_hand_and_given_back_to_the_rule(crowd):
    lin, path = crowd.signed_in("lin"), f"{SEGMENTS}/two/pins"
    typed = f"{crowd.ids[1]}\n{pseudonyms.of(crowd.ids[3])}"
    assert post(lin, path, how="include", followers=typed, reason="老板的朋友").status_code == 302
    assert post(lin, path, how="exclude", followers=str(crowd.ids[0])).status_code == 302
    refresh_all(crowd.clock())
    inside = set(segments.member_ids(segments.by_slug(crowd.account_id, "two").id, 0, 99))
    assert {crowd.ids[1], crowd.ids[3]} <= inside
    assert crowd.ids[0] not in inside
    page = lin.get(f"{SEGMENTS}/two").text
    assert "老板的朋友" in page
    assert audit.entries(3, follower_id=crowd.ids[0])[0].action == "segment_pin"
    post(lin, path, how="rule", followers=f"{typed},{crowd.ids[0]}")
    refresh_all(crowd.clock())
    assert size(crowd, "two") == 30


def test_pins_come_as_a_file_too(crowd):
    lin = crowd.signed_in("lin")
    given = {"how": "exclude", "by": "openid", "form": form_of(lin),
             "file": (io.BytesIO(b"o-0\no-2\no-999\n"), "out.txt")}  # fmt: skip
    task = worked(crowd, lin.post(f"{SEGMENTS}/two/pins", data=given))
    assert (task.result["pinned"], task.result["rejects"]) == (2, {"unknown": 1})
    assert size(crowd, "two") == 28
    pinned = segment_lists.pins(segments.by_slug(crowd.account_id, "two").id)
    assert {one.author for one in pinned} == {"operator:lin"}


@pytest.mark.parametrize(
    ("who", "how", "followers", "status"),
    [
        pytest.param("lin", "include", "", 422, id="nobody is named"),
        pytest.param("lin", "include", "name", 422, id="what is no number"),
        pytest.param("lin", "include", "9999999", 422, id="no such follower"),
        pytest.param("lin", "drop", "1", 422, id="no such order"),
        pytest.param("lin", "include", "1\n" * 201, 422, id="more than are typed"),
        pytest.param("wu", "include", "1", 422, id="who may look and not edit"),
        pytest.param("li", "include", "1", 403, id="who may see nobody"),
    ],
)
def test_pins_are_refused(crowd, who, how, followers, status):
    answer = post(crowd.signed_in(who), f"{SEGMENTS}/two/pins", how=how, followers=followers)
    assert answer.status_code == status
    assert segment_lists.pins(segments.by_slug(crowd.account_id, "two").id) == []


# --- one segment -------------------------------------------------------------------------------


def test_its_size_is_noted_each_day_and_drawn(crowd):
    lin = crowd.signed_in("lin")
    assert "每天的人数" not in lin.get(f"{SEGMENTS}/two").text
    now = crowd.clock()
    assert segment_sizes.note(now) == 3
    assert segment_sizes.note(now + timedelta(hours=1)) == 0
    run("UPDATE segment SET size = 31 WHERE slug = 'two'")
    segment_sizes.note(now + timedelta(days=1))
    one = segments.by_slug(crowd.account_id, "two")
    assert segment_sizes.of(one.id) == [("2026-11-21", 30), ("2026-11-22", 31)]
    crowd.clock.on(days=1)
    page = crowd.signed_in("lin").get(f"{SEGMENTS}/two").text
    assert "每天的人数" in page
    assert "11-21 人数 30" in page


def test_a_segment_that_is_used_says_where_and_offers_no_removal(crowd):
    define(crowd.account_id, "both", "Both", {"all": [{"segment": "two"}]}, crowd.clock())
    page = crowd.signed_in("lin").get(f"{SEGMENTS}/two").text
    assert 'href="/console/a/default/segments/both"' in page
    assert "segments/two/remove" not in page
    assert "被使用时不能删除" in page


@pytest.mark.parametrize(
    "audience",
    [{"any": ["two"]}, {"all": ["three", "two"]}, {"any": ["three"], "also": ["two"]},
     {"any": ["three"], "lists": ["two"]}, {"any": ["three"], "except": ["two"]}],
    ids=lambda one: list(one)[-1],
)  # fmt: skip
def test_what_a_campaign_names_in_any_place_is_not_removed(crowd, audience):
    document = {"slug": "spring", "name": "春", "purpose": "service", "text": "你好",
                "audience": audience}  # fmt: skip
    campaign.create(crowd.services, crowd.account_id, document, crowd.clock())
    lin = crowd.signed_in("lin")
    assert 'href="/console/a/default/campaigns/spring"' in lin.get(f"{SEGMENTS}/two").text
    assert post(lin, f"{SEGMENTS}/two/remove").status_code == 409


def test_who_is_alike_needs_enough_members_and_says_so(crowd):
    task = worked(crowd, post(crowd.signed_in("lin"), f"{SEGMENTS}/two/alike"))
    assert task.state == "failed"
    assert task.error
    long = "x" * 63
    define(crowd.account_id, long, "长", {"tag": "a"}, crowd.clock())
    assert post(crowd.signed_in("lin"), f"{SEGMENTS}/{long}/alike").status_code == 422


def test_of_another_account_nothing_is_there(crowd):
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", crowd.clock())
    lin = crowd.signed_in("lin")
    assert lin.get("/console/a/second/segment-compare?s=two&s=three").status_code == 404
    assert post(lin, "/console/a/second/segments/two/pins", how="rule").status_code == 404
    assert "two" not in lin.get("/console/a/second/segments").text


def test_names_never_run_and_english_is_complete(crowd):
    from bot.store import operators

    evil = "<img src=x onerror=alert(1)>"
    define(crowd.account_id, "evil", evil, {"tag": evil}, crowd.clock())
    refresh_all(crowd.clock())
    operators.update(operators.by_name("lin").id, language="en")
    lin = crowd.signed_in("lin")
    worked(crowd, post(lin, f"{HOUSE}/segment-groups/make", family="rfm"))
    groups = f"{HOUSE}/segment-groups"
    for path in (SEGMENTS, f"{SEGMENTS}/evil", f"{COMPARE}?s=evil&s=two", f"{groups}/rfm",
                 f"{groups}/clusters", f"{HOUSE}/new-list"):  # fmt: skip
        page = lin.get(path)
        assert page.status_code == 200
        assert "<img src=x" not in page.text, path
        shown = page.text
        for name in ("鸿雁", *(one.name for one in segments.of_account(crowd.account_id))):
            shown = shown.replace(name, "")
        assert not [letter for letter in shown if "\u4e00" <= letter <= "\u9fff"], path
