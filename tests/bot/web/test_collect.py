"""The page snippet: what anybody on the net may report, and what they may not."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot.app import create_app
from bot.build import build
from bot.inbox.context import Handled
from bot.profile.refresh import fold_new
from bot.settings import Settings
from bot.store import identity_joins, links, profiles
from bot.store.db import fetch, run
from bot.tracking import link_token
from bot.tracking.visits import Visit, marked, origin_of, read_visit, visit_token
from bot.values.replies import NO_REPLY
from bot.web import collect
from tests.bot.tracking.test_automatic import WECHAT
from tests.conftest import KEY, NOON, a_follower

SHOP = "https://shop.example.com"
VISITOR, FRIEND = "v" * 22, "f" * 22


class Shop:
    """A visitor's browser on a page of the shop, and the house behind it."""

    def __init__(self, database: str, origins: str = f"{SHOP}, http://localhost:3000") -> None:
        self.now = NOON
        env = {
            "WECHAT_API_URL": "http://127.0.0.1:9", "COLLECT_ORIGINS": origins,
            "DATABASE_URL": database, "SECRET_KEYS": KEY,
        }  # fmt: skip
        self.services = build(
            Settings.from_env({f"HONGYAN_{k}": v for k, v in env.items()}), clock=lambda: self.now
        )
        app = create_app(self.services, lambda message, ctx: Handled(NO_REPLY, "none"))
        self.browser = app.test_client()
        self.account = self.services.account_of("default").id
        self.lin = a_follower(self.account)

    def report(self, *events, visitor=VISITOR, origin=SHOP, address="1.2.3.4", **more):
        body = {"visitor": visitor, "events": list(events), **more}
        return self.send(json.dumps(body), origin, address)

    def send(self, body, origin=SHOP, address="1.2.3.4"):
        return self.browser.post(
            "/h5/collect", data=body, content_type="text/plain",
            headers={"Origin": origin} if origin else {},
            environ_overrides={"REMOTE_ADDR": address},
        )  # fmt: skip

    def tap(self, url=f"{SHOP}/tea?x=1#top", send=None, follower=None, agent=WECHAT):
        """Follow a tracked link; where it leads."""
        link = links.link_for(None, url, NOON)
        token = link_token(link, send, follower or self.lin)
        return self.browser.get(f"/t/{token}", headers={"User-Agent": agent}).headers["Location"]


def token_in(target: str) -> str:
    return target.partition("hy_visit=")[2].partition("#")[0]


def viewed(id_="1", **facts):
    return {"id": id_, "kind": "page.view", "facts": {"topics": ["茶"], **facts}}


@pytest.fixture
def shop(tmp_path, monkeypatch, fresh_sqlite):
    monkeypatch.chdir(tmp_path)
    made = Shop(fresh_sqlite(tmp_path))
    yield made
    made.services.store.close()


def topics(follower):
    fold_new(NOON)
    return set(profiles.interests_of([follower])[follower])


def count(table):
    return fetch(f"SELECT COUNT(*) FROM {table}")[0][0]


def test_a_visitor_waits_and_becomes_the_follower_by_his_link(shop):
    from bot.profile import identity

    assert shop.report(viewed()).json == {"accepted": 1, "rejected": 0}
    assert shop.report(viewed()).json == {"accepted": 0, "rejected": 0}, "repeated: taken once"
    assert topics(shop.lin) == set()
    target = shop.tap()
    assert target.startswith(f"{SHOP}/tea?x=1&hy_visit=")
    assert target.endswith("#top")
    answer = shop.report(viewed("2", topics=["酒"]), link=token_in(target))
    assert answer.json == {"accepted": 1, "rejected": 0}, "how the link ended is nobody's business"
    identity.go_on(NOON)
    assert topics(shop.lin) == {"茶", "酒"}
    assert shop.report(viewed("1"), visitor=FRIEND).json["accepted"] == 1, "numbers of his own"


def test_whose_link_it_is_says_the_token_and_nobody_else(shop):
    wang = a_follower(shop.account, "o-wang")
    mine, hers = token_in(shop.tap()), token_in(shop.tap(follower=wang))
    forged = mine[:-1] + ("A" if mine[-1] != "A" else "B")
    old = visit_token(Visit(1, 0, shop.lin), NOON)
    for token in (forged, old, link_token(1, None, shop.lin), "x" * 5000, "", "好"):
        shop.report(link=token)
    assert count("identity") == 0, "nothing was believed"
    shop.report(link=mine)
    shop.report(link=mine, visitor=FRIEND)  # the address was passed on, token and all
    shop.report(link=hers)  # one device, two followers
    assert fetch("SELECT follower_id FROM identity ORDER BY id") == [(shop.lin,), (None,)]
    assert len(identity_joins.conflicts(shop.account, 9)) == 2
    assert shop.report(link=mine).status_code == 200


TAPS = [
    ("a person's tap on a link to the shop", {}, True),
    ("to a site that is not ours", {"url": "https://else.example.com/"}, False),
    ("to one that begins like ours", {"url": f"{SHOP}.evil.example/"}, False),
    ("to one behind a user's name", {"url": f"{SHOP}@evil.example/"}, False),
    ("to another port", {"url": f"{SHOP}:8443/"}, False),
    ("to a page of this house", {"url": "/h5/coupon/none"}, False),
    ("a program's tap", {"agent": "curl/8.5.0"}, False),
    ("a follower who is gone", {"follower": 99}, False),
]


