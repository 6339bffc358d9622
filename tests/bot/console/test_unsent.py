"""Sessions that end under an open page: what is written is not lost, and nobody else sends it."""

from __future__ import annotations

import html
import io
import json
import re
from pathlib import Path

import pytest

from bot.console import people, second, signing, unsent
from bot.console.gate import COOKIE, SECRET
from bot.store import console_sessions, contents, operators
from tests.bot.console.conftest import PASSWORD
from tests.bot.console.offices import anew, opened
from tests.bot.console.sharing import as_sent, stamp

A = "/console/a/default"
OURS = {"Sec-Fetch-Site": "same-origin"}
TEXT = '满100减20 <script>alert(1)</script> "引号"\r\n第二行'
NEW = f"{A}/new-content"
FORM = {
    "as": "form", "do": "save", "kind": "product", "slug": "latte", "title": "大杯拿铁",
    "summary": TEXT, "price": "22.50", "purpose": "marketing", "language": "zh",
}  # fmt: skip
HTMX = {"HX-Request": "true"}
TEMPLATES = Path(__file__).parents[3] / "templates/console"


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    folder = tmp_path_factory.mktemp("unsent")
    with opened(folder, fresh_sqlite(folder)) as found:
        yield found


@pytest.fixture
def office(built):
    anew(built, "background_task", "content_version", "content")
    lin = operators.by_name("lin")
    operators.update(lin.id, totp=None, recovery=[], totp_step=0, failures=0, locked_until=None)
    return built


@pytest.fixture
def lin(office):
    return office.signed_in("lin")


def begun(office, browser, *, proved):
    """A new session of lin's, `proved` or with the second step to come."""
    token = signing.begin(operators.by_name("lin"), office.clock(), "", proved=proved)
    browser.set_cookie(COOKIE, token, path="/console")
    return browser


def end(browser):
    """As eight idle hours do; the page is open still."""
    token = browser.get_cookie(COOKIE, path="/console").value
    console_sessions.end(signing.hash_of(token), operators.by_name("lin").id)


def form_with(page, action):
    found = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    assert found is not None, page
    return found[0]


def sign_in_again(browser, page, **changes):
    data = {**as_sent(form_with(page, "/console/sign-in")), "name": "lin", "password": PASSWORD}
    return browser.post(
        "/console/sign-in",
        data={**data, **changes},
        headers=OURS,
        content_type="multipart/form-data",
    )


def late(browser, path, **values):
    """A form of an open page, sent after its session ended."""
    data = {"form": stamp(browser), **values}
    end(browser)
    return browser.post(path, data=data, headers=OURS)


def go_on(browser, page, action):
    form = form_with(page, html.escape(action))
    return browser.post(action, data=as_sent(form), headers=OURS)


def held(office, slug="latte"):
    found = contents.find(office.account_id, slug)
    return contents.version(found.id, found.latest).document if found else None


# --- a form that came too late -------------------------------------------------------------------


def test_what_was_written_is_saved_after_signing_in_and_one_press(office, lin):
    told = late(lin, NEW, **FORM)
    assert told.status_code == 401
    assert "还在" in told.text
    assert "<script>alert" not in told.text
    wrong = sign_in_again(lin, told.text, password="not this one")
    assert wrong.status_code == 422
    shown = sign_in_again(lin, wrong.text)
    assert shown.status_code == 200
    assert "还没有保存" in shown.text
    assert "满100减20 &lt;script&gt;" in shown.text
    assert held(office) is None  # nothing is done before the press
    saved = go_on(lin, shown.text, NEW)
    assert saved.status_code == 302, saved.text
    assert held(office)["summary"] == TEXT.replace("\r\n", "\n")


def test_it_goes_through_the_second_step(office, lin):
    secret, person = second.new_secret(), operators.by_name("lin")
    code = second.code_at(secret, office.clock())
    people.start_second(person, secret, code, office.clock())
    office.clock.on(minutes=1)
    half = sign_in_again(lin, late(lin, NEW, **FORM).text)
    assert half.status_code == 200
    for code, status in (("000000", 422), (second.code_at(secret, office.clock()), 200)):
        data = {**as_sent(form_with(half.text, "/console/second")), "code": code}
        half = lin.post("/console/second", data=data, headers=OURS)
        assert half.status_code == status
    assert go_on(lin, half.text, NEW).status_code == 302
    assert held(office)["summary"] == TEXT.replace("\r\n", "\n")


def test_who_has_signed_in_anew_in_another_tab_is_asked_and_goes_on(office, lin):
    old = stamp(lin)
    end(lin)
    begun(office, lin, proved=True)
    shown = lin.post(NEW, data={"form": old, **FORM}, headers=OURS)
    assert shown.status_code == 403
    assert held(office) is None
    assert go_on(lin, shown.text, NEW).status_code == 302
    assert held(office)["summary"] == TEXT.replace("\r\n", "\n")


def test_a_file_is_chosen_again_and_the_rest_is_kept(office, lin):
    path = f"{A}/contents-import"
    data = {"form": stamp(lin), "kind": "product", "file": (io.BytesIO(b"a,b\n"), "x.csv")}
    end(lin)
    told = lin.post(path, data=data, headers=OURS)
    form = form_with(sign_in_again(lin, told.text).text, path)
    assert 'type="file"' in form
    assert 'enctype="multipart/form-data"' in form
    assert as_sent(form)["kind"] == "product"


