"""粉丝 and 人群 in the console: lists that scale, one follower's page, the builder."""

from __future__ import annotations

import json

import pytest

from bot.console.rights import Role
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.store import accounts, audit, pseudonyms, segments
from bot.store.db import run
from tests.bot.console.conftest import post
from tests.conftest import a_follower

FOLLOWERS, SEGMENTS = "/console/a/default/followers", "/console/a/default/segments"
EVERYBODY = {"attribute": "subscribed", "op": "eq", "value": True}
NEW = "/console/a/default/new-segment"


@pytest.fixture
def crowd(house):
    ids = [a_follower(house.account_id, openid=f"o-{n}", subscribed=n % 3 > 0) for n in range(120)]
    house.hire("lin", Role.MARKETER)
    house.hire("wu", Role.VIEWER)
    define(house.account_id, "all", "正在关注", EVERYBODY, house.clock())
    refresh_all(house.clock())
    house.ids = ids
    return house


def shown(crowd, page):
    return [one for one in reversed(crowd.ids) if f'/followers/{one}"' in page.text]


def test_fifty_at_a_time_until_the_last_and_nobody_twice(crowd):
    browser, seen, path = crowd.signed_in("lin"), [], FOLLOWERS
    while path:
        page = browser.get(path)
        seen += shown(crowd, page)
        more = page.text.partition('rel="next" href="')[2].partition('"')[0]
        path = f"{FOLLOWERS}{more.replace('&amp;', '&')}" if more else ""
    assert seen == crowd.ids[::-1]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("?following=yes", lambda n: n % 3 > 0),
        ("?following=no", lambda n: n % 3 == 0),
        ("?segment=all", lambda n: n % 3 > 0),
        ("?tag=vip", lambda n: n in (5, 7)),
        ("?tag=vip'%20OR%201=1--", lambda n: False),
    ],
)
def test_filters(crowd, query, wanted):
    for n in (5, 7, 9):
        run(
            "INSERT INTO follower_tag (follower_id, tag, weight, source, since, until_at)"
            " VALUES (?, 'vip', 1.0, 'manual', 0, ?)",
            (crowd.ids[n], 1 if n == 9 else None),
        )
    page = crowd.signed_in("lin").get(FOLLOWERS + query)
    expected = [one for n, one in enumerate(crowd.ids) if wanted(n)]
    assert shown(crowd, page) == expected[::-1][:50]


@pytest.mark.parametrize(
    ("asked", "status"),
    [("number", 200), ("pseudonym", 200), ("99999999", 200), ("x'", 422), ("9" * 40, 422)],
)
def test_one_is_found_by_number_or_pseudonym(crowd, asked, status):
    wanted = crowd.ids[4]
    text = {"number": str(wanted), "pseudonym": pseudonyms.of(wanted)}.get(asked, asked)
    page = crowd.signed_in("lin").get(FOLLOWERS, query_string={"q": text})
    assert page.status_code == status
    assert shown(crowd, page) == ([wanted] if asked in ("number", "pseudonym") else [])


def test_one_follower_s_page_is_opened_and_the_look_is_written_down(crowd):
    browser = crowd.signed_in("lin")
    page = browser.get(f"{FOLLOWERS}/{crowd.ids[4]}", follow_redirects=True)
    assert page.status_code == 200
    looks = audit.entries(5, follower_id=crowd.ids[4])
    assert {one.actor for one in looks} == {"operator:lin"}


def test_nobody_opens_a_follower_without_the_right_or_of_another_account(crowd):
    assert crowd.signed_in("wu").get(f"{FOLLOWERS}/{crowd.ids[4]}").status_code == 403
    assert f"followers/{crowd.ids[4]}" not in crowd.signed_in("wu").get(FOLLOWERS).text
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", crowd.clock())
    other = f"/console/a/second/followers/{crowd.ids[4]}"
    assert crowd.signed_in("lin").get(other).status_code == 404


