"""Follower pages, tracked links, the API, health: what a visitor, a shop and a machine see."""

from __future__ import annotations

import pytest

from bot import tracking
from bot.store import links
from bot.store.db import fetch, run
from tests.conftest import NOON

AGENT = {"User-Agent": "Mozilla/5.0 MicroMessenger/8.0"}


class TestTheCouponPage:
    @pytest.fixture
    def path(self, site):
        return tracking.coupon_url("", site.code_id)

    def test_shows_value_and_terms_but_no_code_before_the_claim(self, site, path):
        page = site.browser.get(path).text
        for words in ("10.50元", "满30元可用", "2026-11-28 12:00 前有效", "data-claim"):
            assert words in page
        assert site.code not in page

    def test_looking_changes_nothing(self, site, path):
        site.browser.get(path)
        assert fetch("SELECT claimed_at FROM coupon_code WHERE id = ?", (site.code_id,)) == [
            (None,)
        ]

    def test_shows_the_code_after_the_claim_however_often(self, site, path):
        for _ in range(2):
            assert f'data-coupon-code="{site.code}"' in site.browser.post(path).text
        assert fetch("SELECT COUNT(*) FROM event WHERE kind = 'coupon.claimed'") == [(1,)]

    def test_says_when_it_was_used(self, site, path):
        site.browser.post(path)
        site.redeem()
        page = site.browser.get(path).text
        assert "已使用" in page
        assert site.code not in page

    def test_escapes_what_the_marketer_wrote(self, site, path):
        page = site.browser.get(path).text
        assert "立减&lt;b&gt;券&lt;/b&gt;" in page

    def test_is_not_cached_and_runs_no_foreign_script(self, site, path):
        headers = site.browser.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.parametrize("token", ["x", "A" * 40, "../../etc/passwd", "%00", "None"])
    def test_of_a_made_up_token_is_not_found(self, site, token):
        answer = site.browser.get(f"/h5/coupon/{token}")
        assert answer.status_code == 404
        assert "回到公众号" in answer.text

    def test_of_a_link_whose_coupon_is_gone_says_so(self, site):
        assert "领不到了" in site.browser.get("/h5/coupon/none").text

    def test_has_its_style(self, site):
        with site.browser.get("/h5/static/h5.css") as answer:
            assert answer.content_type.startswith("text/css")
        assert site.browser.get("/h5/static/../coupon.html").status_code == 404


class TestATrackedLink:
    def token(self, url="https://shop.example/x"):
        return tracking.link_token(links.link_for(None, url, NOON), None, None)

    def test_redirects_to_its_own_target(self, site):
        answer = site.browser.get(f"/t/{self.token()}", headers=AGENT)
        assert (answer.status_code, answer.headers["Location"]) == (302, "https://shop.example/x")
        assert answer.headers["Cache-Control"] == "no-store"

    def test_keeps_the_tap(self, site):
        site.browser.get(f"/t/{self.token()}", headers=AGENT)
        assert fetch("SELECT automatic FROM click") == [(0,)]

    def test_keeps_a_scanners_tap_apart(self, site):
        site.browser.get(f"/t/{self.token()}", headers={"User-Agent": "Googlebot/2.1"})
        assert fetch("SELECT automatic FROM click") == [(1,)]

    @pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t + "A", lambda t: "B" + t[1:]])
    def test_that_was_tampered_with_is_not_found(self, site, change):
        assert site.browser.get(f"/t/{change(self.token())}").status_code == 404

    def test_cannot_be_told_where_to_lead(self, site):
        answer = site.browser.get(f"/t/{self.token()}?url=https://evil.example")
        assert "evil" not in answer.headers["Location"]


class TestRedeemingByApi:
    def test_works_once_and_its_repetition_is_harmless(self, site):
        for _ in range(2):
            answer = site.redeem()
            assert (answer.status_code, answer.json["outcome"]) == (200, "redeemed")
        assert fetch("SELECT COUNT(*) FROM event WHERE kind = 'coupon.redeemed'") == [(1,)]

    def test_by_another_order_is_refused(self, site):
        site.redeem()
        answer = site.redeem(order_number="A-2")
        assert (answer.status_code, answer.json["error"]["code"]) == (409, "already_redeemed")

    @pytest.mark.parametrize(
        ("changes", "status", "field"),
        [
            pytest.param({"code": "NOPE-NOPE-NOPE1"}, 404, "code", id="a code of nobody"),
            pytest.param({"code": ""}, 422, "code", id="no code"),
            pytest.param({"code": 7}, 422, "code", id="a number for a code"),
            pytest.param({"code": "x" * 65}, 422, "code", id="a code too long"),
            pytest.param({"order_number": None}, 422, "order_number", id="no order"),
            pytest.param({"amount_fen": -1}, 422, "amount_fen", id="a negative amount"),
            pytest.param({"amount_fen": 1.5}, 422, "amount_fen", id="half a fen"),
            pytest.param({"amount_fen": True}, 422, "amount_fen", id="yes for an amount"),
        ],
    )
    def test_refuses(self, site, changes, status, field):
        answer = site.redeem(**changes)
        assert answer.status_code == status
        assert answer.json["error"]["field"] == field

    @pytest.mark.parametrize(
        "headers",
        [{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer hy_x"},
         {"Authorization": "Basic eA=="}],
    )  # fmt: skip
    def test_needs_a_live_key(self, site, headers):
        answer = site.browser.post("/api/v1/coupons/redeem", json={}, headers=headers)
        assert (answer.status_code, answer.json["error"]["code"]) == (401, "unauthorized")

    def test_of_a_revoked_key_is_refused(self, site):
        run("UPDATE api_key SET revoked_at = 1")
        assert site.redeem().status_code == 401

    @pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b"\xff\xfe"])
    def test_of_a_body_that_is_no_object_is_refused(self, site, body):
        answer = site.browser.post(
            "/api/v1/coupons/redeem",
            data=body,
            headers={"Authorization": f"Bearer {site.key}", "Content-Type": "application/json"},
        )
        assert answer.status_code == 422


def test_the_api_lists_segments_and_says_when_a_campaign_is_not_there(site):
    headers = {"Authorization": f"Bearer {site.key}"}
    assert site.browser.get("/api/v1/segments", headers=headers).json == {"segments": []}
    answer = site.browser.get("/api/v1/reports/none", headers=headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


def test_alive_ready_and_measured(site):
    assert site.browser.get("/healthz").json == {"alive": True}
    ready = site.browser.get("/readyz")
    assert (ready.status_code, ready.json["database"]) == (200, "ok")
    assert "hongyan_callbacks" in site.browser.get("/metrics").text


def test_not_ready_without_a_database(site):
    run("ALTER TABLE lease RENAME TO lease_away")
    assert site.browser.get("/readyz").json["scheduler"] in ("unknown", "none seen lately")


def test_the_live_page_is_for_this_machine_alone(site):
    assert "运行看板" in site.browser.get("/live").text
    elsewhere = {"REMOTE_ADDR": "10.0.0.7"}
    assert site.browser.get("/live", environ_overrides=elsewhere).status_code == 404


def test_an_unexpected_error_tells_the_visitor_nothing(site, caplog):
    run("ALTER TABLE coupon_code RENAME TO coupon_code_away")
    answer = site.browser.get(tracking.coupon_url("", site.code_id))
    assert answer.status_code == 500
    assert "coupon_code" not in answer.text
    assert "Traceback" not in answer.text