def test_which_taps_tell_the_page_who_came(shop):
    for what, case, told in TAPS:
        assert ("hy_visit=" in shop.tap(**case)) == told, what


def test_who_switched_personalisation_off_is_not_followed(shop):
    target = shop.tap()
    run("UPDATE follower SET personalised = FALSE")
    assert "hy_visit" not in shop.tap(f"{SHOP}/wine")
    shop.report(viewed(), link=token_in(target))
    assert fetch("SELECT follower_id FROM identity") == [(None,)]
    assert topics(shop.lin) == set()


def test_a_token_names_rows_only_and_ends():
    assert origin_of("HTTPS://Shop.Example.com:443/a") == SHOP
    assert marked("https://[::1", Visit(1, 2, 3), NOON, [SHOP]) == "https://[::1"


def test_a_token_opens_for_ten_minutes(shop):
    token = token_in(shop.tap())
    assert "o-lin" not in token
    ends = NOON + timedelta(minutes=10)
    assert read_visit(token, ends - timedelta(seconds=1)) == Visit(1, 0, shop.lin)
    assert read_visit(token, ends) is None


REPORTED = [
    ("a page", viewed(), True),
    ("without facts", {"id": "1", "kind": "product.view"}, True),
    ("own kind", {"id": "1", "kind": "custom.spin", "facts": {"won": 1}}, True),
    ("an attribute", {"id": "1", "kind": "attribute", "facts": {"name": "a", "value": "x"}}, False),
    ("a tag", {"id": "1", "kind": "tag", "facts": {"tag": "vip"}}, False),
    ("an order", {"id": "1", "kind": "order", "facts": {}}, False),
    ("for somebody else", {**viewed(), "follower": 1}, False),
    ("at a time of his own", {**viewed(), "at": "2020-01-01T00:00:00Z"}, False),
    ("something sealed", {**viewed(), "sealed": {"a": 1}}, False),
    ("personal data", viewed(phone="1"), False),
    ("too much", viewed(text="x" * 5000), False),
    ("an id that is none", {"id": 1, "kind": "page.view", "facts": {}}, False),
    ("a listed kind", {"id": "1", "kind": ["page.view"], "facts": {}}, False),
    ("no object", "x", False),
]  # fmt: skip


def test_what_a_visitor_can_report(shop):
    for what, event, taken in REPORTED:
        run("DELETE FROM event"), run("DELETE FROM identity")
        answer = shop.report(event).json
        assert answer == {"accepted": int(taken), "rejected": int(not taken)}, what
        assert count("event") == count("identity") == int(taken), what
    assert count("quarantine") == 0, "what anybody can make up is kept nowhere"


REFUSED = [
    ("no visitor", "{}", SHOP, 422),
    ("a number that can be guessed", '{"visitor": "short"}', SHOP, 422),
    ("a visitor that is no text", '{"visitor": {"a": 1}}', SHOP, 422),
    ("deep", "[" * 9000, SHOP, 422),
    ("no JSON", b"\xff\x00", SHOP, 422),
    ("no object", "[]", SHOP, 422),
    ("more than 16 KiB", " " * 16385, SHOP, 413),
    ("21", json.dumps({"visitor": VISITOR, "events": [1] * 21}), SHOP, 422),
    ("a link's number", json.dumps({"visitor": VISITOR, "link": 1}), SHOP, 422),
    ("no account", json.dumps({"visitor": VISITOR, "account": "x"}), SHOP, 404),
    ("no slug", json.dumps({"visitor": VISITOR, "account": []}), SHOP, 404),
    ("another site", "{}", "https://evil.example", 403),
    ("a file or a sandboxed frame", "{}", "null", 403),
    ("no browser", "{}", "", 403),
]


def test_what_is_refused(shop):
    for what, body, origin, status in REFUSED:
        assert shop.send(body, origin).status_code == status, what
    assert count("event") == count("identity") == 0


def test_floods_end(shop, monkeypatch):
    monkeypatch.setattr(collect, "A_MINUTE", 2)
    monkeypatch.setattr(collect, "OF_ALL", 4)
    here = [shop.report().status_code for _ in range(3)]
    there = [shop.report(address="5.6.7.8").status_code for _ in range(3)]
    nobody = shop.report(address="9.9.9.9")
    assert (here, there, nobody.status_code) == ([200, 200, 429], [200, 200, 429], 429)
    assert 0 < int(nobody.headers["Retry-After"]) <= 60
    assert nobody.headers["Access-Control-Allow-Origin"] == SHOP
    shop.now += timedelta(minutes=1)
    assert shop.report().status_code == 200


def test_a_browser_is_told_which_pages_may_report(shop):
    asked = shop.browser.options("/h5/collect", headers={"Origin": SHOP})
    assert asked.status_code == 204
    assert asked.headers["Access-Control-Allow-Origin"] == SHOP
    assert asked.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in asked.headers
    assert shop.browser.options("/h5/collect", headers={"Origin": "null"}).status_code == 403
    with shop.browser.get("/h5/hongyan.js") as script:
        assert script.status_code == 200
        assert script.mimetype in ("text/javascript", "application/javascript")


def test_without_origins_there_is_nothing_here(tmp_path, monkeypatch, fresh_sqlite):
    monkeypatch.chdir(tmp_path)
    closed = Shop(fresh_sqlite(tmp_path), origins="")
    assert closed.report(viewed()).status_code == 404
    assert closed.browser.get("/h5/hongyan.js").status_code == 404
    assert "hy_visit" not in closed.tap()
    closed.services.store.close()