class TestTheBuilder:
    def save(self, crowd, rule, path=NEW, **changes):
        text = rule if isinstance(rule, str) else json.dumps(rule)
        form = {"name": "咖啡迷", "slug": "coffee", "rule": text, **changes}
        return post(crowd.signed_in("lin"), path, **form)

    def test_saves_a_segment_that_says_its_sentence(self, crowd):
        rule = {"all": [EVERYBODY, {"interest": "咖啡", "at_least": 0.3}]}
        assert self.save(crowd, rule).location == f"{SEGMENTS}/coffee"
        page = crowd.signed_in("lin").get(f"{SEGMENTS}/coffee").text
        assert "咖啡" in page
        assert segments.by_slug(crowd.account_id, "coffee").rule == rule
        assert audit.entries(1)[0].action == "segment_define"

    @pytest.mark.parametrize(
        ("rule", "changes"),
        [
            ("{", {}),
            ("[]", {}),
            ({"tag": ""}, {}),
            ({"segment": "nowhere"}, {}),
            ({"event": "DROP TABLE", "at_least": 1}, {}),
            (EVERYBODY, {"slug": "Not A Slug"}),
            (EVERYBODY, {"name": " "}),
            ("9" * 64_001, {}),
        ],
    )
    def test_a_fault_comes_back_with_what_was_written(self, crowd, rule, changes):
        answer = self.save(crowd, rule, **changes)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert [one.slug for one in segments.of_account(crowd.account_id)] == ["all"]

    def test_nobody_s_edit_is_written_over_unseen(self, crowd):
        path = f"{SEGMENTS}/all/edit"
        seen = str(segments.by_slug(crowd.account_id, "all").number)
        assert self.save(crowd, {"tag": "a"}, path, seen=seen).status_code == 302
        assert self.save(crowd, {"tag": "b"}, path, seen=seen).status_code == 409
        assert segments.by_slug(crowd.account_id, "all").rule == {"tag": "a"}

    def test_estimates_without_saving(self, crowd):
        answer = post(
            crowd.signed_in("lin"),
            "/console/a/default/segment-preview",
            rule=json.dumps(EVERYBODY),
        )
        assert "80 人" in answer.text
        bad = post(crowd.signed_in("lin"), "/console/a/default/segment-preview", rule="{")
        assert 'role="alert"' in bad.text

    def test_an_earlier_version_is_restored_as_an_edit(self, crowd):
        seen = str(segments.by_slug(crowd.account_id, "all").number)
        self.save(crowd, {"tag": "a"}, f"{SEGMENTS}/all/edit", seen=seen)
        newer = str(segments.by_slug(crowd.account_id, "all").number)
        late = post(crowd.signed_in("lin"), f"{SEGMENTS}/all/restore", version="1", seen=seen)
        assert late.status_code == 409, "it is another by now"
        answer = post(crowd.signed_in("lin"), f"{SEGMENTS}/all/restore", version="1", seen=newer)
        assert answer.status_code == 302
        assert segments.by_slug(crowd.account_id, "all").rule == EVERYBODY
        gone = post(crowd.signed_in("lin"), f"{SEGMENTS}/all/restore", version="77", seen=newer)
        assert gone.status_code == 409

    def test_what_is_named_elsewhere_is_not_removed(self, crowd):
        self.save(crowd, {"segment": "all"})
        lin = crowd.signed_in("lin")
        assert post(lin, f"{SEGMENTS}/all/remove").status_code == 409
        assert "coffee" in lin.get(f"{SEGMENTS}/all").text
        assert post(lin, f"{SEGMENTS}/coffee/remove").status_code == 302
        assert post(lin, f"{SEGMENTS}/all/remove").status_code == 302

    def test_says_why_somebody_is_in_or_out(self, crowd):
        lin = crowd.signed_in("lin")
        inside = lin.get(f"{SEGMENTS}/all/why", query_string={"follower": str(crowd.ids[4])})
        assert "在人群中" in inside.text
        outside = lin.get(f"{SEGMENTS}/all/why", query_string={"follower": str(crowd.ids[3])})
        assert "不在人群中" in outside.text
        nobody = lin.get(f"{SEGMENTS}/all/why", query_string={"follower": "nobody"})
        assert nobody.status_code == 404

    def test_what_marketers_write_never_runs(self, crowd):
        evil = "</script><script>alert(1)</script>"
        self.save(crowd, {"tag": evil}, name=evil[:64])
        lin = crowd.signed_in("lin")
        for path in (SEGMENTS, f"{SEGMENTS}/coffee", f"{SEGMENTS}/coffee/edit", FOLLOWERS):
            assert "<script>alert" not in lin.get(path).text, path
