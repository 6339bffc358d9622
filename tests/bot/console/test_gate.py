"""Every route of the console, held against every role; forms from elsewhere; other accounts."""

from __future__ import annotations

import pytest

from bot.console.gate import RIGHTS
from bot.console.rights import RIGHTS as OF_ROLE
from bot.console.rights import Right, Role, may
from bot.store import accounts
from tests.bot.console.conftest import form_of

OPEN = {"console.sign_in", "console.second", "console.sign_out", "console.invited", "console.asset"}


def routes(app):
    """(endpoint, method, rule) of everything below /console/ but the signed follower page."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("console."):
            for method in sorted(rule.methods & {"GET", "POST"}):
                yield rule.endpoint, method, rule


def address(rule):
    """An address of the rule, with something harmless in its places."""
    given = {
        name: 999_999 if "Integer" in type(kind).__name__ else "x"
        for name, kind in rule._converters.items()
    }
    if "slug" in given:
        given["slug"] = "default"
    built = rule.build(given)
    assert built is not None
    return built[1]


def test_every_view_names_its_right_and_the_open_ones_are_these(house):
    assert {endpoint for endpoint, _, _ in routes(house.app)} == set(RIGHTS)
    assert {endpoint for endpoint, right in RIGHTS.items() if right is None} == OPEN


def test_nobody_gets_in_without_a_session(house):
    browser = house.browser()
    for endpoint, method, rule in routes(house.app):
        if endpoint in OPEN:
            continue
        answer = browser.open(address(rule), method=method)
        if method == "GET":
            assert answer.status_code == 302, endpoint
            assert "/console/sign-in" in answer.location
        else:
            assert answer.status_code == 401, endpoint


@pytest.mark.parametrize("role", [*Role, None])
def test_a_role_opens_what_it_has_the_right_for_and_nothing_else(house, role):
    house.hire("lin", role)
    browser = house.signed_in("lin")
    form = form_of(browser)
    for endpoint, method, rule in routes(house.app):
        if endpoint in OPEN:
            continue
        answer = browser.open(address(rule), method=method, headers={"X-Form": form})
        if may(role, RIGHTS[endpoint]):
            assert answer.status_code not in (401, 403, 500), (endpoint, answer.status_code)
        else:
            # Without any role on it, an account is not even there.
            assert answer.status_code in (403, 404 if role is None else 403), endpoint


def test_a_role_on_one_account_is_none_on_another(house):
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", house.clock())
    second = accounts.by_slug("second")
    house.hire("lin", Role.MARKETER, second.id)
    browser = house.signed_in("lin")
    assert browser.get("/console/a/second").status_code == 200
    assert browser.get("/console/a/default").status_code == 404
    assert browser.get("/console/members").status_code == 403
    assert "/console/a/default" not in browser.get("/console/a/second").text


def test_the_role_on_an_account_counts_before_the_one_on_all(house):
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", house.clock())
    lin = house.hire("lin", Role.ADMIN)
    from bot.store import operators

    operators.set_role(lin, accounts.by_slug("second").id, Role.VIEWER)
    person = operators.get(lin)
    assert person.role_on(accounts.by_slug("second").id) == "viewer"
    assert person.role_on(house.account_id) == "admin"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="a form of another site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="a form of a neighbour"),
        pytest.param({"Origin": "https://evil.example"}, id="an old browser on another site"),
        pytest.param({"Origin": "null"}, id="a frame without an origin"),
    ],
)
def test_a_post_from_elsewhere_is_refused_even_with_our_form(house, headers):
    house.hire("lin", Role.ADMIN)
    browser = house.signed_in("lin")
    data = {"form": form_of(browser), "language": "en"}
    answer = browser.post("/console/me/language", data=data, headers=headers)
    assert answer.status_code == 403
    assert 'lang="zh-CN"' in browser.get("/console/me").text


@pytest.mark.parametrize("form", ["", "0" * 40, "ä"])
def test_a_post_without_our_form_is_refused(house, form):
    house.hire("lin", Role.ADMIN)
    browser = house.signed_in("lin")
    answer = browser.post("/console/me/language", data={"form": form, "language": "en"})
    assert answer.status_code == 403


def test_one_session_s_form_is_no_other_s(house):
    house.hire("lin", Role.ADMIN)
    mine, other = house.signed_in("lin"), house.signed_in("lin")
    answer = mine.post("/console/me/language", data={"form": form_of(other), "language": "en"})
    assert answer.status_code == 403


def test_pages_are_kept_nowhere_and_shown_in_no_other_site(house):
    house.hire("lin", Role.ADMIN)
    headers = house.signed_in("lin").get("/console/me").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_what_members_write_of_themselves_never_runs(house):
    from bot.console import people

    house.hire("boss", Role.ADMIN)
    title = "<script>alert(1)</script>"
    people.invite("wu", title, Role.VIEWER, 0, "operator:boss", house.clock())
    page = house.signed_in("boss").get("/console/members").text
    assert title not in page
    assert "&lt;script&gt;" in page


def test_english_is_complete(house):
    from bot.store import operators

    lin = house.hire("lin", Role.ADMIN)
    operators.update(lin, language="en")
    browser = house.signed_in("lin")
    for path in ("/console/me", "/console/members", "/console/audit", "/console/a/default"):
        page = browser.get(path)
        assert page.status_code == 200
        assert 'lang="en"' in page.text
        shown = page.text.replace("鸿雁", "").replace("中文", "")
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in shown), path


def test_every_right_is_somebody_s():
    assert set().union(*OF_ROLE.values()) == set(Right) - {Right.SELF}