# --- and nobody else's ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="a browser that does not say where the form is from"),
        pytest.param({"Sec-Fetch-Site": "none"}, id="one typed by hand"),
        pytest.param({"Origin": "http://evil.example"}, id="another site, in an old browser"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="another site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="a neighbour"),
    ],
)
def test_only_a_form_of_ours_is_carried(office, lin, headers):
    data = {"form": stamp(lin), **FORM}
    live = lin.post(NEW, data={**data, "form": "0" * 40}, headers=headers)
    assert live.status_code == 403
    end(lin)
    told = lin.post(NEW, data=data, headers=headers)
    assert told.status_code in (401, 403)
    written = unsent.Unsent(NEW, tuple(FORM.items()), ()).written
    signed = lin.post("/console/sign-in", headers=headers,
                      data={"name": "lin", "password": PASSWORD, "unsent": written})  # fmt: skip
    for answer in (live, told, signed):
        assert "满100减20" not in answer.text
        assert 'name="unsent"' not in answer.text


@pytest.mark.parametrize(
    "to",
    [
        *("https://evil.example/console/me", "//evil.example/console/", "/console/\\evil.example"),
        *("/h5/x", "/console/sign-out", "/console/sign-in", "/console/me/password", "javascript:x"),
        *("/console/nonsense", "/console/me", "/console/../api/v1/events", "/console/accounts/add"),
    ],
)
def test_it_goes_to_a_form_s_address_of_the_console_only(office, to):
    written = json.dumps({"to": to, "fields": [["text", "carried"]], "files": []})
    with office.app.test_request_context():
        assert unsent.read(written) is None
    given = {"name": "lin", "password": PASSWORD, "unsent": written}
    answer = office.browser().post("/console/sign-in", headers=OURS, data=given)
    assert (answer.status_code, answer.location) == (302, "/console/")


@pytest.mark.parametrize(
    "text", ["", "x", "[]", "{}", "null", '{"to": 1}', '{"to": "", "fields": [1]}']
)
def test_what_is_not_of_this_kind_is_nothing(office, text):
    with office.app.test_request_context():
        assert unsent.read(text) is None


def test_too_much_is_not_carried_and_that_is_said(office, lin):
    told = late(lin, NEW, **{**FORM, "summary": "x" * unsent.LONGEST})
    assert told.status_code == 401
    assert "没有保留" in told.text


def test_forms_with_secrets_are_not_carried(office, lin):
    told = late(lin, "/console/me/password", old=PASSWORD, new="n" * 12, again="n" * 12)
    assert told.status_code == 401
    assert PASSWORD not in told.text
    assert "没有保留" in told.text
    asks = {
        file.name for file in TEMPLATES.glob("*.html") if "password'" in file.read_text("utf-8")
    }
    # A page with a new form for a password wants `secret=True` where that form goes.
    assert asks == {"account.html", "accounts.html", "invited.html", "myself.html", "sign_in.html"}
    secret = ("change_password", "change_second", "add_account", "rotate_account")
    assert {f"console.{name}" for name in secret} == SECRET


# --- parts of an open page -----------------------------------------------------------------------


def test_no_part_of_an_open_page_is_led_to_another_page(office, lin):
    end(lin)
    half = begun(office, office.browser(), proved=False)
    for browser in (lin, half):
        for method, path in (
            ("GET", f"{A}/bell"),
            ("GET", f"{A}/inbox"),
            ("POST", f"{A}/campaign-check"),
        ):
            answer = browser.open(path, method=method, headers={**HTMX, **OURS})
            assert (answer.status_code, answer.text) == (401, "")
            assert answer.headers["HX-Trigger"] == "signed-out"
    anew_ = office.signed_in("lin")
    answer = anew_.post(f"{A}/campaign-check", headers={**HTMX, **OURS, "X-Form": "0" * 40})
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (403, "stale-form")


def test_the_page_of_the_second_step_has_no_frame(office):
    half = begun(office, office.browser(), proved=False)
    page = half.get("/console/second").text
    assert page.count("<form") == 2  # the code, and signing out
    assert "hx-get" not in page


# --- pages that are not there --------------------------------------------------------------------


def test_what_is_not_there_is_told_in_the_frame(office, lin):
    for path in (
        "/console/nonsense",
        f"{A}/followers/99999999",
        f"{A}/followers/x",
        "/console/a/nobody",
    ):
        answer = lin.get(path)
        assert answer.status_code == 404, path
        assert 'id="menu"' in answer.text, path
        assert answer.headers["Cache-Control"] == "no-store", path
        assert "data:," not in answer.text, path
    assert lin.get("/console/me/language").status_code == 405


@pytest.mark.parametrize("proved", [None, False])
def test_nobody_else_gets_the_frame(office, proved):
    browser = office.browser()
    if proved is not None:
        begun(office, browser, proved=proved)
    answer = browser.get("/console/nonsense")
    assert answer.status_code == 404
    assert 'id="menu"' not in answer.text


def test_the_icon_is_ours_and_allowed(office, lin):
    page = lin.get("/console/me").text
    icon = re.search(r'rel="icon" type="image/svg\+xml" href="([^"]+)"', page)
    with office.browser().get(icon[1]) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
